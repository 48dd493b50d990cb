"""How an action's own page answers: whole, in parts, or with what was wrong."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.http import UserRequest
from actions import access, page, permissions
from actions.models import ActionItem
from actions.operations.following import may_follow
from actions.page_forms import (
    NeedsForm,
    SayForm,
    SnoozeForm,
    StepForm,
    VerdictForm,
    refuse,
)
from actions.promises import Unanswered
from actions.settling import SettleForm
from postmortems import policies
from postmortems.operations.rows import Stale
from postmortems.views.replies import (
    base_address,
    status_of,
    this_second,
    with_fresh_key,
)
from postmortems.vocabulary import ActionStatus

PARTS = ("standing", "proof", "steps", "waits", "talk", "history", "facts")
"""What an open page fetches again once something has changed."""


def address_of(action: ActionItem, anchor: str = "") -> str:
    address = reverse("actions:action", args=[action.pk])
    return f"{address}#{anchor}" if anchor else address


def show(
    request: UserRequest,
    action: ActionItem,
    *,
    form: Any = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """The page; `form` stands in the place of the empty one of its name."""
    whole = {**context_of(request, action, form), **context}
    return render(request, "actions/action.html", whole, status=status)


def context_of(
    request: UserRequest, action: ActionItem, form: Any = None
) -> dict[str, Any]:
    user, now = request.user, this_second()
    today = now.astimezone(user.zone).date()
    can_settle = permissions.can_settle(user, action)
    bound = {form.name: form} if form is not None else {}
    steps = page.steps_of(action, form if isinstance(form, StepForm) else None)
    context = {
        "action": action,
        "follow": action.follow_through,
        "incident": action.postmortem.incident,
        "base": base_address(action.postmortem),
        "today": today,
        "utc_today": now.astimezone(UTC).date(),
        "can_settle": can_settle,
        "late": action.late(today),
        "is_done": action.status == ActionStatus.DONE,
        "snoozed": action.follow_through.snoozed(today),
        "promise": page.promise_of(action, today),
        "factors": list(action.factors.filter(deleted_at=None).order_by("position")),
        "steps": steps,
        "steps_count": page.counts_of(steps),
        "waits_for": page.waits_for(user, action),
        "needed_by": page.needed_by(user, action),
        "talks": page.talks_about(action, form if isinstance(form, SayForm) else None),
        "lines": page.history_of(action),
        "asked_because_of": page.asked_because_of(user, action),
        "say": bound.get("say") or SayForm(action=action),
    }
    if can_settle:
        context |= _to_settle(request, action, bound, now)
    if can_settle or may_follow(user, action):
        context |= _to_follow(action, bound, today)
    return context


def _to_settle(
    request: UserRequest, action: ActionItem, bound: dict[str, Any], now: datetime
) -> dict[str, Any]:
    return {
        "settle": bound.get("settle")
        or SettleForm(action=action, user=request.user, now=now),
        "new_step": bound.get("step") or StepForm(),
        "needs": bound.get("needs") or NeedsForm(user=request.user, action=action),
    }


def _to_follow(
    action: ActionItem, bound: dict[str, Any], today: date
) -> dict[str, Any]:
    follow = action.follow_through
    snoozed = (
        {"until": str(follow.snoozed_until), "reason": follow.snooze_reason}
        if follow.snoozed(today)
        else {}
    )
    answered = {"verdict": follow.verdict, "note": follow.verdict_note}
    return {
        "can_follow": True,
        "snooze": bound.get("snooze") or SnoozeForm(initial=snoozed),
        "verdict": bound.get("verdict") or VerdictForm(initial=answered),
    }


def carry_out(
    request: UserRequest,
    action: ActionItem,
    do: Callable[[], Any],
    *,
    anchor: str,
    form: Any = None,
    stale: Callable[[Any], HttpResponse] | None = None,
    undo: tuple[str, str] | None = None,
) -> HttpResponse:
    """Do it, and answer: saved, or the form with what stands against it.

    `stale` answers where somebody was first, given what stands there now.
    """
    if form is not None and not form.is_valid():
        return show(request, action, form=form, status=422)
    try:
        do()
    except Stale as refusal:
        if stale is None:
            raise
        return stale(refusal.current)
    except policies.Refusal as refusal:
        return _refused(request, action, form, refusal)
    return done(request, action, anchor=anchor, undo=undo)


def _refused(
    request: UserRequest, action: ActionItem, form: Any, refusal: policies.Refusal
) -> HttpResponse:
    """The page with the sentence, and all that was typed under a new key."""
    if form is None:
        return show(request, action, status=status_of(refusal), refusal=refusal)
    form.data = with_fresh_key(request)
    if isinstance(refusal, Unanswered):
        refuse(form, refusal.questions)
        return show(request, action, form=form, status=422)
    form.add_error(None, str(refusal))
    return show(request, action, form=form, status=status_of(refusal))


def done(
    request: UserRequest,
    action: ActionItem,
    *,
    anchor: str,
    undo: tuple[str, str] | None = None,
    told: str = "",
) -> HttpResponse:
    """Saved: back to the place; for htmx the form anew, and what to fetch again."""
    if not request.htmx:
        if undo or told:
            tags = f"undo:{undo[0]}" if undo else ""
            messages.info(request, undo[1] if undo else told, extra_tags=tags)
        return redirect(address_of(action, anchor))
    fresh = access.action(request.user, action.pk)
    response = show(request, fresh) if request.htmx.target else HttpResponse()
    events: dict[str, Any] = {
        "changed": {"parts": list(PARTS)},
        "focusing": {"id": anchor},
    }
    if undo:
        events["undo"] = {"url": undo[0], "sentence": undo[1]}
    if told:
        events["told"] = {"sentence": told}
    response.headers["HX-Trigger"] = json.dumps(events)
    response.headers["X-Saved-At"] = datetime.now(UTC).strftime("%H:%M:%S")
    return response
