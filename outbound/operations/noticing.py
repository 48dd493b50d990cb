"""Notices are written before anything is sent, each once (BAR §2.7, §9)."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class NoticeDraft:
    kind: str
    about: str
    recipient_id: int
    day: date
    """The recipient's local day."""
    due_at: datetime
    why: dict[str, Any] = field(default_factory=dict)
    """What led to it. Two keys mean something here: "team" and "hook", the ids of a
    team and of a chat hook whose chat is told as well."""


def note(drafts: Iterable[NoticeDraft], at: datetime) -> int:
    """Write those that are not there yet, in the caller's transaction; how many.

    A second notice about the same thing to the same person, of the same kind and day,
    is left out by the database. In the order of their keys, so that two planners that
    write the same ones wait for one another, and never in a ring.
    """
    rows = sorted(drafts, key=lambda one: (one.about, one.recipient_id, one.kind))
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO outbound_notice"
            " (kind, about, recipient_id, day, due_at, why, created_at)"
            " SELECT given.*, %s FROM unnest(%s::text[], %s::text[], %s::bigint[],"
            " %s::date[], %s::timestamptz[], %s::jsonb[]) AS given"
            " ON CONFLICT DO NOTHING",
            [
                at,
                [one.kind for one in rows],
                [one.about for one in rows],
                [one.recipient_id for one in rows],
                [one.day for one in rows],
                [one.due_at for one in rows],
                [json.dumps(one.why) for one in rows],
            ],
        )
        written: int = cursor.rowcount
        return written
