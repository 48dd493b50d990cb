"""Who is on a report, in which section, and whose row is taken."""

import re
import time
from collections.abc import Iterable
from typing import Any

from config.limits import LIMITS
from live.members import Member
from live.updates import Malformed

DISSOLVES = 120.0
"""Seconds without a sign after which nobody writes, and no row is taken."""
SILENT = 30.0
"""Seconds after which people of a process that says nothing are gone."""
_NAME = re.compile(r"[a-z][a-z_]{0,39}(-[0-9]{1,19})?", re.ASCII)


def read_here(message: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """What a page says of where its person is; Malformed where it is nothing known."""
    section, row = message.get("section"), message.get("row")
    for name in (section, row):
        if name is not None and not (isinstance(name, str) and _NAME.fullmatch(name)):
            raise Malformed("an unknown place")
    same_row = row is not None and row == before.get("row")
    since = before.get("since") if same_row else int(time.time())
    return {
        "section": section,
        "writing": message.get("writing") is True,
        "row": row,
        "since": since if row is not None else None,
    }


def of_members(members: Iterable[Member]) -> list[dict[str, Any]]:
    """One entry for each person; the last word counts, from whichever page."""
    latest: dict[int, Member] = {}
    for member in members:
        other = latest.get(member.visitor.id)
        if other is None or member.here_at >= other.here_at:
            latest[member.visitor.id] = member
    return [_entry(member) for member in latest.values()]


def _entry(member: Member) -> dict[str, Any]:
    here = member.here
    if time.monotonic() - member.here_at > DISSOLVES:
        here = {**here, "writing": False, "row": None, "since": None}
    return {
        **member.visitor.as_json(),
        "section": here.get("section"),
        "writing": here.get("writing", False),
        "row": here.get("row"),
        "since": here.get("since"),
    }


class Elsewhere:
    """Who is on the same report by other processes, as they say every 10 seconds."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[list[dict[str, Any]], float]] = {}

    def put(self, hub: str, people: list[dict[str, Any]]) -> None:
        self._said[hub] = (people, time.monotonic())

    def expire(self) -> bool:
        now = time.monotonic()
        silent = [hub for hub, (_p, at) in self._said.items() if now - at > SILENT]
        for hub in silent:
            del self._said[hub]
        return bool(silent)

    def with_ours(self, ours: list[dict[str, Any]]) -> dict[str, Any]:
        """The message for pages; who has a page here and there is named once."""
        everybody = {
            person["id"]: person
            for people, _at in self._said.values()
            for person in people
        }
        for person in ours:
            other = everybody.get(person["id"])
            if other is None or not other["row"] or person["row"]:
                everybody[person["id"]] = person
        people = sorted(everybody.values(), key=lambda p: (not p["writing"], p["id"]))
        named = people[: LIMITS.live_people]
        return {"t": "people", "people": named, "more": len(people) - len(named)}
