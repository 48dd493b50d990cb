"""What Linear says about issues, as the dataclasses of `adapter`."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from integrations.trackers.adapter import (
    BadHook,
    Deleted,
    HookEvent,
    Issue,
    NotFound,
    Person,
    Status,
    Unavailable,
)
from integrations.trackers.values import (
    day_of,
    id_of,
    inside,
    line_of,
    moment_of,
    objects_of,
    text_of,
)
from postmortems.vocabulary import ActionStatus

IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,9}-\d{1,18}")
REMOTE_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
ADDRESS = re.compile(rf"/[A-Za-z0-9_-]+/issue/({IDENTIFIER.pattern})(?:/.*)?")
NEEDED = {"id", "identifier", "title", "description", "state", "team", "updatedAt"}
"""What a webhook has to say of an issue to be taken without asking for it."""

MEANINGS: dict[str, ActionStatus] = {
    "triage": ActionStatus.OPEN,
    "backlog": ActionStatus.OPEN,
    "unstarted": ActionStatus.OPEN,
    "started": ActionStatus.IN_PROGRESS,
    "completed": ActionStatus.DONE,
    "canceled": ActionStatus.WONT_DO,
    "duplicate": ActionStatus.WONT_DO,
}
"""By the type that each team's states have."""
PREFERRED = ("unstarted", "backlog", "triage", "started", "completed", "canceled")
"""Which type is chosen where several mean the same."""


def checked(reference: str) -> str:
    """Raises NotFound for what names no issue."""
    if not (IDENTIFIER.fullmatch(reference) or REMOTE_ID.fullmatch(reference)):
        raise NotFound
    return reference


def status_of(raw: dict[str, Any]) -> Status:
    means = MEANINGS.get(id_of(raw.get("type")), ActionStatus.OPEN)
    return Status(id_of(raw.get("id")), line_of(raw.get("name")), means)


def statuses_of(raw: Any) -> list[Status]:
    """Of a team, in its own order; the preferred type first where several fit."""

    def order(state: dict[str, Any]) -> tuple[int, float]:
        kind, place = id_of(state.get("type")), state.get("position")
        rank = PREFERRED.index(kind) if kind in PREFERRED else len(PREFERRED)
        return rank, float(place) if isinstance(place, int | float) else 0.0

    return [status_of(state) for state in sorted(objects_of(raw), key=order)]


def issue_of(raw: dict[str, Any], web: str) -> Issue:
    """Raises Deleted for what lies in the trash, Unavailable where it is no issue."""
    remote_id, key = id_of(raw.get("id")), id_of(raw.get("identifier"))
    if not (remote_id and IDENTIFIER.fullmatch(key)):
        raise Unavailable("no issue")
    if raw.get("trashed") is True:
        raise Deleted
    address = line_of(raw.get("url"))
    return Issue(
        remote_id=remote_id,
        key=key,
        url=address if address.startswith(f"{web}/") else web,
        project=line_of(inside(raw, "team").get("key")),
        title=line_of(raw.get("title")),
        status=status_of(inside(raw, "state")),
        updated_at=moment_of(raw.get("updatedAt")),
        description=text_of(raw.get("description")),
        assignee=person_of(inside(raw, "assignee")),
        due_on=day_of(raw.get("dueDate")),
        labels=_labels_of(raw.get("labels")),
        by_bot=_by_bot(raw),
    )


def _by_bot(raw: dict[str, Any]) -> bool:
    """Whether a machine put it into its state; the newest change stands first."""
    state = inside(raw, "state").get("id")
    for change in objects_of(inside(raw, "history").get("nodes")):
        if inside(change, "toState").get("id") == state:
            return bool(inside(change, "botActor")) and not inside(change, "actor")
    return False


def _labels_of(told: Any) -> tuple[str, ...]:
    """A list in a webhook, and `nodes` in an answer."""
    nodes = told.get("nodes") if isinstance(told, dict) else told
    return tuple(line_of(one.get("name")) for one in objects_of(nodes))


def person_of(raw: dict[str, Any]) -> Person | None:
    account = id_of(raw.get("id"))
    name = line_of(raw.get("name"))
    return Person(account, name, line_of(raw.get("email"))) if account else None


def events_of(said: dict[str, Any], web: str) -> Sequence[HookEvent]:
    """What a webhook says; nothing where it is about something else."""
    if said.get("type") != "Issue":
        return []
    told = inside(said, "data")
    remote_id = id_of(told.get("id"))
    if not REMOTE_ID.fullmatch(remote_id):
        raise BadHook("no issue")
    at = moment_of(told.get("updatedAt"))
    if said.get("action") == "remove" or told.get("trashed") is True:
        return [HookEvent(remote_id, deleted=True, at=at)]
    if NEEDED - told.keys():
        return [HookEvent(remote_id, at=at)]
    issue = issue_of(told, web)
    if "stateId" in inside(said, "updatedFrom"):
        kind = id_of(inside(said, "actor").get("type")).lower()
        issue = replace(issue, by_bot=kind not in {"", "user"})
    return [HookEvent(remote_id, issue, at=at)]
