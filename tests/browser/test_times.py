"""Times while they are typed, and several lines that begin with times."""

from playwright.sync_api import expect

from accounts.models import User
from tests.browser.workspace import Open, time_field


def test_what_will_be_stored_is_shown_while_a_time_is_typed(
    open_report: Open, facilitator: User, entries: list[int]
) -> None:
    page = open_report(facilitator)
    page.keyboard.press("e")
    for typed, shown in {
        "9:30pm": "2026-03-05 21:30:00 UTC",
        "10:30 CET": "2026-03-05 09:30:00 UTC",
        "+15m": "2026-03-05 11:15:00 UTC",
        "1772703015": "2026-03-05 09:30:15 UTC",
        "25:00": "could not be read",
    }.items():
        time_field(page).fill(typed)
        hint = page.locator(".tl__edit-time").first
        if shown.startswith("2026"):
            expect(hint).to_contain_text(f"Stored as {shown}")
        else:
            expect(hint.locator(".error")).to_be_visible()
    time_field(page).fill("10:30")
    page.get_by_label("Typed in").select_option("Europe/Berlin")
    expect(page.locator(".tl__edit-time").first).to_contain_text("09:30:00 UTC")


def test_a_time_that_was_there_twice_is_chosen_with_a_button(
    open_report: Open, facilitator: User, entries: list[int]
) -> None:
    page = open_report(facilitator)
    page.keyboard.press("e")
    page.get_by_label("Typed in").select_option("Europe/Berlin")
    time_field(page).fill("2025-10-26 02:30")
    page.get_by_role("button", name="2025-10-26 01:30:00 UTC").click()
    expect(page.locator(".tl__edit-time").first).to_contain_text(
        "Stored as 2025-10-26 01:30:00 UTC"
    )
    expect(time_field(page)).to_be_focused()


def test_pasted_lines_are_offered_as_entries_and_shown_first(
    open_report: Open, facilitator: User
) -> None:
    page = open_report(facilitator)
    page.keyboard.press("e")
    page.get_by_label("What happened").focus()
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/plain", "09:30 Alert fired\\n09:45 Seen\\n10:00 Solved");
            document.activeElement.dispatchEvent(
                new ClipboardEvent("paste", {clipboardData: data, bubbles: true}));
        }"""
    )
    expect(page.get_by_text("These look like 3 entries.")).to_be_visible()
    page.get_by_role("button", name="Show them as entries").click()
    expect(page.get_by_text("3 entries would be added")).to_be_visible()
    expect(page.locator(".tl__row")).to_have_count(0)
    page.get_by_role("button", name="Add 3 entries").click()
    expect(page.locator(".tl__row .tl__event")).to_have_text(
        ["Alert fired", "Seen", "Solved"]
    )
