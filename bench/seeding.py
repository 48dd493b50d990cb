"""Fills an empty database with an organisation that has had many incidents."""

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Field, GeneratedField, JSONField, Model
from django.db.models.expressions import DatabaseDefault
from psycopg.types.json import Jsonb

from accounts.models import User
from actions.models import ActionItem
from postmortems.document import Document
from postmortems.exporters.documenting import document_of
from postmortems.exporters.json import to_data
from postmortems.models import (
    AffectedService,
    ContributingFactor,
    Incident,
    Lesson,
    Participation,
    Postmortem,
    Publication,
    SearchText,
    Section,
    Service,
    Severity,
    TimelineEntry,
)
from postmortems.operations.incidents import FIXED_SECTIONS
from postmortems.operations.lifecycle import text_hash
from postmortems.report import Report
from postmortems.vocabulary import Marker, Milestone, Status

INCIDENTS = 10_000
ENTRIES_EACH = 20
LONG_REPORTS = (30, 200, 30, 200)
"""The first incidents have this many entries instead; the last two are published."""
DRAFTS = 2
OWN_REPORT_EACH = 50
"""The measuring account takes part in every fiftieth report."""
NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
WORDS = [
    "cache",
    "queue",
    "alert",
    "deploy",
    "rollback",
    "latency",
    "replica",
    "failover",
    "certificate",
    "gateway",
    "search",
    "index",
    "payment",
    "checkout",
    "customer",
    "region",
    "message",
    "broker",
    "topic",
    "variable",
    "timeout",
    "retry",
    "pool",
    "disk",
    "memory",
    "worker",
    "schedule",
    "snapshot",
    "restore",
    "login",
    "session",
]
RARE = "heliotrope"
"""Stands in one report only."""
COMMON = "service"
"""Stands in every report."""


def seed(incidents: int = INCIDENTS) -> User:
    """Write everything with COPY; returns the account that measures."""
    user = User.objects.create_user(
        "bench@afterword.example", "bench-password", name="Bench Marker"
    )
    history = _History(user)
    tables: dict[type[Model], list[Model]] = {}
    for number in range(1, incidents + 1):
        for row in history.report(number, rare=number == incidents // 2):
            tables.setdefault(type(row), []).append(row)
    for model, rows in tables.items():
        copy_rows(model, rows)
    addressed = ActionItem.factors.through
    copy_rows(
        addressed,
        (
            addressed(id=pk, actionitem_id=pk, contributingfactor_id=pk)
            for pk in range(1, history.numbers[ActionItem] + 1)
        ),
    )
    _publish_the_long_ones(user)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return user


def _publish_the_long_ones(user: User) -> None:
    """These are read from a whole frozen document, not from a short one."""
    for number in range(DRAFTS + 1, len(LONG_REPORTS) + 1):
        postmortem = Postmortem.objects.select_related("incident__severity").get(
            pk=number
        )
        document = document_of(Report.load(postmortem))
        Publication.objects.filter(postmortem=postmortem).update(
            document=to_data(document), text_hash=text_hash(document)
        )


class _History:
    """Reports that differ in their words, made from one seed."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.chance = random.Random(1)
        self.severities = list(Severity.objects.order_by("rank"))
        self.services = [
            Service.objects.create(name=f"Service {number:02d}") for number in range(40)
        ]
        self.numbers: dict[type[Model], int] = {}

    def report(self, number: int, *, rare: bool) -> Iterator[Model]:
        """All rows of one report; the first one is the latest."""
        start = NOW - timedelta(hours=number * 2 + self.chance.random())
        start = start.replace(microsecond=0)
        title = f"{self.words(5).capitalize()} {number}"
        incident = self.incident(number, title, start)
        yield incident
        for position, service in enumerate(self.chance.sample(self.services, 2)):
            yield self.new(
                AffectedService, incident=incident, service=service, position=position
            )
        status = Status.DRAFTING if number <= DRAFTS else Status.PUBLISHED
        postmortem = Postmortem(
            pk=number,
            incident=incident,
            status=status,
            tldr=self.words(12),
            revision=1,
            created_at=start,
            changed_at=start,
        )
        yield postmortem
        parts = {"title": f"{title} {RARE}" if rare else title}
        for key, row, text in self.rows(postmortem, start):
            yield row
            if text:
                parts[key] = text
        yield SearchText(postmortem=postmortem, parts=parts)

    def incident(self, number: int, title: str, start: datetime) -> Incident:
        incident = Incident(
            pk=number,
            reference=f"INC-{start:%Y-%m-%d}-{number:05d}",
            title=title,
            severity=self.chance.choice(self.severities),
            sorts_at=start,
            created_at=start,
            created_by=self.user,
        )
        for milestone, minutes in zip(Milestone, (0, 12, 14, 70, 95), strict=True):
            at = start + timedelta(minutes=minutes)
            setattr(incident, f"{milestone.value}_at", at)
            setattr(incident, f"{milestone.value}_certainty", "recorded")
        return incident

    def rows(
        self, postmortem: Postmortem, start: datetime
    ) -> Iterator[tuple[str, Model, str]]:
        """(key of the part, row, text that search finds)."""
        number = postmortem.pk
        if number <= len(LONG_REPORTS) or number % OWN_REPORT_EACH == 0:
            yield (
                "",
                self.new(
                    Participation,
                    postmortem=postmortem,
                    user=self.user,
                    part="facilitator",
                    joined_at=start,
                ),
                "",
            )
        if postmortem.status == Status.PUBLISHED:
            yield "", self.publication(postmortem, start), ""
        for position, key in enumerate(FIXED_SECTIONS):
            body = f"The {COMMON} {self.words(40)}."
            section = self.new(
                Section, postmortem=postmortem, key=key, body=body, position=position
            )
            yield f"section-{section.pk}", section, body
        for entry in self.entries(postmortem, start):
            yield f"entry-{entry.pk}", entry, entry.text
        for position in range(3):
            yield from self.findings(postmortem, start, position)

    def publication(self, postmortem: Postmortem, start: datetime) -> Any:
        incident = postmortem.incident
        document = Document(incident.title, reference=incident.reference)
        return self.new(
            Publication,
            postmortem=postmortem,
            number=1,
            published_at=start + timedelta(days=3),
            published_by=self.user,
            revision=1,
            document=to_data(document),
            text_hash="0" * 64,
        )

    def entries(
        self, postmortem: Postmortem, start: datetime
    ) -> Iterator[TimelineEntry]:
        number = postmortem.pk
        most = LONG_REPORTS[number - 1] if number <= len(LONG_REPORTS) else ENTRIES_EACH
        evidence = {
            "uid": f"u{number}",
            "kind": "graph",
            "label": "Freshness",
            "url": "https://grafana.afterword.example/d/1",
            "trace_id": "",
            "text": "",
        }
        for index in range(most):
            yield self.new(
                TimelineEntry,
                postmortem=postmortem,
                occurred_at=start + timedelta(seconds=index * (5700 // most)),
                text=f"{self.words(9).capitalize()} on `{self.words(1)}`.",
                markers=[] if index else [Marker.STARTED.value],
                actors=[{"kind": "team", "name": "SRE Team"}],
                evidence=[evidence],
                position=1024,
                created_at=start,
                created_by=self.user,
            )

    def findings(
        self, postmortem: Postmortem, start: datetime, position: int
    ) -> Iterator[tuple[str, Model, str]]:
        common = {"postmortem": postmortem, "position": position, "created_at": start}
        factor = self.new(
            ContributingFactor,
            text=self.words(8),
            category=self.chance.choice(["tools", "process"]),
            **common,
        )
        yield f"factor-{factor.pk}", factor, factor.text
        action = self.new(
            ActionItem,
            description=self.words(10),
            owner_team_name="SRE Team",
            due_on=(start + timedelta(days=20)).date(),
            types=["preventative"],
            priority="high",
            status=self.chance.choice(["open", "done"]),
            **common,
        )
        yield f"action-{action.pk}", action, action.description
        lesson = self.new(Lesson, kind="went_well", text=self.words(9), **common)
        yield f"lesson-{lesson.pk}", lesson, lesson.text

    def new(self, model: Any, **values: Any) -> Any:
        self.numbers[model] = self.numbers.get(model, 0) + 1
        return model(pk=self.numbers[model], **values)

    def words(self, number: int) -> str:
        return " ".join(self.chance.choices(WORDS, k=number))


def copy_rows(model: Any, rows: Iterable[Model]) -> None:
    """Write rows past the operations: this is about what reading costs later."""
    fields = [
        field
        for field in model._meta.concrete_fields
        if not isinstance(field, GeneratedField)
    ]
    table = model._meta.db_table
    names = ", ".join(field.column for field in fields)
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([_plain(field, row) for field in fields])
        if model._meta.pk.name == "id":
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
                f" (SELECT max(id) FROM {table}))"
            )


def _plain(field: "Field[Any, Any]", row: Model) -> Any:
    value = getattr(row, field.attname)
    if isinstance(value, DatabaseDefault):
        value = field.db_default
    return Jsonb(value) if isinstance(field, JSONField) else value
