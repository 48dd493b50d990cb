"""Bring one action and its issue into step: find or make it, compare, take, push.

Whatever is written twice because a process died in between is written as it was: an
issue is searched by its key before it is made, a value that is there already is no
change, and what both sides say is in step.
"""

from datetime import date, datetime
from typing import Any

from actions.models import ActionItem
from integrations.models import TWO_WAY, IssueLink
from integrations.models.issue import LinkState
from integrations.trackers import standing
from integrations.trackers.adapter import (
    Adapter,
    Changes,
    Draft,
    Issue,
    Moved,
    Rejected,
)
from integrations.trackers.operations import keeping_step, linking
from integrations.trackers.operations.taking import Source, take_over
from integrations.trackers.sides import mapping_of, ours_of, theirs_of
from integrations.trackers.standing import TEXTS, remembered
from integrations.trackers.words import credit_of
from postmortems import policies
from postmortems.operations import rows
from postmortems.vocabulary import ActionStatus

SETTLED = frozenset({ActionStatus.DONE, ActionStatus.WONT_DO})
LONGEST_SHOWN = 2_000
"""Characters of a text that are kept to be shown as one of two versions."""


class ChangedMeanwhile(Exception):
    """Somebody changed the action while its issue was read: compare anew."""


def bring_into_step(link: IssueLink, adapter: Adapter, now: datetime) -> bool:
    """True where the tracker answered; raises TrackerError where it did not do it.

    The caller keeps what became of `link`.
    """
    if _is_gone(link.action):
        return False
    if _is_held_back(link):
        link.state = LinkState.NOT_ALLOWED
        return False
    if link.state == LinkState.NOT_ALLOWED:
        link.state = _before_it_was_held_back(link)
    link.waiting, link.messages = {}, {}
    ours = ours_of(link, adapter)
    if _nothing_new(link, ours):
        return False
    issue = _found(link, adapter, ours)
    if issue is None:
        return True
    _compare(link, adapter, ours, issue, now)
    link.state = LinkState.TWO_VERSIONS if link.versions else LinkState.LINKED
    link.checked_at = now
    return True


def _is_gone(action: ActionItem) -> bool:
    """Deleted, or its report is: the issue stays as it is."""
    return (
        action.deleted_at is not None
        or action.postmortem.incident.deleted_at is not None
    )


def _is_held_back(link: IssueLink) -> bool:
    restricted = link.action.postmortem.incident.restricted
    return restricted and not link.connection.restricted_too


def _before_it_was_held_back(link: IssueLink) -> LinkState:
    if link.remote_id:
        return LinkState.LINKED
    return LinkState.TO_LINK if link.reference else LinkState.TO_CREATE


def _nothing_new(link: IssueLink, ours: dict[str, Any]) -> bool:
    """Whether the action says what it said, and nobody said that the issue changed."""
    if not link.remote_id or link.checked_at is None:
        return False
    return all(
        remembered(name, value) == link.pushed.get(name) for name, value in ours.items()
    )


# --- Finding or making it -------------------------------------------------------------


def _found(link: IssueLink, adapter: Adapter, ours: dict[str, Any]) -> Issue | None:
    """The issue as it now is; None where it belongs to another action."""
    if link.remote_id:
        issue = _followed(link, adapter, link.remote_id)
    elif link.reference:
        issue = _followed(link, adapter, link.reference)
    else:
        issue = _made(link, adapter, ours)
    if link.remote_id != issue.remote_id and not linking.found_by(
        link.connection, link, issue.remote_id
    ):
        link.state = LinkState.REJECTED
        link.messages = {"": "That issue stands for another action."}
        return None
    _note(link, issue)
    keeping_step.save_link(link)
    return issue


def _followed(link: IssueLink, adapter: Adapter, reference: str) -> Issue:
    """Where an issue was moved or transferred, it is the same one in its new place."""
    try:
        return adapter.fetch(reference)
    except Moved as moved:
        link.moved_from = link.issue_key
        return adapter.fetch(moved.reference)


def _made(link: IssueLink, adapter: Adapter, ours: dict[str, Any]) -> Issue:
    """Searched by its key first: a create whose answer was lost has made it (DR11)."""
    issue = adapter.find_by_key(link.key, link.project)
    if issue is None:
        issue = adapter.create(_draft(link, ours), link.key)
        link.pushed = {name: remembered(name, ours[name]) for name in TEXTS & set(ours)}
    else:
        link.pushed = {}
    theirs = theirs_of(link, issue, issue.updated_at)
    link.seen = {name: remembered(name, value) for name, value in theirs.items()}
    # What a new issue says nobody has said there: where ours differs, ours is pushed.
    link.pushed |= {name: link.seen[name] for name in TWO_WAY & theirs.keys()}
    return issue


def _draft(link: IssueLink, ours: dict[str, Any]) -> Draft:
    mapping = mapping_of(link)
    due_on = ours.get("due_on")
    return Draft(
        project=link.project,
        title=ours["title"],
        description=ours["description"],
        issue_type=mapping.issue_type if mapping else "",
        labels=tuple(mapping.labels) if mapping else (),
        assignee=ours.get("assignee") or "",
        due_on=date.fromisoformat(due_on) if due_on else None,
        status=ActionStatus(ours.get("status", ActionStatus.OPEN)),
    )


def _note(link: IssueLink, issue: Issue) -> None:
    if link.issue_key and link.issue_key != issue.key:
        link.moved_from = link.issue_key
    link.issue_key, link.url = issue.key[:300], issue.url[:2_000]
    link.status_name = issue.status.name[:200]
    link.project = issue.project or link.project
    link.remote_updated_at = issue.updated_at


# --- Comparing, taking, pushing -------------------------------------------------------


def _compare(
    link: IssueLink,
    adapter: Adapter,
    ours: dict[str, Any],
    issue: Issue,
    now: datetime,
) -> None:
    theirs = theirs_of(link, issue, now)
    plan = standing.plan(ours, theirs, link.pushed, link.seen)
    for name, value in plan.agreed.items():
        _agree(link, name, value, value)
    _ask_first(link, issue, plan)
    _keep_versions(link, issue, plan)
    _take(link, issue, plan, now)
    if plan.push:
        _push(link, adapter, plan, now)


def _agree(link: IssueLink, name: str, ours: Any, theirs: Any) -> None:
    link.agree(name, remembered(name, ours), remembered(name, theirs))


def _ask_first(link: IssueLink, issue: Issue, plan: standing.Plan) -> None:
    """A machine that closes an issue, and an assignee that goes, take nothing along:
    the promise stands, and a person is shown both.
    """
    link.closed_by_bot = issue.by_bot and plan.take.get("status") in SETTLED
    doubtful = set()
    if link.closed_by_bot:
        doubtful.add("status")
    if "assignee" in plan.take and plan.take["assignee"] is None:
        doubtful.add("assignee")
    for name in doubtful:
        plan.versions[name] = {
            "ours": link.pushed.get(name),
            "theirs": plan.take.pop(name),
        }


def _keep_versions(link: IssueLink, issue: Issue, plan: standing.Plan) -> None:
    link.versions = {
        name: _shown(link, issue, name, version)
        for name, version in plan.versions.items()
    }


def _shown(
    link: IssueLink, issue: Issue, name: str, version: dict[str, Any]
) -> dict[str, Any]:
    """Both values with what a choice needs; long texts are cut, their hashes kept."""
    found = {
        "ours_kept": remembered(name, version["ours"]),
        "theirs_kept": remembered(name, version["theirs"]),
        "ours": version["ours"],
        "theirs": version["theirs"],
        "value": version["theirs"],
    }
    if name in TEXTS:
        found |= {side: version[side][:LONGEST_SHOWN] for side in ("ours", "theirs")}
    elif name == "status":
        found |= {"theirs_name": issue.status.name, "resolution": issue.resolution}
    elif name == "assignee":
        owner = link.action.owner_person
        found |= {"ours": owner.name if owner else ""}
        found |= {"theirs": issue.assignee.name if issue.assignee else ""}
        found |= {"value": _person_of(link, version["theirs"])}
    return found


def _person_of(link: IssueLink, account: str | None) -> int | None:
    if account is None:
        return None
    person = link.connection.people.filter(account=account).first()
    return person.user_id if person else None


def _take(link: IssueLink, issue: Issue, plan: standing.Plan, now: datetime) -> None:
    """What changed there alone becomes the action's; what our rules refuse waits."""
    if not plan.take:
        return
    values = dict(plan.take)
    if "assignee" in values:
        values["assignee"] = _person_of(link, values["assignee"])
    source = Source(issue.url, issue.resolution, credit_of(link))
    try:
        link.action = take_over(
            link.action, values, source, by=link.connection.bot, at=now
        )
    except rows.Stale as stale:
        raise ChangedMeanwhile from stale
    except policies.Refusal as refusal:
        link.waiting |= dict.fromkeys(plan.take, str(refusal))
        return
    for name, value in plan.take.items():
        _agree(link, name, value, value)
    keeping_step.save_link(link)


def _push(
    link: IssueLink, adapter: Adapter, plan: standing.Plan, now: datetime
) -> None:
    """All at once; where the tracker says no, one by one, so that one field which it
    does not take keeps none of the others.
    """
    try:
        _push_these(link, adapter, plan.push, now)
    except Rejected:
        if len(plan.push) == 1:
            raise
        _push_each(link, adapter, plan.push, now)


def _push_each(
    link: IssueLink, adapter: Adapter, values: dict[str, Any], now: datetime
) -> None:
    messages: dict[str, str] = {}
    for name, value in values.items():
        try:
            _push_these(link, adapter, {name: value}, now)
        except Rejected as error:
            messages |= error.messages
    if messages:
        raise Rejected(messages)


def _push_these(
    link: IssueLink, adapter: Adapter, values: dict[str, Any], now: datetime
) -> None:
    issue = adapter.update(link.remote_id, _changes(link, values))
    theirs = theirs_of(link, issue, now)
    for name, value in values.items():
        _agree(link, name, value, theirs.get(name, value))
    _note(link, issue)
    keeping_step.save_link(link)


def _changes(link: IssueLink, values: dict[str, Any]) -> Changes:
    said = dict(values)
    if "status" in said:
        mapping = mapping_of(link)
        out = mapping.status_out if mapping else {}
        said["status"] = out.get(said["status"], said["status"])
    if "assignee" in said:
        said["assignee"] = said["assignee"] or ""
    if said.get("due_on"):
        said["due_on"] = date.fromisoformat(said["due_on"])
    return Changes(**said)
