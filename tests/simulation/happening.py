"""An organisation in which things happen: told to the database and to the rules."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from accounts.models import Role, Team, User
from actions.models import ActionItem, DayOff, Policy
from actions.operations import following, planning
from actions.operations.settling import settle_action
from postmortems.models import Incident, Participation
from postmortems.operations import incidents
from tests.fixtures import open_report, person
from tests.simulation.rules import Person, Promise, Report, Rule, Rules, Squad

ZONES = (
    "Pacific/Niue",  # UTC-11
    "America/New_York",
    "America/Santiago",
    "Europe/Berlin",
    "Africa/Cairo",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Pacific/Kiritimati",  # UTC+14
)
WEEKS = (
    frozenset({1, 2, 3, 4, 5}),
    frozenset({1, 2, 3, 4, 5}),
    frozenset({7, 1, 2, 3, 4}),
    frozenset({2, 4}),
)
COUNTRIES = ("", "", "DE", "US", "JP", "CL")
QUICK = Rule(first=5, repeat=3, lead=3, manager=10)


@dataclass
class Organisation:
    """Made from one seed; every change goes to both sides."""

    seed: int
    start: date
    people: int
    actions: int
    days: int
    chance: random.Random = field(init=False)
    rules: Rules = field(init=False)
    reports: list[Report] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    """Promises that something happened to since the last tick."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311  not a secret
        days_off = {self.start + timedelta(days=n) for n in range(20, self.days, 60)}
        for day in days_off:
            DayOff.objects.create(on=day, name="Closed")
        Policy.objects.create(
            name="High priority",
            enabled=True,
            priorities=["high"],
            first_reminder_days=QUICK.first,
            repeat_days=QUICK.repeat,
            lead_after_days=QUICK.lead,
            manager_after_days=QUICK.manager,
        )
        policies = {"high": QUICK, "medium": Rule(), "low": Rule()}
        self.rules = Rules({}, {}, {}, policies, days_off)
        self.pen = person("Pen of all reports")
        self.rules.people = {one.pk: one for one in self._people()}
        self.rules.teams = {one.pk: one for one in self._teams()}
        for _number in range(max(3, self.actions // 20)):
            self.reports.append(self._report())
        self.rules.promises = {one.pk: one for one in self._promises()}

    # --- In the beginning -------------------------------------------------------------

    def _people(self) -> list[Person]:
        return [
            self._person(number, ZONES[number % len(ZONES)])
            for number in range(self.people)
        ]

    def _person(self, number: int, zone: str) -> Person:
        week, country = self.chance.choice(WEEKS), self.chance.choice(COUNTRIES)
        morning, quiet = self._hours()
        made = person(
            f"Person {number:02d}",
            Role.ADMINISTRATOR if number == 0 else Role.MEMBER,
            time_zone=zone,
            morning=morning,
            quiet_from=quiet,
            working_days=sorted(week),
            holidays=country,
        )
        return Person(
            made.pk, zone, morning, quiet, week, country, administers=number == 0
        )

    def _hours(self) -> tuple[time, time]:
        morning = time(self.chance.randint(6, 11), self.chance.choice((0, 30)))
        return morning, time(self.chance.randint(16, 20))

    def _teams(self) -> list[Squad]:
        return [self._team(number) for number in range(max(3, self.people // 6))]

    def _team(self, number: int) -> Squad:
        members = set(self.chance.sample(list(self.rules.people), 4))
        lead = self.chance.choice([None, *members, *members])
        manager = self.chance.choice([None, *self.rules.people])
        made = Team.objects.create(
            name=f"Team {number:02d}", lead_id=lead, manager_id=manager
        )
        made.members.set(members)
        return Squad(made.pk, made.name, lead, manager, members)

    def _report(self) -> Report:
        facilitator = self.chance.choice(list(self.rules.people))
        made = open_report(User.objects.get(pk=facilitator), "Something stopped")
        incidents.join_report(made.pk, by=self.pen, at=made.created_at)
        invited = set(self.chance.sample(list(self.rules.people), 3)) - {facilitator}
        Participation.objects.bulk_create(
            Participation(
                postmortem=made, user_id=pk, part="reader", joined_at=made.created_at
            )
            for pk in invited
        )
        report = Report(made.pk, facilitator, {facilitator, *invited})
        if self.chance.random() < 0.15:
            self.restrict(report)
        return report

    def _promises(self) -> list[Promise]:
        drafts = [self._promise() for _number in range(self.actions)]
        made = ActionItem.objects.bulk_create(
            ActionItem(
                postmortem_id=one.report.pk,
                description="Keep it from stopping",
                owner_person_id=one.person,
                owner_team_id=one.team,
                due_on=one.due,
                priority=one.priority,
                created_at=datetime(2026, 1, 1).astimezone(),
            )
            for one in drafts
        )
        for one, row in zip(drafts, made, strict=True):
            one.pk = row.pk
        return drafts

    def _promise(self) -> Promise:
        person, team = self._owner()
        return Promise(
            0,
            self.chance.choice(self.reports),
            person,
            team,
            self.chance.choice([None, *[self._day(self.start)] * 9]),
            self.chance.choice(["high", "medium", "low"]),
        )

    def _owner(self) -> tuple[int | None, int | None]:
        person = self.chance.choice(list(self.rules.people))
        team = self.chance.choice(list(self.rules.teams))
        both = [
            (person, None),
            (person, None),
            (None, team),
            (person, team),
            (None, None),
        ]
        return self.chance.choice(both)

    def _day(self, today: date) -> date:
        """Mostly to come, some of it past."""
        return today + timedelta(days=self.chance.randint(-15, self.days))

    # --- What happens -----------------------------------------------------------------

    def tick(self, now: datetime) -> None:
        planning.plan(now, until=float("inf"))

    def something_happens(self, now: datetime) -> None:
        to_a_promise: list[Callable[[Promise, datetime], None]] = [
            self.moves,
            self.moves,
            self.is_done,
            self.is_done,
            self.is_reopened,
            self.is_not_done,
            self.changes_hands,
            self.changes_hands,
            self.is_snoozed,
            self.is_snoozed,
            self.is_answered,
            self.is_deleted,
        ]
        to_all: list[Callable[[], None]] = [
            self.somebody_moves,
            self.somebody_sleeps_longer,
            self.somebody_leaves_or_returns,
            self.a_team_gets_a_lead,
            self.a_team_gets_a_member,
            self.a_report_is_restricted_or_not,
            self.a_report_is_trashed_or_not,
        ]
        if self.chance.random() < 0.85:
            promise = self.chance.choice(list(self.rules.promises.values()))
            self.chance.choice(to_a_promise)(promise, now)
            self.touched.add(promise.pk)
        else:
            self.chance.choice(to_all)()
            self.touched.update(self.rules.promises)

    def settle(self, promise: Promise, now: datetime, **values: Any) -> bool:
        """Whether it could be: what is in the trash cannot."""
        if promise.deleted or promise.report.trashed:
            return False
        version = ActionItem.objects.values_list("version", flat=True)
        settle_action(
            promise.report.pk,
            promise.pk,
            values,
            version=version.get(pk=promise.pk),
            by=self.pen,
            at=now,
        )
        return True

    def moves(self, promise: Promise, now: datetime) -> None:
        due = self.chance.choice([None, *[self._day(now.date())] * 5])
        if self.settle(promise, now, due_on=due):
            promise.due = due

    def is_done(self, promise: Promise, now: datetime) -> None:
        done = {"status": "done", "done_on": now.date(), "evidence": "Merged"}
        if promise.status != "done" and self.settle(promise, now, **done):
            promise.status, promise.done_on = "done", now.date()

    def is_not_done(self, promise: Promise, now: datetime) -> None:
        values = {"status": "wont_do", "reason": "Retired", "done_on": None}
        if self.settle(promise, now, **values):
            promise.status, promise.done_on, promise.answered = "wont_do", None, False

    def is_reopened(self, promise: Promise, now: datetime) -> None:
        values = {"status": "in_progress", "done_on": None}
        if self.settle(promise, now, **values):
            promise.status, promise.done_on = "in_progress", None
            promise.answered = False

    def changes_hands(self, promise: Promise, now: datetime) -> None:
        person, team = self._owner()
        values = {"owner_person_id": person, "owner_team_id": team}
        if self.settle(promise, now, **values):
            promise.person, promise.team = person, team

    def is_snoozed(self, promise: Promise, now: datetime) -> None:
        gone = promise.deleted or promise.report.trashed
        if gone or promise.due is None or promise.status not in {"open", "in_progress"}:
            return
        until = now.date() + timedelta(days=self.chance.randint(1, 20))
        following.snooze(promise.pk, until, "Later", by=self.pen, at=now)
        promise.snoozed_until = until

    def is_answered(self, promise: Promise, now: datetime) -> None:
        if promise.status != "done" or promise.deleted or promise.report.trashed:
            return
        following.answer_verdict(promise.pk, "effective", by=self.pen, at=now)
        promise.answered = True

    def is_deleted(self, promise: Promise, now: datetime) -> None:
        promise.deleted = not promise.deleted
        row = ActionItem.objects.filter(pk=promise.pk)
        row.update(deleted_at=now if promise.deleted else None)

    def somebody(self) -> Person:
        return self.chance.choice(list(self.rules.people.values()))

    def somebody_moves(self) -> None:
        one = self.somebody()
        one.zone = self.chance.choice(ZONES)
        User.objects.filter(pk=one.pk).update(time_zone=one.zone)

    def somebody_sleeps_longer(self) -> None:
        one = self.somebody()
        one.morning, one.quiet_from = self._hours()
        one.week = self.chance.choice(WEEKS)
        User.objects.filter(pk=one.pk).update(
            morning=one.morning,
            quiet_from=one.quiet_from,
            working_days=sorted(one.week),
        )

    def somebody_leaves_or_returns(self) -> None:
        one = self.somebody()
        one.active = one.administers or not one.active
        User.objects.filter(pk=one.pk).update(active=one.active)

    def a_team_gets_a_lead(self) -> None:
        team = self.chance.choice(list(self.rules.teams.values()))
        team.lead = self.chance.choice([None, *team.members])
        team.manager = self.chance.choice([None, *self.rules.people])
        Team.objects.filter(pk=team.pk).update(lead=team.lead, manager=team.manager)

    def a_team_gets_a_member(self) -> None:
        team, one = self.chance.choice(list(self.rules.teams.values())), self.somebody()
        members = Team.objects.get(pk=team.pk).members
        if one.pk in team.members:
            members.remove(one.pk)
        else:
            members.add(one.pk)
        team.members ^= {one.pk}

    def restrict(self, report: Report) -> None:
        report.restricted = not report.restricted
        Incident.objects.filter(postmortem=report.pk).update(
            restricted=report.restricted
        )

    def a_report_is_restricted_or_not(self) -> None:
        self.restrict(self.chance.choice(self.reports))

    def a_report_is_trashed_or_not(self) -> None:
        report = self.chance.choice(self.reports)
        report.trashed = not report.trashed
        at = datetime(2027, 1, 1).astimezone() if report.trashed else None
        Incident.objects.filter(postmortem=report.pk).update(deleted_at=at)
