"""Publishing while somebody types: what is published is all that was ever taken."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from live import crdt, log
from live.threads import in_thread
from postmortems.models import Postmortem, Publication
from postmortems.operations import lifecycle, sharing
from postmortems.operations.desk import Desk, locked
from postmortems.operations.rows import Stale
from postmortems.topics import topic_of
from postmortems.vocabulary import Status
from tests.fixtures import NOW
from tests.live.conftest import Opened, Web, session_of
from tests.publishing import reopen, shown_hash, to_review

Together = Callable[..., Any]


@pytest.fixture
def key(facilitator: User, postmortem: Postmortem) -> str:
    return session_of(facilitator)


def text_in_the_log(report: Postmortem, key: str) -> str:
    document = log.find(topic_of(report.pk))
    assert document is not None
    return crdt.text(log.fold(document).document, key)


def publish_what_stands(report: Postmortem, by: User) -> Publication:
    """As somebody does who is shown the text again until it stands still."""
    to_review(report, by)
    while True:
        sharing.bring_up_to_date(report.pk)
        try:
            return lifecycle.publish_postmortem(
                report.pk, shown=shown_hash(report), by=by, at=NOW
            )
        except Stale:
            continue


def summary_of(publication: Publication) -> str:
    return str(publication.document["summary"])


@pytest.mark.parametrize("pause", [0.05, 0.1, 0.2])
def test_nothing_is_taken_that_is_not_in_what_was_published(
    together: Together,
    webs: tuple[Web, Web],
    key: str,
    postmortem: Postmortem,
    facilitator: User,
    summary: str,
    pause: float,
) -> None:
    async def story(page: Opened) -> Publication:
        one = await page(webs[0], key).ready()
        publishing = asyncio.ensure_future(
            in_thread(publish_what_stands, postmortem, facilitator)
        )
        count = 0
        while one.can_write and count < 60:
            await one.write(summary, f"w{count} ")
            count += 1
            await asyncio.sleep(pause)
        await one.heard("hello", can_write=False)
        return await publishing

    publication = together(story)
    published = summary_of(publication)
    assert text_in_the_log(postmortem, summary).strip() == published.strip()


def test_what_is_sent_while_it_is_being_published_is_refused(
    together: Together,
    webs: tuple[Web, Web],
    key: str,
    postmortem: Postmortem,
    facilitator: User,
    summary: str,
) -> None:
    frozen, typed = threading.Event(), threading.Event()

    def publish_slowly() -> None:
        with transaction.atomic():
            sharing.freeze_texts(postmortem.pk)
            frozen.set()
            typed.wait(5)
            desk = Desk(locked(postmortem.pk), facilitator, NOW)
            lifecycle.write_status(desk, Status.PUBLISHED)

    async def story(page: Opened) -> None:
        one = await page(webs[0], key).ready()
        await one.write(summary, "In time.")
        await one.saved()
        publishing = asyncio.ensure_future(in_thread(publish_slowly))
        await asyncio.to_thread(frozen.wait, 5)
        await one.write(summary, " Too late.")
        await one.write(summary, " And later.")
        sent = one.sent
        typed.set()
        await publishing
        for n in (sent - 1, sent):
            await one.heard("refused", reason="read_only", n=n)
        await one.heard("hello", can_write=False)
        assert await in_thread(text_in_the_log, postmortem, summary) == "In time."

    together(story)


def test_what_was_refused_is_taken_once_the_report_is_reopened(
    together: Together,
    webs: tuple[Web, Web],
    key: str,
    postmortem: Postmortem,
    facilitator: User,
    responder: User,
    summary: str,
) -> None:
    other_key = session_of(responder)

    async def story(page: Opened) -> None:
        one = await page(webs[0], key).ready()
        other = await page(webs[1], other_key).ready()
        await in_thread(publish_what_stands, postmortem, facilitator)
        await one.heard("hello", can_write=False)
        await one.write(summary, "Kept by the page.")
        await one.heard("refused", reason="read_only")
        await in_thread(reopen, postmortem, facilitator)
        await other.until(lambda: other.text(summary) == "Kept by the page.")

    together(story)


def test_a_publication_that_does_not_come_about_freezes_nothing(
    together: Together,
    webs: tuple[Web, Web],
    key: str,
    postmortem: Postmortem,
    facilitator: User,
    summary: str,
) -> None:
    def fail() -> None:
        to_review(postmortem, facilitator)
        with pytest.raises(Stale):
            lifecycle.publish_postmortem(
                postmortem.pk, shown="of another text", by=facilitator, at=NOW
            )

    async def story(page: Opened) -> None:
        one = await page(webs[0], key).ready()
        await in_thread(fail)
        await one.write(summary, "Goes on.")
        await one.saved()
        assert await in_thread(text_in_the_log, postmortem, summary) == "Goes on."

    together(story)
