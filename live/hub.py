"""One Hub for each event loop, that is, for each web process."""

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from django.db import Error as DatabaseError
from django.utils import timezone

from live import conversation, crdt, saving
from live.appending import Appender
from live.bus import Bus
from live.committing import Waiting
from live.counting import Sockets
from live.domain import domain
from live.entering import Door
from live.members import Member
from live.rooms import BEGUN_ANEW, GONE, Room
from live.threads import at_most, first, in_thread
from live.visitors import Look, look

logger = logging.getLogger("afterword.live")

EVERY = 2.0
"""Seconds between two comparisons with the database."""
SAVED_AFTER = 1.0
"""Seconds without a key after which texts are saved for those who read."""
SAVED_AT_LEAST = 15.0
"""Seconds after which they are, although somebody goes on writing."""
EMPTY = 30.0
"""Seconds that a room stays open with nobody in it."""
DEAD = 60.0
"""Seconds without a word after which a socket is taken for dead."""
OLDEST = 12 * 60 * 60.0
"""Seconds that a socket lives; then its page connects again."""
PEOPLE_SAID = 10.0
"""Seconds between two words of who is here to the other processes."""
USE_NOTED = 60.0
"""Seconds between two notes of whose sign-ins are in use."""
ENDS_WITHIN = 3.0
"""Seconds for what is left to be done when the server ends."""
SIGNED_OUT, AGAIN = 4401, 1012


class Hub:
    def __init__(self) -> None:
        self.id = uuid.uuid4().hex[:12]
        self.rooms: dict[str, Room] = {}
        self.members: dict[Member, Room] = {}
        self.bus = Bus(self.id, self._ring, lambda: list(self.rooms))
        self.sockets = Sockets(self.bus)
        self.door = Door(self.loose)
        self._look_now = asyncio.Event()
        self._later: set[Callable[[], Awaitable[None]]] = set()
        self._saving: dict[Room, float] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._loose: set[asyncio.Task[None]] = set()
        self.appender = Appender()
        self._people_said = 0.0
        self._use_noted = 0.0
        self.start(self._live(), self._tasks, self._broke)

    # --- Life -------------------------------------------------------------------------

    async def _live(self) -> None:
        await self.appender.open()
        for run in (self.bus.listen, self.bus.send):
            self.start(run(), self._tasks, self._broke)
        while True:
            await self._compare()
            await first(self._look_now, EVERY)

    async def close(self) -> None:
        """Flush, save, and let go of every connection; nothing is asked of it again.

        Whatever is not torn down here would be found open by the end of the loop.
        """
        for member in list(self.members):
            member.send_away(AGAIN)
        rooms = [room.close() for room in list(self.rooms.values())]
        await at_most(ENDS_WITHIN, *rooms)
        tasks = [*self._tasks, *self._loose]
        for task in tasks:
            task.cancel()
        await at_most(ENDS_WITHIN, *tasks)
        await self.bus.close()
        await self.appender.close()

    def start(
        self,
        work: Coroutine[Any, Any, None],
        tasks: "list[asyncio.Task[None]]",
        broke: Callable[[], None],
    ) -> None:
        """Run something for as long as what it belongs to; `broke` where it fails."""
        task = asyncio.get_running_loop().create_task(work)

        def ended(done: "asyncio.Task[None]") -> None:
            if not done.cancelled() and (error := done.exception()) is not None:
                logger.error("live editing: a task failed", exc_info=error)
                broke()

        task.add_done_callback(ended)
        tasks.append(task)

    def loose(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._loose.add(task)
        task.add_done_callback(self._loose.discard)

    def later(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Do it once, after a while, however often it is asked for meanwhile."""
        if work in self._later:
            return
        self._later.add(work)

        async def wait() -> None:
            await asyncio.sleep(seconds)
            self._later.discard(work)
            try:
                await work()
            except DatabaseError as error:
                logger.warning("the database is away: %s", type(error).__name__)

        self.loose(wait())

    def _broke(self) -> None:
        for room in list(self.rooms.values()):
            room.send_away(1011)
        _hubs.clear()
        self._ending = asyncio.get_running_loop().create_task(self.close())

    # --- Sockets ----------------------------------------------------------------------

    def join(self, member: Member, room: Room) -> None:
        self.members[member] = room
        self.sockets.count(member, room.topic)

    def leave(self, member: Member) -> None:
        if self.members.pop(member, None) is not None:
            self.sockets.uncount(member)

    def may_write(self, room: Room, member: Member, *, can_write: bool) -> None:
        if member.can_write != can_write and member in self.members:
            self.sockets.uncount(member)
            conversation.may_write(room, member, can_write=can_write)
            self.sockets.count(member, room.topic)

    # --- Rooms ------------------------------------------------------------------------

    async def room(self, topic: str) -> Room:
        """The open room of a topic; LookupError where there is none to open."""
        room = self.rooms.get(topic)
        if room is None:
            room = self.rooms[topic] = Room(self, topic)
            try:
                await room.open()
            except BaseException as error:
                self.drop(room)
                if not room.ready.done():
                    room.ready.set_exception(LookupError(topic))
                    room.ready.exception()
                raise error from None
        await asyncio.shield(room.ready)
        return room

    def end(self, room: Room) -> None:
        """Close a room beside all else; whoever comes next opens another."""
        self.drop(room)
        self.loose(room.close())

    def drop(self, room: Room) -> None:
        if self.rooms.get(room.topic) is room:
            del self.rooms[room.topic]

    def members_of(self, topic: str) -> list[Member]:
        return [m for m, room in self.members.items() if room.topic == topic]

    def _ring(self, topic: str, head: dict[str, Any], payload: bytes) -> None:
        room = self.rooms.get(topic)
        if room is not None:
            room.heard(head, payload)
        elif head["k"] == "person":
            self._tell_person(head["user"], head["message"])
        elif not topic:
            self.sockets.heard(head)

    def _tell_person(self, user_id: int, message: dict[str, Any]) -> None:
        text = json.dumps(message)
        for member in list(self.members):
            if member.visitor.id == user_id:
                member.put(text)

    def turn_away(self, room: Room, waiting: Sequence[Waiting]) -> None:
        """Refuse what came after the document was frozen; rights are looked at next."""
        for one in waiting:
            conversation.refuse(room, one.member, one.count, "read_only")
        for member in self.members_of(room.topic):
            self.may_write(room, member, can_write=False)
        self.look_soon()

    # --- Saving the texts for readers -------------------------------------------------

    def save_soon(self, room: Room) -> None:
        """Save once nobody has written for a moment."""
        now = time.monotonic()
        began = self._saving.setdefault(room, now)
        room.save_at = min(now + SAVED_AFTER, began + SAVED_AT_LEAST)
        self.later(SAVED_AFTER, room.save_when_due)

    async def save(self, room: Room) -> None:
        self._saving.pop(room, None)
        if not room.wrote:
            return
        room.wrote = False
        texts, version = crdt.texts(room.document), room.version
        try:
            await in_thread(saving.save, room.topic, texts, version)
        except Exception:
            room.wrote = True
            logger.exception("%s: not saved for readers yet", room.topic)

    # --- Comparing with the database --------------------------------------------------

    def look_soon(self) -> None:
        self._look_now.set()

    async def _compare(self) -> None:
        """Versions, revisions, rights and sessions of everything that is open."""
        self._look_now.clear()
        began = time.monotonic()
        asked = {(room.topic, m.session_key) for m, room in self.members.items()}
        try:
            if asked:
                await self._note_use(began)
                found = await in_thread(look, asked)
                for room in list(self.rooms.values()):
                    await self._bring_up(room, found)
                for member, room in list(self.members.items()):
                    if (room.topic, member.session_key) in asked:
                        self._settle(room, member, found, began)
        except (DatabaseError, OSError) as error:
            logger.warning("the database is away: %s", type(error).__name__)
        self._sweep(began)

    async def _note_use(self, now: float) -> None:
        """Typing is use of a sign-in, too; noted no more often than requests are."""
        if now - self._use_noted < USE_NOTED:
            return
        typed = [member for member in self.members if member.typed]
        if typed:
            self._use_noted = now
            for member in typed:
                member.typed = False
            keys = {member.session_key for member in typed}
            await in_thread(domain().note_use_of, keys, at=timezone.now())

    async def _bring_up(self, room: Room, found: Look) -> None:
        if not room.ready.done() or room.topic not in found.versions:
            return
        epoch, version = found.versions[room.topic]
        if epoch != room.epoch:
            room.send_away(BEGUN_ANEW, "epoch")
            self.end(room)
        elif version > room.version:
            await room.catch_up()
        revision = found.revisions.get(room.topic, 0)
        if revision > room.rows_version:
            room.changed({"t": "changed", "parts": [], "rows_version": revision})

    async def look_at(self, room: Room, member: Member) -> None:
        """Look at one page's rights, before anything is done that needs them."""
        began = time.monotonic()
        try:
            found = await in_thread(look, [(room.topic, member.session_key)])
        except (DatabaseError, OSError):
            member.send_away(1013)
            return
        self._settle(room, member, found, began)

    def _settle(self, room: Room, member: Member, found: Look, at: float) -> None:
        if member.session_key not in found.visitors:
            member.send_away(SIGNED_OUT)
            return
        right = found.right(room.topic, member.session_key)
        if right == "none":
            member.send_away(GONE)
            return
        member.checked_at = at
        member.visitor = found.visitors[member.session_key]
        self.may_write(room, member, can_write=right == "write")

    def _sweep(self, now: float) -> None:
        for member in list(self.members):
            if now - member.heard_at > DEAD or now - member.joined_at > OLDEST:
                member.send_away(AGAIN)
        say = now - self._people_said > PEOPLE_SAID
        if say:
            self._people_said = now
            self.sockets.say()
        for room in list(self.rooms.values()):
            room.expire()
            if say and room.members:
                room.say_people()
            if not self.members_of(room.topic) and now - room.empty_since > EMPTY:
                self.end(room)


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub() -> Hub:
    """The Hub of this process; a test that starts another loop gets another."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs.clear()
        _hubs[loop] = Hub()
    return _hubs[loop]


async def close() -> None:
    """Called where the server ends, while its event loop still runs."""
    found = _hubs.pop(asyncio.get_running_loop(), None)
    if found is not None:
        await found.close()
