"""Who will be told what on a day, and why, if nothing changes until then."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from actions.cases import Case, cases_of
from actions.models import FollowThrough
from actions.operations.planning import planned_actions, settle_dates
from actions.schedule import days_told
from outbound.models import Notice

AT_ONCE = 1_000
"""Actions that are looked at together."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    case: Case
    slot: date
    """What it is told for: the latest day on or before, on which it comes up."""


def foresee(day: date, now: datetime) -> Iterator[Foreseen]:
    """What ticks will tell on `day`, today or later, where each person is.

    What has been written down for that day already is `written`, and no part of this.
    """
    for some in _in_batches():
        actions = planned_actions(some, "description")
        for action in actions:
            settle_dates(action, now)
        for cases in cases_of(actions).values():
            for case in cases:
                if day in _days(case, now, day):
                    slot = case.slots.latest(day)
                    assert slot is not None  # noqa: S101  there was one to tell
                    yield Foreseen(case, slot)


def written(day: date) -> list[Notice]:
    """Notices about actions for that day, as they were written."""
    found = Notice.objects.filter(day=day, about__startswith="action:")
    return list(found.select_related("recipient").order_by("recipient__name", "pk"))


def _days(case: Case, now: datetime, until: date) -> Iterable[date]:
    """The days on which they are told, from now on."""
    first = case.hours.day(now)
    if now >= case.hours.quiet_of(first):
        first += timedelta(days=1)
    return days_told(
        case.slots, case.hours.days, (first, until), case.last, case.not_before
    )


def _in_batches() -> Iterator[Sequence[FollowThrough]]:
    """All that may have something to tell; so many that they are streamed."""
    found = FollowThrough.objects.filter(next_at__isnull=False).order_by("pk")
    rows = found.iterator(AT_ONCE)
    while some := list(islice(rows, AT_ONCE)):
        yield some
