"""What becomes of an issue of GitHub, as the body of a request."""

from typing import Any

from django.utils.translation import gettext as _

from integrations.trackers.adapter import KEEP, Changes, Rejected
from integrations.trackers.footers import due_in, key_in, with_footer, without_footer
from integrations.trackers.github_issues import logins_of, statuses
from integrations.trackers.values import text_of
from postmortems.vocabulary import ActionStatus

STATUS_FOR: dict[str, str] = {
    ActionStatus.OPEN: "open",
    ActionStatus.IN_PROGRESS: "open",
    ActionStatus.DONE: "completed",
    ActionStatus.WONT_DO: "not_planned",
}


def rewrites(changes: Changes) -> bool:
    """Whether what stands there has to be known: the text, and who else is assigned."""
    parts = (changes.description, changes.due_on, changes.assignee)
    return any(part is not KEEP for part in parts)


def wanted_of(changes: Changes, raw: dict[str, Any]) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if changes.title is not KEEP:
        wanted["title"] = changes.title
    if changes.status is not KEEP:
        wanted |= _state_of(changes.status)
    return wanted | _body_of(changes, raw) | _assignees_of(changes, raw)


def _state_of(status: str) -> dict[str, str]:
    wanted = STATUS_FOR.get(status, status)
    if wanted == "open":
        return {"state": "open"}
    if wanted not in {known.id for known in statuses()}:
        raise Rejected({"status": _("GitHub has no such status.")})
    return {"state": "closed", "state_reason": wanted}


def _body_of(changes: Changes, raw: dict[str, Any]) -> dict[str, Any]:
    """A changed text keeps the lines that we wrote below it; others get none."""
    text = text_of(raw.get("body"))
    new = None if changes.description is KEEP else changes.description
    key = key_in(text)
    if not key:
        return {} if new is None else {"body": new}
    due_on = due_in(text) if changes.due_on is KEEP else changes.due_on
    kept = without_footer(text) if new is None else new
    body = with_footer(kept, key, due_on)
    return {} if body == text else {"body": body}


def _assignees_of(changes: Changes, raw: dict[str, Any]) -> dict[str, Any]:
    """The first one is the owner; whoever else is assigned stays."""
    if changes.assignee is KEEP:
        return {}
    others = [login for login in logins_of(raw)[1:] if login != changes.assignee]
    return {"assignees": [*filter(None, [changes.assignee]), *others]}
