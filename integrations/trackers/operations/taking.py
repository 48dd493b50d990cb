"""What a tracker says becomes the action's, in the tracker's name."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from actions.models import ActionItem
from actions.parts import ACTIONS
from actions.promises import BECAUSE
from postmortems.models import Postmortem
from postmortems.operations import rows
from postmortems.operations.desk import What, at_desk
from postmortems.vocabulary import ActionStatus


@dataclass(frozen=True, slots=True)
class Source:
    """The issue that says so."""

    url: str
    resolution: str
    """Why it was closed, in the tracker's words."""
    credit: str
    """The note in the history."""


def take_over(
    action: ActionItem,
    values: dict[str, Any],
    source: Source,
    *,
    by: User,
    at: datetime,
) -> ActionItem:
    """Write `values` ({"status", "due_on", "assignee": user id or None}) to an action.

    The history names `by` (the connection's bot, or whoever chose) and the source. An
    issue that is done is its own evidence; one that won't be done gives its resolution
    as the reason. Raises rows.Stale, rows.Gone or policies.Refusal.
    """
    with at_desk(action.postmortem_id, by=by, at=at, may=_given_by_connecting) as desk:
        desk.credit = source.credit
        row = rows.present_row(desk, ACTIONS, action.pk)
        if row.version != action.version:
            raise rows.Stale(row)
        assert isinstance(row, ActionItem)  # noqa: S101  the kind says so
        columns = columns_of(row, values, source, at)
        columns[BECAUSE] = source.credit
        rows.write_row(desk, ACTIONS, row, columns, What.CHANGED)
        return row


def _given_by_connecting(_user: User, _report: Postmortem) -> None:
    """An administrator gave the right by connecting, a writer by linking the issue."""


def columns_of(
    action: ActionItem, values: dict[str, Any], source: Source, at: datetime
) -> dict[str, Any]:
    """The columns of an action that say what the issue says."""
    columns: dict[str, Any] = {}
    if "due_on" in values:
        due_on = values["due_on"]
        columns["due_on"] = date.fromisoformat(due_on) if due_on else None
    if "assignee" in values:
        columns["owner_person_id"] = values["assignee"]
        columns["owner_person_name"] = ""
    if "status" in values:
        columns |= _settled(action, values["status"], source, at)
    return columns


def _settled(
    action: ActionItem, status: str, source: Source, at: datetime
) -> dict[str, Any]:
    done, wont = status == ActionStatus.DONE, status == ActionStatus.WONT_DO
    reason = action.reason or source.resolution or _("Closed there without a reason.")
    return {
        "status": status,
        "evidence": action.evidence or source.url if done else action.evidence,
        "done_on": (action.done_on or at.date()) if done else None,
        "reason": reason if wont else "",
    }
