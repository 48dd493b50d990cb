"""Whose turn it is, who is at it, and what became of it."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from accounts.models import User
from integrations.models import Connection, InboundEvent, IssueLink, PersonLink
from integrations.models.issue import NEEDS_SOMEBODY, LinkState
from integrations.trackers.adapter import Person

LEASE = timedelta(minutes=5)
POLL = timedelta(minutes=5)
CHECK = timedelta(hours=24)
"""How long an issue may go unseen before it is looked at, whatever polling says."""
CHECKED_AT_ONCE = 50
WAITS = (30, 60, 120, 300, 600, 900, 1800)
"""Seconds between two tries while a tracker, or an issue, gives no answer."""
AFTER_A_CREATE = 120
"""Seconds before a create without an answer is looked into: by then a search finds
what it may have made."""


def wait_after(failures: int) -> timedelta:
    return timedelta(seconds=WAITS[min(failures, len(WAITS)) - 1])


# --- Connections ----------------------------------------------------------------------


def connections_with_work(now: datetime) -> list[int]:
    """The ids of those that have anything to do; one query."""
    links = IssueLink.objects.to_sync(now).filter(connection=OuterRef("pk"))
    events = InboundEvent.objects.to_read(now).filter(connection=OuterRef("pk"))
    return list(
        Connection.objects.to_ask(now)
        .filter(Q(poll_at__lte=now) | Exists(links) | Exists(events))
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def claim_connection(pk: int, now: datetime) -> Connection | None:
    """Ours for five minutes; None where another is at it, or nothing may be asked."""
    with transaction.atomic():
        found = (
            Connection.objects.to_ask(now)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("bot")
            .filter(pk=pk)
            .first()
        )
        if found is not None:
            found.leased_until, found.lease = now + LEASE, uuid4().hex
            found.save(update_fields=["leased_until", "lease"])
        return found


def give_back(connection: Connection) -> None:
    Connection.objects.filter(pk=connection.pk, lease=connection.lease).update(
        leased_until=None, lease=""
    )


def note_answer(connection: Connection, at: datetime) -> None:
    """It answers: whatever was wrong with it is over."""
    Connection.objects.filter(pk=connection.pk).update(
        last_ok_at=at,
        failures=0,
        delayed_since=None,
        forbidden_since=None,
        wait_until=None,
    )
    connection.issue_links.exclude(delayed_since=None).update(delayed_since=None)


def note_silence(connection: Connection, at: datetime) -> None:
    """It gives no answer: nobody asks again before it had time."""
    connection.failures += 1
    _wait(connection, at, wait_after(connection.failures))


def note_busy(connection: Connection, seconds: int, at: datetime) -> None:
    """It said how long to wait (Retry-After)."""
    _wait(connection, at, timedelta(seconds=seconds))


def _wait(connection: Connection, at: datetime, wait: timedelta) -> None:
    connection.wait_until = at + wait
    connection.delayed_since = connection.delayed_since or at
    connection.save(update_fields=["failures", "wait_until", "delayed_since"])


def note_refused(connection: Connection, at: datetime) -> None:
    """The secret is not accepted; asked again every half an hour, in case it is."""
    connection.forbidden_since = connection.forbidden_since or at
    connection.wait_until = at + timedelta(seconds=WAITS[-1])
    connection.save(update_fields=["forbidden_since", "wait_until"])


def note_polled(
    connection: Connection, cursor: str, at: datetime, *, more: bool
) -> None:
    """How far we know what changed there, and when to ask for the rest."""
    connection.cursor = cursor
    connection.poll_at = at if more else at + POLL
    connection.save(update_fields=["cursor", "poll_at"])


# --- Links ----------------------------------------------------------------------------


def claim_link(connection: Connection, now: datetime) -> IssueLink | None:
    """The link that has waited longest, with its action; ours for five minutes."""
    with transaction.atomic():
        link = (
            IssueLink.objects.to_sync(now)
            .filter(connection=connection)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("action__postmortem__incident", "action__owner_person")
            .order_by(F("due_at").asc(nulls_first=True), "pk")
            .first()
        )
        if link is not None:
            link.connection = connection
            link.due_at, link.leased_until = None, now + LEASE
            link.lease = uuid4().hex
            link.save(update_fields=["due_at", "leased_until", "lease"])
        return link


COLUMNS = [
    "state",
    "project",
    "remote_id",
    "issue_key",
    "url",
    "status_name",
    "pushed",
    "seen",
    "versions",
    "waiting",
    "messages",
    "remote_updated_at",
    "moved_from",
    "closed_by_bot",
    "checked_at",
]
"""What a sync may write of a link; `due_at` belongs to whoever changes the action."""


def save_link(link: IssueLink) -> None:
    """Keep what is known so far, while we are still at it."""
    IssueLink.objects.filter(pk=link.pk, lease=link.lease).update(
        **{name: getattr(link, name) for name in COLUMNS}
    )


def done_with(link: IssueLink) -> None:
    """Keep what came of it; a change that came meanwhile leaves it due."""
    save_link(link)
    ours = IssueLink.objects.filter(pk=link.pk, lease=link.lease)
    if link.state not in NEEDS_SOMEBODY:
        ours.exclude(asked_at=None).update(asked_at=None)
    ours.update(attempts=0, delayed_since=None, leased_until=None, lease="")


def put_back(link: IssueLink, at: datetime, *, wait: timedelta | None = None) -> None:
    """It could not be done now; again after a while that grows with each try."""
    attempts = link.attempts + 1
    if wait is None:
        wait = wait_after(attempts)
    if link.state == LinkState.TO_CREATE:
        wait = max(wait, timedelta(seconds=AFTER_A_CREATE))
    save_link(link)
    IssueLink.objects.filter(pk=link.pk, lease=link.lease).update(
        due_at=at + wait,
        attempts=attempts,
        delayed_since=link.delayed_since or at,
        leased_until=None,
        lease="",
    )


def look_again(
    connection: Connection, remote_id: str, updated_at: datetime | None, at: datetime
) -> bool:
    """An issue is said to have changed: look at it, unless that is known already."""
    links = connection.issue_links.present().filter(remote_id=remote_id)
    if updated_at is not None:
        links = links.filter(
            Q(remote_updated_at=None) | Q(remote_updated_at__lt=updated_at)
        )
    return bool(links.update(due_at=at, checked_at=None))


def note_deleted(connection: Connection, remote_id: str) -> None:
    connection.issue_links.present().filter(remote_id=remote_id).update(
        state=LinkState.DELETED, due_at=None
    )


def note_moved(connection: Connection, remote_id: str, to: str, at: datetime) -> None:
    """Follow an issue to its new place; its key is read with the next sync."""
    if connection.issue_links.filter(remote_id=to).exists():
        return
    connection.issue_links.present().filter(remote_id=remote_id).update(
        remote_id=to, moved_from=F("issue_key"), due_at=at, checked_at=None
    )


def check_some(connection: Connection, now: datetime) -> int:
    """Have issues looked at that nobody has seen for a day: hooks and polls miss what
    was moved away, deleted, or hidden from us.
    """
    old = (
        connection.issue_links.filter(
            state__in=[LinkState.LINKED, LinkState.TWO_VERSIONS],
            due_at=None,
            leased_until=None,
            checked_at__lt=now - CHECK,
        )
        .order_by("checked_at")
        .values("pk")[:CHECKED_AT_ONCE]
    )
    return IssueLink.objects.filter(pk__in=old).update(due_at=now, checked_at=None)


# --- People ---------------------------------------------------------------------------


def account_of(connection: Connection, user: User) -> PersonLink | None:
    """Who this person is there: confirmed, or at least proposed."""
    return (
        connection.people.filter(user=user)
        .order_by(F("confirmed_at").asc(nulls_last=True), "pk")
        .first()
    )


def meet(connection: Connection, person: Person, user: User | None) -> PersonLink:
    """Remember an account; propose who it is, for an administrator to confirm."""
    link, new = PersonLink.objects.get_or_create(
        connection=connection,
        account=person.account,
        defaults={"name": person.name[:200], "email": person.email[:254]},
    )
    if link.confirmed_at is None and link.user_id is None:
        link.user = user or _by_address(person.email)
        if new or link.user is not None:
            link.save(update_fields=["user"])
    return link


def _by_address(email: str) -> User | None:
    if not email:
        return None
    return User.objects.filter(email__iexact=email, active=True).first()
