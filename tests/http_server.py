"""A real web server on this machine: answers as it is told, keeps what it got."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class Got:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Play = Callable[[socket.socket], None]
"""Answers by raw bytes on the connection."""


@dataclass
class Elsewhere:
    """The server: `answers` is used up first to last, then every answer is 200."""

    address: str = ""
    got: list[Got] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], bytes] | Play] = field(
        default_factory=list
    )
    ends: threading.Event = field(default_factory=threading.Event)
    """Set when the test is over; whoever hangs waits for it."""

    def will_answer(
        self, status: int = 200, body: bytes = b"ok", **headers: str
    ) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, named, body))

    def will_hang(self) -> None:
        self.answers.append(lambda _connection: void(self.ends.wait(30)))


def void(_result: object) -> None:
    pass


def handler_for(elsewhere: Elsewhere) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            got = Got(self.command, self.path, dict(self.headers.items()), body)
            elsewhere.got.append(got)
            answer = elsewhere.answers.pop(0) if elsewhere.answers else (200, {}, b"ok")
            if callable(answer):
                answer(self.connection)
                self.close_connection = True
                return
            status, headers, said = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Clients break connections off here on purpose."""


def serve(
    elsewhere: Elsewhere, tls: ssl.SSLContext | None = None
) -> ThreadingHTTPServer:
    server = QuietServer(("127.0.0.1", 0), handler_for(elsewhere))
    if tls is not None:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    scheme = "https" if tls else "http"
    elsewhere.address = f"{scheme}://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


@pytest.fixture
def elsewhere(settings: Any) -> Iterator[Elsewhere]:
    """A server that may be called: the operator allows this machine."""
    settings.OUTBOUND_ALLOW = ["127.0.0.1:*"]
    found = Elsewhere()
    server = serve(found)
    yield found
    found.ends.set()
    server.shutdown()
    server.server_close()
