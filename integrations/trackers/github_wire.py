"""How GitHub is asked: redirects inside its API, tokens that expire, limits it sets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from integrations.trackers.adapter import (
    Forbidden,
    RateLimited,
    TrackerError,
    Unavailable,
)
from integrations.trackers.calling import (
    DEFAULT_WAIT,
    body_of,
    call,
    lower,
    wait_of,
)
from integrations.trackers.github_access import Access, headers_of
from integrations.trackers.values import line_of
from outbound import http

REDIRECTS = frozenset({301, 302, 307, 308})
UNAUTHORISED, FORBIDDEN, TOO_MANY, CENSORED = 401, 403, 429, 451


class Expired(Forbidden):
    """The token is refused; an app can have another one."""


@dataclass(frozen=True, slots=True)
class Wire:
    api: str
    access: Access

    def get(self, path: str, query: Mapping[str, Any]) -> http.Answer:
        answer = self.ask("GET", f"{path}?{urlencode(query)}")
        return self.follow(answer) if answer.status in REDIRECTS else answer

    def ask(self, method: str, path: str, wanted: Any = None) -> http.Answer:
        """An answer of 2xx or 3xx; raises TrackerError."""
        try:
            return self._call(method, f"{self.api}{path}", wanted)
        except Expired:
            if not self.access.forget():
                raise
        return self._call(method, f"{self.api}{path}", wanted)

    def follow(self, answer: http.Answer) -> http.Answer:
        """One step, and only inside the same API: the token goes nowhere else."""
        location = lower(answer.headers).get("location", "")
        if not location.startswith(f"{self.api}/"):
            raise Unavailable("redirect")
        followed = self._call("GET", location)
        if followed.status in REDIRECTS:
            raise Unavailable("redirect")
        return followed

    def _call(self, method: str, url: str, wanted: Any = None) -> http.Answer:
        headers = headers_of(self.access.token())
        return call(method, url, headers=headers, json=wanted, reading=_meaning)


def _meaning(answer: http.Answer) -> TrackerError | None:
    """What GitHub says otherwise than with a status alone."""
    headers, body = lower(answer.headers), body_of(answer)
    said = line_of(body.get("message") if isinstance(body, dict) else "").lower()
    if answer.status == UNAUTHORISED:
        return Expired()
    if answer.status == CENSORED:
        return Forbidden()
    if answer.status in {FORBIDDEN, TOO_MANY} and "rate limit" in said:
        told = "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0"
        return RateLimited(wait_of(headers) if told else DEFAULT_WAIT)
    return None
