"""What GitHub says about issues, as the dataclasses of `adapter`."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from integrations.trackers.adapter import (
    BadHook,
    HookEvent,
    Issue,
    NotFound,
    Person,
    Receipt,
    Rejected,
    Status,
    Unavailable,
)
from integrations.trackers.footers import without_footer
from integrations.trackers.values import (
    hook_of,
    id_of,
    inside,
    line_of,
    moment_of,
    objects_of,
    text_of,
)
from postmortems.vocabulary import ActionStatus

NAME = r"(?!\.{1,2}[/#])[A-Za-z0-9_.-]+"
PROJECT = re.compile(rf"{NAME}/(?!\.{{1,2}}$)[A-Za-z0-9_.-]+")
REFERENCE = re.compile(rf"({NAME}/{NAME})#(\d{{1,18}})")
ADDRESS = re.compile(rf"/({NAME}/{NAME})/(issues|pull)/(\d{{1,18}})(?:/.*)?")

STATUS_CHANGES = {"closed", "reopened"}


def statuses() -> list[Status]:
    return [
        Status("open", _("Open"), ActionStatus.OPEN),
        Status("completed", _("Closed as completed"), ActionStatus.DONE),
        Status("not_planned", _("Closed as not planned"), ActionStatus.WONT_DO),
        Status("duplicate", _("Closed as duplicate"), ActionStatus.WONT_DO),
    ]


def parts_of(reference: str) -> tuple[str, str]:
    """Repository and number; raises NotFound for what names no issue."""
    found = REFERENCE.fullmatch(reference)
    if found is None:
        raise NotFound
    return found[1], found[2]


def refuse_pull_request() -> Rejected:
    return Rejected({"": _("This is a pull request. Link the issue that it is for.")})


def is_pull_request(raw: dict[str, Any]) -> bool:
    return bool(raw.get("pull_request"))


def reference_in(raw: dict[str, Any]) -> str:
    """The remote id of an issue as GitHub tells it; empty where it tells none."""
    address = line_of(raw.get("html_url")).partition("://")[2]
    found = ADDRESS.fullmatch(address[address.find("/") :])
    return f"{found[1]}#{found[3]}" if found else ""


def issue_of(raw: dict[str, Any], web: str) -> Issue:
    """`web` is where people read GitHub. Raises Unavailable where it is no issue."""
    reference = reference_in(raw)
    if not reference:
        raise Unavailable("no issue")
    if is_pull_request(raw):
        raise refuse_pull_request()
    project, number = parts_of(reference)
    return Issue(
        remote_id=reference,
        key=reference,
        url=f"{web}/{project}/issues/{number}",
        project=project,
        title=line_of(raw.get("title")),
        status=_status_of(raw),
        updated_at=moment_of(raw.get("updated_at")),
        description=without_footer(text_of(raw.get("body"))),
        assignee=_assignee_of(raw),
        has_due_date=False,
        labels=tuple(line_of(one.get("name")) for one in objects_of(raw.get("labels"))),
        resolution=_resolution_of(raw),
        by_bot=is_bot(inside(raw, "closed_by")),
    )


def is_bot(account: dict[str, Any]) -> bool:
    named = line_of(account.get("login"))
    return account.get("type") == "Bot" or named.endswith("[bot]")


def logins_of(raw: dict[str, Any]) -> list[str]:
    people = objects_of(raw.get("assignees")) or [inside(raw, "assignee")]
    return [login for one in people if (login := line_of(one.get("login")))]


def _assignee_of(raw: dict[str, Any]) -> Person | None:
    logins = logins_of(raw)
    return Person(logins[0], logins[0]) if logins else None


def _status_of(raw: dict[str, Any]) -> Status:
    known = {status.id: status for status in statuses()}
    if raw.get("state") != "closed":
        return known["open"]
    # Issues that were closed before there were reasons have none.
    return known.get(id_of(raw.get("state_reason")), known["completed"])


def _resolution_of(raw: dict[str, Any]) -> str:
    if raw.get("state") != "closed":
        return ""
    return id_of(raw.get("state_reason")).replace("_", " ")


def events_of(receipt: Receipt, raw: bytes, web: str) -> Sequence[HookEvent]:
    """What a webhook says; nothing where it is about something else."""
    if receipt.name != "issues":
        return []
    said = hook_of(raw)
    told = inside(said, "issue")
    reference = reference_in(told)
    if not reference:
        raise BadHook("no issue")
    if is_pull_request(told):
        return []
    at = moment_of(told.get("updated_at"))
    action = said.get("action")
    if action == "deleted":
        return [HookEvent(reference, deleted=True, at=at)]
    if action == "transferred":
        new = reference_in(inside(said, "changes", "new_issue"))
        return [HookEvent(reference, moved_to=new, at=at)]
    issue = issue_of(told, web)
    if action in STATUS_CHANGES:
        issue = replace(issue, by_bot=is_bot(inside(said, "sender")))
    return [HookEvent(reference, issue, at=at)]
