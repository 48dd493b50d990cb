"""What goes on with an action item after its report is published."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts.models import User
from actions.models import ActionItem
from actions.parts import ACTIONS
from postmortems.operations import rows
from postmortems.operations.desk import RequestKey

LIVING = frozenset({"status", "due_on", "reason", "evidence", "done_on"})
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
    """Save status, date and evidence of an action, be its report published or not.

    Raises PermissionDenied for others than the report's writers, Stale or Gone where
    somebody was first, and ValueError for a column that belongs to the text.
    """
    if not LIVING.issuperset(values):
        raise ValueError(sorted(set(values) - LIVING))
    row = rows.change_row(
        ACTIONS,
        postmortem_id,
        action_id,
        values,
        version=version,
        by=by,
        at=at,
        key=key,
        frozen_too=True,
    )
    assert isinstance(row, ActionItem)  # noqa: S101  the kind says so
    return row
