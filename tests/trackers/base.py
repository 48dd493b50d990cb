"""A tracker that listens on this machine, answers as a real one, and fails on demand.

A subclass lists its routes. What was asked is kept in `asked`. `trouble` is a queue:
each request takes the first that fits it, and gets that instead of its answer, or
nothing at all after it was carried out.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """Names in lower case."""
    body: Any
    """Of JSON; None without a body."""


@dataclass
class Said:
    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Trouble:
    """What goes wrong with the next request whose method and path fit."""

    status: int = 0
    """Answered instead of doing anything; 0: see `after`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = ""
    path: str = ""
    after: bool = False
    """Do what is asked, then hang up without an answer: the outcome is unknown."""
    seconds: float = 0
    """Wait before anything."""
    body: Any = None

    def fits(self, asked: Asked) -> bool:
        return self.method in {"", asked.method} and self.path in asked.path


Answers = Callable[..., Said]


class TrackerServer:
    """`routes`: (method, pattern of the whole path, name of the method that answers).

    Groups of the pattern become arguments behind `asked`.
    """

    routes: ClassVar[list[tuple[str, str, str]]] = []

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.trouble: list[Trouble] = []
        self.lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def listening(self) -> Iterator[Self]:
        thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def requests(self, method: str, path: str = "") -> list[Asked]:
        """What was asked by this method of paths that contain `path`."""
        return [one for one in self.asked if one.method == method and path in one.path]

    def answer(self, asked: Asked) -> Said | None:
        """None: hang up."""
        with self.lock:
            self.asked.append(asked)
            trouble = next((one for one in self.trouble if one.fits(asked)), None)
            if trouble:
                self.trouble.remove(trouble)
        if trouble and trouble.seconds:
            time.sleep(trouble.seconds)
        if trouble and trouble.status:
            return Said(trouble.status, trouble.body, trouble.headers)
        with self.lock:
            said = self._route(asked)
        return None if trouble and trouble.after else said

    def _route(self, asked: Asked) -> Said:
        for method, pattern, name in self.routes:
            match = re.fullmatch(pattern, asked.path)
            if match and method == asked.method:
                answers: Answers = getattr(self, name)
                return answers(asked, *match.groups())
        return Said(404, {"message": "Not Found"})


def _handler_of(tracker: TrackerServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            asked = Asked(
                self.command,
                parts.path,
                {name: values[0] for name, values in parse_qs(parts.query).items()},
                {name.lower(): value for name, value in self.headers.items()},
                json.loads(raw) if raw else None,
            )
            said = tracker.answer(asked)
            self.close_connection = True
            if said is not None:
                self._say(said)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815

        def _say(self, said: Said) -> None:
            content = b"" if said.body is None else json.dumps(said.body).encode()
            self.send_response_only(said.status)
            if "Date" not in said.headers:
                self.send_header("Date", self.date_time_string())
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Connection", "close")
            for name, value in said.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing: tests read `asked`."""

    return Handler
