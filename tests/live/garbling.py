"""Hints that get lost on the way from Redis, come twice, or in another order."""

import random
from collections.abc import Callable, Iterator

from tests.drills.proxy import Mangle

MESSAGES = (b"*3\r\n$7\r\nmessage\r\n", b">3\r\n$7\r\nmessage\r\n")
"""How a published message begins, in either version of the protocol."""


def garbling(seed: int) -> Callable[[], Mangle]:
    """For a Wire in front of Redis; what is no published message passes whole."""
    chance = random.Random(seed)  # noqa: S311  the same hints each time

    def for_a_connection() -> Mangle:
        unread, held = bytearray(), list[bytes]()

        def mangle(data: bytes) -> Iterator[bytes]:
            unread.extend(data)
            while end := _end(bytes(unread), 0):
                reply = bytes(unread[:end])
                del unread[:end]
                if not reply.startswith(MESSAGES):
                    yield reply
                    continue
                match chance.randrange(10):
                    case 0:
                        continue
                    case 1:
                        yield reply * 2
                    case 2:
                        held.append(reply)
                        continue
                    case _:
                        yield reply
                yield b"".join(held)
                held.clear()

        return mangle

    return for_a_connection


def _end(data: bytes, start: int) -> int:
    """Where the reply that begins at `start` ends; 0 where it is not all there yet."""
    line_end = data.find(b"\r\n", start)
    if line_end < 0:
        return 0
    kind, count, at = data[start : start + 1], data[start + 1 : line_end], line_end + 2
    if kind in b"$=!":
        return _reaches(data, at + int(count) + 2) if int(count) >= 0 else at
    if kind in b"*>~%":
        for _part in range(int(count) * (2 if kind == b"%" else 1)):
            at = _end(data, at)
            if not at:
                return 0
    return at


def _reaches(data: bytes, end: int) -> int:
    return end if end <= len(data) else 0
