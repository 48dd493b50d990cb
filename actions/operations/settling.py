"""What goes on with an action item after its report is published."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from accounts.models import User
from actions.models import ActionItem
from actions.parts import ACTIONS
from actions.permissions import check_can_settle
from postmortems import permissions
from postmortems.models import Postmortem
from postmortems.operations import rows
from postmortems.operations.desk import (
    Desk,
    Repeated,
    RequestKey,
    What,
    at_desk,
)

LIVING = frozenset(
    {
        "status",
        "due_on",
        "reason",
        "evidence",
        "done_on",
        "priority",
        "owner_team_id",
        "owner_person_id",
        "owner_team_name",
        "owner_person_name",
    }
)
"""Columns that are no part of the frozen text."""


def settle_action(
    postmortem_id: int,
    action_id: int,
    values: Mapping[str, Any],
    *,
    version: int,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> ActionItem:
    """Save what became of an action, be its report published or not.

    Raises PermissionDenied for others than `actions.permissions` names, Stale or Gone
    where somebody was first, `promises.Unanswered` for what is left unsaid, and
    ValueError for a column that belongs to the text.
    """
    try:
        with at_desk(
            postmortem_id, by=by, at=at, key=key, may=partial(may_settle, action_id)
        ) as desk:
            action = settle_at(desk, action_id, values, version=version)
            desk.outcome["row"] = action.pk
            return action
    except Repeated as repeated:
        return ActionItem.objects.get(pk=repeated.outcome["row"])


def settle_at(
    desk: Desk,
    action_id: int,
    values: Mapping[str, Any],
    *,
    version: int,
    what: What = What.CHANGED,
) -> ActionItem:
    """The same at an open desk, whose opener has asked who may."""
    if not (LIVING | {"because"}).issuperset(values):
        raise ValueError(sorted(set(values) - LIVING))
    row = rows.present_row(desk, ACTIONS, action_id)
    assert isinstance(row, ActionItem)  # noqa: S101  the kind says so
    if row.version != version:
        raise rows.Stale(row)
    rows.write_row(desk, ACTIONS, row, values, what)
    return row


def may_settle(action_id: int, by: User, postmortem: Postmortem) -> None:
    """Asked of the action as it stands while its report is locked."""
    action = (
        postmortem.action_items.select_related("owner_team")
        .filter(pk=action_id)
        .first()
    )
    if action is None:
        permissions.check_is_writer(by, postmortem)
        return
    action.postmortem = postmortem
    check_can_settle(by, action)
