"""How Linear is asked: GraphQL, whose refusals stand in the answer."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from integrations.trackers.adapter import (
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    TrackerError,
    Unavailable,
)
from integrations.trackers.calling import (
    DEFAULT_WAIT,
    LONGEST_MESSAGE,
    LONGEST_WAIT,
    body_of,
    call,
    lower,
    object_of,
)
from integrations.trackers.values import clock_of, id_of, inside, line_of, objects_of
from outbound import http

LONGEST_MOMENT = 14
"""Digits of a moment in milliseconds."""


@dataclass(frozen=True, slots=True)
class Wire:
    address: str
    secret: str = field(repr=False)

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The `data` of an answer; raises TrackerError."""
        return inside(object_of(self.answer(query, **variables)), "data")

    def answer(self, query: str, **variables: Any) -> http.Answer:
        answer = call(
            "POST",
            self.address,
            headers={"Authorization": self.secret},
            json={"query": query, "variables": variables},
            reading=_meaning,
        )
        if objects_of(object_of(answer).get("errors")):
            raise _meaning(answer) or Unavailable("errors")
        return answer


def _meaning(answer: http.Answer) -> TrackerError | None:
    """What the first error of an answer means, whatever its status."""
    body = body_of(answer)
    errors = objects_of(body.get("errors")) if isinstance(body, dict) else []
    if not errors:
        return None
    more = inside(errors[0], "extensions")
    words = f"{id_of(more.get('code'))} {id_of(more.get('type'))}".lower()
    said = line_of(errors[0].get("message"))
    if "ratelimited" in words:
        return RateLimited(_wait_of(answer))
    if "not found" in said.lower():
        return NotFound()
    if any(word in words for word in ("authentication", "forbidden", "accessible")):
        return Forbidden()
    if any(word in words for word in ("input", "user error", "validation")):
        told = line_of(more.get("userPresentableMessage")) or said
        return Rejected({"": told[:LONGEST_MESSAGE]})
    return None


def _wait_of(answer: http.Answer) -> int:
    """Seconds until the first of the limits is lifted, by Linear's own clock."""
    headers = lower(answer.headers)
    told = headers.get("x-ratelimit-requests-reset", "")
    if not told.isdigit() or len(told) > LONGEST_MOMENT:
        return DEFAULT_WAIT
    until = datetime.fromtimestamp(int(told) / 1000, UTC)
    seconds = int((until - clock_of(answer)).total_seconds()) + 1
    return max(1, min(seconds, LONGEST_WAIT))
