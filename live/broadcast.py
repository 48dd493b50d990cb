"""Tell open pages what was saved. A hint: who misses it finds out within 2 seconds."""

import json
import logging
import time
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from redis import Redis
from redis.exceptions import RedisError

logger = logging.getLogger("afterword.live")

PAUSE = 5.0
"""Seconds without a try after Redis did not answer, so that requests do not wait."""
_silent_until = 0.0


def on_commit(topic: str, parts: Sequence[str], rows_version: int) -> None:
    """Say after the commit that these parts were saved; no parts: any may be."""
    message = {"t": "changed", "parts": list(parts), "rows_version": rows_version}
    head = {"k": "changed", "message": message}
    transaction.on_commit(lambda: publish(topic, head), robust=True)


def update_on_commit(topic: str, version: int, payload: bytes) -> None:
    head = {"k": "update", "v": version}
    transaction.on_commit(lambda: publish(topic, head, payload), robust=True)


def publish(topic: str, head: dict[str, Any], payload: bytes = b"") -> None:
    """Send a hint from ordinary code; the Hub has a connection of its own."""
    global _silent_until  # noqa: PLW0603  one pause for the whole process
    if time.monotonic() < _silent_until:
        return
    try:
        _redis().publish(channel(topic), packed(head, payload))
    except RedisError as error:
        _silent_until = time.monotonic() + PAUSE
        logger.warning("a hint was lost: %s", type(error).__name__)


def to_person(user_id: int, message: dict[str, Any]) -> None:
    """Tell every open page of somebody; who has none open is told elsewhere."""
    publish("", {"k": "person", "user": user_id, "message": message})


def channel(topic: str) -> str:
    """Redis does not keep channels apart by database number, so ours does."""
    return f"live:{connection.settings_dict['NAME']}:{topic}"


def packed(head: dict[str, Any], payload: bytes = b"") -> bytes:
    return json.dumps(head, separators=(",", ":")).encode() + b"\n" + payload


def unpacked(message: bytes) -> tuple[dict[str, Any], bytes]:
    head, _line_end, payload = message.partition(b"\n")
    found: dict[str, Any] = json.loads(head)
    return found, payload


@cache
def _redis() -> "Redis":
    return Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=1,
        socket_timeout=1,
        single_connection_client=False,
    )
