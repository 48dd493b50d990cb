"""Fills an empty database with promises: many actions, their owners and verdicts."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.db import connection

from accounts.models import Team, User
from actions.models import ActionItem, Verdict
from bench.seeding import WORDS, copy_rows
from postmortems.models import AffectedService, Incident, Postmortem, Service, Severity
from postmortems.vocabulary import ActionPriority, ActionStatus, ActionType, Status

ACTIONS = 100_000
OF_ONE_REPORT = 8
PEOPLE, TEAMS, SERVICES = 60, 20, 40
RESTRICTED_EACH = 50
STATUSES = (*[ActionStatus.OPEN] * 3, *[ActionStatus.IN_PROGRESS] * 2,
            *[ActionStatus.DONE] * 4, ActionStatus.WONT_DO)  # fmt: skip
RARE = "heliotrope"
"""Stands in one action only."""


def seed(actions: int = ACTIONS) -> User:
    """Write everything with COPY; returns the manager who looks at it."""
    promises = _Promises(actions)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    copy_rows(Incident, promises.incidents())
    copy_rows(AffectedService, promises.affected())
    copy_rows(Postmortem, promises.reports())
    copy_rows(ActionItem, promises.actions())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE actions_followthrough SET next_at = NULL, verdict ="
            " CASE WHEN action_id %% 3 = 0 THEN %s ELSE '' END",
            [Verdict.EFFECTIVE],
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return promises.manager


class _Promises:
    def __init__(self, actions: int) -> None:
        self.count = actions
        self.chance = random.Random(4)
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.people = [_person(number) for number in range(PEOPLE)]
        self.manager = self.people[0]
        self.teams = [
            Team.objects.create(name=f"Team {number:02d}", lead=self.people[number])
            for number in range(TEAMS)
        ]
        Team.objects.filter(pk__in=[team.pk for team in self.teams[:5]]).update(
            manager=self.manager
        )
        self.severities = list(Severity.objects.order_by("rank"))
        self.services = [
            Service.objects.create(name=f"Service {number:02d}")
            for number in range(SERVICES)
        ]

    def incidents(self) -> Iterator[Incident]:
        for number in range(1, self.count // OF_ONE_REPORT + 1):
            start = self.now - timedelta(hours=number)
            yield Incident(
                pk=number,
                reference=f"INC-{start:%Y-%m-%d}-{number:05d}",
                title=f"{self.words(5).capitalize()} {number}",
                severity=self.chance.choice(self.severities),
                restricted=number % RESTRICTED_EACH == 0,
                sorts_at=start,
                created_at=start,
                created_by=self.manager,
            )

    def affected(self) -> Iterator[AffectedService]:
        for number in range(1, self.count // OF_ONE_REPORT + 1):
            yield AffectedService(
                pk=number,
                incident_id=number,
                service=self.chance.choice(self.services),
                position=0,
            )

    def reports(self) -> Iterator[Postmortem]:
        for number in range(1, self.count // OF_ONE_REPORT + 1):
            yield Postmortem(
                pk=number,
                incident_id=number,
                status=Status.PUBLISHED,
                revision=1,
                created_at=self.now,
                changed_at=self.now,
            )

    def actions(self) -> Iterator[ActionItem]:
        for number in range(1, self.count + 1):
            written = self.now - timedelta(days=self.chance.randrange(500))
            status = self.chance.choice(STATUSES)
            due_on = written.date() + timedelta(days=self.chance.randrange(15, 620))
            done = status == ActionStatus.DONE
            rare = f" {RARE}" if number == self.count // 2 else ""
            yield ActionItem(
                pk=number,
                postmortem_id=(number - 1) // OF_ONE_REPORT + 1,
                description=f"{self.words(8).capitalize()}{rare}",
                owner_team=self.chance.choice([*self.teams, None]),
                owner_person=self.chance.choice([None, None, *self.people]),
                due_on=due_on if number % 10 else None,
                types=[self.chance.choice(ActionType.values)],
                priority=self.chance.choice(ActionPriority.values),
                status=status,
                reason="Replaced" if status == ActionStatus.WONT_DO else "",
                evidence="In the pipeline" if done else "",
                done_on=self.now.date() - timedelta(days=number % 400)
                if done
                else None,
                created_at=written,
                position=number,
            )

    def words(self, number: int) -> str:
        return " ".join(self.chance.choices(WORDS, k=number))


def _person(number: int) -> User:
    return User.objects.create_user(
        f"person{number}@afterword.example",
        "bench-password",
        name=f"Person {number:02d}",
    )
