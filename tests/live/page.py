"""A page that writes a report, without a browser: the wire and its own document."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pycrdt
from django.conf import settings
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from live.updates import Reader, number, piece

SOON = 5.0
"""Seconds in which anything that is awaited has to happen."""


class Page:
    """Types, listens, and goes on with its own document after it was cut off."""

    def __init__(self, address: str, reference: str, session_key: str) -> None:
        self.address, self.reference = address, reference
        self.session_key = session_key
        self.document: pycrdt.Doc[Any] = pycrdt.Doc()
        self.sent = self.acknowledged = 0
        self.said: list[dict[str, Any]] = []
        self.carets: list[bytes] = []
        self.code: int | None = None
        self.reason = ""
        self.epoch: int | None = None
        self.synced = self.can_write = False
        self._socket: ClientConnection | None = None
        self._listening: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self.to_miss = 0
        """So many edits of others get lost on the way here."""
        self._own: list[bytes] = []
        self._held: list[bytes] | None = None
        self._applying = False
        self.document.observe(self._noted)

    async def open(self, **headers: Any) -> "Page":
        host = self.address.removeprefix("http://")
        query = "" if self.epoch is None else f"&epoch={self.epoch}"
        self._socket = await connect(
            f"ws://{host}/ws/r/{self.reference}/?v=1{query}",
            origin=headers.pop("origin", self.address),
            additional_headers={
                "Cookie": f"{settings.SESSION_COOKIE_NAME}={self.session_key}",
                **headers,
            },
            compression=None,
            max_size=None,
            proxy=None,
        )
        self.sent = self.acknowledged = 0
        self.code, self.synced = None, False
        self._listening = asyncio.create_task(self._listen(self._socket))
        await self.send(b"\x00\x00" + piece(self.document.get_state()))
        return self

    async def ready(self) -> "Page":
        """Open, and both sides have what the other had."""
        await self.open()
        await self.until(lambda: self.synced or self.code is not None)
        return self

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening

    def cut(self) -> None:
        """The wire is gone, without a goodbye."""
        assert self._socket is not None
        self._socket.transport.abort()

    async def send(self, data: bytes | str) -> None:
        assert self._socket is not None
        with suppress(ConnectionClosed):
            await self._socket.send(data)

    async def say(self, **message: Any) -> None:
        await self.send(json.dumps(message))

    def text(self, key: str) -> str:
        return str(self.document.get(key, type=pycrdt.Text))

    async def write(self, key: str, put: str, at: int | None = None) -> None:
        """Type into a text, at a position in bytes, or at its end."""
        shared = self.document.get(key, type=pycrdt.Text)
        shared.insert(len(shared) if at is None else at, put)
        await self.flush()

    async def delete(self, key: str, first: int, last: int) -> None:
        shared = self.document.get(key, type=pycrdt.Text)
        del shared[first:last]
        await self.flush()

    async def flush(self) -> None:
        """Send what was typed; while away it stays in the document."""
        own, self._own = self._own, []
        if self._held is not None:
            self._held += own
        else:
            await self.send_updates(own)

    async def send_updates(self, updates: list[bytes]) -> None:
        if self.synced and self.code is None:
            for update in updates:
                self.sent += 1
                await self.send(b"\x00\x02" + piece(update))

    @contextmanager
    def holding_back(self) -> Iterator[list[bytes]]:
        """What is typed meanwhile is not sent, and given to the caller."""
        held = self._held = []
        try:
            yield held
        finally:
            self._held = None

    async def ask_again(self) -> None:
        """Both sides get what the other has, as every few seconds."""
        self.synced = False
        await self.send(b"\x00\x00" + piece(self.document.get_state()))
        await self.until(lambda: self.synced or self.code is not None)

    async def until(self, true: Callable[[], bool], seconds: float = SOON) -> None:
        end = time.monotonic() + seconds
        while not true():
            left = end - time.monotonic()
            assert left > 0, f"it did not happen: {self.said[-3:]} {self.code}"
            self._changed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), min(left, 0.05))

    async def saved(self, seconds: float = SOON) -> None:
        await self.until(lambda: self.acknowledged >= self.sent, seconds)

    async def closed(self, seconds: float = SOON) -> int:
        await self.until(lambda: self.code is not None, seconds)
        assert self.code is not None
        return self.code

    async def heard(
        self, kind: str, seconds: float = SOON, **fields: Any
    ) -> dict[str, Any]:
        """The first message of that kind (and with these fields), once it came."""

        def found() -> dict[str, Any] | None:
            for said in self.said:
                if said["t"] == kind and all(
                    said.get(k) == v for k, v in fields.items()
                ):
                    return said
            return None

        await self.until(lambda: found() is not None, seconds)
        message = found()
        assert message is not None
        return message

    def _noted(self, event: Any) -> None:
        if not self._applying:
            self._own.append(bytes(event.update))

    async def _listen(self, socket: ClientConnection) -> None:
        try:
            async for data in socket:
                await self._hear(data)
                self._changed.set()
        except ConnectionClosed:
            pass
        finally:
            self.code = socket.close_code or 1006
            self.reason = socket.close_reason or ""
            self._changed.set()

    async def _hear(self, data: bytes | str) -> None:
        if isinstance(data, str):
            message = json.loads(data)
            self.said.append(message)
            if message["t"] == "hello":
                self.epoch, self.can_write = message["epoch"], message["can_write"]
        elif data[:1] == b"\x08":
            self.acknowledged = Reader(data[1:]).number()
        elif data[:1] == b"\x01":
            self.carets.append(data)
        elif data[:2] == b"\x00\x00":
            state = Reader(data[2:]).piece()
            self._own = []
            self.sent += 1
            self.synced = True
            await self.send(b"\x00\x01" + piece(self.document.get_update(state)))
        elif data[:2] == b"\x00\x02" and self.to_miss:
            self.to_miss -= 1
        else:
            self._apply(Reader(data[2:]).piece())
            if data[:2] == b"\x00\x01" and not self.can_write:
                self.synced = True

    def _apply(self, update: bytes) -> None:
        self._applying = True
        try:
            self.document.apply_update(update)
        finally:
            self._applying = False


def caret(client_id: int, clock: int, state: Any) -> bytes:
    text = json.dumps(state).encode()
    return b"\x01" + piece(number(1) + number(client_id) + number(clock) + piece(text))
