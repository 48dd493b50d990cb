"""Settings, Trackers: what is connected, how it is doing, and what needs somebody."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.http import UserRequest
from accounts.mails import public
from accounts.views.replies import show_form, tell, typed
from integrations.models import Connection
from integrations.trackers import access, adapter
from integrations.trackers.adapter import AdapterKind
from integrations.trackers.forms import (
    ConnectionForm,
    HookSecretForm,
    PersonForm,
    RemoveForm,
)
from integrations.trackers.operations import connecting, receiving
from postmortems import permissions
from postmortems.views.replies import this_second

CURRENT = "integrations:trackers"


@require_safe
def trackers(request: UserRequest) -> HttpResponse:
    """Every connection with its state, and what can be connected."""
    found = list(access.connections_with_counts(request.user))
    context = {
        "connections": [(one, _label(one)) for one in found],
        "kinds": adapter.kinds(),
        "late": [one for one in found if one.state().mark == "late"],
        "current": CURRENT,
        "today": this_second().astimezone(request.user.zone).date(),
    }
    return render(request, "integrations/trackers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest, tracker: str) -> HttpResponse:
    permissions.check_administers(request.user)
    kind = _kind_called(tracker)
    form = ConnectionForm(typed(request), kind=kind, user=request.user)
    if request.method == "POST" and form.is_valid():
        made = connecting.connect(
            kind.name, form.terms(), by=request.user, at=this_second()
        )
        return redirect("integrations:tracker", made.pk)
    return show_form(
        request, "integrations/tracker_form.html", form, kind=kind, current=CURRENT
    )


@require_safe
def tracker(request: UserRequest, pk: int) -> HttpResponse:
    return show_tracker(request, access.connection(request.user, pk))


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: UserRequest, pk: int) -> HttpResponse:
    """A new host needs the administrator's password, and takes the secrets away."""
    found = access.connection(request.user, pk)
    kind = _kind_called(found.kind)
    form = ConnectionForm(
        typed(request), kind=kind, user=request.user, connection=found
    )
    if request.method == "POST" and form.is_valid():
        connecting.change(found, form.terms(), by=request.user)
        if form.changes_host:
            tell(request, _("The host is another one: its token is needed anew."))
        return redirect("integrations:tracker", pk)
    return show_form(
        request,
        "integrations/tracker_form.html",
        form,
        kind=kind,
        connection=found,
        current=CURRENT,
    )


@require_POST
def pause(request: UserRequest, pk: int) -> HttpResponse:
    found = access.connection(request.user, pk)
    connecting.pause(found, by=request.user, at=this_second())
    tell(request, _("%(name)s is paused.") % {"name": found.name})
    return redirect("integrations:tracker", pk)


@require_POST
def resume(request: UserRequest, pk: int) -> HttpResponse:
    found = access.connection(request.user, pk)
    connecting.resume(found, by=request.user, at=this_second())
    tell(request, _("%(name)s goes on.") % {"name": found.name})
    return redirect("integrations:tracker", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: UserRequest, pk: int) -> HttpResponse:
    """For good, so its name is typed; issues and links stay, their sync ends."""
    found = access.connection(request.user, pk)
    form = RemoveForm(typed(request), connection=found)
    if request.method == "POST" and form.is_valid():
        connecting.remove(found, by=request.user, at=this_second())
        tell(request, _("%(name)s is removed.") % {"name": found.name})
        return redirect(CURRENT)
    return show_form(
        request,
        "integrations/tracker_remove.html",
        form,
        connection=found,
        current=CURRENT,
    )


@require_POST
def rotate(request: UserRequest, pk: int) -> HttpResponse:
    """A new secret for webhooks, on this one answer and nowhere else."""
    found = access.connection(request.user, pk)
    form = HookSecretForm(request.POST)
    if not form.is_valid():
        return show_tracker(request, found, hook_form=form)
    theirs, now = form.cleaned_data["secret"].strip(), this_second()
    if theirs:
        connecting.set_hook_secret(found, theirs, by=request.user, at=now)
        tell(request, _("The secret of webhooks is kept."))
        return redirect("integrations:tracker", pk)
    secret = connecting.rotate_hook_secret(found, by=request.user, at=now)
    found.refresh_from_db()
    return show_tracker(request, found, new_secret=secret)


@require_http_methods(["GET", "HEAD", "POST"])
def confirm_person(request: UserRequest, pk: int, account_pk: int) -> HttpResponse:
    """Who an account of the tracker is here."""
    found = access.connection(request.user, pk)
    link = access.person(found, account_pk)
    form = PersonForm(typed(request), link=link)
    if request.method == "POST" and form.is_valid():
        user, now = form.cleaned_data["user"], this_second()
        try:
            connecting.confirm_person(link, user, by=request.user, at=now)
        except connecting.AnotherAccount as refusal:
            form.add_error("user", str(refusal))
        else:
            return redirect(f"{reverse('integrations:tracker', args=[pk])}#people")
    return show_form(
        request,
        "integrations/tracker_person.html",
        form,
        connection=found,
        account=link,
        current=CURRENT,
    )


@require_POST
def read_again(request: UserRequest, pk: int, event_pk: int) -> HttpResponse:
    found = access.connection(request.user, pk)
    event = access.event(found, event_pk)
    receiving.read_again(event, by=request.user, at=this_second())
    tell(request, _("It is read again with the next visit, within a minute."))
    return redirect(f"{reverse('integrations:tracker', args=[pk])}#events")


def show_tracker(
    request: UserRequest,
    found: Connection,
    *,
    hook_form: HookSecretForm | None = None,
    new_secret: str = "",
) -> HttpResponse:
    """One connection; 422 where the form on it is wrong."""
    hook_address = reverse("integrations:tracker-hook", args=[found.hook_token])
    context = {
        "connection": found,
        "kind": adapter.kind_or_none(found.kind),
        "state": found.state(),
        "mappings": access.mappings(found),
        "people": access.people(found)[: access.PEOPLE_AT_ONCE],
        "events": access.events(found)[: access.LAST_EVENTS],
        "dead": access.dead_events(found).count(),
        "questions": access.open_questions(request.user, found)[: access.LAST_EVENTS],
        "hook_address": public(hook_address),
        "hook_form": hook_form or HookSecretForm(),
        "new_secret": new_secret,
        "current": CURRENT,
        "now": this_second(),
        "today": this_second().astimezone(request.user.zone).date(),
    }
    status = 422 if hook_form else 200
    return render(request, "integrations/tracker.html", context, status=status)


def _kind_called(name: str) -> AdapterKind:
    found = adapter.kind_or_none(name)
    if found is None:
        raise Http404
    return found


def _label(connection: Connection) -> str:
    kind = adapter.kind_or_none(connection.kind)
    return str(kind.label) if kind else connection.kind


BASE = "settings/trackers/"
urlpatterns = [
    path(BASE, trackers, name="trackers"),
    path(f"{BASE}add/<slug:tracker>/", add, name="tracker-add"),
    path(f"{BASE}<int:pk>/", tracker, name="tracker"),
    path(f"{BASE}<int:pk>/change/", change, name="tracker-change"),
    path(f"{BASE}<int:pk>/pause/", pause, name="tracker-pause"),
    path(f"{BASE}<int:pk>/resume/", resume, name="tracker-resume"),
    path(f"{BASE}<int:pk>/remove/", remove, name="tracker-remove"),
    path(f"{BASE}<int:pk>/secret/", rotate, name="tracker-rotate"),
    path(
        f"{BASE}<int:pk>/people/<int:account_pk>/",
        confirm_person,
        name="tracker-person",
    ),
    path(f"{BASE}<int:pk>/events/<int:event_pk>/", read_again, name="tracker-event"),
]
