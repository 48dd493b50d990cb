"""Two people at the same thing: nothing is lost, whichever way out they take."""

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from postmortems.models import Postmortem
from tests.browser.workspace import Open, drafts, open_row, row, save


@pytest.fixture
def late(
    open_unheld: Open, facilitator: User, responder: User, entries: list[int]
) -> Page:
    """Maren's window, who saves an entry that Priya saved while she wrote."""
    page, other = open_unheld(facilitator), open_unheld(responder)
    open_row(page, entries[0]).fill("From Maren")
    open_row(other, entries[0]).fill("From Priya")
    save(other)
    page.keyboard.press("Control+Enter")
    expect(dialog(page)).to_be_visible()
    return page


def dialog(page: Page) -> Locator:
    return page.get_by_role("alertdialog")


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def closed(page: Page) -> None:
    expect(page.locator("[data-editing]")).to_have_count(0)


def test_a_late_save_shows_both_versions(late: Page) -> None:
    expect(dialog(late)).to_contain_text("From Maren")
    expect(dialog(late)).to_contain_text("From Priya")
    expect(dialog(late).get_by_role("button", name="Keep yours")).to_be_focused()
    expect(late.locator("#savestate")).to_have_text("Two versions of Entry 09:00:00")


def test_yours_is_kept(late: Page, entries: list[int]) -> None:
    press(late, "Keep yours")
    closed(late)
    expect(row(late, entries[0])).to_contain_text("From Maren")
    assert drafts(late) == []


def test_theirs_is_kept(late: Page, entries: list[int]) -> None:
    press(late, "Keep Priya’s")
    closed(late)
    expect(row(late, entries[0])).to_contain_text("From Priya")
    expect(row(late, entries[0]).locator(":focus")).to_have_count(1)
    assert drafts(late) == []


def test_both_are_put_in_and_edited(
    late: Page, entries: list[int], postmortem: Postmortem
) -> None:
    press(late, "Put both in")
    field = late.get_by_role("textbox", name="What happened")
    expect(field).to_have_value("From Priya\n\nFrom Maren")
    expect(late.get_by_text("Both versions are in the form.")).to_be_visible()
    field.fill("From both")
    save(late)
    assert postmortem.timeline.get(pk=entries[0]).text == "From both"


def test_closing_the_dialog_keeps_what_was_typed(
    late: Page, entries: list[int]
) -> None:
    late.keyboard.press("Escape")
    expect(row(late, entries[0])).to_contain_text("From Priya")
    open_row(late, entries[0])
    expect(late.get_by_role("textbox", name="What happened")).to_have_value(
        "From Maren"
    )


def test_both_versions_stay_in_the_history(
    late: Page, entries: list[int], postmortem: Postmortem
) -> None:
    press(late, "Keep yours")
    closed(late)
    expect(row(late, entries[0])).to_contain_text("From Maren")
    changes = postmortem.history.filter(object_id=entries[0])
    texts = set(changes.values_list("after__text", flat=True))
    assert {"From Maren", "From Priya"} <= texts


def test_what_was_deleted_meanwhile_can_be_brought_back_with_your_text(
    open_unheld: Open, facilitator: User, responder: User, entries: list[int]
) -> None:
    page, other = open_unheld(facilitator), open_unheld(responder)
    open_row(page, entries[0]).fill("From Maren")
    open_row(other, entries[0])
    press(other, "Delete")
    expect(row(other, entries[0])).to_have_count(0)
    page.keyboard.press("Control+Enter")
    expect(dialog(page)).to_contain_text("This was deleted while you were writing.")
    press(page, "Bring it back with your text")
    expect(row(page, entries[0])).to_contain_text("From Maren")
    expect(row(page, entries[0]).locator(":focus")).to_have_count(1)


def test_a_field_has_two_versions_too(
    open_unheld: Open, facilitator: User, responder: User
) -> None:
    page, other = open_unheld(facilitator), open_unheld(responder)
    for window, text in ((other, "From Priya"), (page, "From Maren")):
        window.get_by_role("link", name="Edit TL;DR").click()
        window.get_by_role("textbox", name="TL;DR").fill(text)
    save(other)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#savestate")).to_have_text("Two versions of TL;DR")
    press(page, "Put both in")
    expect(page.get_by_role("textbox", name="TL;DR")).to_have_value(
        "From Priya / From Maren"
    )
