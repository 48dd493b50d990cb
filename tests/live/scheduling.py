"""Three people who write two texts, and whatever may befall them, in an order drawn."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import pycrdt

from accounts.models import User
from config.plaintext import readable_text
from live import compaction, crdt, log
from live.threads import in_thread
from live.updates import piece
from postmortems import policies
from postmortems.models import Postmortem, Section
from postmortems.operations import history, incidents, sharing, writing
from postmortems.operations.rows import Stale
from postmortems.permissions import Part
from postmortems.topics import topic_of
from tests.fixtures import NOW, fresh
from tests.live.conftest import Web
from tests.live.page import Page
from tests.publishing import publish, reopen

STEPS = 24
RARE = 3
"""Of the steps that befall a schedule once, so many do."""
PIECES = ("word ", "\n\n", "😀", "é", "- point\n", "x" * 2_000, "**bold** ", "🏳️‍🌈")
PASTED = "Pasted from a log, 50 bytes in each of its lines.\n" * 1_000
Step = Callable[[Page], Awaitable[None]]


class Schedule:
    def __init__(
        self,
        seed: int,
        pages: Sequence[Page],
        webs: Sequence[Web],
        mortal: Web,
        report: Postmortem,
        sections: Sequence[Section],
        people: tuple[User, User],
    ) -> None:
        """`people` are the facilitator, and the contributor behind the second page."""
        self.random = random.Random(seed)  # noqa: S311  it has to be the same each time
        self.pages, self.webs, self.mortal = pages, webs, mortal
        self.report = report
        self.sections = sections
        self.facilitator, self.contributor = people
        self.undoing = {page: _undoing(page, self.sections) for page in pages}
        self.took: list[str] = []
        """What happened, for whoever looks into a failure."""

    async def run(self) -> None:
        often: list[Step] = [
            *[self.insert] * 8,
            *[self.remove] * 4,
            *[self.undo] * 2,
            self.redo,
            self.cut,
            self.move,
            self.repeat,
            self.swap,
            self.lose,
            self.overhear,
            self.save_form,
        ]
        rare: list[Step] = [
            self.paste,
            self.take_right,
            self.hide,
            self.restore,
            self.publish,
            self.compact,
            self.kill,
        ]
        steps = self.random.choices(often, k=STEPS) + self.random.sample(rare, RARE)
        self.random.shuffle(steps)
        for step in steps:
            self.took.append(step.__name__)
            await step(self.random.choice(self.pages))

    # --- Writing ----------------------------------------------------------------------

    async def insert(self, page: Page) -> None:
        await self._put(page, self.random.choice(PIECES))

    async def paste(self, page: Page) -> None:
        await self._put(page, PASTED)

    async def _put(self, page: Page, text: str) -> None:
        key, there = self._text(page)
        place = self.random.randint(0, len(there))
        await page.write(key, text, len(there[:place].encode()))

    async def remove(self, page: Page) -> None:
        key, text = self._text(page)
        if text:
            first = self.random.randrange(len(text))
            last = min(len(text), first + self.random.randint(1, 30))
            await page.delete(
                key, len(text[:first].encode()), len(text[:last].encode())
            )

    async def undo(self, page: Page) -> None:
        self.undoing[page].undo()
        await page.flush()

    async def redo(self, page: Page) -> None:
        self.undoing[page].redo()
        await page.flush()

    # --- What befalls a page ----------------------------------------------------------

    async def cut(self, page: Page) -> None:
        if page.code is None:
            page.cut()
            await page.closed()

    async def move(self, page: Page) -> None:
        """Come back by another process."""
        await self.cut(page)
        page.address = self.random.choice(self.webs).address
        await _back(page)

    async def repeat(self, page: Page) -> None:
        """Send everything once more, as after a lost answer."""
        if page.code is None and page.synced:
            page.sent += 1
            await page.send(b"\x00\x01" + piece(page.document.get_update()))

    async def swap(self, page: Page) -> None:
        """Send the second of two edits before the first."""
        with page.holding_back() as held:
            await self.insert(page)
            await self.insert(page)
        held.reverse()
        await page.send_updates(held)

    async def lose(self, page: Page) -> None:
        """An edit gets lost between page and server."""
        with page.holding_back():
            await self.insert(page)

    async def overhear(self, page: Page) -> None:
        """A few edits get lost between server and page."""
        page.to_miss += self.random.randint(1, 3)

    async def kill(self, _page: Page) -> None:
        """Kill -9 of a web process, and another one in its place."""
        await asyncio.to_thread(self.mortal.kill)
        await asyncio.sleep(self.random.random() / 4)
        await asyncio.to_thread(self.mortal.again)

    # --- What befalls the report ------------------------------------------------------

    async def save_form(self, _page: Page) -> None:
        section = self.random.choice(self.sections)
        await in_thread(_append_by_form, self.report, section.pk, self.facilitator)

    async def take_right(self, _page: Page) -> None:
        """The contributor may only read, until the end or until it is given back."""
        part = self.random.choice((Part.READER, None))
        await in_thread(
            _set_part, self.report, self.contributor, part, self.facilitator
        )
        if self.random.random() < 0.5:
            await self._give_right()

    async def hide(self, _page: Page) -> None:
        """The report is not the contributor's to see, and then it is again."""
        await in_thread(_hide, self.report, self.contributor, self.facilitator)
        await self.insert(self.pages[1])
        await self._give_right()

    async def _give_right(self) -> None:
        part = Part.CONTRIBUTOR
        await in_thread(
            _set_part, self.report, self.contributor, part, self.facilitator
        )

    async def restore(self, _page: Page) -> None:
        await in_thread(_restore, self.report, self.facilitator, self.random)

    async def publish(self, page: Page) -> None:
        """Publish, write what nobody takes, and reopen."""
        await in_thread(_publish, self.report, self.facilitator)
        await self.insert(page)
        await in_thread(reopen, self.report, self.facilitator)

    async def compact(self, _page: Page) -> None:
        await in_thread(compaction.compact, topic_of(self.report.pk), NOW)

    # --- The end ----------------------------------------------------------------------

    async def come_together(self) -> dict[str, str]:
        """Everybody back, with every right; what then stands in the log and for all."""
        await self._give_right()
        for page in self.pages:
            page.to_miss = 0
            await (page.ask_again() if page.code is None else _back(page))
        for page in self.pages:
            await page.until(lambda page=page: page.can_write, 10)  # type: ignore[misc]
            await page.ask_again()
            await page.saved(10)
        stored = await in_thread(self.stored)
        for page in self.pages:
            await page.until(lambda page=page: self.read_by(page) == stored, 10)  # type: ignore[misc]
        return stored

    def read_by(self, page: Page) -> dict[str, str]:
        return {one.live_key: page.text(one.live_key) for one in self.sections}

    def stored(self) -> dict[str, str]:
        """The texts that the log alone gives."""
        document = log.find(topic_of(self.report.pk))
        assert document is not None
        folded = log.fold(document)
        assert folded.skipped == 0
        return {
            one.live_key: crdt.text(folded.document, one.live_key)
            for one in self.sections
        }

    def kept(self) -> dict[str, str]:
        """The texts of the report itself, as search, export and mails see them."""
        sharing.bring_up_to_date(self.report.pk)
        keys = [one.pk for one in self.sections]
        return {
            one.live_key: one.body for one in self.report.sections.filter(pk__in=keys)
        }

    def _text(self, page: Page) -> tuple[str, str]:
        key = self.random.choice(self.sections).live_key
        return key, page.text(key)


async def _back(page: Page) -> None:
    """Connect, and again where the process is only just starting."""
    for _try in range(50):
        with suppress(OSError):
            await page.ready()
            if page.code is None:
                return
        await asyncio.sleep(0.1)
    raise AssertionError(f"it does not get in again: {page.code}")


def _undoing(page: Page, sections: Sequence[Section]) -> "pycrdt.UndoManager":
    texts: list[Any] = [
        page.document.get(one.live_key, type=pycrdt.Text) for one in sections
    ]
    return pycrdt.UndoManager(scopes=texts, capture_timeout_millis=0)


def _append_by_form(report: Postmortem, pk: int, by: User) -> None:
    section = report.sections.get(pk=pk)
    with suppress(policies.Frozen, Stale):
        writing.save_section(
            report.pk,
            pk,
            body=f"{section.body} By form.".strip(),
            version=section.version,
            by=by,
            at=NOW,
        )


def _set_part(report: Postmortem, user: User, part: str | None, by: User) -> None:
    if fresh(report).incident.restricted:
        incidents.set_restricted(report.pk, restricted=False, by=by, at=NOW)
    incidents.set_part(report.pk, user, part, by=by, at=NOW)


def _hide(report: Postmortem, user: User, by: User) -> None:
    incidents.set_part(report.pk, user, None, by=by, at=NOW)
    incidents.set_restricted(report.pk, restricted=True, by=by, at=NOW)


def _restore(report: Postmortem, by: User, chance: random.Random) -> None:
    sharing.bring_up_to_date(report.pk)
    changes = list(report.history.filter(part__startswith="section:").order_by("pk"))
    if changes:
        side = chance.choice(("before", "after"))
        with suppress(policies.NotReady):
            history.restore_change(
                report.pk, chance.choice(changes).pk, side=side, by=by, at=NOW
            )


def _publish(report: Postmortem, by: User) -> None:
    """As somebody does who is shown the text again until it stands still."""
    while True:
        sharing.bring_up_to_date(report.pk)
        with suppress(Stale):
            publish(report, by)
            return


def readable(texts: dict[str, str]) -> dict[str, str]:
    return {key: readable_text(text) for key, text in texts.items()}
