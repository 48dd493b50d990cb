"""Somebody who reads pages and saves rows all the time, and notes what that cost."""

import re
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode

from django.conf import settings

PATIENCE = 20.0
"""Seconds after which an answer is given up."""


@dataclass(frozen=True, slots=True)
class Answer:
    what: str
    at: float
    """When it was asked, by time.monotonic()."""
    seconds: float
    status: int
    """0 where there was none."""
    text: str = ""


class Visitor:
    """One person; each request is a connection of its own."""

    def __init__(self, ports: Sequence[int], session_key: str = "") -> None:
        """Signed in already where there is a key of a session."""
        self.ports = list(ports)
        self.cookies: dict[str, str] = {}
        if session_key:
            self.cookies[settings.SESSION_COOKIE_NAME] = session_key
        self.asked = 0

    def get(self, path: str, port: int | None = None) -> Answer:
        return self._ask("GET", path, "", port)

    def post(self, path: str, values: dict[str, str]) -> Answer:
        return self._ask("POST", path, urlencode(values))

    def sign_in(self, address: str, password: str) -> Answer:
        found = self.get("/sign-in/")
        if found.status != 200:
            return found
        return self.post("/sign-in/", {"login": address, "password": password})

    def _ask(self, verb: str, path: str, body: str, port: int | None = None) -> Answer:
        self.asked += 1
        port = port or self.ports[self.asked % len(self.ports)]
        began = time.monotonic()
        try:
            status, text = self._answer(port, verb, path, body)
        except (OSError, HTTPException):
            status, text = 0, ""
        took = time.monotonic() - began
        return Answer(f"{verb} {path}", began, took, status, text)

    def _answer(self, port: int, verb: str, path: str, body: str) -> tuple[int, str]:
        wire = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            wire.request(verb, path, body or None, self._headers(body))
            answer = wire.getresponse()
            text = answer.read().decode(errors="replace")
            for name, value in answer.getheaders():
                if name.lower() == "set-cookie":
                    key, _equals, rest = value.partition("=")
                    self.cookies[key] = rest.partition(";")[0]
            return answer.status, text
        finally:
            wire.close()

    def _headers(self, body: str) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookies, "Connection": "close"}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            headers["X-CSRFToken"] = self.cookies.get(settings.CSRF_COOKIE_NAME, "")
            headers["HX-Request"] = "true"
        return headers


class Probe:
    """Reads the report, saves rows and asks who is ready, every now and then."""

    def __init__(self, visitor: Visitor, reference: str, gap: float = 0.2) -> None:
        self.visitor, self.base, self.gap = visitor, f"/incidents/{reference}/", gap
        self.answers: list[Answer] = []
        self.saved: list[str] = []
        """What was saved, by what the rows say."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        found = self.visitor.get(f"{self.base}edit/")
        assert found.status == 200, found
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(2 * PATIENCE)

    def during(self, began: float, ended: float) -> list[Answer]:
        return [a for a in self.answers if began <= a.at <= ended]

    def _run(self) -> None:
        number, waiting = 0, ""
        while not self._stop.wait(self.gap):
            self.answers.append(self.visitor.get(self.base))
            if not waiting:
                number, waiting = number + 1, secrets.token_hex(16)
            text = f"Row {number} of the probe"
            answer = self.save(text, waiting)
            self.answers.append(answer)
            if answer.status == 200:
                self.saved.append(text)
                waiting = ""

    def save(self, text: str, key: str = "") -> Answer:
        """Until it is answered a row is sent again with the same key, as pages do."""
        values = {
            "occurred": "2026-03-05 09:30:00",
            "text": text,
            "request_key": key or secrets.token_hex(16),
        }
        return self.visitor.post(f"{self.base}rows/timeline/add/", values)


def shown(page: str) -> str:
    """The words of a page, without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))
