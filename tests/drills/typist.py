"""Somebody who types without a pause, and connects again by whatever process answers.

Each word is told apart from all others and put in whole, so that afterwards it can be
said of every single one whether it is there, and whether it was acknowledged.
"""

import asyncio
import json
import random
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from websockets.exceptions import WebSocketException

from tests.live.page import Page

HELLO = 12.0
"""Seconds after which a connection that did not come about is given up."""
LONGEST_PAUSE = 3.0
"""Seconds between two tries at most; pages wait up to 30, which drills do not."""


class Typist(Page):
    def __init__(
        self, name: str, places: Sequence[str], reference: str, key: str, text: str
    ) -> None:
        super().__init__(places[0], reference, key)
        self.name, self.places, self.key = name, list(places), text
        self.random = random.Random(name)  # noqa: S311  the same words each time
        self.typed: dict[str, float] = {}
        """When each word was typed."""
        self.acked: dict[str, float] = {}
        """When it was acknowledged."""
        self.away: list[tuple[float, float]] = []
        """From when to when there was no connection."""
        self.codes: list[int] = []
        self._sent_as: deque[tuple[int, str]] = deque()
        """Words on their way, with the count that acknowledges them."""

    @property
    def words(self) -> list[str]:
        return sorted(self.text(self.key).split())

    @property
    def is_saved(self) -> bool:
        return self.synced and self.code is None and len(self.acked) == len(self.typed)

    async def type(self, stop: asyncio.Event, gap: float = 0.15) -> None:
        while not stop.is_set():
            await self.word()
            await asyncio.sleep(gap * (0.5 + self.random.random()))

    async def word(self) -> None:
        word = f"{self.name}w{len(self.typed)}"
        self.typed[word] = time.monotonic()
        before = self.sent
        await self.write(self.key, f"{word} ", self._place())
        if self.sent > before:
            self._sent_as.append((self.sent, word))

    def _place(self) -> int:
        """Behind some word, mostly near the end; words are ASCII."""
        text = self.text(self.key)
        near = max(0, len(text) - self.random.choice((0, 0, 0, 40, 400)))
        return text.find(" ", near) + 1 or len(text)

    async def stay(self) -> None:
        """Connect, and again whenever it breaks, with pauses that grow and differ."""
        tries = 0
        while True:
            since = time.monotonic()
            if await self._connected():
                tries = 0
                if self.codes:
                    self.away.append((since, time.monotonic()))
                await self.until(lambda: self.code is not None, float("inf"))
                self.codes.append(self.code or 0)
            pause = min(LONGEST_PAUSE, 0.2 * 2**tries)
            tries += 1
            await asyncio.sleep(pause * self.random.random())
            self.address = self.random.choice(self.places)

    async def _connected(self) -> bool:
        try:
            async with asyncio.timeout(HELLO):
                await self.open()
                await self.until(lambda: self.synced or self.code is not None, HELLO)
        except (OSError, TimeoutError, WebSocketException, AssertionError):
            with suppress(Exception):
                self.cut()
            return False
        return self.code is None

    async def _hear(self, data: bytes | str) -> None:
        await super()._hear(data)
        if isinstance(data, str):
            self._hear_refusal(json.loads(data))
        elif data[:1] == b"\x08":
            self._note_acknowledged()
        elif data[:2] == b"\x00\x00":
            # What was just sent brings everything that was not acknowledged yet.
            missing = (word for word in self.typed if word not in self.acked)
            self._sent_as = deque((self.sent, word) for word in missing)

    def _hear_refusal(self, message: dict[str, Any]) -> None:
        if message["t"] == "refused":
            kept = (one for one in self._sent_as if one[0] != message["n"])
            self._sent_as = deque(kept)

    def _note_acknowledged(self) -> None:
        now = time.monotonic()
        while self._sent_as and self._sent_as[0][0] <= self.acknowledged:
            self.acked[self._sent_as.popleft()[1]] = now
