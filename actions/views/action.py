"""An action's own page, and saying there what became of it."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import UserRequest
from actions import access, permissions
from actions.models import ActionItem
from actions.operations.settling import settle_action
from actions.parts import ACTIONS
from actions.settling import SettleForm
from actions.views.replies import (
    PARTS,
    address_of,
    carry_out,
    context_of,
    show,
)
from postmortems import access as reports
from postmortems.views.replies import request_key, this_second


@require_http_methods(["GET", "HEAD", "POST"])
def action(request: UserRequest, action_id: int) -> HttpResponse:
    """All of it to whoever may read its report; its form to whoever may settle it."""
    found = access.action(request.user, action_id)
    if request.method != "POST":
        return show(request, found)
    permissions.check_can_settle(request.user, found)
    form = SettleForm(request.POST, action=found, user=request.user, now=this_second())

    def settle() -> None:
        settle_action(
            found.postmortem_id,
            found.pk,
            form.values(),
            version=form.cleaned_data["version"],
            by=request.user,
            at=form.now,
            key=request_key(request),
        )

    return carry_out(
        request,
        found,
        settle,
        anchor="standing",
        form=form,
        stale=lambda current: _both(request, current),
    )


@require_safe
def parts(request: UserRequest, action_id: int) -> HttpResponse:
    """Those parts of the page that were asked for, as they are now."""
    found = access.action(request.user, action_id)
    asked = [name for name in request.GET.getlist("part") if name in PARTS]
    context = {**context_of(request, found), "names": asked}
    return render(request, "actions/parts.html", context)


@require_safe
def settle(request: UserRequest, reference: str, action_id: int) -> HttpResponse:
    """Where it stood before it had a page of its own."""
    postmortem = reports.postmortem(request.user, reference)
    found: Any = reports.row(postmortem, ACTIONS, action_id)
    return redirect(address_of(found, "standing"))


def _both(request: UserRequest, current: ActionItem) -> HttpResponse:
    """409: what was typed, to save over the newest version, and what stands there."""
    fresh = access.action(request.user, current.pk)
    theirs = SettleForm(action=fresh, user=request.user, now=this_second())
    data = request.POST.copy()
    data["version"] = str(fresh.version)
    data["request_key"] = theirs.initial["request_key"]
    mine = SettleForm(data, action=fresh, user=request.user, now=theirs.now)
    return show(request, fresh, form=mine, status=409, standing=_in_words(fresh))


def _in_words(action: ActionItem) -> list[tuple[str, str]]:
    """(label, value) of what another has saved in the meantime."""
    return [
        (_("Status"), str(action.get_status_display())),
        (_("Due"), action.due_on.isoformat() if action.due_on else _("not set")),
        (_("What shows that it is done"), action.evidence or _("nothing yet")),
        (_("Why it won’t be done"), action.reason),
    ]


urlpatterns = [
    path("actions/<int:action_id>/", action, name="action"),
    path("actions/<int:action_id>/parts/", parts, name="action-parts"),
    path("incidents/<str:reference>/actions/<int:action_id>/", settle, name="settle"),
]
