"""What becomes of an issue of GitLab, as the body of a request."""

import re

from django.utils.translation import gettext as _

from integrations.trackers.adapter import KEEP, Changes, Rejected
from integrations.trackers.footers import key_in, with_footer
from integrations.trackers.gitlab_issues import WONT_DO_LABEL, assignees_of, statuses
from integrations.trackers.paging import Raw
from integrations.trackers.values import text_of
from postmortems.vocabulary import ActionStatus

STATUS_FOR: dict[str, str] = {
    ActionStatus.OPEN: "opened",
    ActionStatus.IN_PROGRESS: "opened",
    ActionStatus.DONE: "closed",
    ActionStatus.WONT_DO: "closed_wont_do",
}
_COMMAND = re.compile(r"^/(?=\w)", re.MULTILINE)


def inert(description: str) -> str:
    """Lines that GitLab would carry out, such as “/close”, as what they say."""
    return _COMMAND.sub(r"\\/", description)


def wanted_of(changes: Changes, raw: Raw) -> Raw:
    wanted: Raw = {}
    if changes.title is not KEEP:
        wanted["title"] = changes.title
    if changes.description is not KEEP:
        text, key = inert(changes.description), key_in(text_of(raw.get("description")))
        wanted["description"] = with_footer(text, key) if key else text
    if changes.due_on is not KEEP:
        wanted["due_date"] = changes.due_on.isoformat() if changes.due_on else ""
    if changes.assignee is not KEEP:
        wanted["assignee_ids"] = _assignees(changes.assignee, raw)
    if changes.status is not KEEP:
        wanted |= _state(changes.status, raw)
    return wanted


def _assignees(account: str, raw: Raw) -> list[str]:
    """The first one is the owner; whoever else is assigned stays."""
    others = [other for other in assignees_of(raw)[1:] if other != account]
    return [*filter(None, [account]), *others] or ["0"]


def _labels_for(status: str) -> list[str]:
    return [WONT_DO_LABEL] if STATUS_FOR.get(status, status) == "closed_wont_do" else []


def _state(status: str, raw: Raw) -> Raw:
    wanted = STATUS_FOR.get(status, status)
    if wanted not in {known.id for known in statuses()}:
        raise Rejected({"status": _("GitLab has no such status.")})
    change: Raw = {}
    if (raw.get("state") == "closed") != (wanted != "opened"):
        change["state_event"] = "reopen" if wanted == "opened" else "close"
    labelled = "add_labels" if _labels_for(status) else "remove_labels"
    return {**change, labelled: WONT_DO_LABEL}
