"""The rules of docs/follow-through.md once more, as plainly as they are written there.

Nothing here comes from the code that it checks: slots are listed one by one, days are
looked through one by one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

DAY = timedelta(days=1)
ASKED_AFTER = 30
"""Days from when it is done until we ask whether it worked."""
Told = tuple[int, int, str, date]
"""Which action, who, what kind of notice, for which day."""


@dataclass(frozen=True)
class Rule:
    first: int = 2
    repeat: int = 7
    lead: int = 7
    manager: int = 14


@dataclass
class Person:
    pk: int
    zone: str
    morning: time
    quiet_from: time
    week: frozenset[int]
    country: str = ""
    active: bool = True
    administers: bool = False


@dataclass
class Squad:
    pk: int
    name: str
    lead: int | None
    manager: int | None
    members: set[int]


@dataclass
class Report:
    pk: int
    facilitator: int
    invited: set[int]
    restricted: bool = False
    trashed: bool = False


@dataclass
class Promise:
    pk: int
    report: Report
    person: int | None
    team: int | None
    due: date | None
    priority: str
    status: str = "open"
    done_on: date | None = None
    answered: bool = False
    snoozed_until: date | None = None
    deleted: bool = False


@dataclass
class Rules:
    people: dict[int, Person]
    teams: dict[int, Squad]
    promises: dict[int, Promise]
    policies: dict[str, Rule]
    days_off: set[date]
    told: dict[tuple[int, int, str], list[date]] = field(default_factory=dict)

    def note(self, told: Told) -> None:
        self.told.setdefault(told[:3], []).append(told[3])

    # --- Days -------------------------------------------------------------------------

    def works(self, person: Person, day: date) -> bool:
        free = day in self.days_off or day in _holidays(person.country, day.year)
        return day.isoweekday() in person.week and not free

    def roll(self, person: Person, day: date) -> date:
        while not self.works(person, day):
            day += DAY
        return day

    def day_if_awake(self, person: Person, now: datetime) -> date | None:
        """The local day, if it is a working day between morning and quiet hours."""
        local = now.astimezone(ZoneInfo(person.zone))
        awake = person.morning <= local.time() < person.quiet_from
        day = local.date()
        return day if awake and self.works(person, day) else None

    # --- People -----------------------------------------------------------------------

    def may_be_told(self, promise: Promise, pk: int | None) -> bool:
        if pk is None or not self.people[pk].active:
            return False
        return not promise.report.restricted or pk in promise.report.invited

    def owners(self, promise: Promise) -> list[int]:
        team = self.teams[promise.team] if promise.team else None
        levels: list[list[int | None]] = [[promise.person]]
        if team is not None:
            levels += [[team.lead], [*sorted(team.members)], [team.manager]]
        levels.append([promise.report.facilitator])
        levels.append([one.pk for one in self.people.values() if one.administers])
        for level in levels:
            fit = [pk for pk in level if pk and self.may_be_told(promise, pk)]
            if fit:
                return fit
        return []

    def team_above(self, promise: Promise) -> Squad | None:
        if promise.team:
            return self.teams[promise.team]
        theirs = [one for one in self.teams.values() if promise.person in one.members]
        return min(theirs, key=lambda one: one.name, default=None)

    # --- Slots ------------------------------------------------------------------------

    def series(self, start: date, repeat: int, until: date) -> list[date]:
        found = []
        while start <= until:
            found.append(start)
            start += timedelta(days=repeat)
        return found

    def cases(
        self, promise: Promise, until: date
    ) -> Iterator[tuple[int, str, list[date]]]:
        """Who may be told in which way, and the slots up to a day."""
        rule = self.policies[promise.priority]
        owners = self.owners(promise)
        if promise.deleted or promise.report.trashed:
            return
        if promise.status == "done" and promise.done_on and not promise.answered:
            start = promise.done_on + timedelta(days=ASKED_AFTER)
            for pk in owners:
                yield pk, "effectiveness", self.series(start, rule.repeat, until)
        if promise.status not in {"open", "in_progress"} or promise.due is None:
            return
        slots = [promise.due - timedelta(days=rule.first)]
        if promise.snoozed_until and promise.snoozed_until >= slots[0]:
            slots.append(promise.snoozed_until)
        slots += self.series(promise.due, rule.repeat, until)
        for pk in owners:
            yield pk, "reminder", slots
        yield from self.escalations(promise, rule, owners, until)

    def escalations(
        self, promise: Promise, rule: Rule, owners: list[int], until: date
    ) -> Iterator[tuple[int, str, list[date]]]:
        team = self.team_above(promise)
        assert promise.due is not None
        slots: dict[int, list[date]] = {}
        for pk, after in (
            ((team.lead, rule.lead), (team.manager, rule.manager)) if team else ()
        ):
            if pk and pk not in owners and self.may_be_told(promise, pk):
                start = promise.due + timedelta(days=after)
                # Whoever leads and manages hears of it when the first of both does.
                slots.setdefault(pk, self.series(start, rule.repeat, until))
        for pk, found in slots.items():
            yield pk, "escalation", found

    # --- What has to be told ----------------------------------------------------------

    def due(self, promise: Promise, days: dict[int, date]) -> Iterator[Told]:
        """What has to be told of a promise now; `days` are those of the awake."""
        if not days:
            return
        for pk, kind, slots in self.cases(promise, max(days.values())):
            day = days.get(pk)
            snoozed = kind == "reminder" and promise.snoozed_until
            if day is None or (snoozed and day < snoozed):
                continue
            past = [s for s in slots if self.roll(self.people[pk], s) <= day]
            before = self.told.get((promise.pk, pk, kind), [])
            if past and not any(told >= max(past) for told in before):
                yield promise.pk, pk, kind, day


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    if not country:
        return frozenset()
    return frozenset(holidays.country_holidays(country, years=year))
