"""What is kept of a promise when its action changes, in the same transaction."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from actions.models import ActionItem, DateMove, FollowThrough
from actions.promises import (
    BECAUSE,
    Stood,
    Unanswered,
    is_later,
    is_promise,
    open_questions,
)
from postmortems.models import Change
from postmortems.parts import Snapshot
from postmortems.vocabulary import ActionStatus

if TYPE_CHECKING:
    from postmortems.operations.desk import Desk

TAKEN_BACK = timedelta(minutes=1)
"""Within this time, whoever moved a date and puts it back has not moved it."""


def keep_promise(
    desk: "Desk",
    action: ActionItem,
    before: Snapshot,
    values: Mapping[str, Any],
    what: Change.What,
) -> str:
    """Ask what a change leaves unsaid, and write down what it means for the promise.

    `action` has its new values, `before` says how it stood; the answer is why its date
    moved. Raises Unanswered. What brings an earlier version back is asked nothing: it
    was answered once.
    """
    stood = Stood.of_snapshot(before)
    new = {
        "status": action.status,
        "due_on": action.due_on,
        "evidence": action.evidence,
        "reason": action.reason,
    }
    moved = stood.due_on != action.due_on
    promised = moved and is_promise(desk.postmortem)
    because = values.get(BECAUSE) or desk.credit
    if what != Change.What.RESTORED:
        questions = open_questions(stood, {**new, BECAUSE: because}, promised=promised)
        if questions:
            raise Unanswered(questions)
    if promised:
        _note_move(desk, action, stood, because)
    if stood.status == ActionStatus.DONE and action.status != ActionStatus.DONE:
        _forget_verdict(action)
    return str(values.get(BECAUSE, "")) if moved else ""


def _note_move(desk: "Desk", action: ActionItem, stood: Stood, because: str) -> None:
    """The first date that was promised stays known; a later one is a move."""
    if stood.due_on is None:
        return
    FollowThrough.objects.filter(pk=action.pk, promised_on=None).update(
        promised_on=stood.due_on
    )
    if not is_later(stood, {"due_on": action.due_on}):
        _take_back(desk, action)
        return
    DateMove.objects.create(
        action=action,
        from_on=stood.due_on,
        to_on=action.due_on,
        reason=because or _("An earlier version was brought back."),
        by=desk.by,
        at=desk.at,
    )


def _take_back(desk: "Desk", action: ActionItem) -> None:
    """Undo is no move: neither there nor back."""
    last = action.date_moves.order_by("-pk").first()
    if (
        last is not None
        and last.by_id == desk.by.pk
        and last.from_on == action.due_on
        and desk.at - last.at <= TAKEN_BACK
    ):
        last.delete()


def _forget_verdict(action: ActionItem) -> None:
    """Whether it worked is asked anew once it is done again."""
    FollowThrough.objects.filter(pk=action.pk).update(
        check_on=None,
        verdict="",
        verdict_note="",
        verdict_by=None,
        verdict_at=None,
        reopened_by=None,
    )
