"""Deliveries: gathered from notices, claimed by one worker, tried until sent.

At least once on the wire, at most once for each key in our records (BAR §9).
"""

from datetime import datetime

from accounts.models import User
from outbound.models import Delivery


def gather(now: datetime) -> int:
    """Put notices that are due into messages; how many messages that makes."""
    raise NotImplementedError


def claim(now: datetime) -> Delivery | None:
    """The next delivery to send, kept from other workers for LEASE."""
    raise NotImplementedError


def note_sent(delivery: Delivery, *, at: datetime) -> None:
    raise NotImplementedError


def note_dropped(delivery: Delivery, *, at: datetime) -> None:
    """Nothing of it is wanted or allowed any more."""
    raise NotImplementedError


def note_failed(
    delivery: Delivery, *, error: str, permanent: bool, at: datetime
) -> None:
    """Put the next attempt off; give up after the last, and where it makes no sense."""
    raise NotImplementedError


def retry(delivery: Delivery, *, by: User, at: datetime) -> None:
    """An administrator has it sent anew, with the same key."""
    raise NotImplementedError
