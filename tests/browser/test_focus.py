"""Keys and the focus: where the next key lands, after everything that can be done."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.workspace import Open, open_row, row, save, time_field
from tests.fixtures import NINE, AddRow


def test_a_click_on_a_row_opens_it_at_its_first_field(
    open_report: Open, facilitator: User, entries: list[int]
) -> None:
    page = open_report(facilitator)
    open_row(page, entries[1])
    expect(time_field(page)).to_be_focused()


def test_saving_a_row_returns_the_focus_to_it(
    open_report: Open, facilitator: User, entries: list[int]
) -> None:
    page = open_report(facilitator)
    open_row(page, entries[1]).fill("Written anew")
    save(page)
    expect(row(page, entries[1]).locator(":focus")).to_have_attribute(
        "href", re.compile(rf"rows/timeline/{entries[1]}/edit/$")
    )
    expect(row(page, entries[1])).to_contain_text("Written anew")


def test_an_added_row_gets_the_focus(
    open_report: Open, facilitator: User, entries: list[int]
) -> None:
    page = open_report(facilitator)
    page.keyboard.press("e")
    expect(time_field(page)).to_be_focused()
    page.keyboard.type("10:30")
    page.get_by_label("What happened").fill("In between")
    save(page)
    expect(page.locator(".tl__row:focus-within")).to_contain_text("In between")
    expect(page.locator(".tl__row .tl__event")).to_have_text(
        ["Entry 0", "Entry 1", "In between", "Entry 2"]
    )


@pytest.mark.parametrize(("at", "heir"), [(0, 1), (1, 2), (2, 1)])
def test_deleting_moves_the_focus_to_the_next_row_or_the_one_before(
    at: int, heir: int, open_report: Open, facilitator: User, entries: list[int]
) -> None:
    page = open_report(facilitator)
    open_row(page, entries[at])
    page.get_by_role("button", name="Delete").click()
    expect(row(page, entries[at])).to_have_count(0)
    expect(row(page, entries[heir]).locator(":focus")).to_have_count(1)


def test_deleting_the_last_row_moves_the_focus_to_the_way_to_add_one(
    open_report: Open, facilitator: User, add: AddRow
) -> None:
    pk = add("timeline").pk
    page = open_report(facilitator)
    open_row(page, pk)
    page.get_by_role("button", name="Delete").click()
    expect(
        page.get_by_text("Nothing yet. Start with how you found out.")
    ).to_be_visible()
    expect(page.locator("#timeline a[hx-get]:focus")).to_have_count(1)


def test_a_wrong_field_gets_the_focus_and_keeps_what_was_typed(
    open_report: Open, facilitator: User, entries: list[int]
) -> None:
    page = open_report(facilitator)
    open_row(page, entries[0]).fill("Not lost")
    time_field(page).fill("yesterday-ish")
    page.get_by_label("What happened").focus()
    page.keyboard.press("Control+Enter")
    expect(time_field(page)).to_be_focused()
    expect(time_field(page)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("What happened")).to_have_value("Not lost")
    expect(page.locator("#savestate")).to_have_text("Not saved")


def test_rows_are_walked_with_j_and_k(
    open_report: Open, facilitator: User, entries: list[int]
) -> None:
    page = open_report(facilitator)
    row(page, entries[0]).locator("[data-edit-row]").focus()
    page.keyboard.press("j")
    expect(row(page, entries[1]).locator(":focus")).to_have_count(1)
    page.keyboard.press("k")
    expect(row(page, entries[0]).locator(":focus")).to_have_count(1)


def test_brackets_go_from_one_thing_to_settle_to_the_next(
    open_report: Open, facilitator: User, add: AddRow
) -> None:
    early = add("timeline", occurred_at=NINE - timedelta(hours=1)).pk
    page = open_report(facilitator)
    links = page.locator(".readiness > ul a")
    at = [link.get_attribute("href") for link in links.all()].index(f"#entry-{early}")
    for _press in range(at + 1):
        page.keyboard.press("]")
    expect(row(page, early).locator(":focus")).to_have_count(1)
    page.keyboard.press("[")
    expect(row(page, early).locator(":focus")).to_have_count(0)


def test_keys_that_the_profile_turned_off_do_nothing(
    open_report: Open, facilitator: User
) -> None:
    facilitator.shortcuts = False
    facilitator.save()
    page = open_report(facilitator)
    page.keyboard.press("e")
    page.keyboard.press("?")
    page.keyboard.press("Alt+2")
    expect(page.locator("#s2")).to_be_focused()
    expect(page.locator("[data-editing]")).to_have_count(0)
    expect(page.locator("#keys")).not_to_be_visible()


def test_letters_in_a_field_are_letters(
    open_report: Open, facilitator: User, entries: list[int]
) -> None:
    page = open_report(facilitator)
    open_row(page, entries[0]).fill("")
    page.keyboard.type("jeaf/?")
    expect(page.get_by_label("What happened")).to_have_value("jeaf/?")
    expect(page.locator("[data-editing]")).to_have_count(1)


def test_the_list_of_keys_opens_and_closes(
    open_report: Open, facilitator: User
) -> None:
    page = open_report(facilitator)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_g_goes(open_report: Open, facilitator: User) -> None:
    page = open_report(facilitator)
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/incidents/")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url(re.compile(r"://[^/]+/$"))
    page.keyboard.press("/")
    expect(page.get_by_label("Search incidents")).to_be_focused()


def test_every_control_is_reached_with_tab_and_seen(
    open_report: Open, facilitator: User, entries: list[int]
) -> None:
    page = open_report(facilitator)
    hidden = page.evaluate(
        """async () => {
            const hidden = [];
            for (const one of document.querySelectorAll("main a, main button")) {
                one.focus();
                if (document.activeElement !== one) continue;
                await Promise.all(one.getAnimations().map((run) => run.finished));
                if (getComputedStyle(one).opacity < 1) hidden.push(one.outerHTML);
            }
            return hidden;
        }"""
    )
    assert hidden == []
