"""What Jira says of issues, people and statuses, as the dataclasses of `adapter`."""

from collections.abc import Mapping
from typing import Any

from integrations.trackers.adapter import HookEvent, Issue, Person, Status
from integrations.trackers.jira_texts import plain_of
from integrations.trackers.values import (
    day_of,
    id_of,
    inside,
    line_of,
    moment_of,
    objects_of,
)
from postmortems.vocabulary import ActionStatus

FIELDS = (
    "summary",
    "description",
    "status",
    "assignee",
    "duedate",
    "labels",
    "updated",
    "resolution",
    "project",
)
CATEGORIES: Mapping[str, ActionStatus] = {
    "new": ActionStatus.OPEN,
    "undefined": ActionStatus.OPEN,
    "indeterminate": ActionStatus.IN_PROGRESS,
    "in-flight": ActionStatus.IN_PROGRESS,
    "done": ActionStatus.DONE,
}
"""By the key of a status category; "in-flight" is how old versions said it."""
NOT_DONE = frozenset(
    {
        "won't do",
        "won’t do",
        "won't fix",
        "won’t fix",
        "wontfix",
        "duplicate",
        "cannot reproduce",
        "declined",
        "rejected",
        "cancelled",
        "canceled",
        "abandoned",
        "obsolete",
        "not a bug",
        "incomplete",
    }
)
"""Resolutions, and names of closed statuses, that mean it was not done."""


def issue_of(raw: Mapping[str, Any], base_url: str) -> Issue:
    fields = inside(raw, "fields")
    key = line_of(raw.get("key"))
    resolution = line_of(inside(fields, "resolution").get("name"))
    assignee = fields.get("assignee")
    return Issue(
        remote_id=id_of(raw.get("id")),
        key=key,
        url=f"{base_url}/browse/{key}",
        project=line_of(inside(fields, "project").get("key")) or key.rpartition("-")[0],
        title=line_of(fields.get("summary")),
        description=plain_of(fields.get("description")),
        status=status_of(inside(fields, "status"), resolution),
        assignee=person_of(assignee) if isinstance(assignee, dict) else None,
        due_on=day_of(fields.get("duedate")),
        labels=tuple(line_of(one) for one in fields.get("labels") or ()),
        resolution=resolution,
        updated_at=moment_of(fields.get("updated")),
    )


def status_of(raw: Mapping[str, Any], resolution: str = "") -> Status:
    name = line_of(raw.get("name"))
    category = line_of(inside(raw, "statusCategory").get("key"))
    means = CATEGORIES.get(category, ActionStatus.OPEN)
    if means == ActionStatus.DONE and is_not_done(resolution, name):
        means = ActionStatus.WONT_DO
    return Status(id_of(raw.get("id")), name, means)


def is_not_done(*names: str) -> bool:
    return any(name.casefold() in NOT_DONE for name in names)


def person_of(raw: Mapping[str, Any]) -> Person:
    """Known by `accountId` in the cloud, by `name` elsewhere."""
    account = line_of(raw.get("accountId")) or line_of(raw.get("name"))
    return Person(
        account=account,
        name=line_of(raw.get("displayName")) or account,
        email=line_of(raw.get("emailAddress")),
    )


def is_a_person(raw: Mapping[str, Any]) -> bool:
    return raw.get("active") is not False and raw.get("accountType") in {
        None,
        "atlassian",
    }


def statuses_of(types: Any) -> list[Status]:
    """Of all issue types of a project, each once."""
    found = {
        status.id: status
        for one in objects_of(types)
        for status in map(status_of, objects_of(one.get("statuses")))
    }
    return list(found.values())


def event_of(body: Mapping[str, Any], base_url: str) -> list[HookEvent]:
    """Of events about issues; nothing for all others."""
    name = line_of(body.get("webhookEvent"))
    raw = inside(body, "issue")
    if not name.startswith("jira:issue_") or not raw.get("id"):
        return []
    issue = issue_of(raw, base_url)
    deleted = name == "jira:issue_deleted"
    return [HookEvent(issue.remote_id, None if deleted else issue, deleted=deleted)]
