"""An issue for an action: the intent first, with its key; then it is made or found."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from actions.models import ActionItem
from integrations.models import Connection, IssueLink, ProjectMapping
from integrations.models.issue import LIVE, LinkState
from integrations.trackers import standing
from integrations.trackers.operations.taking import Source, take_over
from integrations.trackers.words import credit_of
from postmortems import policies


class NoProject(policies.Refusal):
    """Nobody said where issues of this team or service go."""


class LinkedAlready(policies.Refusal):
    """The action has an issue there, or the issue belongs to another action."""


class RestrictedHere(policies.Refusal):
    """The incident is restricted, and the connection is not marked for those."""


def mapping_for(action: ActionItem, connection: Connection) -> ProjectMapping | None:
    """Of its team, else of a service of its incident, else of everything."""
    services = action.postmortem.incident.services.values_list("pk", flat=True)
    mappings = connection.mappings.order_by("pk")
    return best_mapping(action, mappings, set(services))


def best_mapping(
    action: ActionItem, mappings: Iterable[ProjectMapping], services: set[int]
) -> ProjectMapping | None:
    """The same of `mappings` at hand; `services` are those of its incident."""

    def fits(mapping: ProjectMapping) -> bool:
        return mapping.team_id in {None, action.owner_team_id} and (
            mapping.service_id is None or mapping.service_id in services
        )

    def vagueness(mapping: ProjectMapping) -> tuple[bool, bool]:
        return mapping.team_id is None, mapping.service_id is None

    return min(filter(fits, mappings), key=vagueness, default=None)


def check_may_leave(action: ActionItem, connection: Connection) -> None:
    """Raises RestrictedHere for what may not go to this tracker (BAR R13)."""
    if action.postmortem.incident.restricted and not connection.restricted_too:
        raise RestrictedHere(
            _("This incident is restricted; %(name)s is not marked for those.")
            % {"name": connection.name}
        )


def start_issue(
    action: ActionItem, connection: Connection, *, by: User, at: datetime
) -> IssueLink:
    """Have an issue made for an action; asked twice, it is the same one."""
    check_may_leave(action, connection)
    mapping = mapping_for(action, connection)
    if mapping is None:
        raise NoProject(_("No project is mapped for this action."))
    return _begin(
        action, connection, by, at, state=LinkState.TO_CREATE, project=mapping.project
    )


def link_issue(
    action: ActionItem,
    connection: Connection,
    reference: str,
    *,
    by: User,
    at: datetime,
) -> IssueLink:
    """Link an issue that is there; `reference` is what the adapter made of its address.

    Its title and description stay its own.
    """
    check_may_leave(action, connection)
    taken = connection.issue_links.filter(issue_key=reference).exclude(action=action)
    if taken.present().exists():
        raise LinkedAlready(_("That issue stands for another action."))
    return _begin(
        action, connection, by, at, state=LinkState.TO_LINK, reference=reference
    )


def _begin(
    action: ActionItem, connection: Connection, by: User, at: datetime, **values: Any
) -> IssueLink:
    fresh = {"key": uuid4().hex, "created_at": at, "created_by": by, "due_at": at}
    with transaction.atomic():
        link, new = IssueLink.objects.select_for_update().get_or_create(
            action=action, connection=connection, defaults={**fresh, **values}
        )
        if new:
            return link
        if link.state != LinkState.CUT:
            if link.state == values["state"]:
                return link
            raise LinkedAlready(_("This action has an issue there already."))
        return _anew(link, {**fresh, **values})


def _anew(link: IssueLink, values: dict[str, Any]) -> IssueLink:
    """The row stays; all that it knew of the issue before is forgotten."""
    kept = {"id", "action", "connection"}
    for column in link._meta.concrete_fields:
        if column.name not in kept:
            setattr(link, column.name, values.get(column.name, column.get_default()))
    link.save()
    return link


@contextmanager
def _taken_from_workers(link: IssueLink) -> Iterator[IssueLink]:
    """The row as it now is, to be changed and saved; what a worker that is at it finds
    out is dropped, and found out anew with the next sync.
    """
    with transaction.atomic():
        fresh = IssueLink.objects.select_for_update().get(pk=link.pk)
        fresh.lease, fresh.leased_until = "", None
        yield fresh
        fresh.save()


def make_another(link: IssueLink, *, by: User, at: datetime) -> IssueLink:
    """The way on where an issue was deleted or hidden: a new one, under a new key."""
    connection = link.connection
    check_may_leave(link.action, connection)
    mapping = mapping_for(link.action, connection)
    if mapping is None:
        raise NoProject(_("No project is mapped for this action."))
    values = {
        "key": uuid4().hex,
        "state": LinkState.TO_CREATE,
        "project": mapping.project,
        "created_at": at,
        "created_by": by,
        "due_at": at,
    }
    with transaction.atomic():
        fresh = IssueLink.objects.select_for_update().get(pk=link.pk)
        return fresh if fresh.state in LIVE else _anew(fresh, values)


def cut(link: IssueLink) -> None:
    """Not linked any more; the issue itself stays as it is."""
    with _taken_from_workers(link) as fresh:
        fresh.state, fresh.remote_id, fresh.due_at = LinkState.CUT, "", None


def try_again(link: IssueLink, *, at: datetime) -> None:
    """Look at the issue anew, whatever stood against it; a worker that is at it now
    goes on, so that nothing is made twice.
    """
    with transaction.atomic():
        fresh = IssueLink.objects.select_for_update().get(pk=link.pk)
        if fresh.state not in {LinkState.TO_CREATE, LinkState.TO_LINK, LinkState.CUT}:
            found = LinkState.TO_LINK if fresh.reference else LinkState.TO_CREATE
            fresh.state = LinkState.LINKED if fresh.remote_id else found
        fresh.due_at, fresh.checked_at, fresh.attempts = at, None, 0
        fresh.messages = {}
        fresh.save(
            update_fields=["state", "due_at", "checked_at", "attempts", "messages"]
        )


def choose(link: IssueLink, name: str, side: str, *, by: User, at: datetime) -> None:
    """Settle a field that both sides changed; `side` is "ours" or "theirs".

    Raises rows.Stale where the action changed since, and KeyError for a field in
    which nothing is left to choose.
    """
    version = link.versions[name]
    text = name in standing.TEXTS
    if side == "theirs" and not text:
        _take_theirs(link, name, version, by, at)
    with _taken_from_workers(link) as fresh:
        _settle(fresh, name, side, version)
        fresh.due_at, fresh.checked_at = at, None


def _settle(link: IssueLink, name: str, side: str, version: dict[str, Any]) -> None:
    """From now on one side has changed and the other has not; so the next sync goes
    the way that was chosen.
    """
    text = name in standing.TEXTS
    link.versions.pop(name, None)
    kept = version["theirs_kept"]
    link.seen[name] = kept
    if side == "theirs":
        link.pushed[name] = version["ours_kept"] if text else kept
    else:
        link.pushed[name] = None if text else kept
    if name == "status":
        link.closed_by_bot = False
    if not link.versions and link.state == LinkState.TWO_VERSIONS:
        link.state = LinkState.LINKED


def _take_theirs(
    link: IssueLink, name: str, version: dict[str, Any], by: User, at: datetime
) -> None:
    take_over(
        link.action,
        {name: version["value"]},
        Source(link.url, version.get("resolution", ""), credit_of(link)),
        by=by,
        at=at,
    )


def found_by(connection: Connection, link: IssueLink, remote_id: str) -> bool:
    """Give the link its remote id; False where that issue stands for another action."""
    try:
        with transaction.atomic():
            link.remote_id = remote_id
            link.save(update_fields=["remote_id"])
    except IntegrityError:
        link.remote_id = ""
        return False
    return True
