"""Chats that take messages by webhook, and fail in all the ways of webhooks (DR10)."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.drills.post_office import real_time
from tests.http_server import QuietServer


class Mood(Enum):
    TAKE = 200
    FAIL = 500
    GONE = 410
    REDIRECT = 302
    HANG = 0
    DROP = -1
    """It takes the message, and drops the connection."""


@dataclass(frozen=True, slots=True)
class Post:
    at: datetime
    path: str
    mood: Mood
    text: str = field(repr=False)


class ChatRooms:
    """Each path is the webhook of a chat, with a mood of its own."""

    def __init__(self, now: Callable[[], datetime] = real_time) -> None:
        self.now = now
        self.posts: list[Post] = []
        self.moods: dict[str, Mood] = {}
        self.ends = threading.Event()
        self._server = QuietServer(("127.0.0.1", 0), _handler_of(self))
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def taken(self, path: str) -> list[Post]:
        had = {Mood.TAKE, Mood.DROP}
        return [post for post in self.posts if post.path == path and post.mood in had]

    def tried(self, path: str) -> list[Post]:
        return [post for post in self.posts if post.path == path]

    @contextmanager
    def open(self) -> Iterator["ChatRooms"]:
        serving = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        serving.start()
        try:
            yield self
        finally:
            self.ends.set()
            self._server.shutdown()
            self._server.server_close()
            serving.join()


def _handler_of(rooms: ChatRooms) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            said = json.loads(self.rfile.read(length))
            mood = rooms.moods.get(self.path, Mood.TAKE)
            text = json.dumps(said, ensure_ascii=False)
            rooms.posts.append(Post(rooms.now(), self.path, mood, text))
            self.close_connection = True
            if mood is Mood.HANG:
                rooms.ends.wait(30)
            elif mood is not Mood.DROP:
                self._say(mood)

        def _say(self, mood: Mood) -> None:
            self.send_response(mood.value)
            if mood is Mood.REDIRECT:
                self.send_header("Location", f"{rooms.address}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing: drills read `posts`."""

    return Handler
