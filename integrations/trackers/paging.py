"""Lists of issues, page by page: for trackers that page by number and order by time."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from integrations.trackers.adapter import (
    ChangedPage,
    Forbidden,
    Issue,
    NotFound,
    TrackerError,
)
from integrations.trackers.calling import TooMuch
from integrations.trackers.values import moment_of

Raw = dict[str, Any]
List = Callable[[int, int], list[Raw]]
"""The issues of a page (from 1 on) of that size."""
Mark = list[Any]
"""How far a project is read: a moment, and how many issues of that moment."""

SIZES = (30, 5, 1)
"""Issues in one answer; fewer where long texts make it larger than what is read."""


def part(listed: List, offset: int) -> tuple[list[Raw], int]:
    """Issues from there on, and how many fit into the answer."""
    sizes = [size for size in SIZES if offset % size == 0]
    for size in sizes[:-1]:
        with suppress(TooMuch):
            return listed(offset // size + 1, size), size
    return listed(offset // sizes[-1] + 1, sizes[-1]), sizes[-1]


def first_found(
    listed: List, find: Callable[[list[Raw]], Issue | None], most: int
) -> Issue | None:
    """What `find` finds in the first `most` issues of a list."""
    offset = 0
    while offset < most:
        raw, size = part(listed, offset)
        found = find(raw)
        if found or len(raw) < size:
            return found
        offset += size
    return None


def changed(
    projects: Sequence[str],
    cursor: str,
    *,
    now_of: Callable[[str], datetime],
    listed_since: Callable[[str, str], List],
    issue_of: Callable[[Raw], Issue | None],
) -> ChangedPage:
    """What changed in each project behind the cursor, by the tracker's own clock.

    A project that cannot be read keeps its mark while others go on.
    """
    marks: dict[str, Mark] = json.loads(cursor or "{}")
    found: list[Issue] = []
    failed: list[TrackerError] = []
    more = False
    for project in projects:
        try:
            if project not in marks:
                marks[project] = [now_of(project).isoformat(), 0]
                continue
            listed = listed_since(project, marks[project][0])
            raw, marks[project], full = _behind(marks[project], listed)
        except (NotFound, Forbidden) as error:
            failed.append(error)
            continue
        found += filter(None, map(issue_of, raw))
        more = more or full
    if failed and len(failed) == len(projects):
        raise failed[0]
    found.sort(key=lambda issue: issue.updated_at)
    return ChangedPage(found, json.dumps(marks), more)


def _behind(mark: Mark, listed: List) -> tuple[list[Raw], Mark, bool]:
    """Issues, the mark to go on from, and whether there is more."""
    moment, offset = mark
    raw, size = part(listed, offset)
    full = len(raw) == size
    last = moment_of(raw[-1].get("updated_at")).isoformat() if raw else moment
    # More issues of one moment than fit at once: on with the rest of it.
    return raw, [last, offset + size if full and last == moment else 0], full
