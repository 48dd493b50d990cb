"""Whether the scheduler and a worker are at work: the tick has to come each minute."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import caches
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from outbound import access

LONGEST_SILENCE = timedelta(minutes=5)
KEPT = 30
"""Seconds that a page of an administrator may show what was asked for another."""
_NAME = "last-tick"


@dataclass(frozen=True, slots=True)
class Silence:
    """No tick for more than LONGEST_SILENCE."""

    since: datetime | None
    """The last one; none where there was none yet."""


def silence(now: datetime) -> Silence | None:
    """A new installation has as long for its first tick as any other for its next."""
    beat = access.last_beat("tick")
    heard = beat or access.first_account_at() or now
    return Silence(beat) if now - heard > LONGEST_SILENCE else None


def context(request: HttpRequest) -> dict[str, Any]:
    """For the frame of every page; asked only where it is shown, so of administrators
    alone, and at most twice a minute in each process.
    """
    return {"no_tick": SimpleLazyObject(_kept_silence)}


def _kept_silence() -> list[Silence]:
    """In a list, since what is lazy cannot be None."""
    kept: list[Silence] | None = caches["fragments"].get(_NAME)
    if kept is None:
        kept = [found] if (found := silence(timezone.now())) else []
        caches["fragments"].set(_NAME, kept, KEPT)
    return kept
