"""One open report in one process: a cache of the log, and the people who look at it.

The document here is the fold of the log up to `version`, and nothing else: what a page
sends goes into the log first, and comes from there.
"""

import asyncio
import json
import logging
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from live import awareness, crdt, log, people, repairing, updates
from live.committing import Committer, Run, Waiting
from live.measuring import Measure
from live.members import Member
from live.outlets import News, Outlet
from live.threads import in_thread

if TYPE_CHECKING:
    from live.hub import Hub

logger = logging.getLogger("afterword.live")

GAP = 0.03
"""Seconds that a missing version may be late before the log is read."""
GONE, BEGUN_ANEW = 4404, 4410


class Room:
    def __init__(self, hub: "Hub", topic: str) -> None:
        self.hub, self.topic = hub, topic
        self.document_id = self.epoch = self.version = self.rows_version = 0
        self.document = crdt.blank()
        self.known: dict[int, int] = {}
        """By client: the next clock, with what waits for its commit."""
        self.members: set[Member] = set()
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.empty_since = time.monotonic()
        self.awareness = awareness.Table()
        self.elsewhere = people.Elsewhere()
        self.committer = Committer(
            self._append, self._committed, self._goes_on, self._refused
        )
        self.measure = Measure(self.document, self.committer.waiting)
        self.save_at = 0.0
        self.wrote = False
        """Whether this process has committed what the domain was not given yet."""
        self._writers = Outlet(self.writers, self.awareness, self.people, 0.05)
        self._readers = Outlet(
            self.readers, self.awareness, self.people, 1.0, is_crowd=True
        )
        self._held: dict[int, bytes] = {}
        self._early: list[tuple[int, bytes]] = []
        self._full: tuple[int, bytes] = (-1, b"")
        self._sum = (-1, 0)
        self._catching = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    # --- Coming and going -------------------------------------------------------------

    async def open(self) -> None:
        """Subscribe first, then read: what is said meanwhile is kept."""
        await self.hub.bus.subscribe(self.topic)
        folded = await in_thread(_load, self.topic)
        if folded is None:
            raise LookupError(self.topic)
        self.document_id, self.epoch, self.version, state = folded
        crdt.apply(self.document, state)
        self.known = crdt.state_of(self.document)
        for run in (self.committer.run, self._writers.run, self._readers.run):
            self.hub.start(run(), self._tasks, self._broke)
        self.ready.set_result(None)
        for version, payload in self._early:
            self.advance(version, payload)

    async def close(self) -> None:
        """Flush, save and forget; nobody is here any more, or the process ends."""
        try:
            await self.committer.at_rest(5)
            await self.hub.save(self)
        finally:
            for task in self._tasks:
                task.cancel()
        if self.topic not in self.hub.rooms:  # nobody opened it anew meanwhile
            await self.hub.bus.unsubscribe(self.topic)

    def leave(self, member: Member) -> None:
        self.members.discard(member)
        self.empty_since = time.monotonic()
        if member.client_id is not None and (
            e := self.awareness.gone(member.client_id)
        ):
            self.show_caret(e)
        self.people_moved()

    def writers(self) -> list[Member]:
        return [member for member in self.members if member.can_write]

    def readers(self) -> list[Member]:
        return [member for member in self.members if not member.can_write]

    def send_away(self, code: int, reason: str = "") -> None:
        for member in self.hub.members_of(self.topic):
            member.send_away(code, reason)

    async def _goes_on(self) -> bool:
        """Why nothing was taken: it is frozen (True), gone, or was begun anew."""
        document = await in_thread(log.find, self.topic)
        if document is not None and document.epoch == self.epoch:
            return True
        self.send_away(BEGUN_ANEW, "epoch")
        self.hub.end(self)
        return False

    def _refused(self, waiting: Sequence[Waiting]) -> None:
        self.known = crdt.state_of(self.document)
        self.hub.turn_away(self, waiting)

    def _broke(self) -> None:
        """A fault of ours: pages connect again, and get a room that was read anew."""
        self.send_away(1011)
        self.hub.end(self)

    # --- The log ----------------------------------------------------------------------

    async def _append(self, runs: Sequence[Run]) -> int | None:
        return await self.hub.appender.append(self.topic, self.epoch, runs)

    def _committed(self, version: int, run: Run) -> None:
        self.wrote = True
        self.hub.bus.publish(self.topic, {"k": "update", "v": version}, run.payload)
        self.advance(version, run.payload, run.member)
        self.hub.save_soon(self)

    def advance(
        self, version: int, payload: bytes, author: Member | None = None
    ) -> None:
        """Apply a version that was committed: in order, and each once."""
        if not self.ready.done():
            self._early.append((version, payload))
            return
        if version <= self.version:
            return
        if version > self.version + 1:
            self._held[version] = payload
            self.hub.later(GAP, self.catch_up)
            return
        self._apply(version, payload, author)
        while (follower := self._held.pop(self.version + 1, None)) is not None:
            self._apply(self.version + 1, follower, None)

    def _apply(self, version: int, payload: bytes, author: Member | None) -> None:
        self.version = version
        try:
            crdt.apply(self.document, payload)
            updates.read(payload, ours=True).learn(self.known)
        except Exception:  # noqa: BLE001  one bad update never stops the others
            logger.error("%s: version %s does not apply", self.topic, version)  # noqa: TRY400
            return
        news = News(payload, author)
        self._writers.update(news)
        self._readers.update(news)

    async def catch_up(self) -> None:
        """Read from the log what no hint told."""
        async with self._catching:
            rows = await in_thread(log.rows_after, self.document_id, self.version)
            for version, payload in rows:
                self.advance(version, payload)
            self._held = {v: p for v, p in self._held.items() if v > self.version}

    async def save_when_due(self) -> None:
        wait = self.save_at - time.monotonic()
        if wait > 0:
            self.hub.later(wait, self.save_when_due)
        else:
            await self.hub.save(self)

    def whole(self) -> bytes:
        """The whole document for somebody who has nothing; made once for a version."""
        if self._full[0] != self.version:
            self._full = (self.version, crdt.encoded(self.document))
        return self._full[1]

    def checksum(self) -> int:
        """Of all texts, for a page to compare with; made once for a version."""
        if self._sum[0] != self.version:
            self._sum = (self.version, crdt.checksum(self.document))
        return self._sum[1]

    # --- Presence ---------------------------------------------------------------------

    def show_caret(self, entry: awareness.Entry, *, ours: bool = True) -> None:
        self._writers.caret(entry.client_id)
        self._readers.caret(entry.client_id)
        if ours:
            head = {"k": "caret", "c": entry.client_id, "n": entry.clock}
            self.hub.bus.publish(self.topic, head, entry.state.encode())

    def people(self) -> dict[str, Any]:
        return self.elsewhere.with_ours(people.of_members(self.members))

    def people_moved(self, *, ours: bool = True) -> None:
        self._writers.moved()
        self._readers.moved()
        if ours:
            self.say_people()

    def say_people(self) -> None:
        ours = people.of_members(self.members)
        self.hub.bus.publish(self.topic, {"k": "people", "people": ours})

    def expire(self) -> None:
        for entry in self.awareness.expired():
            self.show_caret(entry, ours=False)
        self.elsewhere.expire()
        self.people_moved(ours=False)

    # --- What is no shared text -------------------------------------------------------

    def changed(self, message: dict[str, Any]) -> None:
        self.rows_version = max(self.rows_version, message["rows_version"])
        self.tell(message)

    def tell(self, message: dict[str, Any], members: Iterable[Member] = ()) -> None:
        text = json.dumps(message)
        for member in list(members) or list(self.members):
            member.put(text)

    def heard(self, head: dict[str, Any], payload: bytes) -> None:
        """A hint from another process."""
        kind = head["k"]
        if kind == "update":
            self.advance(head["v"], payload)
        elif kind == "changed":
            self.changed(head["message"])
            self.hub.look_soon()
        elif kind == "caret":
            entry = awareness.Entry(head["c"], head["n"], payload.decode())
            if self.awareness.put(entry):
                self.show_caret(entry, ours=False)
        elif kind == "people":
            self.elsewhere.put(head["from"], head["people"])
            self.people_moved(ours=False)


def _load(topic: str) -> tuple[int, int, int, bytes] | None:
    document = log.found_or_begun(topic)
    if document is None:
        return None
    document, folded = repairing.readable(document)
    state = crdt.encoded(folded.document)
    return document.pk, folded.epoch, folded.version, state
