"""A year of reminders, checked tick by tick against the rules as they are written.

All of it is committed: in one transaction the database could clear away nothing that
the ticks before left behind.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import User
from outbound.models import Notice
from tests.concurrency.conftest import committed  # noqa: F401  found by name
from tests.simulation.happening import Organisation
from tests.simulation.rules import Told


class Clock:
    """Ticks at even intervals, but for those that are missed, doubled or go back."""

    def __init__(self, world: Organisation, every: timedelta) -> None:
        self.chance = world.chance
        self.now = datetime.combine(world.start, time(), UTC)
        self.until = self.now + timedelta(days=world.days)
        self.every = every

    def ticks(self) -> Iterator[tuple[datetime, bool]]:
        """(the time, whether it has never been later)."""
        while self.now < self.until:
            yield self.now, True
            what = self.chance.random() * timedelta(days=4) / self.every
            if what < 1:
                self.now += timedelta(hours=3)
            elif what < 2:
                yield self.now, True
            elif what < 3:
                yield self.now - timedelta(hours=1), False
            self.now += self.every


class Checked:
    """Compares what was written down with what the rules say, after each tick."""

    def __init__(self, world: Organisation) -> None:
        self.world, self.rules = world, world.rules
        self.newest = 0
        self.looked: dict[int, date] = {}
        """For which day somebody's promises were last looked through."""

    def tick(self, now: datetime, *, latest: bool) -> None:
        expected = self.expected(now, everything=not latest)
        self.world.tick(now)
        written = set(self.written(now))
        assert written <= expected, now
        if latest:
            assert written == expected, now
        for told in written:
            self.rules.note(told)
        self.world.touched.clear()

    def expected(self, now: datetime, *, everything: bool) -> set[Told]:
        people = self.rules.people.values()
        days = {
            one.pk: day
            for one in people
            if one.active and (day := self.rules.day_if_awake(one, now))
        }
        fresh = {pk: day for pk, day in days.items() if self.looked.get(pk) != day}
        if not everything:
            self.looked.update(days)
        found: set[Told] = set()
        for promise in self.rules.promises.values():
            touched = everything or promise.pk in self.world.touched
            found.update(self.rules.due(promise, days if touched else fresh))
        return found

    def written(self, now: datetime) -> Iterator[Told]:
        notices = Notice.objects.filter(pk__gt=self.newest).order_by("pk")
        for one in notices:
            self.newest = one.pk
            assert one.due_at == now
            yield (
                int(one.about.removeprefix("action:")),
                one.recipient_id,
                one.kind,
                one.day,
            )


def live_through(world: Organisation, every: timedelta, happenings: int) -> None:
    """Let so many things happen on a day, and check every tick."""
    checked = Checked(world)
    each = happenings * every / timedelta(days=1)
    for now, latest in Clock(world, every).ticks():
        while world.chance.random() < each / (1 + each):
            world.something_happens(now)
        checked.tick(now, latest=latest)
    check_log()


def check_log() -> None:
    """Nobody was told twice of a thing in a day, or in the night of that time."""
    notices = list(Notice.objects.select_related("recipient"))
    keys = Counter((n.about, n.recipient_id, n.kind, n.day) for n in notices)
    assert notices
    assert max(keys.values()) == 1
    assert {n.kind for n in notices} == {"reminder", "escalation", "effectiveness"}
    stayed = set(User.objects.values_list("pk", flat=True))
    assert {n.recipient_id for n in notices} <= stayed


def test_some_weeks_over_the_leap_day_and_changes_of_the_clock() -> None:
    world = Organisation(
        seed=7, start=date(2028, 2, 28), people=12, actions=80, days=36
    )
    live_through(world, timedelta(minutes=90), happenings=10)


def test_summer_time_of_lord_howe_is_half_an_hour() -> None:
    """What the weeks above rest on: the last change of them is such a one."""
    zone = ZoneInfo("Australia/Lord_Howe")
    before, after = (datetime(2028, 4, day, tzinfo=zone).utcoffset() for day in (1, 3))
    assert before is not None
    assert after is not None
    assert before - after == timedelta(minutes=30)


@pytest.mark.drill
def test_a_year_of_two_thousand_actions() -> None:
    world = Organisation(
        seed=2027, start=date(2027, 9, 1), people=60, actions=2_000, days=366
    )
    live_through(world, timedelta(hours=1), happenings=25)
