"""Show news to the members of a room: writers at once, crowds of readers in ticks."""

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from live import crdt
from live.awareness import Table
from live.members import Frame, Member
from live.updates import piece

AT_ONCE = 50
"""Frames that are queued before others get a turn."""
CROWD = 50
"""Readers from which on a tick is worth its wait."""
UPDATE = b"\x00\x02"


@dataclass(frozen=True, slots=True)
class News:
    payload: bytes
    author: Member | None
    """Who alone wrote it, and so need not be shown it."""


@dataclass
class Outlet:
    members: Callable[[], list[Member]]
    awareness: Table
    people: Callable[[], dict[str, Any]]
    presence_gap: float
    """Seconds between two looks at who is where."""
    is_crowd: bool = False
    _news: list[News] = field(default_factory=list)
    _carets: set[int] = field(default_factory=set)
    _people_moved: bool = False
    _told: str = ""
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _presence_at: float = 0.0

    def update(self, news: News) -> None:
        self._news.append(news)
        self._wake.set()

    def caret(self, client_id: int) -> None:
        self._carets.add(client_id)
        self._wake.set()

    def moved(self) -> None:
        self._people_moved = True
        self._wake.set()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            began = time.monotonic()
            await self._show_updates()
            wait = self._presence_at + self.presence_gap - began
            if wait <= 0:
                self._presence_at = began
                await self._show_presence()
            elif self._carets or self._people_moved:
                loop.call_later(wait, self._wake.set)
            await asyncio.sleep(self._pause(time.monotonic() - began))

    def _pause(self, cost: float) -> float:
        if not self.is_crowd:
            return 0
        return max(0.02 if len(self.members()) < CROWD else 0.25, min(1.0, cost * 1.5))

    async def _show_updates(self) -> None:
        news, self._news = self._news, []
        if not news:
            return
        frame = UPDATE + piece(crdt.merged([one.payload for one in news]))
        authors = {one.author for one in news}
        alone = authors.pop() if len(authors) == 1 else None
        await _put(frame, (m for m in self.members() if m is not alone))

    async def _show_presence(self) -> None:
        carets, self._carets = self._carets, set()
        if carets:
            await _put(self.awareness.frame(carets), self.members())
        if self._people_moved:
            self._people_moved = False
            said = json.dumps(self.people())
            if said != self._told:
                self._told = said
                await _put(said, self.members())


async def _put(frame: Frame, members: Iterable[Member]) -> None:
    for count, member in enumerate(list(members), start=1):
        member.put(frame)
        if count % AT_ONCE == 0:
            await asyncio.sleep(0)
