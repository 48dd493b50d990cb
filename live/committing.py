"""The one writer of a room: everything that waits becomes one commit, then is told."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from psycopg import Error

from config.limits import LIMITS
from live import crdt
from live.members import Member
from live.updates import number

logger = logging.getLogger("afterword.live")

AGAIN = 0.25
"""Seconds between two tries while the database is away."""
TOGETHER = 500
"""Updates in one commit at most; merging takes time by the square."""
AWAY = 1013
ACKNOWLEDGED = b"\x08"


@dataclass(frozen=True, slots=True)
class Waiting:
    member: Member
    payload: bytes
    """Empty where there is nothing to store, but something to acknowledge."""
    count: int


@dataclass(frozen=True, slots=True)
class Run:
    """What one person wrote before somebody else did: one row of the log."""

    author: int
    payload: bytes
    member: Member | None
    """Whose page alone sent it."""


Append = Callable[[Sequence[Run]], Awaitable["int | None"]]
"""Commit these in order; the version of the first, or None where none was taken."""
Committed = Callable[[int, Run], None]
GoesOn = Callable[[], Awaitable[bool]]
"""Whether the document that took nothing is still there: frozen, then."""
Refused = Callable[[Sequence[Waiting]], None]


class Committer:
    def __init__(
        self, append: Append, committed: Committed, goes_on: GoesOn, refused: Refused
    ) -> None:
        self._append, self._committed = append, committed
        self._goes_on, self._refused = goes_on, refused
        self._waiting: list[Waiting] = []
        self._going: list[Waiting] = []
        """Those that are being committed."""
        self._bytes = 0
        self._news = asyncio.Event()
        self._rest = asyncio.Event()
        self._rest.set()

    def add(self, member: Member, payload: bytes) -> None:
        """Queue an update; where the database is away for too long, its page goes."""
        if self._bytes + len(payload) > LIMITS.live_inbox:
            member.send_away(AWAY)
            return
        self._waiting.append(Waiting(member, payload, member.received))
        self._bytes += len(payload)
        self._rest.clear()
        self._news.set()

    def waiting(self) -> list[bytes]:
        """What was accepted and is not committed yet."""
        return [one.payload for one in (*self._going, *self._waiting) if one.payload]

    async def at_rest(self, seconds: float) -> None:
        """Wait until everything is committed, or for so long."""
        try:
            await asyncio.wait_for(self._rest.wait(), seconds)
        except TimeoutError:
            logger.warning("some updates were not committed in time")

    async def run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                batch = self._going = self._waiting[:TOGETHER]
                del self._waiting[:TOGETHER]
                if not await self._commit(batch):
                    return
                self._going = []
                self._bytes -= sum(len(one.payload) for one in batch)
            self._rest.set()

    async def _commit(self, batch: list[Waiting]) -> bool:
        """False where this document will never take anything again."""
        runs = _runs(batch)
        first = await self._appended(runs) if runs else 0
        if first is None:
            return await self._turn_away(batch)
        for version, run in enumerate(runs, start=first):
            self._committed(version, run)
        _acknowledge(batch)
        return True

    async def _turn_away(self, batch: list[Waiting]) -> bool:
        """Refuse these, and what came after them: it builds on them, or is as late."""
        if not await self._goes_on():
            return False
        batch += self._waiting
        self._waiting.clear()
        self._refused([one for one in batch if one.payload])
        _acknowledge(batch)
        return True

    async def _appended(self, runs: list[Run]) -> int | None:
        """Try until it works: a second copy, after a lost answer, changes nothing."""
        while True:
            try:
                return await self._append(runs)
            except Error as error:
                logger.warning("not committed yet: %s", type(error).__name__)
                await asyncio.sleep(AGAIN)


def _runs(batch: list[Waiting]) -> list[Run]:
    """In the order in which they came, so that none builds on a later one."""
    updates = [one for one in batch if one.payload]
    runs = []
    for author, group in groupby(updates, lambda one: one.member.visitor.id):
        ones = list(group)
        members = {one.member for one in ones}
        payload = crdt.merged([one.payload for one in ones])
        runs.append(Run(author, payload, members.pop() if len(members) == 1 else None))
    return runs


def _acknowledge(batch: list[Waiting]) -> None:
    for one in batch:
        one.member.durable = max(one.member.durable, one.count)
    for member in {one.member for one in batch}:
        member.put(ACKNOWLEDGED + number(member.durable))
