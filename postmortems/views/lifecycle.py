"""The steps of a report, from gathering data to closed; publishing has its own page."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from accounts.access import organisation
from accounts.http import UserRequest
from accounts.models import User
from postmortems import access, permissions, policies
from postmortems.forms.lifecycle import PublishForm, ReasonForm
from postmortems.models import Postmortem
from postmortems.operations import lifecycle, sharing
from postmortems.operations.rows import Stale
from postmortems.views.articles import compose, page_context
from postmortems.views.replies import (
    base_address,
    edit_address,
    refused,
    request_key,
    this_second,
)
from postmortems.vocabulary import Status

STEPS: dict[tuple[Status, Status], str | Promise] = {
    (Status.GATHERING, Status.DRAFTING): _("Start drafting"),
    (Status.DRAFTING, Status.IN_REVIEW): _("Ask for review"),
    (Status.IN_REVIEW, Status.PUBLISHED): _("Publish"),
    (Status.PUBLISHED, Status.CLOSED): _("Close the report"),
    (Status.DRAFTING, Status.GATHERING): _("Back to gathering data"),
    (Status.IN_REVIEW, Status.DRAFTING): _("Back to drafting"),
    (Status.PUBLISHED, Status.DRAFTING): _("Reopen"),
    (Status.CLOSED, Status.DRAFTING): _("Reopen"),
}
"""What the button of each step says."""


@dataclass(frozen=True, slots=True)
class Step:
    to: Status
    label: str
    asks_why: bool
    """It has a page of its own, with a reason to give."""


@require_http_methods(["GET", "HEAD", "POST"])
def status(request: UserRequest, reference: str) -> HttpResponse:
    """Take any step but publishing; the page asks why, where a step needs a reason."""
    postmortem = access.postmortem(request.user, reference)
    permissions.check_is_writer(request.user, postmortem)
    to = _wanted(request)
    if request.method != "POST":
        if not _is_ahead(request, postmortem, to):
            return redirect("postmortems:read", reference)
        return _reason_page(request, postmortem, to, ReasonForm())
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _reason_page(request, postmortem, to, form, status=422)
    try:
        lifecycle.move_report(
            postmortem.pk,
            to,
            by=request.user,
            at=this_second(),
            reason=form.cleaned_data["reason"],
            key=request_key(request),
        )
    except lifecycle.NoReason as missing:
        form.add_error("reason", str(missing))
        return _reason_page(request, postmortem, to, form, status=422)
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    return _on_to_the_report(request, reference)


@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: UserRequest, reference: str) -> HttpResponse:
    """The text that would be frozen and what is still open; then freeze exactly it."""
    postmortem = access.postmortem(request.user, reference, need="facilitate")
    if request.method != "POST":
        if not _is_ahead(request, postmortem, Status.PUBLISHED):
            return redirect("postmortems:read", reference)
        return _publish_page(request, postmortem)
    form = PublishForm(request.POST)
    if not form.is_valid():
        return _publish_page(request, postmortem, form, status=422)
    return _publish(request, postmortem, form)


def _publish(
    request: UserRequest, postmortem: Postmortem, form: PublishForm
) -> HttpResponse:
    """On to the published report; or the page again with what is in the way."""
    reference = postmortem.incident.reference
    try:
        lifecycle.publish_postmortem(
            postmortem.pk,
            shown=form.cleaned_data["shown"],
            by=request.user,
            at=this_second(),
            reason=form.cleaned_data["reason"],
            key=request_key(request),
        )
    except Stale:
        fresh = access.postmortem(request.user, reference)
        return _publish_page(request, fresh, form, status=409, changed=True)
    except lifecycle.NoReason as missing:
        form.add_error("reason", str(missing))
        return _publish_page(request, postmortem, form, status=422)
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    return _on_to_the_report(request, reference)


def steps_context(user: User, postmortem: Postmortem) -> dict[str, Any]:
    """The steps that `user` may take: the one forward, and the others."""
    here = Status(postmortem.status)
    steps = [
        Step(to, str(STEPS[here, to]), lifecycle.is_reopening(postmortem, to))
        for to in permissions.steps_of(user, postmortem)
    ]
    order = list(Status)
    ahead = [step for step in steps if order.index(step.to) > order.index(here)]
    forward = ahead[0] if ahead and ahead[0].to != Status.CLOSED else None
    return {
        "next_status": forward.to if forward else None,
        "other_steps": [step for step in steps if step != forward],
    }


def _wanted(request: UserRequest) -> Status:
    values = request.POST if request.method == "POST" else request.GET
    to = values.get("to", "")
    if to not in Status.values or to == Status.PUBLISHED:
        raise Http404
    return Status(to)


def _is_ahead(request: UserRequest, postmortem: Postmortem, to: Status) -> bool:
    """False where the step is impossible by now; raises where it is another's."""
    try:
        permissions.check_can_move(request.user, postmortem, to)
    except policies.NotReady:
        return False
    return True


def _reason_page(
    request: UserRequest,
    postmortem: Postmortem,
    to: Status,
    form: ReasonForm,
    *,
    status: int = 200,
) -> HttpResponse:
    label = STEPS.get((Status(postmortem.status), to), to.label)
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "base": base_address(postmortem),
        "form": form,
        "to": to,
        "label": label,
        "reopening": lifecycle.is_reopening(postmortem, to),
    }
    return render(request, "postmortems/reading/reason.html", context, status=status)


def _publish_page(
    request: UserRequest,
    postmortem: Postmortem,
    form: PublishForm | None = None,
    *,
    status: int = 200,
    changed: bool = False,
) -> HttpResponse:
    now = this_second()
    sharing.bring_up_to_date(postmortem.pk)
    report = access.report(postmortem)
    document = lifecycle.text_to_publish(report)
    article = compose(document, may_turn=False)
    context = {
        **page_context(
            article,
            base=base_address(postmortem),
            today=now.astimezone(request.user.zone).date(),
        ),
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "edit_address": edit_address(postmortem),
        "readiness": policies.readiness(
            report, now=now, settings=organisation().readiness
        ),
        "form": form or PublishForm(),
        "shown": lifecycle.text_hash(document),
        "changed": changed,
    }
    return render(request, "postmortems/reading/publish.html", context, status=status)


def _on_to_the_report(request: UserRequest, reference: str) -> HttpResponse:
    answer = redirect("postmortems:read", reference)
    return HttpResponseClientRedirect(answer.url) if request.htmx else answer


urlpatterns = [
    path("<str:reference>/status/", status, name="status"),
    path("<str:reference>/publish/", publish, name="publish"),
]
