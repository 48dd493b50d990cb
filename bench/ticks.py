"""What a tick costs where a million actions are kept and 20,000 are due at once."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from accounts.models import Team, User
from actions.operations import planning
from outbound.models import Notice

ACTIONS, DUE = 1_000_000, 20_000
OF_ONE_REPORT = 20
PEOPLE, TEAMS = 200, 40
NOW = datetime(2026, 3, 10, 10, tzinfo=UTC)
"""A Tuesday, in the morning of everybody."""
MOST_SECONDS = 2.0
"""For finding what is due."""
Say = Callable[[str, float, str, float | None], None]


def measure(say: Say) -> None:
    """Beside whatever is in the database already."""
    began = time.perf_counter()
    _seed()
    say("seeding 1,000,000 actions", time.perf_counter() - began, "s", None)
    with transaction.atomic():
        began = time.perf_counter()
        found = planning.claim(NOW, DUE + 1)
        seconds = time.perf_counter() - began
        transaction.set_rollback(True)
    assert len(found) == DUE
    say("a tick: finding 20,000 of 1,000,000 actions", seconds, "s", MOST_SECONDS)
    before = Notice.objects.count()
    began = time.perf_counter()
    planning.plan(NOW, until=float("inf"))
    seconds = time.perf_counter() - began
    written = Notice.objects.count() - before
    assert written >= DUE
    say("a tick: planning them", seconds, "s", None)
    say("a tick: notices written", written / seconds, "1/s", None)
    began = time.perf_counter()
    planning.plan(NOW + timedelta(minutes=1), until=float("inf"))
    say("a tick with nothing due", (time.perf_counter() - began) * 1000, "ms", None)


def _seed() -> None:
    """By SQL: an action in each of its states of mind, as the planning left it."""
    people = [_person(number) for number in range(PEOPLE)]
    teams = [
        Team.objects.create(
            name=f"Bench {number:02d}",
            lead=people[number],
            manager=people[number + TEAMS],
        )
        for number in range(TEAMS)
    ]
    given: dict[str, Any] = {
        "now": NOW,
        "people": [one.pk for one in people],
        "teams": [one.pk for one in teams],
        "reports": ACTIONS // OF_ONE_REPORT,
        "actions": ACTIONS,
        "due": DUE,
        "each": OF_ONE_REPORT,
        "by": people[0].pk,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for statement in SEEDING:
            cursor.execute(statement, given)


def _person(number: int) -> User:
    return User.objects.create(
        email=f"ticks-{number}@afterword.example",
        name=f"Person {number:03d}",
        time_zone=("UTC", "Europe/Berlin", "Africa/Cairo")[number % 3],
    )


INCIDENTS = """
INSERT INTO postmortems_incident (id, reference, title, kind, severity_id, restricted,
    severity_note, started_certainty, detected_certainty, acknowledged_certainty,
    mitigated_certainty, resolved_certainty, sorts_at, created_at, created_by_id)
SELECT 1000000 + n, 'INC-2025-01-01-' || 1000000 + n, 'Stopped ' || n, 'incident',
    (SELECT id FROM postmortems_severity ORDER BY rank OFFSET n %% 4 LIMIT 1),
    n %% 50 = 0, '', 'not_recorded', 'not_recorded', 'not_recorded', 'not_recorded',
    'not_recorded', %(now)s, %(now)s, %(by)s
FROM generate_series(1, %(reports)s) AS n
"""
REPORTS = """
INSERT INTO postmortems_postmortem (id, incident_id, status, tldr, field_versions,
    credits, revision, created_at, changed_at)
SELECT 1000000 + n, 1000000 + n, 'published', '', '{}', '{}', 1, %(now)s, %(now)s
FROM generate_series(1, %(reports)s) AS n
"""
FACILITATORS = """
INSERT INTO postmortems_participation (postmortem_id, user_id, part, joined_at)
SELECT 1000000 + n, (%(people)s)[1 + n %% cardinality(%(people)s)], 'facilitator',
    %(now)s
FROM generate_series(1, %(reports)s) AS n
"""
ACTION_ITEMS = """
INSERT INTO actions_actionitem (id, postmortem_id, description, owner_team_id,
    owner_person_id, owner_team_name, owner_person_name, due_on, types, priority,
    status, reason, evidence, position, version, created_at)
SELECT 10000000 + n, 1000001 + (n - 1) / %(each)s, 'Keep it from stopping ' || n,
    CASE WHEN n %% 3 > 0 THEN (%(teams)s)[1 + n %% cardinality(%(teams)s)] END,
    CASE WHEN n %% 3 < 2 THEN (%(people)s)[1 + n %% cardinality(%(people)s)] END,
    '', '',
    CASE WHEN n <= %(due)s THEN %(now)s::date - (n %% 40) * 7
        ELSE %(now)s::date + 3 + n %% 300 END,
    '{preventative}', 'medium', 'open', '', '', 1024, 1, %(now)s
FROM generate_series(1, %(actions)s) AS n
"""
LEFT_SO = """
INSERT INTO actions_followthrough
    (action_id, next_at, snooze_reason, verdict, verdict_note)
SELECT id, CASE WHEN due_on <= %(now)s::date THEN %(now)s - interval '1 hour'
    ELSE due_on + interval '9 hours' END, '', '', ''
FROM actions_actionitem WHERE id > 10000000
"""
SEEDING = (
    "ALTER TABLE actions_actionitem DISABLE TRIGGER plan_new_action",
    "ALTER TABLE postmortems_participation DISABLE TRIGGER plan_for_changed_part",
    INCIDENTS,
    REPORTS,
    FACILITATORS,
    ACTION_ITEMS,
    LEFT_SO,
    "ALTER TABLE actions_actionitem ENABLE TRIGGER plan_new_action",
    "ALTER TABLE postmortems_participation ENABLE TRIGGER plan_for_changed_part",
    "VACUUM ANALYZE",
)
