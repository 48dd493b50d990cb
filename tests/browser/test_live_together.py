"""Two and five people write one paragraph and one row at once, in real browsers."""

import random

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from postmortems.models import Postmortem
from postmortems.operations import incidents
from tests.browser.conftest import BrowserOf
from tests.browser.live import Open, editor, saved, section
from tests.browser.workspace import open_row, row
from tests.fixtures import NOW, fresh, person
from tests.setup.stacks import comes_true

NAMES = ("Priya Raman", "Lena Fischer", "Noor Haddad", "Tomas Lind")
SEED = 20260305
WORDS = ("cache ", "stale ", "queue ", "retry ", "𝄞 ", "naïve ", "👩‍🚒 ")


@pytest.fixture
def five(postmortem: Postmortem, facilitator: User, responder: User) -> list[User]:
    """A facilitator and four responders."""
    others = [person(name) for name in NAMES[1:]]
    for one in others:
        incidents.join_report(postmortem.pk, by=one, at=NOW)
    return [facilitator, responder, *others]


def text_of(page: Page, report: Postmortem) -> str:
    lines: list[str] = (
        editor(page, report)
        .locator(".cm-line")
        .evaluate_all(
            """lines => lines.map(line => [...line.childNodes]
            .filter(node => !node.classList?.contains("caret"))
            .map(node => node.textContent.replaceAll("\\u2060", "")).join(""))"""
        )
    )
    return "\n".join(lines)


def write_at_random(pages: list[Page], report: Postmortem, rounds: int) -> list[str]:
    """Everybody goes to a place and types, in turns of single keys; what was typed."""
    chance = random.Random(SEED)  # noqa: S311  the same each time
    typed = []
    for page in pages:
        editor(page, report).click()
    for number in range(rounds):
        words = []
        for index, page in enumerate(pages):
            page.keyboard.press(chance.choice(["Home", "End", "ArrowLeft", "ArrowUp"]))
            words.append(f"{chance.choice(WORDS).strip()}{index}{number} ")
        for at in range(max(map(len, words))):
            for page, word in zip(pages, words, strict=True):
                page.keyboard.insert_text(word[at : at + 1]) if at < len(word) else None
        typed += words
    return typed


@pytest.mark.parametrize("count", [2, 5])
def test_people_who_write_one_paragraph_at_once_end_with_the_same_text(
    count: int, five: list[User], workspace: Open, postmortem: Postmortem,
    browser_of: BrowserOf,
) -> None:  # fmt: skip
    pages = [workspace(user) for user in five[:count]]
    typed = write_at_random(pages, postmortem, rounds=6)
    for page in pages:
        saved(page)
    length = sum(map(len, typed))
    assert comes_true(
        lambda: len({text_of(page, postmortem) for page in pages}) == 1, 10
    )
    text = text_of(pages[0], postmortem)
    assert sorted(text) == sorted("".join(typed))
    assert len(text) == length
    assert comes_true(lambda: section(postmortem).body == text.rstrip(), 5)
    reader = browser_of(five[0])
    reader.goto(f"/incidents/{postmortem.incident.reference}/")
    shown = " ".join(reader.locator(".read__body .prose").first.inner_text().split())
    assert shown == " ".join(text.split())


def test_a_row_that_one_has_open_is_taken_for_the_four_others(
    five: list[User], workspace: Open, entries: list[int]
) -> None:
    writer, *others = [workspace(user) for user in five]
    open_row(writer, entries[0])
    for page in others:
        expect(row(page, entries[0]).locator(".who-edits")).to_have_text(
            "Maren is editing"
        )
        row(page, entries[0]).locator(".tl__event").click()
        expect(row(page, entries[0]).locator("form")).to_have_count(0)
    writer.keyboard.press("Escape")
    for page in others:
        expect(page.locator("[data-held]")).to_have_count(0)


def test_a_row_that_two_opened_at_the_same_moment_shows_the_later_both_versions(
    workspace: Open, entries: list[int], five: list[User], postmortem: Postmortem
) -> None:
    """Each opened it before the other's lock was heard of: only versions decide."""
    mine, theirs, third = [workspace(user) for user in five[:3]]
    opened = [
        page.evaluate_handle(
            f"document.querySelector('#entry-{entries[0]} .tl__event').click()"
        )
        for page in (mine, theirs)
    ]
    assert len(opened) == 2
    fields = [
        row(page, entries[0]).get_by_label("What happened") for page in (mine, theirs)
    ]
    for field, text in zip(fields, ("From Maren", "From Priya"), strict=True):
        expect(field).to_be_visible()
        field.fill(text)
    theirs.keyboard.press("Control+Enter")
    expect(row(third, entries[0])).to_contain_text("From Priya")
    mine.keyboard.press("Control+Enter")
    dialog = mine.get_by_role("alertdialog")
    expect(dialog).to_contain_text("From Maren")
    expect(dialog).to_contain_text("From Priya")
    dialog.get_by_role("button", name="Keep yours").click()
    for page in (mine, theirs, third):
        expect(row(page, entries[0])).to_contain_text("From Maren")
    assert fresh(postmortem).timeline.get(pk=entries[0]).version == 3
