"""What tests in the workspace look for, and wait for."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

Open = Callable[..., Page]
"""Opens the workspace in a window of somebody's: fixture `open_report`."""


def row(page: Page, pk: int) -> Locator:
    return page.locator(f"#entry-{pk}")


def open_row(page: Page, pk: int) -> Locator:
    """Click on an entry's text; the field that says what happened."""
    row(page, pk).locator(".tl__event").click()
    field = row(page, pk).get_by_label("What happened")
    expect(field).to_be_visible()
    return field


def time_field(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Time", exact=True)


def saved(page: Page) -> None:
    """Wait until the bar says that it is saved, now."""
    said = re.compile(r"Saved \d\d:\d\d:\d\d UTC")
    expect(page.locator("#savestate")).to_have_text(said)


def save(page: Page) -> None:
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-editing]")).to_have_count(0)
    saved(page)


def told_of_changes(page: Page, *parts: str) -> None:
    """As if somebody else had changed these parts."""
    page.evaluate(
        """parts => document.body.dispatchEvent(
            new CustomEvent("changed", {detail: {parts}}))""",
        list(parts),
    )


def drafts(page: Page) -> list[str]:
    """The keys of all that is kept in this browser."""
    kept: list[str] = page.evaluate(
        """[...Object.keys(localStorage), ...Object.keys(sessionStorage)]
            .filter(key => !key.startsWith("htmx-"))"""
    )
    return kept
