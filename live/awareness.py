"""Carets and selections: the table of y-protocols, under names the server knows."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass

from config.limits import LIMITS
from live.updates import Malformed, Reader, join, number, piece
from live.visitors import Visitor

EXPIRES = 30.0
"""Seconds after which a caret that nobody renewed is taken away."""


@dataclass(frozen=True, slots=True)
class Entry:
    client_id: int
    clock: int
    state: str
    """JSON; "null" where the page has left."""


class Table:
    def __init__(self) -> None:
        self._entries: dict[int, tuple[Entry, float]] = {}

    def __bool__(self) -> bool:
        return bool(self._entries)

    def put(self, entry: Entry) -> bool:
        """Whether it is news."""
        found = self._entries.get(entry.client_id)
        if found is not None and found[0].clock >= entry.clock:
            return False
        self._entries[entry.client_id] = (entry, time.monotonic())
        return True

    def gone(self, client_id: int) -> Entry | None:
        """Take somebody away; the entry that says so to everybody else."""
        found = self._entries.get(client_id)
        if found is None or found[0].state == "null":
            return None
        entry = Entry(client_id, found[0].clock + 1, "null")
        self.put(entry)
        return entry

    def expired(self) -> list[Entry]:
        """Take away whom nobody renewed, and forget who has been away for long."""
        now, news = time.monotonic(), []
        for client_id, (entry, at) in list(self._entries.items()):
            if now - at < EXPIRES:
                continue
            if entry.state == "null":
                del self._entries[client_id]
            elif found := self.gone(client_id):
                news.append(found)
        return news

    def frame(self, client_ids: Iterable[int] | None = None) -> bytes:
        wanted = self._entries if client_ids is None else client_ids
        entries = [self._entries[c][0] for c in wanted if c in self._entries]
        body = join(
            number(e.client_id) + number(e.clock) + piece(e.state.encode())
            for e in entries
        )
        return b"\x01" + piece(number(len(entries)) + body)


def read(data: bytes) -> list[Entry]:
    """The entries of a frame, without its first byte."""
    outer = Reader(data)
    reader = Reader(outer.piece())
    outer.end()
    count = reader.number()
    if count > LIMITS.live_people:
        raise Malformed("too many carets")
    entries = [
        Entry(reader.number(), reader.number(), reader.text()) for _ in range(count)
    ]
    reader.end()
    return entries


def with_name(entry: Entry, visitor: Visitor) -> Entry:
    """The same caret under the name of whose socket it came by."""
    if len(entry.state.encode()) > LIMITS.live_awareness:
        raise Malformed("a caret that says too much")
    try:
        state = json.loads(entry.state)
    except (ValueError, RecursionError) as error:
        raise Malformed("a caret that is no JSON") from error
    if state is None:
        return entry
    if not isinstance(state, dict):
        raise Malformed("a caret that is no object")
    state["user"] = visitor.as_json()
    return Entry(entry.client_id, entry.clock, json.dumps(state))
