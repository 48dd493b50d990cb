"""Importing in a browser: paste, look, mend, import."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from postmortems.models import Incident
from tests.browser.conftest import BrowserOf, violations

BY_HAND = Path(__file__).parents[1] / "data" / "by_hand.md"
TOO_LATE = BY_HAND.read_text().replace("2026-02-06", "2096-02-06")
SHOW = "Show what it becomes"
IMPORT = "Import this report"


def paste(page: Page, text: str) -> None:
    page.goto("/incidents/import/")
    page.get_by_label("Paste the report").fill(text)
    page.get_by_role("button", name=SHOW).click()


def test_a_pasted_report_is_looked_at_and_imported(
    browser_of: BrowserOf, member: User
) -> None:
    page = browser_of(member)
    paste(page, BY_HAND.read_text())
    expect(page.get_by_role("heading", name="Timeline 9")).to_be_visible()
    page.get_by_role("button", name=IMPORT).click()
    expect(page.get_by_text("INC-2026-01-20-001").first).to_be_visible()
    assert Incident.objects.get().title == "Slow checkout for web customers"


def test_a_line_is_mended_in_place(browser_of: BrowserOf, member: User) -> None:
    page = browser_of(member)
    paste(page, TOO_LATE)
    expect(page.get_by_role("button", name=IMPORT)).to_have_count(0)
    box = page.get_by_label("Paste the report")
    expect(box).to_have_value(TOO_LATE)
    box.fill(BY_HAND.read_text())
    page.get_by_role("button", name="Read it again").click()
    expect(page.get_by_role("button", name=IMPORT)).to_be_visible()


def test_a_file_is_read_into_the_page(browser_of: BrowserOf, member: User) -> None:
    page = browser_of(member)
    page.goto("/incidents/import/")
    page.get_by_label("Or choose a file").set_input_files(BY_HAND)
    page.get_by_role("button", name=SHOW).click()
    expect(page.get_by_label("Paste the report")).to_have_value(BY_HAND.read_text())
    page.get_by_role("button", name=IMPORT).click()
    expect(page.get_by_text("INC-2026-01-20-001").first).to_be_visible()


def test_it_needs_no_script(browser_of: BrowserOf, member: User) -> None:
    page = browser_of(member, java_script_enabled=False)
    paste(page, BY_HAND.read_text())
    page.get_by_role("button", name=IMPORT).click()
    assert Incident.objects.count() == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390, 320])
def test_anybody_can_use_it(
    theme: str, width: int, browser_of: BrowserOf, member: User
) -> None:
    page = browser_of(
        member, color_scheme=theme, viewport={"width": width, "height": 900}
    )
    page.goto("/incidents/import/")
    assert violations(page) == []
    paste(page, TOO_LATE.replace("* **Incident ID:**", "* **Weather:**"))
    assert violations(page) == []
    paste(page, BY_HAND.read_text())
    assert violations(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width
