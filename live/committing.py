"""The one writer of a room: everything that waits becomes one commit, then is told."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

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

Append = Callable[[bytes, list[int]], Awaitable["int | None"]]
"""Commit a payload of these authors; its version, or None where nothing took it."""
Committed = Callable[[int, bytes, "Member | None"], None]


@dataclass(frozen=True, slots=True)
class Waiting:
    member: Member
    payload: bytes
    """Empty where there is nothing to store, but something to acknowledge."""
    count: int


class Committer:
    def __init__(
        self, append: Append, committed: Committed, lost: Callable[[], None]
    ) -> None:
        self._append, self._committed, self._lost = append, committed, lost
        self._waiting: list[Waiting] = []
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
                batch = self._waiting[:TOGETHER]
                del self._waiting[:TOGETHER]
                if not await self._commit(batch):
                    self._lost()
                    return
                self._bytes -= sum(len(one.payload) for one in batch)
            self._rest.set()

    async def _commit(self, batch: list[Waiting]) -> bool:
        payloads = [one.payload for one in batch if one.payload]
        if payloads:
            payload = crdt.merged(payloads)
            authors = sorted({one.member.visitor.id for one in batch if one.payload})
            version = await self._appended(payload, authors)
            if version is None:
                return False
            members = {one.member for one in batch if one.payload}
            self._committed(
                version, payload, members.pop() if len(members) == 1 else None
            )
        _acknowledge(batch)
        return True

    async def _appended(self, payload: bytes, authors: list[int]) -> int | None:
        """Try until it works: a second copy, after a lost answer, changes nothing."""
        while True:
            try:
                return await self._append(payload, authors)
            except Error as error:
                logger.warning("not committed yet: %s", type(error).__name__)
                await asyncio.sleep(AGAIN)


def _acknowledge(batch: list[Waiting]) -> None:
    for one in batch:
        one.member.durable = max(one.member.durable, one.count)
    for member in {one.member for one in batch}:
        member.put(ACKNOWLEDGED + number(member.durable))
