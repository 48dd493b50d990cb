"""A week of reminders in real processes that are killed, while the mail server fails.

Two schedulers, three workers, and the clock of the workers goes on by half an hour at a
time (tests/drills/clockwork.py): as soon as everything of one half hour is done, or has
to wait, the next begins. What everybody should have been told is reckoned anew, by
other code (tests/drills/promises.py).
"""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis

from outbound.models import Delivery, DeliveryState, Notice, Pulse
from tests.drills import records
from tests.drills.background import Background, background
from tests.drills.conftest import Told
from tests.drills.post_office import PostOffice, Way
from tests.drills.promises import Organisation, organisation, should_be_told
from tests.drills.servers import until
from tests.drills.stage import Servers

pytestmark = pytest.mark.xdist_group("drills")
MONDAY = datetime(2026, 10, 19, tzinfo=UTC)
"""The summer time of Europe ends with this week."""
STEP = timedelta(minutes=30)
BEATS = {"tick": 1, "send": 0.5}
"""Seconds between two of each scheduler."""
ENOUGH = 5.0
"""Seconds after which a step ends although something is under way, as where the mail
server hangs: then others take that for lost, and it is one more thing that happens."""
A_TASK = 2.0
"""Seconds that a task needs at most to end, where the mail server is well."""
MOST_TURNS = 40
WAITING = [DeliveryState.PENDING, DeliveryState.SENDING]
WORKERS, CHILDREN, SCHEDULERS = 3, 2, 2
FAILURES = [Way.LATER, Way.DROP, Way.HANG_BEFORE, Way.HANG_AFTER]


@dataclass
class Kills:
    """Chances in a step, and what became of them."""

    child: float = 0.3
    worker: float = 0.03
    scheduler: float = 0.03
    done: dict[str, int] = field(default_factory=dict)

    def note(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1

    def told(self) -> str:
        return ", ".join(f"{times} {what}" for what, times in self.done.items())


class Week:
    def __init__(
        self, programs: Background, office: PostOffice, org: Organisation, seed: int
    ) -> None:
        self.programs, self.office, self.org = programs, office, org
        self.clock = programs.clock
        self.chance = random.Random(seed)  # noqa: S311  the same kills each time
        self.kills = Kills()
        self.steps = self.unfinished = 0

    def until(self, end: datetime) -> None:
        while self.clock.now() < end:
            self.clock.jump(STEP)
            self.steps += 1
            self.maybe_kill()
            self.unfinished += not self.done()

    def maybe_kill(self) -> None:
        """Somebody dies at some moment of the half hour's work."""
        time.sleep(self.chance.random() * BEATS["tick"])
        drawn = self.chance.random()
        if drawn < self.kills.worker:
            self.kills.note("workers")
            self.programs.kill_a_worker(self.chance)
        elif drawn < self.kills.worker + self.kills.scheduler:
            self.kills.note("schedulers")
            self.programs.kill_a_scheduler(self.chance)
        elif drawn < self.kills.worker + self.kills.scheduler + self.kills.child:
            self.kills.note("of their processes")
            self.programs.kill_a_child(self.chance)

    def done(self) -> bool:
        """Whether a tick came in this step, and nothing is left that could be done."""
        began = self.clock.now()
        end = time.monotonic() + ENOUGH
        while time.monotonic() < end:
            if self.ticked_after(began) and not self.anything_to_do():
                return True
            time.sleep(0.1)
        return False

    def ticked_after(self, at: datetime) -> bool:
        return Pulse.objects.filter(name="tick", beat_at__gte=at).exists()

    def ends(self) -> datetime:
        """Just after the last tick: nobody ticks any more, and what is left is sent."""
        now = self.clock.now()
        until(lambda: self.ticked_after(now), "no tick comes any more")
        for scheduler in self.programs.schedulers:
            scheduler.stop()
        with Redis.from_url(self.programs.environ["REDIS_URL"]) as valkey:
            until(lambda: not valkey.exists("celery"), "tasks are left")
        time.sleep(A_TASK)
        last = Pulse.objects.get(name="tick").beat_at
        for _turn in range(MOST_TURNS):
            if not self.anything_left():
                break
            self.clock.set(max(self.clock.now(), self.next_due()) + STEP)
            self.programs.ask("outbound.tasks.send")
            time.sleep(A_TASK)
        return last + timedelta(milliseconds=1)

    def next_due(self) -> datetime:
        found = Delivery.objects.filter(state__in=WAITING)
        times = found.values_list("due_at", "leased_until")
        return min(max(filter(None, pair)) for pair in times)

    def anything_left(self) -> bool:
        return Delivery.objects.filter(state__in=WAITING).exists()

    def anything_to_do(self) -> bool:
        now = self.clock.now()
        to_gather = Notice.objects.to_gather(now)
        return to_gather.exists() or Delivery.objects.to_send(now).exists()


@pytest.fixture
def week(servers: Servers, tmp_path: Path) -> Iterator[Callable[..., Week]]:
    office = PostOffice(seed=3)
    environ = servers.environ() | {"EMAIL_URL": office.url}
    with background(environ, tmp_path, BEATS) as programs:
        office.now = programs.clock.now

        def begin(people: int, actions: int, seed: int, at: datetime = MONDAY) -> Week:
            org = organisation(f"Week {seed}", people, actions, at, seed=seed)
            programs.clock.set(at)
            programs.start(workers=WORKERS, children=CHILDREN, schedulers=SCHEDULERS)
            return Week(programs, office, org, seed)

        yield begin
        programs.stop()
        office.close()


def check(week: Week, begin: datetime) -> str:
    """When nothing is under way any more, hold records and wire against the rules."""
    week.office.mend()
    end = week.ends()
    expected = should_be_told(week.org.promises, begin, end)
    unknown = set(week.office.unknown) | set(week.office.refused)
    records.check_notices(week.org, expected)
    records.check_settled(unknown)
    ids = {user.pk for user in week.org.people if user.email in unknown}
    reached = {one for one in expected if one.user_id not in ids}
    records.check_told_on_the_wire(week.org, week.office, reached)
    records.check_no_night(week.org, week.office, records.written_at)
    copies = records.check_wire(week.office)
    records.forget(week.org, end)
    failures = sum(way is not Way.TAKE for _at, _to, way in week.office.seen)
    return (
        f"{len(expected)} notices, each once, none at night;"
        f" {len(week.office.letters) - copies} mails and {copies} copies, each with the"
        f" Message-ID of the first; killed: {week.kills.told() or 'nobody'};"
        f" {failures} of {len(week.office.seen)} mails failed at first;"
        f" {week.unfinished} of {week.steps} half hours ended with work under way"
    )


@pytest.mark.drill
def test_a_week_in_processes_that_are_killed(
    week: Callable[..., Week], told: Told
) -> None:
    it = week(people=40, actions=120, seed=2026)
    day = timedelta(days=1)
    began = time.monotonic()
    it.office.unknown = {it.org.people[0].email}
    it.until(MONDAY + day)
    for number, failure in enumerate(FAILURES, 1):
        share = 0.3 if failure in {Way.LATER, Way.DROP} else 0.05
        it.office.sometimes(share, [failure])
        it.until(MONDAY + (number + 0.5) * day)
        it.office.go_away()
        it.until(it.clock.now() + timedelta(hours=1))
        it.office.come_back()
        it.until(MONDAY + (number + 1) * day)
    it.office.sometimes(0.2, FAILURES)
    it.until(MONDAY + 7 * day)
    measured = check(it, MONDAY)
    told("A week in real processes", f"{time.monotonic() - began:.0f} s; {measured}")


def test_a_morning_in_processes_that_are_killed(
    week: Callable[..., Week], told: Told
) -> None:
    begin = MONDAY + timedelta(hours=6)
    it = week(people=8, actions=40, seed=7, at=begin)
    it.kills = Kills(child=0.8, worker=0, scheduler=0)
    it.office.sometimes(0.3, [Way.LATER, Way.DROP])
    it.until(begin + timedelta(hours=4))
    measured = check(it, begin)
    told("A morning in real processes", measured)
