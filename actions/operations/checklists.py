"""The steps of an action: add, rename, tick, move, delete, and bring back.

They are no part of the report's text, so the history has no line of them.
"""

from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from actions.models import ActionItem, Subtask
from actions.operations.settling import may_settle
from config.limits import LIMITS
from postmortems import policies
from postmortems.operations.desk import Desk, Repeated, RequestKey, beside
from postmortems.operations.rows import Gone, Stale


def add_subtask(
    action: ActionItem,
    text: str,
    *,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> Subtask:
    """Add a step at the end. Raises TooMany at the limit."""
    try:
        with beside_action(action, by=by, at=at, key=key) as desk:
            there = action.subtasks.filter(deleted_at=None)
            if there.count() >= LIMITS.subtasks:
                raise policies.TooMany(
                    _("There are %(limit)s steps already, which is the limit.")
                    % {"limit": LIMITS.subtasks}
                )
            last: int | None = action.subtasks.aggregate(last=Max("position"))["last"]
            subtask = Subtask.objects.create(
                action=action,
                text=text,
                position=(last or 0) + 1,
                created_at=at,
                created_by=by,
            )
            desk.outcome["subtask"] = subtask.pk
            return subtask
    except Repeated as repeated:
        return Subtask.objects.get(pk=repeated.outcome["subtask"])


def rename_subtask(
    action: ActionItem,
    subtask_id: int,
    text: str,
    *,
    version: int,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> Subtask:
    """Say a step otherwise, over `version` of it. Raises Stale or Gone."""
    try:
        with beside_action(action, by=by, at=at, key=key) as desk:
            subtask = _present(action, subtask_id)
            if subtask.version != version:
                raise Stale(subtask)
            subtask.text = text
            subtask.version += 1
            subtask.save(update_fields=["text", "version"])
            desk.outcome["subtask"] = subtask.pk
            return subtask
    except Repeated as repeated:
        return Subtask.objects.get(pk=repeated.outcome["subtask"])


def tick_subtask(
    action: ActionItem, subtask_id: int, *, done: bool, by: User, at: datetime
) -> Subtask:
    """Tick a step off, or take the tick away. Saying it twice changes nothing."""
    with beside_action(action, by=by, at=at):
        subtask = _present(action, subtask_id)
        if done != (subtask.done_at is not None):
            subtask.done_at, subtask.done_by = (at, by) if done else (None, None)
            subtask.save(update_fields=["done_at", "done_by"])
        return subtask


def move_subtask(
    action: ActionItem, subtask_id: int, *, up: bool, by: User, at: datetime
) -> Subtask:
    """Change places with the neighbour above or below; at the end nothing moves."""
    with beside_action(action, by=by, at=at):
        subtask = _present(action, subtask_id)
        steps = list(action.subtasks.filter(deleted_at=None).order_by("position", "pk"))
        here = steps.index(subtask)
        there = here - 1 if up else here + 1
        if 0 <= there < len(steps):
            steps[here], steps[there] = steps[there], steps[here]
            for position, step in enumerate(steps):
                step.position = position
            Subtask.objects.bulk_update(steps, ["position"])
        return subtask


def delete_subtask(
    action: ActionItem, subtask_id: int, *, by: User, at: datetime
) -> Subtask:
    """Take a step away; it can be brought back."""
    with beside_action(action, by=by, at=at):
        subtask = _of(action, subtask_id)
        if subtask.deleted_at is None:
            subtask.deleted_at = at
            subtask.save(update_fields=["deleted_at"])
        return subtask


def bring_back_subtask(
    action: ActionItem, subtask_id: int, *, by: User, at: datetime
) -> Subtask:
    with beside_action(action, by=by, at=at):
        subtask = _of(action, subtask_id)
        subtask.deleted_at = None
        subtask.save(update_fields=["deleted_at"])
        return subtask


def part_of(action: ActionItem) -> str:
    """What open pages are told to fetch again."""
    return f"row:actions:{action.pk}"


def beside_action(
    action: ActionItem, *, by: User, at: datetime, key: RequestKey | None = None
) -> AbstractContextManager[Desk]:
    """Lock the report for somebody who may settle the action; its text stays."""
    return beside(
        action.postmortem_id,
        part_of(action),
        may=partial(may_settle, action.pk),
        by=by,
        at=at,
        key=key,
    )


def _of(action: ActionItem, subtask_id: int) -> Subtask:
    return action.subtasks.select_for_update().get(pk=subtask_id)


def _present(action: ActionItem, subtask_id: int) -> Subtask:
    subtask = _of(action, subtask_id)
    if subtask.deleted_at is not None:
        raise Gone(_("This step was deleted in the meantime."))
    return subtask
