"""What became of an action item: the one thing that changes in a published report."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import UserRequest
from actions.models import ActionItem
from actions.operations.settling import settle_action
from actions.parts import ACTIONS
from actions.settling import SettleForm
from postmortems import access, permissions, policies
from postmortems.models import Postmortem
from postmortems.operations.rows import Stale
from postmortems.views.replies import (
    base_address,
    refused,
    request_key,
    this_second,
)


@require_http_methods(["GET", "HEAD", "POST"])
def settle(request: UserRequest, reference: str, action_id: int) -> HttpResponse:
    """Status, date and evidence in a form; then back to the action in its report."""
    postmortem = access.postmortem(request.user, reference)
    if not permissions.can_settle_actions(request.user, postmortem):
        raise PermissionDenied(_("Join this report to say what became of its actions."))
    action: Any = access.row(postmortem, ACTIONS, action_id)
    if request.method != "POST":
        form = SettleForm(action=action, user=request.user, now=this_second())
        return _page(request, postmortem, action, form)
    return _save(request, postmortem, action)


def _save(
    request: UserRequest, postmortem: Postmortem, action: ActionItem
) -> HttpResponse:
    form = SettleForm(request.POST, action=action, user=request.user, now=this_second())
    if not form.is_valid():
        return _page(request, postmortem, action, form, status=422)
    try:
        settle_action(
            postmortem.pk,
            action.pk,
            form.values(),
            version=form.cleaned_data["version"],
            by=request.user,
            at=form.now,
            key=request_key(request),
        )
    except Stale as stale:
        return _both(request, postmortem, stale.current)
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    return redirect(f"{base_address(postmortem)}#{ACTIONS.anchor_of(action)}")


def _both(
    request: UserRequest, postmortem: Postmortem, current: ActionItem
) -> HttpResponse:
    """409: what was typed, to save over the newest version, and what stands there."""
    theirs = SettleForm(action=current, user=request.user, now=this_second())
    data = request.POST.copy()
    data["version"] = str(current.version)
    data["request_key"] = theirs.initial["request_key"]
    mine = SettleForm(data, action=current, user=request.user, now=theirs.now)
    return _page(request, postmortem, current, mine, status=409, theirs=theirs)


def _page(
    request: UserRequest,
    postmortem: Postmortem,
    action: ActionItem,
    form: SettleForm,
    *,
    status: int = 200,
    theirs: SettleForm | None = None,
) -> HttpResponse:
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "base": base_address(postmortem),
        "anchor": ACTIONS.anchor_of(action),
        "action": action,
        "form": form,
        "standing": _in_words(action) if theirs else [],
    }
    return render(request, "actions/settle.html", context, status=status)


def _in_words(action: ActionItem) -> list[tuple[str, str]]:
    """(label, value) of what another has saved in the meantime."""
    return [
        (_("Status"), str(action.get_status_display())),
        (_("Due"), action.due_on.isoformat() if action.due_on else _("not set")),
        (_("What shows that it is done"), action.evidence or _("nothing yet")),
        (_("Why it won’t be done"), action.reason),
    ]


urlpatterns = [
    path("incidents/<str:reference>/actions/<int:action_id>/", settle, name="settle"),
]
