"""One socket in a room: what waits to be sent to it, and how much it may say."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from config.limits import LIMITS
from live.awareness import Entry
from live.visitors import Visitor

SLOW = 4409
Frame = bytes | str
Send = Callable[[Frame], Awaitable[None]]
Close = Callable[[int, str], Awaitable[None]]


class Bucket:
    """So many a second on average, and so many at once."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self.left, self.at = burst, time.monotonic()

    def take(self) -> bool:
        self._fill()
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def wait(self) -> float:
        """Take one, or owe it: the seconds until it may be used."""
        self._fill()
        self.left -= 1
        return max(0.0, -self.left / self.rate)

    def _fill(self) -> None:
        now = time.monotonic()
        self.left = min(self.burst, self.left + (now - self.at) * self.rate)
        self.at = now


class Member:
    """Sends in order, from a queue of its own, so that a slow one holds nobody up."""

    def __init__(
        self,
        visitor: Visitor,
        session_key: str,
        address: str,
        *,
        can_write: bool,
        send: Send,
        close: Close,
    ) -> None:
        self.visitor = visitor
        self.session_key = session_key
        self.address = address
        self.can_write = can_write
        self.joined_at = self.heard_at = self.checked_at = time.monotonic()
        self.counted: tuple[str, ...] = ()
        """As what it is counted, by name."""
        self.client_id: int | None = None
        self.caret: Entry | None = None
        """Where its caret is, until that may be shown."""
        self.carets = Bucket(LIMITS.live_carets, LIMITS.live_carets)
        self.here: dict[str, Any] = {}
        self.here_at = 0.0
        self.received = self.acknowledged = self.durable = 0
        """Updates counted as they come, as was told, and as is in PostgreSQL."""
        self.errors = self.refusals = 0
        self.differed_at: int | None = None
        """The version at which its texts were not those of the server."""
        self.typed = False
        """Whether it sent anything to be stored since its use was noted."""
        self.rate = Bucket(LIMITS.live_rate, LIMITS.live_burst)
        self.gone = asyncio.Event()
        self._send, self._close = send, close
        self._queue: deque[Frame] = deque()
        self._unsent, self._allowed = 0, LIMITS.live_unsent
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._send_all())

    def put(self, frame: Frame, *, first: bool = False) -> None:
        """Queue a frame. The first large answer raises what may wait, just for it."""
        if self.gone.is_set():
            return
        if self._unsent > self._allowed:
            self.send_away(SLOW)
            return
        if first:
            self._allowed = max(self._allowed, LIMITS.live_unsent + len(frame))
        self._queue.append(frame)
        self._unsent += len(frame)
        self._news.set()

    def send_away(self, code: int, reason: str = "") -> None:
        """Close the socket; what waits for it is dropped, and what it says ignored."""
        if self.gone.is_set():
            return
        self.gone.set()
        self._queue.clear()
        self._task.cancel()
        self._closing = asyncio.create_task(self._closed(code, reason))

    def leave(self) -> None:
        self.gone.set()
        self._task.cancel()

    async def _closed(self, code: int, reason: str) -> None:
        with suppress(Exception):  # it may be gone already, as was wanted
            await self._close(code, reason)

    async def _send_all(self) -> None:
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                while self._queue:
                    frame = self._queue.popleft()
                    await self._send(frame)
                    self._unsent -= len(frame)
        except asyncio.CancelledError:
            raise
        except Exception:  # noqa: BLE001  the socket broke; its consumer will be told
            self.gone.set()
