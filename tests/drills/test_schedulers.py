"""Two schedulers, none, and clocks that jump (DR8, DR14; BAR L8).

The clock is passed in, so that a day takes seconds; two threads tick at the same
moment, each by a connection of its own. What real processes do is in test_week.py.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from outbound import sending, ticking
from outbound.models import Notice
from tests.drills import records
from tests.drills.conftest import Told
from tests.drills.post_office import PostOffice
from tests.drills.promises import Organisation, organisation, should_be_told

pytestmark = pytest.mark.xdist_group("drills")
MONDAY = datetime(2026, 10, 19, tzinfo=UTC)
A_SECOND = timedelta(seconds=1)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Simulation:
    """Schedulers that tick at the same moments, and a mail server that takes all."""

    def __init__(self, office: PostOffice, schedulers: int, every: timedelta) -> None:
        self.office, self.every = office, every
        self.schedulers = schedulers
        self.now = self.end = MONDAY
        self.ticks: Counter[bool] = Counter()
        self.most_at_once = 0
        office.now = lambda: self.now

    def until(self, end: datetime) -> None:
        with ThreadPoolExecutor(self.schedulers) as threads:
            while self.now < end:
                outcomes = threads.map(_tick, [self.now] * self.schedulers)
                self.ticks.update(outcomes)
                before = len(self.office.letters)
                sending.send_due(self.now)
                self.most_at_once = max(
                    self.most_at_once, len(self.office.letters) - before
                )
                self.end = self.now + A_SECOND
                self.now += self.every

    def jump(self, by: timedelta) -> None:
        self.now += by


def _tick(now: datetime) -> bool:
    try:
        return ticking.tick(now)
    finally:
        connection.close()


Simulate = Callable[..., Simulation]


@pytest.fixture
def simulate(transactional_db: None, settings: Any) -> Iterator[Simulate]:
    office = PostOffice()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", office.port
    settings.PUBLIC_URL = "https://afterword.example"
    yield lambda schedulers, every: Simulation(office, schedulers, every)
    office.close()


def check_told(org: Organisation, it: Simulation) -> int:
    expected = should_be_told(org.promises, MONDAY, it.end)
    records.check_notices(org, expected)
    records.check_settled()
    records.check_told_on_the_wire(org, it.office, expected)
    records.check_no_night(org, it.office)
    assert records.check_wire(it.office) == 0
    return len(expected)


def two_schedulers_and_none(
    it: Simulation, told: Told, people: int, actions: int
) -> None:
    """A day and four hours, of which nobody ticks from seven to ten."""
    org = organisation("Day", people, actions, MONDAY, seed=8)
    it.until(MONDAY + 7 * HOUR)
    it.jump(3 * HOUR)
    it.until(MONDAY + 10 * HOUR + it.every)
    caught_up = it.most_at_once
    it.until(MONDAY + 28 * HOUR)
    number = check_told(org, it)
    told(
        "DR8 Two schedulers for a day, none for 3 h",
        f"{sum(it.ticks.values())} ticks of which {it.ticks[False]} found another at"
        f" work; {number} notices, each once; {len(it.office.letters)} mails,"
        f" {caught_up} at once to catch up",
    )


@pytest.mark.drill
def test_dr8_two_schedulers_for_a_day_and_none_for_three_hours(
    simulate: Simulate, told: Told
) -> None:
    two_schedulers_and_none(simulate(2, MINUTE), told, people=40, actions=150)


def test_two_schedulers_and_none_for_three_hours(
    simulate: Simulate, told: Told
) -> None:
    two_schedulers_and_none(simulate(2, 20 * MINUTE), told, people=8, actions=24)


def clocks_jump(it: Simulation, told: Told, people: int, actions: int) -> None:
    """An hour back, an hour forward, a day forward, a day back."""
    org = organisation("Jumps", people, actions, MONDAY, seed=14)
    it.until(MONDAY + 12 * HOUR)
    for by in (-HOUR, HOUR, DAY, -DAY):
        it.jump(by)
        it.until(it.now + 2 * HOUR)
    it.until(MONDAY + 3 * DAY)
    check_each_slot_once(org)
    check_none_forgotten(org, it.end)
    records.check_settled()
    records.check_no_night(org, it.office)
    assert records.check_wire(it.office) == 0
    told(
        "DR14 The clock jumps by an hour and a day, back and forth",
        f"{len(records.told(org))} notices, no slot twice, none forgotten, none at"
        f" night; {it.most_at_once} mails at once",
    )


def check_each_slot_once(org: Organisation) -> None:
    slots = Counter(
        Notice.objects.values_list("about", "recipient_id", "kind", "why__slot")
    )
    twice = [slot for slot, times in slots.items() if times > 1]
    assert not twice, f"told twice of the same slot: {twice[:5]}"


def check_none_forgotten(org: Organisation, end: datetime) -> None:
    """Whoever should have been told by now was told then, or later."""
    found: dict[Any, Any] = {}
    for one in records.told(org):
        key = (one.action_id, one.user_id, one.kind)
        found[key] = max(found.get(key, one.day), one.day)
    for one in should_be_told(org.promises, MONDAY, end):
        key = (one.action_id, one.user_id, one.kind)
        assert key in found, f"forgotten: {one}"
        assert found[key] >= one.day, f"not told since {found[key]}: {one}"


@pytest.mark.drill
def test_dr14_the_clock_of_a_worker_jumps(simulate: Simulate, told: Told) -> None:
    clocks_jump(simulate(2, 2 * MINUTE), told, people=40, actions=400)


def test_the_clock_jumps_by_hours_and_days(simulate: Simulate, told: Told) -> None:
    clocks_jump(simulate(1, 40 * MINUTE), told, people=8, actions=24)
