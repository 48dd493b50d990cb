"""Rows that others add, change and have open: shown at once, never in one's way."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from postmortems.models import Postmortem
from tests.browser.conftest import BrowserOf, settled
from tests.browser.live import Open, Wire, editor, write
from tests.fixtures import AddRow
from tests.publishing import to_review


def base(report: Postmortem) -> str:
    return f"/incidents/{report.incident.reference}/"


def add_row(page: Page, text: str, kind: str = "lessons") -> None:
    page.locator(f"main a[href*='rows/{kind}/add']").first.click()
    fill(page, text)


def fill(page: Page, text: str) -> None:
    """Write the text of the row that is open, and save it."""
    page.locator("form[data-draft] [name=text]").fill(text)
    page.keyboard.press("Control+Enter")


@pytest.fixture
def lesson(add: AddRow) -> str:
    """The id of a lesson's row on the page."""
    return f"#lesson-{add('lessons', text='The alert came at once').pk}"


def open_row(page: Page, row: str) -> None:
    page.locator(f"{row} [data-edit-row]").focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"{row}[data-editing]")).to_be_visible()


def test_a_row_that_somebody_adds_appears_for_the_other_and_washes_once(
    workspace: Open, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    mine, theirs = workspace(facilitator), workspace(responder)
    add_row(theirs, "Logs were enough")
    row = mine.locator(".lessons li", has_text="Logs were enough")
    expect(row).to_have_class("editable just-changed")
    expect(row).to_have_class("editable")


def test_ones_own_row_does_not_wash(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    page = workspace(facilitator)
    page.evaluate("""() => {
        window.washed = 0;
        new MutationObserver(() => {
          washed += document.querySelectorAll(".just-changed").length;
        }).observe(document.body, {attributes: true, subtree: true});
    }""")
    add_row(page, "Logs were enough")
    expect(page.locator(".lessons li", has_text="Logs were enough")).to_be_visible()
    settled(page)
    page.wait_for_timeout(1_000)  # as long as the word of others would take
    assert page.evaluate("washed") == 0


def test_a_row_that_others_add_does_not_disturb_whoever_types(
    workspace: Open, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    mine, theirs = workspace(facilitator), workspace(responder)
    add_row(theirs, "First")
    expect(mine.locator(".lessons li", has_text="First")).to_be_visible()
    mine.locator("main a[href*='rows/follow_ups/add']").first.click()
    field = mine.locator("#slot-follow_ups textarea").first
    expect(field).to_be_focused()
    mine.keyboard.type("Half a sen")
    before = field.bounding_box()
    for number in range(3):
        add_row(theirs, f"Lesson {number}")
        expect(mine.locator(".lessons li", has_text=f"Lesson {number}")).to_be_visible()
    expect(field).to_be_focused()
    mine.keyboard.type("tence")
    expect(field).to_have_value("Half a sentence")
    after = field.bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 2


def test_rows_of_others_do_not_disturb_whoever_writes_prose(
    workspace: Open, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    mine, theirs = workspace(facilitator), workspace(responder)
    write(mine, postmortem, "Half a sen")
    add_row(theirs, "Logs were enough")
    expect(mine.locator(".lessons li", has_text="Logs were")).to_be_visible()
    mine.keyboard.type("tence")
    expect(editor(mine, postmortem)).to_have_text("Half a sentence")


def test_a_row_that_somebody_has_open_is_shown_as_taken_until_they_cancel(
    workspace: Open, lesson: str, facilitator: User, responder: User
) -> None:
    mine, theirs = workspace(facilitator), workspace(responder)
    open_row(theirs, lesson)
    expect(mine.locator(f"{lesson} > .who-edits")).to_have_text("Priya is editing")
    mine.locator(lesson).click()
    expect(mine.locator(f"{lesson}[data-editing]")).to_have_count(0)
    theirs.keyboard.press("Escape")
    expect(mine.locator(f"{lesson} > .who-edits")).to_have_count(0)
    open_row(mine, lesson)


def test_a_row_is_free_again_once_it_is_saved(
    workspace: Open, lesson: str, facilitator: User, responder: User
) -> None:
    mine, theirs = workspace(facilitator), workspace(responder)
    open_row(theirs, lesson)
    expect(mine.locator(f"{lesson}[data-held]")).to_have_count(1)
    fill(theirs, "Changed")
    expect(mine.locator(lesson)).to_contain_text("Changed")
    expect(mine.locator(f"{lesson}[data-held]")).to_have_count(0)


def test_a_row_is_free_again_once_whoever_had_it_is_gone(
    workspace: Open, lesson: str, facilitator: User, responder: User
) -> None:
    mine, theirs = workspace(facilitator), workspace(responder)
    open_row(theirs, lesson)
    expect(mine.locator(f"{lesson}[data-held]")).to_have_count(1)
    theirs.close()
    expect(mine.locator(f"{lesson}[data-held]")).to_have_count(0)


def test_a_row_is_free_again_after_two_minutes_without_a_key(
    workspace: Open, lesson: str, facilitator: User, responder: User
) -> None:
    mine, theirs = workspace(facilitator), workspace(responder)
    expect(theirs.locator("#here")).to_contain_text(facilitator.name)
    theirs.clock.install()  # connected: a clock that leaps would end the connection
    open_row(theirs, lesson)
    expect(mine.locator(f"{lesson}[data-held]")).to_have_count(1)
    theirs.clock.fast_forward(121_000)
    expect(mine.locator(f"{lesson}[data-held]")).to_have_count(0)


def test_two_people_with_the_same_row_open_are_shown_both_versions(
    workspace: Open, lesson: str, facilitator: User, responder: User
) -> None:
    wire = Wire()
    mine, theirs = workspace(facilitator, wire=wire), workspace(responder)
    wire.cut()  # so that neither sees the row as taken
    open_row(mine, lesson)
    open_row(theirs, lesson)
    fill(theirs, "Theirs")
    expect(theirs.locator(lesson)).to_contain_text("Theirs")
    fill(mine, "Mine")
    dialog = mine.get_by_role("alertdialog")
    expect(dialog).to_contain_text("Mine")
    expect(dialog).to_contain_text("Theirs")
    expect(mine.locator("#savestate")).to_contain_text("Two versions")


def test_rows_that_changed_while_there_was_no_connection_come_with_it(
    workspace: Open, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    wire = Wire()
    mine, theirs = workspace(facilitator, wire=wire), workspace(responder)
    wire.cut()
    add_row(theirs, "Logs were enough")
    expect(theirs.locator(".lessons li", has_text="Logs were")).to_be_visible()
    wire.mend()
    expect(mine.locator(".lessons li", has_text="Logs were")).to_be_visible()


def test_readiness_and_the_outline_follow_what_others_change(
    workspace: Open, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    mine, theirs = workspace(facilitator), workspace(responder)
    count = mine.locator(".outline a[href='#factors'] .muted")
    expect(count).to_have_text("0")
    add_row(theirs, "No validation before deploy", kind="factors")
    expect(count).to_have_text("1")


def test_another_status_is_told_to_whoever_writes(
    workspace: Open, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    page = workspace(responder)
    to_review(postmortem, facilitator)
    expect(page.locator("#notices")).to_contain_text(
        "Somebody took this report to another status."
    )


def test_a_free_section_that_others_add_is_an_editor_at_once(
    workspace: Open, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    mine, theirs = workspace(facilitator), workspace(responder)
    theirs.locator("#summary a[href*='sections/add']").click()
    theirs.get_by_role("textbox", name="Heading").fill("Background")
    theirs.keyboard.press("Control+Enter")
    place = mine.get_by_role("textbox", name="Background")
    expect(place).to_be_visible()
    place.click()
    mine.keyboard.type("How it works")
    expect(theirs.get_by_role("textbox", name="Background")).to_have_text(
        "How it works"
    )


def test_somebody_who_loses_the_right_to_write_reads_on(
    browser_of: BrowserOf, workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    wire = Wire()
    page = workspace(facilitator, wire=wire)
    write(page, postmortem, "Before")
    user = {"id": facilitator.pk, "name": "Maren Holt", "initials": "MH", "colour": 1}
    hello = {"t": "hello", "user": user, "epoch": 1, "version": 1, "rows_version": 1}
    wire.tell({**hello, "can_write": False})
    expect(page.locator("#savestate")).to_have_text("Read only")
    page.keyboard.type("After")
    expect(page.get_by_role("textbox", name="Summary")).to_have_text("Before")
    wire.tell({**hello, "can_write": True})
    expect(page.locator("#savestate")).not_to_have_text("Read only")
