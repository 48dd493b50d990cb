"""Deliveries: claimed by one worker at a time, tried until sent or given up.

At least once on the wire, at most once for each key in our records (BAR §9). A worker
claims a delivery for LEASE, talks to others outside any transaction, and notes what
became of it. One that dies in between leaves a delivery that is claimed again.
"""

import random
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import permissions
from accounts.models import User
from config.limits import LIMITS
from outbound.models import LEASE, MOST_LOST, Channel, Delivery, DeliveryState
from outbound.mornings import next_moment
from outbound.operations import hooks
from outbound.operations.gathering import gather

__all__ = [
    "claim",
    "gather",
    "note_dropped",
    "note_failed",
    "note_sent",
    "retry",
]

MAIL_PAUSES = [timedelta(minutes=n) for n in (1, 5, 15, 30, 60, 120, 240, 480, 480)]
"""Between ten attempts in about 24 hours."""
CHAT_PAUSES = [
    timedelta(seconds=30),
    *(timedelta(minutes=n) for n in (2, 10, 30)),
    *(timedelta(hours=n) for n in (1, 3, 6, 12, 12, 18, 18)),
]
"""Between twelve attempts in about 72 hours (BAR §9)."""
JITTER = 0.2
"""A pause is up to this part shorter or longer, so that not all come back at once."""
HOUR = timedelta(hours=1)
State = DeliveryState


def claim(
    now: datetime, channels: Collection[str] = tuple(Channel.values)
) -> Delivery | None:
    """The next delivery to send, kept from other workers for LEASE.

    What would come in the recipient's night, or too soon after many others, is put
    off on the way, and what workers were lost with too often is given up.
    """
    while True:
        delivery, ready = _next(now, channels)
        if delivery is None or ready:
            return delivery


@transaction.atomic
def _next(now: datetime, channels: Collection[str]) -> tuple[Delivery | None, bool]:
    waiting = Delivery.objects.to_send(now).filter(channel__in=channels)
    if Channel.CHAT in channels:
        busy = Delivery.objects.filter(
            state=State.SENDING, leased_until__gte=now, hook__isnull=False
        )
        waiting = waiting.exclude(hook__in=busy.values("hook"))
    delivery = (
        waiting.select_related("recipient", "hook")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("due_at", "pk")
        .first()
    )
    if delivery is None:
        return None, False
    return delivery, _claimed(delivery, now)


def _claimed(delivery: Delivery, now: datetime) -> bool:
    """Whether it may be sent now; else it is put off, or given up."""
    if delivery.state == State.SENDING:
        delivery.lost += 1
    later = _not_before(delivery, now)
    if delivery.lost >= MOST_LOST:
        delivery.state = State.FAILED
        delivery.error = _("The worker that sent it stopped, each time.")
    elif later > now:
        delivery.state, delivery.due_at = State.PENDING, later
    else:
        delivery.state, delivery.leased_until = State.SENDING, now + LEASE
        delivery.attempts += 1
    delivery.save(
        update_fields=["state", "due_at", "leased_until", "attempts", "lost", "error"]
    )
    return delivery.state == State.SENDING


def _not_before(delivery: Delivery, now: datetime) -> datetime:
    if delivery.recipient is None:
        return now
    later = next_moment(delivery.recipient, now)
    if delivery.channel != Channel.MAIL:
        return later
    return max(later, _has_enough_until(delivery.recipient, now))


def _has_enough_until(user: User, now: datetime) -> datetime:
    """Until when this person gets no more mails (BAR §5.2)."""
    lately = user.deliveries.filter(
        channel=Channel.MAIL, state=State.SENT, sent_at__gt=now - HOUR
    )
    nth = LIMITS.mails_of_person - 1
    last = lately.order_by("-sent_at").values_list("sent_at", flat=True)[nth : nth + 1]
    return next((sent_at + HOUR for sent_at in last if sent_at), now)


def note_sent(delivery: Delivery, *, at: datetime) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(
        state=State.SENT, sent_at=at, leased_until=None, error=""
    )
    if delivery.hook is not None and delivery.hook.failing_since is not None:
        hooks.note_answered(delivery.hook)


def note_dropped(delivery: Delivery, *, at: datetime) -> None:
    """Nothing of it is wanted or allowed any more (BAR R11)."""
    _settle(delivery, state=State.DROPPED, leased_until=None, sent_at=None)


def note_failed(
    delivery: Delivery,
    *,
    error: str,
    permanent: bool,
    at: datetime,
    wait: timedelta = timedelta(0),
    gone: bool = False,
) -> None:
    """Put the next attempt off; give up after the last, and where it makes no sense.

    `wait` is how long the other side asks to be left alone; `gone` says that a chat
    is no more.
    """
    mail = delivery.channel == Channel.MAIL
    pauses = MAIL_PAUSES if mail else CHAT_PAUSES
    if permanent or gone or delivery.attempts > len(pauses):
        _settle(delivery, state=State.FAILED, error=error, leased_until=None)
    else:
        due_at = at + max(wait, _jittered(pauses[delivery.attempts - 1]))
        _settle(
            delivery,
            state=State.PENDING,
            error=error,
            due_at=due_at,
            leased_until=None,
        )
        if delivery.hook is not None:
            hooks.put_off(delivery.hook, until=due_at)
    if delivery.hook is not None:
        hooks.note_failing(delivery.hook, at=at, gone=gone)


def retry(delivery: Delivery, *, by: User, at: datetime) -> None:
    """An administrator has it sent anew, with the same key."""
    permissions.check_administers(by)
    Delivery.objects.filter(pk=delivery.pk, state=State.FAILED).update(
        state=State.PENDING, due_at=at, attempts=0, lost=0, error=""
    )


def _settle(delivery: Delivery, **columns: object) -> None:
    """Note an outcome, unless another worker has claimed it since."""
    Delivery.objects.filter(
        pk=delivery.pk, state=State.SENDING, attempts=delivery.attempts
    ).update(**columns)


def _jittered(pause: timedelta) -> timedelta:
    return pause * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  no secret
