"""What is typed and not saved: kept, shown, brought back, dropped, and never leaked."""

import re

from playwright.sync_api import expect

from accounts.models import User
from postmortems.models import Postmortem
from tests.browser.conftest import BrowserOf
from tests.browser.workspace import Open, drafts, open_row, row, save, time_field


def test_a_closed_form_keeps_its_draft_and_shows_it(
    open_report: Open, facilitator: User, entries: list[int]
) -> None:
    page = open_report(facilitator)
    open_row(page, entries[0]).fill("Half a thought")
    page.keyboard.press("Escape")
    expect(row(page, entries[0])).to_contain_text("Entry 0")
    expect(row(page, entries[0]).locator("[data-edit-row]")).to_contain_text("Draft")
    expect(row(page, entries[0]).locator(":focus")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_label("What happened")).to_have_value("Half a thought")
    expect(page.get_by_text("Your draft is back. It is not saved yet.")).to_be_visible()


def test_a_draft_is_there_after_a_reload(
    open_report: Open, facilitator: User, entries: list[int]
) -> None:
    page = open_report(facilitator)
    page.on("dialog", lambda dialog: dialog.accept())
    page.keyboard.press("e")
    page.get_by_label("What happened").fill("Half a thought")
    time_field(page).fill("09:45")
    page.get_by_label("Detected").check()
    page.reload()
    page.keyboard.press("e")
    expect(page.get_by_label("What happened")).to_have_value("Half a thought")
    expect(time_field(page)).to_have_value("09:45")
    expect(page.get_by_label("Detected")).to_be_checked()


def test_a_draft_brings_back_all_its_evidence(
    open_report: Open, facilitator: User, entries: list[int]
) -> None:
    page = open_report(facilitator)
    open_row(page, entries[0])
    for number in range(3):
        page.get_by_label("Link, trace id or text").last.fill(f"https://e.org/{number}")
        page.get_by_role("button", name="More evidence").click()
    page.keyboard.press("Escape")
    open_row(page, entries[0])
    for number in range(3):
        expect(page.get_by_label("Link, trace id or text").nth(number)).to_have_value(
            f"https://e.org/{number}"
        )


def test_a_draft_can_be_dropped(
    open_report: Open, facilitator: User, entries: list[int]
) -> None:
    page = open_report(facilitator)
    open_row(page, entries[0]).fill("Half a thought")
    page.keyboard.press("Escape")
    open_row(page, entries[0])
    page.get_by_role("button", name="Start from what is saved").click()
    expect(page.get_by_label("What happened")).to_have_value("Entry 0")
    expect(time_field(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(row(page, entries[0]).get_by_text("Draft")).to_have_count(0)


def test_a_saved_draft_is_gone(
    open_report: Open, facilitator: User, entries: list[int]
) -> None:
    page = open_report(facilitator)
    open_row(page, entries[0]).fill("A whole thought")
    save(page)
    assert drafts(page) == []


def test_a_draft_over_an_old_version_is_not_saved_over_the_new_one(
    open_report: Open, facilitator: User, responder: User, entries: list[int]
) -> None:
    page, other = open_report(facilitator), open_report(responder)
    open_row(page, entries[0]).fill("From an old draft")
    page.keyboard.press("Escape")
    free = other.locator(f"#entry-{entries[0]}:not([data-held])")
    expect(free).to_be_visible()
    open_row(other, entries[0]).fill("Saved meanwhile")
    save(other)
    open_row(page, entries[0]).press("Control+Enter")
    expect(page.get_by_role("alertdialog")).to_contain_text("Saved meanwhile")
    expect(page.get_by_role("alertdialog")).to_contain_text("From an old draft")


def test_drafts_of_a_restricted_report_leave_no_trace(
    browser_of: BrowserOf, restricted: Postmortem, facilitator: User
) -> None:
    page = browser_of(facilitator)
    page.goto(f"/incidents/{restricted.incident.reference}/edit/")
    page.keyboard.press("e")
    page.get_by_label("What happened").fill("A secret")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.get_by_label("What happened")).to_have_value("A secret")
    assert drafts(page) == []


def test_signing_out_leaves_no_draft_behind(
    open_report: Open, facilitator: User, entries: list[int]
) -> None:
    page = open_report(facilitator)
    page.on("dialog", lambda dialog: dialog.accept())
    open_row(page, entries[0]).fill("Half a thought")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="account menu").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile("sign-in"))
    assert drafts(page) == []
