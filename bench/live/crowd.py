"""Editors that type into one report, and readers that look on; each one a websocket."""

import asyncio
import json
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pycrdt
from django.conf import settings

from bench.live import sockets
from live.updates import Reader, number, piece

MARKER = re.compile(rb"~(\d+)~")
STEP_1, STEP_2, UPDATE = b"\x00\x00", b"\x00\x01", b"\x00\x02"
ACKNOWLEDGED = 8
AT_ONCE = 25
"""Sockets that are being opened at the same time."""


@dataclass
class Clock:
    """When each marker was typed, and what was measured of it."""

    typed: dict[int, float] = field(default_factory=dict)
    seen: list[float] = field(default_factory=list)
    """Seconds from a key to its update at another editor."""
    read: list[float] = field(default_factory=list)
    """The same at a reader."""
    acked: list[float] = field(default_factory=list)

    def mark(self) -> int:
        marker = len(self.typed) + 1
        self.typed[marker] = time.perf_counter()
        return marker

    def forget(self) -> None:
        """Measure from now on."""
        for kept in (self.seen, self.read, self.acked):
            kept.clear()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page connects, and as whom."""

    port: int
    reference: str
    session: str
    address: str

    @property
    def request(self) -> bytes:
        cookie = f"{settings.SESSION_COOKIE_NAME}={self.session}"
        path = f"/ws/r/{self.reference}/?v=1"
        return sockets.request(self.port, path, cookie, self.address)


class Looker:
    """Somebody who has a report open and only reads."""

    def __init__(self, place: Place, clock: Clock, *, decodes: bool = True) -> None:
        self.place, self.clock, self.decodes = place, clock, decodes
        self.synced = asyncio.Event()
        self.lost = 0
        self.frames = 0
        self.socket: sockets.Socket | None = None

    async def open(self, receive_buffer: int = 0) -> None:
        self.synced.clear()
        self.socket = await sockets.connect(
            self.place.port,
            self.place.request,
            self.heard,
            self.closed,
            receive_buffer=receive_buffer,
        )
        self.socket.send(STEP_1 + piece(self.state()))
        await asyncio.wait_for(self.synced.wait(), 60)
        if self.socket.code:
            raise ConnectionError(f"closed with {self.socket.code}")

    def state(self) -> bytes:
        return b"\x00"

    def closed(self) -> None:
        self.lost += 1
        self.synced.set()  # whoever waits for it looks at the code

    def heard(self, kind: int, data: bytes) -> None:
        if kind == sockets.TEXT:
            self.told(data)
            return
        self.frames += 1
        if data[:2] == STEP_2:
            self.synced.set()
        elif data[:2] == UPDATE and self.decodes:
            now = time.perf_counter()
            self.clock.read += (now - at for at in self.markers(data))

    def told(self, data: bytes) -> None:
        """JSON; nothing that a looker-on has to answer."""

    def markers(self, data: bytes) -> Iterable[float]:
        typed = self.clock.typed
        for found in MARKER.findall(data):
            if (at := typed.get(int(found))) is not None:
                yield at

    def leave(self) -> None:
        if self.socket is not None:
            self.socket.transport.abort()


class Editor(Looker):
    """Types at the end of a text, and keeps a document of its own."""

    def __init__(self, place: Place, clock: Clock, key: str) -> None:
        super().__init__(place, clock)
        self.key = key
        self.document: pycrdt.Doc[Any] = pycrdt.Doc()
        self.text = self.document.get(key, type=pycrdt.Text)
        self.count = self.acknowledged = 0
        self.sent: dict[int, float] = {}
        self.caret = 0

    def state(self) -> bytes:
        self.count = self.acknowledged = 0
        self.sent.clear()
        return bytes(self.document.get_state())

    @property
    def saved(self) -> bool:
        return self.acknowledged >= self.count > 0

    def type(self, put: str = "") -> int:
        """A marker, with what else there is; which marker."""
        marker = self.clock.mark()
        with self._sending():
            self.text.insert(len(self.text), f"~{marker}~ {put}")
        self.move()
        return marker

    def delete(self, size: int) -> None:
        """The last so many bytes."""
        end = len(self.text)
        with self._sending():
            del self.text[max(0, end - size) : end]

    @contextmanager
    def _sending(self) -> Iterator[None]:
        """Send what is edited meanwhile; while away it stays in the document."""
        own: list[bytes] = []
        watching = self.document.observe(lambda event: own.append(bytes(event.update)))
        try:
            yield
        finally:
            self.document.unobserve(watching)
        if self.socket is not None and not self.socket.code and self.synced.is_set():
            for update in own:
                self._send(UPDATE + piece(update))

    def move(self) -> None:
        """The caret, which goes along with every key."""
        if self.socket is None or self.socket.code:
            return
        self.caret += 1
        place = {"client": self.document.client_id, "clock": self.caret}
        end = {"type": None, "tname": self.key, "item": place, "assoc": 0}
        state = json.dumps({"cursor": {"anchor": end, "head": end}}).encode()
        entry = number(self.document.client_id) + number(self.caret) + piece(state)
        self.socket.send(b"\x01" + piece(number(1) + entry))

    def heard(self, kind: int, data: bytes) -> None:
        if kind == sockets.TEXT:
            return
        now = time.perf_counter()
        if data[0] == ACKNOWLEDGED:
            self._note(Reader(data[1:]).number(), now)
        elif data[:2] == STEP_1:
            missing = self.document.get_update(Reader(data[2:]).piece())
            self._send(STEP_2 + piece(bytes(missing)))
            self.synced.set()
        elif data[0] == 0:
            if data[:2] == UPDATE:
                self.clock.seen += (now - at for at in self.markers(data))
            self.document.apply_update(Reader(data[2:]).piece())

    def _note(self, count: int, now: float) -> None:
        for one in range(self.acknowledged + 1, count + 1):
            if at := self.sent.pop(one, None):
                self.clock.acked.append(now - at)
        self.acknowledged = count

    def _send(self, frame: bytes) -> None:
        assert self.socket is not None
        self.count += 1
        self.sent[self.count] = time.perf_counter()
        self.socket.send(frame)


async def open_all(people: Sequence[Looker]) -> float:
    """Open them, some at a time; how many seconds that took."""
    began = time.perf_counter()
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(person: Looker) -> None:
        async with gate:
            await person.open()

    await asyncio.gather(*(one(person) for person in people))
    return time.perf_counter() - began


async def type_for(editors: Sequence[Editor], seconds: float, rate: float) -> None:
    """Each types `rate` times a second, at moments of its own."""
    chance = random.Random(1)

    async def one(editor: Editor) -> None:
        await asyncio.sleep(chance.random() / rate)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            editor.type()
            await asyncio.sleep(1 / rate)

    await asyncio.gather(*(one(editor) for editor in editors))


async def until(true: Callable[[], bool], seconds: float) -> bool:
    end = time.perf_counter() + seconds
    while not true():
        if time.perf_counter() > end:
            return False
        await asyncio.sleep(0.02)
    return True


async def come_to_rest(editors: Sequence[Editor], seconds: float = 10) -> bool:
    """Whether everything is acknowledged, and all documents are equal."""
    saved = await until(lambda: all(editor.saved for editor in editors), seconds)
    return saved and await until(
        lambda: len({str(e.text) for e in editors}) == 1, seconds
    )
