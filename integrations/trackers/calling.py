"""The one way from an adapter to its tracker: refusals become errors of `adapter`."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from hmac import compare_digest
from hmac import new as hmac
from typing import Any

from integrations.trackers.adapter import (
    Deleted,
    Forbidden,
    NotFound,
    RateLimited,
    Refused,
    Rejected,
    TrackerError,
    Unavailable,
)
from outbound import http

DEFAULT_WAIT = 60
"""Seconds, where a tracker that has had enough does not say how long."""
LONGEST_WAIT = 3600
LONGEST_MESSAGE = 300
"""Characters that are kept of what a tracker says about a field."""

MEANINGS: dict[int, type[TrackerError]] = {
    401: Forbidden,
    403: Forbidden,
    404: NotFound,
    410: Deleted,
}
Reading = Callable[[http.Answer], TrackerError | None]
REJECTIONS = frozenset({400, 409, 413, 422})


class TooMuch(Unavailable):
    """The answer is larger than what is read: ask for less at once."""


def call(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    json: Any = None,
    reading: Reading | None = None,
) -> http.Answer:
    """An answer of 2xx, or 3xx for the adapter to follow; raises TrackerError.

    `reading` is asked first what a status of 400 and more means to this tracker.
    """
    try:
        answer = http.fetch(method, url, headers=dict(headers), json=json)
    except http.Refused as error:
        raise Refused from error
    except http.AnswerTooLarge as error:
        raise TooMuch from error
    except http.OutboundError as error:
        raise Unavailable(type(error).__name__) from error
    if answer.status < 400:  # noqa: PLR2004
        return answer
    raise (reading(answer) if reading else None) or error_of(answer)


def error_of(answer: http.Answer) -> TrackerError:
    """What a status of 400 and more means."""
    headers = lower(answer.headers)
    if answer.status == 429 or _spent(answer.status, headers):  # noqa: PLR2004
        return RateLimited(wait_of(headers))
    if answer.status in REJECTIONS:
        return Rejected(messages_of(body_of(answer)))
    if answer.status == 503 and "retry-after" in headers:  # noqa: PLR2004
        return RateLimited(wait_of(headers))
    if answer.status in MEANINGS:
        return MEANINGS[answer.status]()
    return Unavailable(str(answer.status))


def body_of(answer: http.Answer) -> Any:
    """The JSON of an answer; None where it is none."""
    try:
        return answer.json()
    except ValueError:
        return None


def object_of(answer: http.Answer) -> dict[str, Any]:
    """The JSON object of an answer; raises Unavailable where it is something else."""
    body = body_of(answer)
    if not isinstance(body, dict):
        raise Unavailable("no object")
    return body


def list_of(answer: http.Answer) -> list[Any]:
    body = body_of(answer)
    if not isinstance(body, list):
        raise Unavailable("no list")
    return body


def messages_of(body: Any) -> dict[str, str]:
    """Sentences by field, from the shapes of Jira, GitHub, GitLab and Linear."""
    if not isinstance(body, dict):
        return {"": ""}
    found: dict[str, str] = {}
    errors = body.get("errors")
    if isinstance(errors, dict):
        found = {str(name): str(text) for name, text in errors.items()}
    elif isinstance(errors, list):
        for one in errors:
            told = one if isinstance(one, dict) else {"message": one}
            text = told.get("message") or told.get("code") or ""
            found[str(told.get("field", ""))] = str(text)
    general = body.get("errorMessages") or body.get("message") or body.get("error")
    if general:
        texts = general if isinstance(general, list) else [general]
        found.setdefault("", " ".join(map(str, texts)))
    return {name[:60]: text[:LONGEST_MESSAGE] for name, text in found.items()} or {
        "": ""
    }


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _spent(status: int, headers: Mapping[str, str]) -> bool:
    """How GitHub says 429: 403 with nothing left, or with a time to wait."""
    return status == 403 and (  # noqa: PLR2004
        headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers
    )


def wait_of(headers: Mapping[str, str]) -> int:
    """Seconds to wait; times are taken relative to the tracker's own clock."""
    told = headers.get("retry-after", "").strip()
    if told.isdigit():
        return _bounded(int(told))
    now = _moment(headers.get("date", "")) or datetime.now(UTC)
    until = _moment(told)
    reset = headers.get("x-ratelimit-reset", "")
    if until is None and reset.isdigit() and len(reset) <= 10:  # noqa: PLR2004
        until = datetime.fromtimestamp(int(reset), UTC)
    if until is None:
        return DEFAULT_WAIT
    return _bounded(int((until - now).total_seconds()) + 1)


def _bounded(seconds: int) -> int:
    return max(1, min(seconds, LONGEST_WAIT))


def _moment(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def signed(secret: str, raw: bytes, signature: str) -> bool:
    """Whether `signature` (lower-case hex) is the HMAC-SHA256 of the raw bytes."""
    if not secret:
        return False
    expected = hmac(secret.encode(), raw, sha256).hexdigest()
    return compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
