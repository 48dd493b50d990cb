"""A websocket client of few lines, so that a thousand of them leave room for servers.

Frames are masked with zeros, which is no mask; they go to our own server only.
"""

import asyncio
import base64
import os
import socket as sockets
import struct
from collections.abc import Callable
from typing import cast

Heard = Callable[[int, bytes], None]
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
SHORT, MIDDLE = 126, 127


class Socket(asyncio.Protocol):
    def __init__(
        self, request: bytes, heard: Heard, closed: Callable[[], None]
    ) -> None:
        self.code: int | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request, self._heard, self._closed = request, heard, closed
        self._unread = bytearray()
        self._upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self.code = self.code or 1006
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("refused"))
            self.opened.exception()
        self._closed()

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if not self._upgraded and not self._upgrade():
            return
        while (frame := self._frame()) is not None:
            self._take(*frame)

    def _upgrade(self) -> bool:
        head, separator, rest = bytes(self._unread).partition(b"\r\n\r\n")
        if not separator:
            return False
        if b" 101 " not in head.split(b"\r\n")[0]:
            self.transport.abort()
            return False
        self._unread = bytearray(rest)
        self._upgraded = True
        self.opened.set_result(None)
        return True

    def _frame(self) -> tuple[int, bytes] | None:
        data = self._unread
        if len(data) < 2:
            return None
        size, at = data[1] & 0x7F, 2
        if size == SHORT:
            size, at = int.from_bytes(data[2:4]), 4
        elif size == MIDDLE:
            size, at = int.from_bytes(data[2:10]), 10
        if len(data) < at + size:
            return None
        kind, payload = data[0] & 0x0F, bytes(data[at : at + size])
        del data[: at + size]
        return kind, payload

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == CLOSE:
            self.code = int.from_bytes(payload[:2]) or 1005
            self.transport.close()
        elif kind == PING:
            self.send(payload, PONG)
        elif kind in {TEXT, BINARY}:
            self._heard(kind, payload)

    def send(self, payload: bytes, kind: int = BINARY) -> None:
        size = len(payload)
        if size < SHORT:
            head = struct.pack("!BB", 0x80 | kind, 0x80 | size)
        elif size < 1 << 16:
            head = struct.pack("!BBH", 0x80 | kind, 0x80 | SHORT, size)
        else:
            head = struct.pack("!BBQ", 0x80 | kind, 0x80 | MIDDLE, size)
        self.transport.write(head + bytes(4) + payload)


def request(port: int, path: str, cookie: str, address: str) -> bytes:
    """A handshake as a page makes it, by a proxy that names the page's address."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Origin: http://127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        f"Cookie: {cookie}",
        f"X-Forwarded-For: {address}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


async def connect(
    port: int,
    asked: bytes,
    heard: Heard,
    closed: Callable[[], None],
    *,
    receive_buffer: int = 0,
) -> Socket:
    """Open a socket; ConnectionError where that is refused."""
    wire = sockets.socket()
    if receive_buffer:
        wire.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, receive_buffer)
    wire.setblocking(False)  # noqa: FBT003  as the socket module has it
    loop = asyncio.get_running_loop()
    await loop.sock_connect(wire, ("127.0.0.1", port))
    _transport, socket = await loop.create_connection(
        lambda: Socket(asked, heard, closed), sock=wire
    )
    await socket.opened
    return socket
