"""A version is restored while others type: nothing is lost, and all agree."""

import asyncio
from collections.abc import Callable
from typing import Any

from accounts.models import User
from live import crdt, log
from live.threads import in_thread
from postmortems.contents import Part
from postmortems.models import Postmortem
from postmortems.operations import restoring, versions
from postmortems.topics import topic_of
from tests.fixtures import NOW
from tests.live.conftest import Opened, Web, session_of
from tests.live.page import Page
from tests.live.test_writing_together import eventually

Together = Callable[..., Any]

BEFORE = "Prices were stale for an hour."


def logged(report: Postmortem, key: str, upto: int | None = None) -> str:
    """The text as the log has it."""
    document = log.find(topic_of(report.pk))
    assert document is not None
    return crdt.text(log.fold(document, upto).document, key)


async def keep_typing(page: Page, key: str, word: str, stop: asyncio.Event) -> int:
    """Type a numbered word again and again; how many there were."""
    count = 0
    while not stop.is_set():
        await page.write(key, f" {word}{count}")
        count += 1
        await asyncio.sleep(0.02)
    return count


def test_restoring_while_two_people_type_loses_nothing_that_was_acknowledged(
    together: Together,
    webs: tuple[Web, Web],
    summary: str,
    postmortem: Postmortem,
    facilitator: User,
    responder: User,
) -> None:
    keys = session_of(facilitator), session_of(responder)

    def restore() -> None:
        restoring.restore(postmortem.pk, 1, by=facilitator, at=NOW)

    async def story(page: Opened) -> list[int]:
        one = await page(webs[0], keys[0]).ready()
        other = await page(webs[1], keys[1]).ready()
        await one.write(summary, BEFORE)
        await one.saved()
        await in_thread(
            versions.name_version, postmortem.pk, "A", by=facilitator, at=NOW
        )
        stop = asyncio.Event()
        typing = [
            asyncio.create_task(keep_typing(page_, summary, word, stop))
            for page_, word in ((one, "a"), (other, "b"))
        ]
        for _time in range(3):
            await asyncio.sleep(0.4)
            await in_thread(restore)
        await asyncio.sleep(0.4)
        stop.set()
        counts = [await task for task in typing]
        for each in (one, other):
            await each.saved(10)
        await one.until(lambda: one.text(summary) == other.text(summary), 10)
        text = one.text(summary)
        assert text.startswith(BEFORE)
        assert await in_thread(logged, postmortem, summary) == text

        def saved_text() -> bool:
            body: str = postmortem.sections.get(key="summary").body
            return body == text

        await eventually(saved_text)
        return counts

    counts = together(story)
    typed = {f"a{n}" for n in range(counts[0])} | {f"b{n}" for n in range(counts[1])}
    assert typed - ever_said(postmortem, summary) == set()
    reasons = list(postmortem.versions.values_list("reason", flat=True))
    assert reasons.count("restored") == 3


def ever_said(report: Postmortem, key: str) -> set[str]:
    """Every word that stood in the text at some version of the log."""
    found = log.find(topic_of(report.pk))
    assert found is not None
    document, words = crdt.blank(), set()
    for _version, payload in log.rows_after(found.pk, 0):
        crdt.apply(document, payload)
        words.update(crdt.text(document, key).split())
    return words


def test_a_version_before_restoring_has_all_that_was_typed_until_then(
    together: Together,
    webs: tuple[Web, Web],
    summary: str,
    postmortem: Postmortem,
    facilitator: User,
) -> None:
    section = postmortem.sections.get(key="summary")
    key = session_of(facilitator)

    async def story(page: Opened) -> None:
        one = await page(webs[0], key).ready()
        await one.write(summary, "First.")
        await one.saved()
        await in_thread(
            versions.name_version, postmortem.pk, "A", by=facilitator, at=NOW
        )
        await one.write(summary, " Typed just now.")
        await one.saved()
        await in_thread(
            restoring.restore, postmortem.pk, 1, by=facilitator, at=NOW,
            part=Part("section:summary", section.pk),
        )  # fmt: skip
        await one.until(lambda: one.text(summary) == "First.")
        await one.write(summary, " Further on.")
        await one.saved()

    together(story)
    found = {
        version.reason: version.content["sections"][str(section.pk)]["body"]
        for version in postmortem.versions.all()
    }
    assert found == {
        "by_hand": "First.",
        "before_restore": "First. Typed just now.",
        "restored": "First.",
    }
    assert logged(postmortem, summary) == "First. Further on."
