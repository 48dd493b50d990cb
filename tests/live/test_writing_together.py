"""Several people write one text, on several web processes."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from live import crdt, log
from live.models import LiveUpdate
from live.threads import in_thread
from postmortems.models import Postmortem
from postmortems.operations import sharing, writing
from tests.fixtures import NOW
from tests.live.conftest import Opened, Web, session_of
from tests.live.page import Page, caret

Together = Callable[..., Any]


def body(report: Postmortem) -> str:
    return str(report.sections.get(key="summary").body)


async def eventually(true: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for something in the database."""
    end = asyncio.get_running_loop().time() + seconds
    while not await in_thread(true):
        assert asyncio.get_running_loop().time() < end, "it did not happen"
        await asyncio.sleep(0.05)


@pytest.fixture
def keys(facilitator: User, responder: User, postmortem: Postmortem) -> tuple[str, str]:
    return session_of(facilitator), session_of(responder)


def test_what_one_writes_the_other_reads_on_another_process(
    together: Together, webs: tuple[Web, Web], keys: tuple[str, str], summary: str
) -> None:
    async def story(page: Opened) -> None:
        one = await page(webs[0], keys[0]).ready()
        other = await page(webs[1], keys[1]).ready()
        await one.write(summary, "Prices were 😀 stale. ")
        await other.until(lambda: "stale" in other.text(summary))
        await other.write(summary, "For an hour.")
        await one.until(lambda: one.text(summary).endswith("For an hour."))
        assert one.text(summary) == other.text(summary)

    together(story)


def test_an_acknowledged_edit_is_in_the_database(
    together: Together,
    webs: tuple[Web, Web],
    keys: tuple[str, str],
    summary: str,
    postmortem: Postmortem,
) -> None:
    def stored() -> str:
        document = log.find(f"report:{postmortem.pk}")
        assert document is not None
        return crdt.text(log.fold(document).document, summary)

    async def story(page: Opened) -> None:
        one = await page(webs[0], keys[0]).ready()
        for letter in "abcdefgh":
            await one.write(summary, letter)
            await one.saved()
            assert (await in_thread(stored)).endswith(letter)

    together(story)


def test_versions_have_no_gaps_while_two_processes_write(
    together: Together, webs: tuple[Web, Web], keys: tuple[str, str], summary: str
) -> None:
    async def story(page: Opened) -> None:
        both = [
            await page(web, key).ready() for web, key in zip(webs, keys, strict=True)
        ]
        for count in range(20):
            await asyncio.gather(*(one.write(summary, f"{count} ") for one in both))
        for one in both:
            await one.saved()
        one, other = both
        await one.until(
            lambda: len(one.text(summary)) == len(other.text(summary)) == 100
        )

    together(story)
    versions = list(
        LiveUpdate.objects.order_by("version").values_list("version", flat=True)
    )
    assert versions == list(range(1, len(versions) + 1))


def test_every_row_of_the_log_is_of_one_person(
    together: Together,
    webs: tuple[Web, Web],
    keys: tuple[str, str],
    summary: str,
    postmortem: Postmortem,
    facilitator: User,
    responder: User,
) -> None:
    """Also where one commit took what several of them wrote."""
    held, typed = threading.Event(), threading.Event()

    def hold_the_document() -> None:
        with transaction.atomic():
            assert log.locked(f"report:{postmortem.pk}") is not None
            held.set()
            typed.wait(5)

    async def story(page: Opened) -> None:
        one, other = [await page(webs[0], key).ready() for key in keys]
        for both in (one, other):
            await both.saved()
        holding = asyncio.ensure_future(in_thread(hold_the_document))
        await asyncio.to_thread(held.wait, 5)
        for writer, word in ((one, "x"), (other, "b"), (other, "b"), (one, "a")):
            # Each is received before the next is sent: it answers in order.
            await writer.write(summary, word)
            await writer.say(t="ping")
            await writer.heard("pong")
            writer.said.clear()
        typed.set()
        await holding
        await one.until(lambda: sorted(one.text(summary)) == list("abbx"))
        await other.until(lambda: one.text(summary) == other.text(summary))

    together(story)
    authors = [
        row.authors for row in LiveUpdate.objects.order_by("version") if row.authors
    ]
    one, other = [facilitator.pk], [responder.pk]
    assert authors == [one, other, one]


def test_the_text_that_readers_get_follows_within_two_seconds(
    together: Together,
    webs: tuple[Web, Web],
    keys: tuple[str, str],
    summary: str,
    postmortem: Postmortem,
    facilitator: User,
) -> None:
    async def story(page: Opened) -> None:
        one = await page(webs[0], keys[0]).ready()
        await one.write(summary, "Prices were stale.")
        await eventually(lambda: body(postmortem) == "Prices were stale.", 2.5)

    together(story)
    sharing.bring_up_to_date(postmortem.pk)
    change = postmortem.history.get(part="section:summary")
    assert change.by == facilitator
    assert change.before is not None
    assert change.after is not None
    assert (change.before["body"], change.after["body"]) == ("", "Prices were stale.")


def test_a_text_from_before_anybody_wrote_together_is_there_once(
    together: Together,
    webs: tuple[Web, Web],
    keys: tuple[str, str],
    summary: str,
    postmortem: Postmortem,
    facilitator: User,
) -> None:
    save(postmortem, "Written alone.", by=facilitator)

    async def story(page: Opened) -> None:
        both = [page(web, key) for web, key in zip(webs, keys, strict=True)]
        await asyncio.gather(*(one.ready() for one in both))
        assert [one.text(summary) for one in both] == ["Written alone."] * 2

    together(story)


def test_a_form_saved_while_somebody_types_keeps_both(
    together: Together,
    webs: tuple[Web, Web],
    keys: tuple[str, str],
    summary: str,
    postmortem: Postmortem,
    facilitator: User,
    responder: User,
) -> None:
    save(postmortem, "First line.\n\nSecond line.", by=facilitator)

    async def story(page: Opened) -> None:
        one = await page(webs[0], keys[0]).ready()
        await one.write(summary, " Typed.")
        await one.saved()
        await in_thread(
            save, postmortem, "First line, by form.\n\nSecond line.", by=responder
        )
        await one.until(lambda: "by form" in one.text(summary))
        expected = "First line, by form.\n\nSecond line. Typed."
        assert one.text(summary) == expected
        await eventually(lambda: body(postmortem) == expected)

    together(story)


def test_offline_edits_of_both_sides_are_all_there_afterwards(
    together: Together, webs: tuple[Web, Web], keys: tuple[str, str], summary: str
) -> None:
    async def story(page: Opened) -> None:
        one = await page(webs[0], keys[0]).ready()
        other = await page(webs[1], keys[1]).ready()
        one.cut()
        await one.closed()
        for count in range(10):
            await one.write(summary, f"a{count} ")
            await other.write(summary, f"b{count} ")
        await one.ready()
        await one.saved()
        await other.until(lambda: one.text(summary) == other.text(summary))
        words = sorted(one.text(summary).split())
        assert words == sorted(f"{side}{n}" for side in "ab" for n in range(10))

    together(story)


def test_carets_carry_the_name_that_the_server_knows(
    together: Together,
    webs: tuple[Web, Web],
    keys: tuple[str, str],
    facilitator: User,
) -> None:
    async def story(page: Opened) -> None:
        one = await page(webs[0], keys[0]).ready()
        other = await page(webs[1], keys[1]).ready()
        await one.send(caret(77, 1, {"user": {"name": "Somebody else"}, "cursor": 4}))
        await other.until(lambda: bool(other.carets))
        assert facilitator.name.encode() in other.carets[-1]
        assert b"Somebody else" not in other.carets[-1]
        await one.close()
        await other.until(lambda: b"null" in other.carets[-1])

    together(story)


def test_everybody_sees_who_is_where_and_whose_row_is_taken(
    together: Together,
    webs: tuple[Web, Web],
    keys: tuple[str, str],
    facilitator: User,
) -> None:
    def taken(page: Page) -> list[tuple[int, str]]:
        people = [said["people"] for said in page.said if said["t"] == "people"]
        return [(p["id"], p["row"]) for p in people[-1] if p["row"]] if people else []

    async def story(page: Opened) -> None:
        one = await page(webs[0], keys[0]).ready()
        other = await page(webs[1], keys[1]).ready()
        await one.say(t="here", section="timeline", writing=True, row="timeline-12")
        await other.until(lambda: taken(other) == [(facilitator.pk, "timeline-12")])
        one.cut()
        await other.until(lambda: taken(other) == [])

    together(story)


def test_what_is_saved_elsewhere_is_announced_after_the_commit(
    together: Together,
    webs: tuple[Web, Web],
    keys: tuple[str, str],
    postmortem: Postmortem,
    facilitator: User,
) -> None:
    section = postmortem.sections.get(key="impact")

    async def story(page: Opened) -> None:
        other = await page(webs[1], keys[1]).ready()
        await in_thread(
            writing.save_section,
            postmortem.pk,
            section.pk,
            body="15 % of users",
            version=section.version,
            by=facilitator,
            at=NOW,
        )
        heard = await other.heard("changed", 1.5)
        assert heard["parts"] == [f"section:impact:{section.pk}"]

    together(story)


def save(postmortem: Postmortem, text: str, *, by: User) -> None:
    """Save the summary by a form that was opened when it was last saved."""
    section = postmortem.sections.get(key="summary")
    writing.save_section(
        postmortem.pk, section.pk, body=text, version=section.version, by=by, at=NOW
    )
