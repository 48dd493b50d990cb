"""Who comes in. Many at once, as after a deployment, are looked up together."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from live.domain import domain
from live.threads import in_thread
from live.visitors import Look, look

TOGETHER = 200
"""How many are looked up at once at most, by one fixed number of queries."""

Asked = tuple[str, str]
"""The reference in the address, and the session key of the cookie."""
Entry = tuple[str, Look]
"""The topic, empty where there is none, and how things stand."""


class Door:
    def __init__(self, start: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self._start = start
        self._waiting: list[tuple[Asked, asyncio.Future[Entry]]] = []
        self._busy = False

    async def look_up(self, reference: str, session_key: str) -> Entry:
        """As of a moment after it was asked. Raises what the database raises."""
        answer: asyncio.Future[Entry] = asyncio.get_running_loop().create_future()
        self._waiting.append(((reference, session_key), answer))
        if not self._busy:
            self._busy = True
            self._start(self._answer())
        return await answer

    async def _answer(self) -> None:
        try:
            while self._waiting:
                asked = self._waiting[:TOGETHER]
                del self._waiting[:TOGETHER]
                await _answer_these(asked)
        finally:
            self._busy = False


async def _answer_these(asked: list[tuple[Asked, asyncio.Future[Entry]]]) -> None:
    try:
        entries = await in_thread(entries_of, [one for one, _answer in asked])
    except asyncio.CancelledError:  # the process ends
        for _one, answer in asked:
            answer.cancel()
        raise
    except Exception as error:  # noqa: BLE001  raised by each who waits
        for _one, answer in asked:
            if not answer.done():
                answer.set_exception(error)
        return
    for (_one, answer), entry in zip(asked, entries, strict=True):
        if not answer.done():  # its socket may be gone
            answer.set_result(entry)


def entries_of(asked: Sequence[Asked]) -> list[Entry]:
    topics = domain().topics_of([reference for reference, _key in asked])
    found = look((topics.get(reference, ""), key) for reference, key in asked)
    return [(topics.get(reference, ""), found) for reference, _key in asked]
