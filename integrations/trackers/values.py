"""What adapters take from the answers of trackers, whatever stands there.

A tracker may change its answers, and people write anything into issues: a field that is
missing or of another type is read as empty, and characters that cannot be stored go.
"""

import json
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from config.limits import LIMITS
from config.plaintext import readable_text
from integrations.trackers.adapter import BadHook
from outbound import http

LONGEST_TITLE = 500
"""Characters that are kept of a title, a name or a label."""
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def text_of(value: Any) -> str:
    """Text of several lines, with line ends as Afterword has them."""
    if not isinstance(value, str):
        return ""
    return readable_text(value[: LIMITS.json_string])


def line_of(value: Any) -> str:
    return " ".join(text_of(value).split())[:LONGEST_TITLE]


def id_of(value: Any) -> str:
    """A number or a text that names something; empty for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return ""
    return line_of(str(value))


def moment_of(value: Any) -> datetime:
    """UTC; the beginning of 1970 where there is none: older than all that is known."""
    try:
        found = datetime.fromisoformat(str(value).replace(" UTC", "+00:00"))
    except ValueError:
        return LONG_AGO
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def day_of(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def inside(value: Any, *names: str) -> dict[str, Any]:
    """The object under these names, one in the other; empty where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def objects_of(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        return []
    return [one for one in value if isinstance(one, dict)]


def hook_of(raw: bytes) -> dict[str, Any]:
    """The JSON object of a webhook. Raises BadHook for anything else.

    More is let through than by `parse_json`: issues hold pasted logs, and their control
    characters are taken out where a field is read.
    """
    try:
        found = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadHook(type(error).__name__) from error
    if not isinstance(found, dict):
        raise BadHook(type(found).__name__)
    return found


def clock_of(answer: http.Answer) -> datetime:
    """The tracker's own time, which the moments of its issues are by."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    try:
        return parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return datetime.now(UTC)
