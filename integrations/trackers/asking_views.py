"""Settings, Trackers: what has to ask the tracker itself, or says where issues go."""

from allauth.core import ratelimit
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.views.replies import show_form, tell, typed
from integrations.models import Connection
from integrations.trackers import access, adapter
from integrations.trackers.adapter import (
    Forbidden,
    RateLimited,
    Refused,
    Status,
    TrackerError,
)
from integrations.trackers.forms import MappingForm, StatusForm
from integrations.trackers.operations import connecting
from integrations.trackers.operations.connecting import Destination
from integrations.trackers.reaching import adapter_of
from integrations.trackers.views import BASE, CURRENT
from outbound.secrets import CannotUnseal
from postmortems.views.replies import this_second


@require_POST
def test(request: UserRequest, pk: int) -> HttpResponse:
    """Whether it answers, in one of four sentences: no port scanner (BAR I9)."""
    found = access.connection(request.user, pk)
    refused: HttpResponse | None = ratelimit.consume_or_429(
        request, action="test_tracker"
    )
    if refused is not None:
        return refused
    try:
        adapter_of(found).whoami()
    except (TrackerError, CannotUnseal, KeyError) as error:
        tell(request, in_a_sentence(error))
    else:
        connecting.note_tried(found, by=request.user, at=this_second())
        tell(request, _("It answers, and knows the account."))
    return redirect("integrations:tracker", pk)


def in_a_sentence(error: Exception) -> str:
    """What went wrong, without status, time or body of the answer."""
    match error:
        case Refused():
            return _("Its address may not be called from here.")
        case Forbidden() | CannotUnseal():
            return _("It refuses the token.")
        case RateLimited():
            return _("It is too busy just now.")
    return _("It gives no answer that could be used.")


@require_http_methods(["GET", "HEAD", "POST"])
def mapping(
    request: UserRequest, pk: int, mapping_pk: int | None = None
) -> HttpResponse:
    """Where issues of a team or service go; the same pair again is said anew."""
    found = access.connection(request.user, pk)
    known = access.mapping(found, mapping_pk) if mapping_pk is not None else None
    kind = adapter.kind_of(found.kind)
    form = MappingForm(typed(request), kind=kind, user=request.user, mapping=known)
    if request.method == "POST" and form.is_valid():
        connecting.map_project(
            found, form.destination(), by=request.user, instead_of=known
        )
        return redirect("integrations:tracker", pk)
    return show_form(
        request,
        "integrations/tracker_mapping.html",
        form,
        connection=found,
        mapping=known,
        current=CURRENT,
    )


@require_POST
def unmap(request: UserRequest, pk: int, mapping_pk: int) -> HttpResponse:
    found = access.connection(request.user, pk)
    connecting.unmap_project(access.mapping(found, mapping_pk), by=request.user)
    return redirect("integrations:tracker", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def statuses(request: UserRequest, pk: int, mapping_pk: int) -> HttpResponse:
    """How the project's statuses are read and set; asks the tracker which there are."""
    found = access.connection(request.user, pk)
    known = access.mapping(found, mapping_pk)
    offered, problem = _offered(found, known.project)
    form = StatusForm(typed(request), mapping=known, statuses=offered)
    context = {"connection": found, "mapping": known, "current": CURRENT}
    if problem:
        context["problem"] = problem
        return render(request, "integrations/tracker_statuses.html", context)
    if request.method == "POST" and form.is_valid():
        means, out = form.maps()
        to = Destination(
            known.project,
            known.issue_type,
            known.labels,
            known.team,
            known.service,
            means,
            out,
        )
        connecting.map_project(found, to, by=request.user)
        return redirect("integrations:tracker", pk)
    return show_form(request, "integrations/tracker_statuses.html", form, **context)


def _offered(connection: Connection, project: str) -> tuple[list[Status], str]:
    """What the tracker says there is, or why we do not know."""
    try:
        return list(adapter_of(connection).statuses(project)), ""
    except (TrackerError, CannotUnseal, KeyError) as error:
        return [], in_a_sentence(error)


PROJECT = f"{BASE}<int:pk>/projects/<int:mapping_pk>/"
urlpatterns = [
    path(f"{BASE}<int:pk>/test/", test, name="tracker-test"),
    path(f"{BASE}<int:pk>/projects/add/", mapping, name="tracker-mapping-add"),
    path(PROJECT, mapping, name="tracker-mapping"),
    path(f"{PROJECT}remove/", unmap, name="tracker-unmap"),
    path(f"{PROJECT}statuses/", statuses, name="tracker-statuses"),
]
