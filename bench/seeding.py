"""Fills an empty database with an organisation that has had many incidents."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from accounts.models import User
from postmortems.models import Service, Severity

INCIDENTS = 10_000
ENTRIES_EACH = 20
LONG_REPORTS = (30, 200)
"""The first incidents have this many entries instead."""
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
    severities = list(Severity.objects.order_by("rank").values_list("pk", flat=True))
    services = [
        Service.objects.create(name=f"Service {number:02d}").pk for number in range(40)
    ]
    chance = random.Random(1)
    tables: dict[str, list[tuple[Any, ...]]] = {name: [] for name in COLUMNS}
    for pk in range(1, incidents + 1):
        _incident(pk, incidents, user.pk, severities, services, chance, tables)
    with connection.cursor() as cursor:
        for table, columns in COLUMNS.items():
            names = ", ".join(columns)
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in tables[table]:
                    copy.write_row(row)
        for table, columns in COLUMNS.items():
            if "id" in columns:
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'),"
                    f" (SELECT max(id) FROM {table}))"
                )
        cursor.execute("ANALYZE")
    return user


COLUMNS = {
    "postmortems_incident": [
        "id",
        "reference",
        "title",
        "kind",
        "severity_id",
        "severity_note",
        "restricted",
        "started_at",
        "started_certainty",
        "detected_at",
        "detected_certainty",
        "acknowledged_at",
        "acknowledged_certainty",
        "mitigated_at",
        "mitigated_certainty",
        "resolved_at",
        "resolved_certainty",
        "sorts_at",
        "created_at",
        "created_by_id",
    ],
    "postmortems_affectedservice": ["incident_id", "service_id", "note", "position"],
    "postmortems_postmortem": [
        "id",
        "incident_id",
        "status",
        "tldr",
        "field_versions",
        "credits",
        "revision",
        "created_at",
        "changed_at",
    ],
    "postmortems_participation": ["postmortem_id", "user_id", "part", "joined_at"],
    "postmortems_section": [
        "postmortem_id",
        "key",
        "heading",
        "body",
        "after",
        "position",
        "version",
    ],
    "postmortems_timelineentry": [
        "id",
        "postmortem_id",
        "occurred_at",
        "precision",
        "text",
        "markers",
        "actors",
        "evidence",
        "known",
        "importance",
        "position",
        "version",
        "created_at",
        "created_by_id",
    ],
    "postmortems_contributingfactor": [
        "id",
        "postmortem_id",
        "text",
        "category",
        "note",
        "same_as",
        "position",
        "version",
        "created_at",
    ],
    "postmortems_lesson": [
        "postmortem_id",
        "kind",
        "text",
        "position",
        "version",
        "created_at",
    ],
    "actions_actionitem": [
        "id",
        "postmortem_id",
        "description",
        "owner_team_name",
        "owner_person_name",
        "due_on",
        "types",
        "priority",
        "status",
        "reason",
        "evidence",
        "position",
        "version",
        "created_at",
    ],
    "actions_actionitem_factors": ["actionitem_id", "contributingfactor_id"],
    "postmortems_searchtext": ["postmortem_id", "parts"],
}


def _incident(
    pk: int,
    incidents: int,
    user_id: int,
    severities: list[int],
    services: list[int],
    chance: random.Random,
    tables: dict[str, list[tuple[Any, ...]]],
) -> None:
    start = NOW - timedelta(hours=pk * 2 + chance.random())
    start = start.replace(microsecond=0)
    times = [start + timedelta(minutes=m) for m in (0, 12, 14, 70, 95)]
    title = f"{_words(chance, 5).capitalize()} {pk}"
    moments = [part for at in times for part in (at, "recorded")]
    tables["postmortems_incident"].append(
        (
            pk,
            f"INC-{start:%Y-%m-%d}-{pk:05d}",
            title,
            "incident",
            chance.choice(severities),
            "",
            False,
            *moments,
            start,
            start,
            user_id,
        )
    )
    for position, service in enumerate(chance.sample(services, 2)):
        tables["postmortems_affectedservice"].append((pk, service, "", position))
    status = "drafting" if pk <= len(LONG_REPORTS) else "published"
    tables["postmortems_postmortem"].append(
        (pk, pk, status, _words(chance, 12), "{}", "{}", 1, start, start)
    )
    if pk <= len(LONG_REPORTS) or pk % 50 == 0:
        tables["postmortems_participation"].append((pk, user_id, "facilitator", start))
    parts = {"title": title}
    for position, key in enumerate(("summary", "impact", "root_cause", "surprise")):
        body = f"The {COMMON} {_words(chance, 40)}."
        tables["postmortems_section"].append(
            (pk, key, "", body, "follow_ups", position, 1)
        )
        parts[f"section-{pk}-{key}"] = body
    for row in _entries(pk, start, user_id, chance, incidents):
        tables["postmortems_timelineentry"].append(row)
        parts[f"entry-{row[0]}"] = row[4]
    for n in range(3):
        factor = pk * 10 + n
        text = _words(chance, 8)
        tables["postmortems_contributingfactor"].append(
            (factor, pk, text, chance.choice(["tools", "process"]), "", "", n, 1, start)
        )
        parts[f"factor-{factor}"] = text
        action = pk * 10 + n
        tables["actions_actionitem"].append(
            (
                action,
                pk,
                _words(chance, 10),
                "SRE Team",
                "",
                (start + timedelta(days=20)).date(),
                "{preventative}",
                "high",
                chance.choice(["open", "done"]),
                "",
                "",
                n,
                1,
                start,
            )
        )
        tables["actions_actionitem_factors"].append((action, factor))
        tables["postmortems_lesson"].append(
            (pk, "went_well", _words(chance, 9), n, 1, start)
        )
    if pk == incidents // 2:
        parts["title"] += f" {RARE}"
    tables["postmortems_searchtext"].append((pk, json.dumps(parts)))


def _entries(
    pk: int, start: datetime, user_id: int, chance: random.Random, incidents: int
) -> Iterator[tuple[Any, ...]]:
    count = LONG_REPORTS[pk - 1] if pk <= len(LONG_REPORTS) else ENTRIES_EACH
    evidence = [
        {
            "uid": f"u{pk}",
            "kind": "graph",
            "label": "Freshness",
            "url": "https://grafana.afterword.example/d/1",
            "trace_id": "",
            "text": "",
        }
    ]
    actors = [{"kind": "team", "name": "SRE Team"}]
    for n in range(count):
        yield (
            pk * 1000 + n,
            pk,
            start + timedelta(seconds=n * (5700 // count)),
            "exact",
            f"{_words(chance, 9).capitalize()} on `{chance.choice(WORDS)}`.",
            "{started}" if n == 0 else "{}",
            json.dumps(actors),
            json.dumps(evidence),
            "then",
            "story",
            1024,
            1,
            start,
            user_id,
        )


def _words(chance: random.Random, count: int) -> str:
    return " ".join(chance.choices(WORDS, k=count))
