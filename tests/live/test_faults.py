"""A process is killed, Redis or the database is away: nothing acknowledged is lost."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import User
from live import crdt, log
from live.models import LiveDocument, LiveUpdate
from live.threads import in_thread
from postmortems.models import Postmortem
from tests.live.conftest import Opened, Web, session_of

Together = Callable[..., Any]


def stored(postmortem: Postmortem, key: str) -> str:
    """The text that the log alone gives."""
    document = log.find(f"report:{postmortem.pk}")
    assert document is not None
    return crdt.text(log.fold(document).document, key)


@pytest.fixture
def keys(facilitator: User, responder: User, postmortem: Postmortem) -> tuple[str, str]:
    return session_of(facilitator), session_of(responder)


def test_without_redis_edits_arrive_within_two_and_a_half_seconds(
    together: Together,
    webs: tuple[Web, Web],
    deaf: Web,
    keys: tuple[str, str],
    summary: str,
) -> None:
    async def story(page: Opened) -> None:
        one = await page(webs[0], keys[0]).ready()
        other = await page(deaf, keys[1]).ready()
        await one.write(summary, "From one side. ")
        await other.until(lambda: "one side" in other.text(summary), 2.5)
        await other.write(summary, "From the other.")
        await one.until(lambda: "the other" in one.text(summary), 2.5)

    together(story)


def test_what_was_saved_without_a_hint_is_fetched_again(
    together: Together,
    deaf: Web,
    keys: tuple[str, str],
    postmortem: Postmortem,
) -> None:
    def save_unheard() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE postmortems_postmortem SET revision = revision + 1"
                " WHERE id = %s",
                [postmortem.pk],
            )

    async def story(page: Opened) -> None:
        one = await page(deaf, keys[0]).ready()
        await in_thread(save_unheard)
        heard = await one.heard("changed", 2.5)
        assert heard["parts"] == []

    together(story)


def test_a_killed_process_loses_nothing_that_was_acknowledged(
    together: Together,
    webs: tuple[Web, Web],
    keys: tuple[str, str],
    summary: str,
    postmortem: Postmortem,
) -> None:
    victim = Web().wait()

    async def story(page: Opened) -> None:
        one = await page(victim, keys[0]).ready()
        other = await page(webs[0], keys[1]).ready()
        for count in range(30):
            await one.write(summary, f"a{count} ")
            await other.write(summary, f"b{count} ")
            if count == 20:
                victim.kill()
            await asyncio.sleep(0.01)
        await one.closed()
        told = one.acknowledged
        text = await in_thread(stored, postmortem, summary)
        # The first thing that was counted is the answer to the server's greeting.
        assert all(f"a{count} " in text for count in range(told - 1))
        one.address = webs[1].address
        await one.ready()
        await one.saved()
        await other.until(lambda: one.text(summary) == other.text(summary))
        words = sorted(one.text(summary).split())
        assert words == sorted(f"{side}{n}" for side in "ab" for n in range(30))

    try:
        together(story)
    finally:
        victim.kill()
    versions = LiveUpdate.objects.order_by("version").values_list("version", flat=True)
    assert list(versions) == list(range(1, len(versions) + 1))


def test_nothing_is_acknowledged_while_the_database_does_not_answer(
    together: Together,
    webs: tuple[Web, Web],
    keys: tuple[str, str],
    summary: str,
    postmortem: Postmortem,
) -> None:
    """The row of the document is locked by somebody, as by a stuck transaction."""

    async def story(page: Opened) -> None:
        one = await page(webs[0], keys[0]).ready()
        other = await page(webs[0], keys[1]).ready()
        await one.saved()
        locked, release = asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        def hold() -> None:
            with transaction.atomic():
                LiveDocument.objects.select_for_update().get()
                loop.call_soon_threadsafe(locked.set)
                release.wait(5)

        holding = asyncio.create_task(in_thread(hold))
        await locked.wait()
        before = one.acknowledged
        await one.write(summary, "Not yet.")
        await asyncio.sleep(0.5)
        assert one.acknowledged == before
        assert other.text(summary) == ""
        release.set()
        await holding
        await one.saved()
        await other.until(lambda: other.text(summary) == "Not yet.")

    together(story)
