"""What GitLab says about issues, as the dataclasses of `adapter`."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from integrations.trackers.adapter import (
    BadHook,
    HookEvent,
    Issue,
    NotFound,
    Person,
    Rejected,
    Status,
    Unavailable,
)
from integrations.trackers.footers import without_footer
from integrations.trackers.values import (
    day_of,
    hook_of,
    id_of,
    inside,
    line_of,
    moment_of,
    objects_of,
    text_of,
)
from postmortems.vocabulary import ActionStatus

WONT_DO_LABEL = "wont-do"
"""GitLab closes without a reason; this label says that it won’t be done."""

_NAME = r"(?!\.{1,2}/)[A-Za-z0-9_.-]+"
PROJECT = re.compile(rf"\d+|{_NAME}(?:/{_NAME})*/(?!\.{{1,2}}$)[A-Za-z0-9_.-]+")
REFERENCE = re.compile(r"([A-Za-z0-9_./-]+)#(\d{1,18})")
ADDRESS = re.compile(
    rf"/((?:{_NAME}/)+?{_NAME})(?:/-)?/(issues|work_items|merge_requests)"
    r"(?:/incident)?/(\d{1,18})(?:/.*)?"
)
BOT = re.compile(r"(project|group)_\d+_bot(_\w+)?|.+-bot", re.IGNORECASE)
"""Names that GitLab gives to accounts of machines."""
NEEDED = {
    "iid",
    "project_id",
    "title",
    "description",
    "state",
    "due_date",
    "updated_at",
}
"""What a webhook has to say of an issue to be taken without asking for it."""
STATUS_CHANGES = {"close", "reopen"}


def statuses() -> list[Status]:
    closed = _("Closed, labelled %(label)s") % {"label": WONT_DO_LABEL}
    return [
        Status("opened", _("Open"), ActionStatus.OPEN),
        Status("closed", _("Closed"), ActionStatus.DONE),
        Status("closed_wont_do", closed, ActionStatus.WONT_DO),
    ]


def parts_of(reference: str) -> tuple[str, str]:
    """Project (number or path) and number; raises NotFound for what names no issue."""
    found = REFERENCE.fullmatch(reference)
    if found is None or not PROJECT.fullmatch(found[1]):
        raise NotFound
    return found[1], found[2]


def refuse_merge_request() -> Rejected:
    return Rejected({"": _("This is a merge request. Link the issue that it is for.")})


def reference_in(url: str, web: str) -> str:
    """What `fetch` finds the issue of an address by; empty where it names none."""
    path = urlsplit(url).path.removeprefix(urlsplit(web).path)
    found = ADDRESS.fullmatch(path)
    if found is None:
        return ""
    if found[2] == "merge_requests":
        raise refuse_merge_request()
    return f"{found[1]}#{found[3]}"


def issue_of(raw: dict[str, Any], web: str, project: str = "") -> Issue:
    """`web` is where people read GitLab; `project` its path, where it is known.

    Raises Unavailable where it is no issue.
    """
    number, of = id_of(raw.get("iid")), id_of(raw.get("project_id"))
    path = project or reference_in(line_of(raw.get("web_url")), web).partition("#")[0]
    if not (number.isdigit() and of.isdigit() and path):
        raise Unavailable("no issue")
    return Issue(
        remote_id=f"{of}#{number}",
        key=f"{path}#{number}",
        url=f"{web}/{path}/-/issues/{number}",
        project=path,
        title=line_of(raw.get("title")),
        status=_status_of(raw),
        updated_at=moment_of(raw.get("updated_at")),
        description=without_footer(text_of(raw.get("description"))),
        assignee=_assignee_of(raw),
        due_on=day_of(raw.get("due_date")),
        labels=labels_of(raw),
        by_bot=is_bot(inside(raw, "closed_by")),
    )


def is_bot(account: dict[str, Any]) -> bool:
    named = line_of(account.get("username"))
    return account.get("bot") is True or BOT.fullmatch(named) is not None


def labels_of(raw: dict[str, Any]) -> tuple[str, ...]:
    """Names, whether they are told as texts (API) or as objects (webhook)."""
    told = raw.get("labels")
    if not isinstance(told, list):
        return ()
    return tuple(
        line_of(one.get("title") if isinstance(one, dict) else one) for one in told
    )


def assignees_of(raw: dict[str, Any]) -> list[str]:
    people = objects_of(raw.get("assignees")) or [inside(raw, "assignee")]
    return [account for one in people if (account := id_of(one.get("id")))]


def _assignee_of(raw: dict[str, Any]) -> Person | None:
    people = objects_of(raw.get("assignees")) or [inside(raw, "assignee")]
    account = id_of(people[0].get("id"))
    name = line_of(people[0].get("name")) or line_of(people[0].get("username"))
    return Person(account, name or account) if account else None


def _status_of(raw: dict[str, Any]) -> Status:
    opened, closed, wont_do = statuses()
    if raw.get("state") != "closed":
        return opened
    return wont_do if WONT_DO_LABEL in labels_of(raw) else closed


def events_of(raw: bytes, web: str) -> Sequence[HookEvent]:
    """What a webhook says; nothing where it is about something else."""
    said = hook_of(raw)
    if said.get("object_kind") != "issue":
        return []
    told = inside(said, "object_attributes")
    number, of = id_of(told.get("iid")), id_of(told.get("project_id"))
    if not (number.isdigit() and of.isdigit()):
        raise BadHook("no issue")
    at = moment_of(told.get("updated_at"))
    return [HookEvent(f"{of}#{number}", _told_issue(said, told, web), at=at)]


def _told_issue(said: dict[str, Any], told: dict[str, Any], web: str) -> Issue | None:
    """None where the webhook leaves something out, or where it was moved."""
    beside: dict[str, Any] = {
        name: said[name] for name in ("assignees", "labels") if name in said
    }
    nameless = [one for one in objects_of(said.get("assignees")) if "id" not in one]
    project = line_of(inside(said, "project").get("path_with_namespace"))
    if told.get("moved_to_id") or nameless or not project or NEEDED - told.keys():
        return None
    closed_by = said.get("user") if told.get("action") in STATUS_CHANGES else None
    return issue_of({**told, **beside, "closed_by": closed_by}, web, project)
