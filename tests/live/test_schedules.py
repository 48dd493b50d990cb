"""Random schedules through the real server, Redis and database end with all equal.

A failing seed is printed, and runs alone with AFTERWORD_SEEDS=12.
AFTERWORD_SCHEDULES says how many are run.
"""

import os
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from accounts.models import User
from live import crdt, log, saving
from live.models import LiveUpdate
from live.threads import in_thread
from live.updates import piece
from postmortems.models import Postmortem
from postmortems.operations import writing
from postmortems.topics import topic_of
from tests.fixtures import NOW
from tests.live.conftest import Opened, Web, session_of
from tests.live.page import Page

Together = Callable[..., Any]
STEPS = 25
PIECES = ("word ", "\n\n", "😀", "é", "- point\n", "x" * 2_000, "**bold** ")

_given = [
    int(seed) for seed in os.environ.get("AFTERWORD_SEEDS", "").split(",") if seed
]
SEEDS = _given or range(int(os.environ.get("AFTERWORD_SCHEDULES", "4")))


class Schedule:
    """Three people who write two texts, and what befalls them."""

    def __init__(
        self, seed: int, pages: list[Page], webs: tuple[Web, ...], report: Postmortem
    ) -> None:
        self.random = random.Random(seed)  # noqa: S311  it has to be the same each time
        self.pages, self.webs, self.report = pages, webs, report
        self.sections = list(report.sections.order_by("pk")[:2])
        self.by: User = report.history.order_by("pk")[0].by

    async def run(self) -> None:
        steps: list[Callable[[Page], Awaitable[None]]] = [
            *[self.insert] * 8,
            *[self.remove] * 4,
            self.cut,
            self.move,
            self.repeat,
            self.save_form,
        ]
        for _ in range(STEPS):
            await self.random.choice(steps)(self.random.choice(self.pages))

    async def insert(self, page: Page) -> None:
        key, text = self._text(page)
        place = self.random.randint(0, len(text))
        put = self.random.choice(PIECES)
        await page.write(key, put, len(text[:place].encode()))

    async def remove(self, page: Page) -> None:
        key, text = self._text(page)
        if text:
            first = self.random.randrange(len(text))
            last = min(len(text), first + self.random.randint(1, 30))
            await page.delete(
                key, len(text[:first].encode()), len(text[:last].encode())
            )

    async def cut(self, page: Page) -> None:
        if page.code is None:
            page.cut()
            await page.closed()

    async def move(self, page: Page) -> None:
        """Come back by another process."""
        await self.cut(page)
        page.address = self.random.choice(self.webs).address
        await page.ready()

    async def repeat(self, page: Page) -> None:
        """Send everything once more, as after a lost answer."""
        if page.code is None and page.synced:
            page.sent += 1
            await page.send(b"\x00\x01" + piece(page.document.get_update()))

    async def save_form(self, _page: Page) -> None:
        section = self.random.choice(self.sections)
        await in_thread(_append_by_form, self.report, section.pk, self.by)

    async def come_together(self) -> None:
        for page in self.pages:
            if page.code is not None:
                await page.ready()
        for page in self.pages:
            await page.saved(10)
        stored = await in_thread(_stored, self.report)
        for page in self.pages:
            await page.until(
                lambda page=page: all(  # type: ignore[misc]
                    page.text(section.live_key) == stored[section.live_key]
                    for section in self.sections
                ),
                10,
            )

    def _text(self, page: Page) -> tuple[str, str]:
        key = self.random.choice(self.sections).live_key
        return key, page.text(key)


def _stored(report: Postmortem) -> dict[str, str]:
    """The texts that the log alone gives."""
    document = log.find(topic_of(report.pk))
    assert document is not None
    folded = log.fold(document).document
    return {
        section.live_key: crdt.text(folded, section.live_key)
        for section in report.sections.all()
    }


def _append_by_form(report: Postmortem, pk: int, by: User) -> None:
    section = report.sections.get(pk=pk)
    writing.save_section(
        report.pk,
        pk,
        body=f"{section.body} By form.".strip(),
        version=section.version,
        by=by,
        at=NOW,
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_every_schedule_ends_with_everybody_reading_the_same(
    together: Together,
    webs: tuple[Web, Web],
    deaf: Web,
    postmortem: Postmortem,
    facilitator: User,
    responder: User,
    seed: int,
) -> None:
    print(f"seed {seed}")  # noqa: T201  it is all that is needed to see it again
    sessions = [session_of(facilitator), session_of(responder), session_of(facilitator)]

    async def story(page: Opened) -> list[Page]:
        places = (*webs, deaf)
        pages = [
            await page(web, session).ready()
            for web, session in zip(places, sessions, strict=True)
        ]
        schedule = await in_thread(Schedule, seed, pages, places, postmortem)
        await schedule.run()
        await schedule.come_together()
        return pages

    pages = together(story)
    saving.save_now(topic_of(postmortem.pk))
    stored = _stored(postmortem)
    for section in postmortem.sections.order_by("pk")[:2]:
        text = stored[section.live_key]
        assert [page.text(section.live_key) for page in pages] == [text] * 3
        assert section.body.split() == text.split()
    versions = LiveUpdate.objects.order_by("version").values_list("version", flat=True)
    assert list(versions) == list(range(1, len(versions) + 1))
