"""Suggestions in real browsers: made by keyboard, shown at once, taken by a key."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from postmortems.models import Postmortem
from postmortems.operations import rows
from tests.browser.conftest import BrowserOf, settled, violations
from tests.browser.hand import Hand
from tests.browser.live import Open, editor
from tests.browser.live import write as type_in
from tests.fixtures import NOW, AddRow, kind
from tests.suggesting import correction, entry, wording, write


@pytest.fixture
def reading(browser_of: BrowserOf, postmortem: Postmortem) -> BrowserOf:
    """The report as somebody reads it."""

    def open_page(user: User, **context: object) -> Page:
        page = browser_of(user, **context)
        page.goto(f"/incidents/{postmortem.incident.reference}/")
        return page

    return open_page


def test_an_entry_goes_from_a_viewers_hand_into_the_report(
    reading: BrowserOf,
    workspace: Open,
    add: AddRow,
    facilitator: User,
    viewer: User,
) -> None:
    add("timeline", text="Deployment began")
    mine, theirs = workspace(facilitator), reading(viewer)
    hand = Hand(theirs)
    hand.tab_to("Suggest an entry")
    hand.press("Enter")
    hand.wait_for("Time")
    hand.write("09:30")
    hand.tab_to("What happened")
    hand.write("Support got the first call")
    hand.tab_to("Why you suggest it")
    hand.write("The ticket says so")
    hand.press("Control+Enter")
    expect(theirs.locator("#own-suggestions")).to_contain_text("Waits for those who")

    waiting = mine.locator("[data-suggestion]")
    expect(waiting).to_contain_text("Vera Blick")
    expect(waiting).to_contain_text("Support got the first call")
    expect(waiting).to_contain_text("The ticket says so")
    mine.locator("#s2").focus()
    mine.keyboard.press("t")
    expect(waiting).to_be_focused()
    mine.keyboard.press("t")
    expect(waiting).to_have_count(0)
    row = mine.locator(".tl__row", has_text="Support got the first call")
    expect(row).to_be_visible()

    theirs.reload()
    expect(theirs.locator("#timeline")).to_contain_text("Support got the first call")
    expect(theirs.locator("#own-suggestions")).to_contain_text(
        "Taken over by Maren Holt"
    )
    theirs.get_by_role("button", name="More").click()
    theirs.get_by_role("link", name="History").click()
    expect(theirs.locator(".change__note").first).to_have_text(
        "Suggested by Vera Blick"
    )


def test_a_wording_is_put_in_while_somebody_else_types_in_the_section(
    workspace: Open,
    postmortem: Postmortem,
    facilitator: User,
    responder: User,
    viewer: User,
) -> None:
    write(postmortem, facilitator, "An engineer forgot the topic.")
    wording(postmortem, viewer, "An engineer forgot", "Nothing checked")
    mine, theirs = workspace(facilitator), workspace(responder)
    type_in(theirs, postmortem, " Support called")
    mine.locator("[data-suggestion]").get_by_role("button", name="Take over").click()
    expect(editor(theirs, postmortem)).to_contain_text("Nothing checked the topic.")
    theirs.keyboard.type(" twice.")
    both = "Nothing checked the topic. Support called twice."
    expect(editor(theirs, postmortem)).to_have_text(both)
    expect(editor(mine, postmortem)).to_have_text(both)
    expect(mine.locator("[data-suggestion]")).to_have_count(0)


def test_a_suggestion_that_arrives_does_not_disturb_whoever_types(
    workspace: Open, postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    page = workspace(facilitator)
    type_in(page, postmortem, "Half a sen")
    entry(postmortem, viewer)
    expect(page.locator("[data-suggestion]")).to_be_visible()
    page.keyboard.type("tence")
    expect(editor(page, postmortem)).to_have_text("Half a sentence")


def test_a_row_that_changed_since_is_settled_in_its_place(
    workspace: Open,
    add: AddRow,
    postmortem: Postmortem,
    facilitator: User,
    responder: User,
    viewer: User,
) -> None:
    row = add("lessons", text="Seen at nine")
    correction(postmortem, viewer, "lessons", row, text="Seen at ten")
    rows.change_row(
        kind("lessons"),
        postmortem.pk,
        row.pk,
        {"text": "Seen at eleven"},
        version=1,
        by=responder,
        at=NOW,
    )
    page = workspace(facilitator)
    page.locator("[data-suggestion]").get_by_role("button", name="Take over").click()
    dialog = page.locator(f"#lesson-{row.pk}").get_by_role("alertdialog")
    expect(dialog).to_contain_text("Seen at ten")
    expect(dialog).to_contain_text("Seen at eleven")
    dialog.get_by_role("button", name="Keep yours").click()
    expect(page.locator(f"#lesson-{row.pk}")).to_contain_text("Seen at ten")
    expect(page.locator("[data-suggestion]")).to_have_count(0)


def test_a_suggestion_is_declined_where_it_stands_and_the_reason_is_read(
    reading: BrowserOf,
    workspace: Open,
    postmortem: Postmortem,
    facilitator: User,
    viewer: User,
) -> None:
    entry(postmortem, viewer, text="Test alert")
    entry(postmortem, viewer, text="Real alert")
    page = workspace(facilitator)
    first = page.locator("[data-suggestion]", has_text="Test alert")
    first.get_by_role("link", name="Decline").click()
    field = first.get_by_label("Why it stays as it is")
    expect(field).to_be_focused()
    field.fill("That was a drill.")
    page.keyboard.press("Control+Enter")
    expect(first).to_have_count(0)
    expect(page.locator("[data-suggestion]", has_text="Real alert")).to_be_focused()
    expect(reading(viewer).locator("#own-suggestions")).to_contain_text(
        "That was a drill."
    )


def test_a_suggestion_is_changed_first_by_the_form_of_an_edit(
    workspace: Open, postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    entry(postmortem, viewer, text="Pager rang")
    page = workspace(facilitator)
    page.locator("[data-suggestion]").get_by_role("link", name="Change first").click()
    field = page.locator("#slot-timeline").get_by_label("What happened")
    expect(field).to_have_value("Pager rang")
    field.fill("The pager rang twice")
    page.keyboard.press("Control+Enter")
    row = page.locator(".tl__row", has_text="The pager rang twice")
    expect(row).to_be_visible()
    expect(page.locator("[data-suggestion]")).to_have_count(0)


def test_j_and_k_go_from_one_suggestion_to_the_next(
    workspace: Open, postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    for text in ("One", "Two"):
        entry(postmortem, viewer, text=text)
    page = workspace(facilitator)
    notes = page.locator("[data-suggestion]")
    page.locator("#s2").focus()
    page.keyboard.press("t")
    expect(notes.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(notes.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(notes.nth(0)).to_be_focused()


def test_whoever_edits_suggests_instead(
    workspace: Open, add: AddRow, facilitator: User, responder: User
) -> None:
    row = add("lessons", text="Seen at nine")
    mine, theirs = workspace(facilitator), workspace(responder)
    theirs.locator(f"#lesson-{row.pk} [data-edit-row]").focus()
    theirs.keyboard.press("Enter")
    theirs.get_by_label("Lesson", exact=True).fill("Seen at ten")
    theirs.get_by_role("button", name="Suggest instead").click()
    expect(theirs.locator(f"#lesson-{row.pk}")).to_contain_text("Seen at nine")
    expect(mine.locator("[data-suggestion]")).to_contain_text("ten")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_pages_with_suggestions_are_accessible(
    width: int,
    scheme: str,
    reading: BrowserOf,
    workspace: Open,
    add: AddRow,
    postmortem: Postmortem,
    facilitator: User,
    viewer: User,
) -> None:
    row = add("lessons", text="Seen at nine")
    write(postmortem, facilitator, "An engineer forgot the topic.")
    wording(postmortem, viewer, "An engineer forgot", "Nothing checked")
    correction(postmortem, viewer, "lessons", row, text="Seen at ten")
    entry(postmortem, viewer, reason="The log says so.")
    look = {
        "viewport": {"width": width, "height": 900},
        "color_scheme": scheme,
        "reduced_motion": "reduce",
    }
    page = workspace(facilitator, **look)
    if width < 1000:
        page.locator(".railbar [popovertarget='margin']").click()
    page.locator("[data-suggestion]").nth(2).get_by_role("link", name="Decline").click()
    settled(page)
    assert violations(page) == []
    assert no_wider(page)
    page = reading(viewer, **look)
    page.locator("summary", has_text="Suggest a correction").click()
    assert violations(page) == []
    assert no_wider(page)
    page.get_by_role("link", name="Suggest an entry").click()
    expect(page).to_have_url(re.compile("suggest/rows/timeline/add/$"))
    assert violations(page) == []
    assert no_wider(page)


def no_wider(page: Page) -> bool:
    inside: bool = page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    return inside
