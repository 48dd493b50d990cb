"""A page compares what it shows with the server, so that nobody writes on unnoticed."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from live import crdt
from postmortems.models import Postmortem
from tests.live.conftest import Opened, Web, session_of

Together = Callable[..., Any]
WORDS = "Größe 🦉 zählt"


@pytest.fixture
def key(facilitator: User, postmortem: Postmortem) -> str:
    return session_of(facilitator)


def test_a_page_with_the_texts_of_the_server_goes_on(
    together: Together, webs: tuple[Web, Web], key: str, summary: str
) -> None:
    async def story(page: Opened) -> None:
        one = await page(webs[0], key).ready()
        await one.write(summary, WORDS)
        await one.saved()
        for _time in range(3):
            await one.say(t="sum", sum=crdt.checksum(one.document))
        await one.say(t="ping")
        await one.heard("pong")
        assert one.code is None

    together(story)


def test_a_page_that_differs_twice_is_told_to_begin_anew(
    together: Together, webs: tuple[Web, Web], key: str, summary: str
) -> None:
    async def story(page: Opened) -> None:
        one = await page(webs[0], key).ready()
        await one.say(t="sum", sum=1)
        await one.say(t="sum", sum=1)
        assert (await one.closed(), one.reason) == (4410, "differs")

    together(story)


def test_what_is_under_way_is_no_difference(
    together: Together, webs: tuple[Web, Web], key: str, summary: str
) -> None:
    async def story(page: Opened) -> None:
        one = await page(webs[0], key).ready()
        await one.say(t="sum", sum=1)
        await one.write(summary, WORDS)
        await one.saved()
        await one.say(t="sum", sum=1)
        await one.say(t="ping")
        await one.heard("pong")
        assert one.code is None

    together(story)
