"""People in several zones who owe each other actions, and who should be told of what.

`should_be_told` is a second, simple telling of the rules in docs/follow-through.md: it
walks through the days of each person and shares no code with the application.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.models import Team, User
from actions.models import ActionItem
from postmortems.models import Postmortem
from postmortems.vocabulary import ActionStatus
from tests.fixtures import open_report, person

ZONES = [
    *("UTC", "Europe/Berlin", "America/New_York", "America/Los_Angeles"),
    *("Asia/Kolkata", "Pacific/Auckland", "Asia/Tokyo", "America/Sao_Paulo"),
]
WEEKS = [[1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [7, 1, 2, 3, 4]]
FIRST_REMINDER, REPEAT, LEAD_AFTER, MANAGER_AFTER = 2, 7, 7, 14
"""Days, as Afterword ships."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody is told once."""

    action_id: int
    user_id: int
    kind: str
    day: date


@dataclass(frozen=True, slots=True)
class Promise:
    """An action, as the recomputation sees it."""

    action_id: int
    due_on: date
    owner: User
    lead: User
    manager: User
    settled_at: datetime | None = None


@dataclass
class Organisation:
    people: list[User]
    team: Team
    report: Postmortem
    promises: list[Promise]

    def settle(self, promise: Promise, at: datetime) -> None:
        """Its owner says that it is done."""
        ActionItem.objects.filter(pk=promise.action_id).update(
            status=ActionStatus.DONE,
            evidence="It is in the log.",
            done_on=at.date(),
        )
        self.promises.remove(promise)
        self.promises.append(replace(promise, settled_at=at))


def organisation(
    name: str,
    people: int,
    actions: int,
    begin: datetime,
    *,
    seed: int = 0,
    zones: Sequence[str] = ZONES,
) -> Organisation:
    """`people` besides a lead and a manager; due dates from 40 days before `begin`,
    most of them near it. Whoever a drill before has left is told nothing any more."""
    User.objects.update(active=False)
    chance = random.Random(seed)  # noqa: S311  the same people each time
    names = [
        *(f"{name} {number}" for number in range(people)),
        f"{name} lead",
        f"{name} chief",
    ]
    everybody = [
        _person(called, zones[number % len(zones)], chance)
        for number, called in enumerate(names)
    ]
    *found, lead, manager = everybody
    team = Team.objects.create(name=name, lead=lead, manager=manager)
    team.members.set(found)
    report = open_report(manager, f"Report of {name}")
    rows = [
        ActionItem(
            postmortem=report,
            description=title(name, number),
            owner_team=team,
            owner_person=chance.choice(found),
            due_on=begin.date() + timedelta(days=_days_from_now(chance)),
            created_at=begin - 60 * DAY,
            position=1024 * number,
        )
        for number in range(actions)
    ]
    made = ActionItem.objects.bulk_create(rows)
    promises = [
        Promise(row.pk, row.due_on, row.owner_person, lead, manager)
        for row in made
        if row.due_on and row.owner_person
    ]
    return Organisation(everybody, team, report, promises)


def title(name: str, number: int) -> str:
    """Found in a mail, it is found for this action alone."""
    return f"{name} action {number:04d} end"


def _days_from_now(chance: random.Random) -> int:
    return chance.randint(-4, 9) if chance.random() < 0.7 else chance.randint(-40, -4)


def _person(name: str, zone: str, chance: random.Random) -> User:
    morning = chance.choice([time(7), time(8, 30), time(9), time(10)])
    return person(
        name,
        time_zone=zone,
        morning=morning,
        quiet_from=chance.choice([time(17), time(18), time(20)]),
        working_days=chance.choice(WEEKS),
    )


# --- The recomputation ----------------------------------------------------------------


def should_be_told(
    promises: Iterable[Promise], begin: datetime, end: datetime
) -> set[Told]:
    """All notices of a time in which a tick came again and again, the first one at
    `begin` and the last one just before `end`."""
    found = set()
    for promise in promises:
        due = promise.due_on
        ways = [
            (promise.owner, "reminder", due, due - FIRST_REMINDER * DAY),
            (promise.lead, "escalation", due + LEAD_AFTER * DAY, None),
            (promise.manager, "escalation", due + MANAGER_AFTER * DAY, None),
        ]
        until = min(promise.settled_at or end, end)
        for user, kind, first, before in ways:
            for day in _days(user, first, before, begin, until):
                found.add(Told(promise.action_id, user.pk, kind, day))
    return found


def _days(
    user: User, first: date, before: date | None, begin: datetime, end: datetime
) -> Sequence[date]:
    told: list[date] = []
    day = begin.date() - DAY
    while day <= end.date() + DAY:
        slots = [slot for slot in _slots(first, before, day) if slot <= day]
        last = max(slots, default=None)
        new = last is not None and (not told or told[-1] < last)
        if new and _is_awake(user, day, begin, end):
            told.append(day)
        day += DAY
    return told


def _slots(first: date, before: date | None, until: date) -> Iterable[date]:
    if before is not None:
        yield before
    while first <= until:
        yield first
        first += REPEAT * DAY


def _is_awake(user: User, day: date, begin: datetime, end: datetime) -> bool:
    """Whether they work on that day, and some of its hours lie in the drill's time."""
    if day.isoweekday() not in user.working_days:
        return False
    zone = ZoneInfo(user.time_zone)
    opens = datetime.combine(day, user.morning, zone).astimezone(UTC)
    closes = datetime.combine(day, user.quiet_from, zone).astimezone(UTC)
    return max(opens, begin) < min(closes, end)
