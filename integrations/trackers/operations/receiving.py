"""Keep what a tracker sends before it is answered; read it later, if need be often."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction

from accounts.models import User
from integrations.models import Connection, InboundEvent
from integrations.models.inbound import MOST_ATTEMPTS
from integrations.trackers.adapter import HookEvent, Receipt
from integrations.trackers.operations import keeping_step
from postmortems.permissions import check_administers

KEPT = timedelta(days=30)
READ_AT_ONCE = 100
HEARD_ANEW = timedelta(minutes=1)


def note_heard(connection: Connection, *, at: datetime) -> None:
    """A webhook proved who sent it; written once a minute, however many come."""
    if connection.heard_at is None or at - connection.heard_at > HEARD_ANEW:
        Connection.objects.filter(pk=connection.pk).update(heard_at=at)


def keep_event(
    connection: Connection, receipt: Receipt, raw: bytes, *, at: datetime
) -> bool:
    """Store an event once, whoever sends it how often; False: it was there (BAR J4).

    It is known by the provider's id, else by its body, for 30 days.
    """
    key = receipt.event_id[:200] or sha256(raw).hexdigest()
    event = InboundEvent(
        connection=connection,
        event_key=key,
        provider_id=receipt.event_id[:200],
        name=receipt.name[:120],
        raw=raw,
        received_at=at,
        due_at=at,
    )
    with transaction.atomic():
        before = InboundEvent.objects.filter(connection=connection, event_key=key)
        if before.exists():
            return False
        InboundEvent.objects.bulk_create([event], ignore_conflicts=True)
    return True


def events_to_read(connection: Connection, now: datetime) -> list[InboundEvent]:
    """Oldest first."""
    due = InboundEvent.objects.to_read(now).filter(connection=connection)
    return list(due.order_by("received_at", "pk")[:READ_AT_ONCE])


def carry_out(event: InboundEvent, told: Sequence[HookEvent], *, at: datetime) -> None:
    """Let what an event says have its effect: the links are looked at, or follow.

    Nothing is taken from the event itself, so that one that comes late, twice or out
    of order tells nothing that is not so any more.
    """
    connection = event.connection
    with transaction.atomic():
        for one in told:
            if one.deleted:
                keeping_step.note_deleted(connection, one.remote_id)
                continue
            if one.moved_to:
                keeping_step.note_moved(connection, one.remote_id, one.moved_to, at)
                continue
            updated_at = one.issue.updated_at if one.issue else None
            keeping_step.look_again(connection, one.remote_id, updated_at, at)
        event.processed_at, event.error = at, ""
        event.save(update_fields=["processed_at", "error"])


def note_unread(event: InboundEvent, why: str, *, at: datetime) -> None:
    """It could not be read; the fifth time somebody has to look at it."""
    event.attempts += 1
    event.error = why[:200]
    event.due_at = at + keeping_step.wait_after(event.attempts)
    if event.attempts >= MOST_ATTEMPTS:
        event.dead_at = at
    event.save(update_fields=["attempts", "error", "due_at", "dead_at"])


def read_again(event: InboundEvent, *, by: User, at: datetime) -> None:
    """An administrator has it read once more, be it dead or done."""
    check_administers(by)
    InboundEvent.objects.filter(pk=event.pk).update(
        processed_at=None, dead_at=None, attempts=0, error="", due_at=at
    )


def forget_events(*, before: datetime) -> int:
    """Delete what was kept long enough; returns how many."""
    gone, _kinds = InboundEvent.objects.filter(received_at__lt=before).delete()
    return gone
