"""A web process is asked to end: it loses nothing and leaves nothing open."""

import asyncio
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from live import crdt, log
from live.threads import in_thread
from postmortems.models import Postmortem
from postmortems.topics import topic_of
from tests.live.conftest import Opened, Web, session_of

Together = Callable[..., Any]
PEDANTIC = (
    *("-X", "dev", "-W", "error"),
    *("-W", "ignore:No directory at:UserWarning"),
)
AS_FIRST_PROCESS = ("sh", "-c", 'trap "" TERM; exec "$0" "$@"')
"""As in a container, where a signal that nobody handles ends nothing: the process goes
on to its own end, and so says what it leaves open."""
QUICK = 5.0


@pytest.fixture
def keys(facilitator: User, responder: User, postmortem: Postmortem) -> tuple[str, str]:
    return session_of(facilitator), session_of(responder)


def stored(report: Postmortem, key: str) -> str:
    document = log.find(topic_of(report.pk))
    assert document is not None
    return crdt.text(log.fold(document).document, key)


def test_a_process_that_is_asked_to_end_leaves_nothing_open_and_loses_nothing(
    together: Together,
    keys: tuple[str, str],
    summary: str,
    postmortem: Postmortem,
    capfd: pytest.CaptureFixture[str],
) -> None:
    leaving = Web(before=AS_FIRST_PROCESS, python=PEDANTIC).wait()

    async def story(page: Opened) -> None:
        pages = [await page(leaving, key).ready() for key in keys * 4]
        for count in range(20):
            writer = pages[count % len(pages)]
            await writer.write(summary, f"w{count} ")
        told = [one.acknowledged for one in pages]
        asked_at = time.monotonic()
        leaving.process.terminate()
        assert {await one.closed(QUICK) for one in pages} == {1012}
        assert await asyncio.to_thread(leaving.process.wait, QUICK) == 0
        assert time.monotonic() - asked_at < QUICK
        text = await in_thread(stored, postmortem, summary)
        for index, count in enumerate(told):
            # The first that was counted is the answer to the server's greeting.
            words = range(index, 20, len(pages))[: max(0, count - 1)]
            assert all(f"w{word} " in text for word in words)

    try:
        together(story)
    finally:
        leaving.kill()
    assert capfd.readouterr().err == ""


def test_what_waits_for_the_database_is_stored_before_the_end(
    together: Together, keys: tuple[str, str], summary: str, postmortem: Postmortem
) -> None:
    leaving = Web().wait()
    held, release = threading.Event(), threading.Event()

    def hold_the_document() -> None:
        with transaction.atomic():
            assert log.locked(topic_of(postmortem.pk)) is not None
            held.set()
            release.wait(5)

    async def story(page: Opened) -> None:
        one = await page(leaving, keys[0]).ready()
        await one.saved()
        holding = asyncio.ensure_future(in_thread(hold_the_document))
        await asyncio.to_thread(held.wait, 5)
        await one.write(summary, "Last words.")
        await one.say(t="ping")
        await one.heard("pong")
        leaving.process.terminate()
        assert await one.closed(QUICK) == 1012
        release.set()
        await holding
        ended = await asyncio.to_thread(leaving.process.wait, QUICK)
        assert ended == -signal.SIGTERM
        assert await in_thread(stored, postmortem, summary) == "Last words."

    try:
        together(story)
    finally:
        leaving.kill()


def test_readers_have_the_text_of_a_process_that_ended(
    together: Together, keys: tuple[str, str], summary: str, postmortem: Postmortem
) -> None:
    leaving = Web().wait()

    async def story(page: Opened) -> None:
        one = await page(leaving, keys[0]).ready()
        await one.write(summary, "Just typed.")
        await one.saved()
        leaving.process.terminate()
        await asyncio.to_thread(leaving.process.wait, QUICK)

    try:
        together(story)
    finally:
        leaving.kill()
    assert postmortem.sections.get(key="summary").body == "Just typed."
