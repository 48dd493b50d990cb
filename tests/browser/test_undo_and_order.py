"""Deletions taken back, and rows put in order by hand."""

import pytest
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.workspace import Open, open_row, row, told_of_changes
from tests.fixtures import AddRow


@pytest.mark.parametrize("by", ["button", "key"])
def test_a_deletion_is_undone(
    by: str, open_report: Open, facilitator: User, entries: list[int]
) -> None:
    page = open_report(facilitator)
    open_row(page, entries[1])
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted: Entry 10:00:00")).to_be_visible()
    if by == "button":
        page.get_by_role("button", name="Undo").click()
    else:
        page.keyboard.press("Control+z")
    expect(row(page, entries[1])).to_contain_text("Entry 1")
    expect(row(page, entries[1]).locator(":focus")).to_have_count(1)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_several_deletions_are_undone_one_after_the_other(
    open_report: Open, facilitator: User, entries: list[int]
) -> None:
    page = open_report(facilitator)
    for pk in entries[:2]:
        open_row(page, pk)
        page.get_by_role("button", name="Delete").click()
        expect(row(page, pk)).to_have_count(0)
    for pk in reversed(entries[:2]):
        page.keyboard.press("Control+z")
        expect(row(page, pk)).to_have_count(1)


@pytest.fixture
def lessons(add: AddRow) -> list[int]:
    return [add("lessons", text=f"Lesson {number}").pk for number in range(3)]


def test_alt_and_the_arrows_move_a_row_and_keep_the_focus(
    open_report: Open, facilitator: User, lessons: list[int]
) -> None:
    page = open_report(facilitator)
    first = page.locator(f"#lesson-{lessons[0]}")
    first.locator("[data-edit-row]").focus()
    page.keyboard.press("Alt+ArrowDown")
    column = page.get_by_role("list", name="What went well").locator("li")
    expect(column).to_contain_text(["Lesson 1", "Lesson 0", "Lesson 2"])
    expect(first.locator(":focus")).to_have_count(1)


def test_a_row_is_dragged_to_another_place_and_column(
    open_report: Open, facilitator: User, lessons: list[int]
) -> None:
    page = open_report(facilitator)
    last = page.locator(f"#lesson-{lessons[2]}")
    last.hover()
    last.locator("[data-grip]").drag_to(
        page.locator(f"#lesson-{lessons[0]}"), target_position={"x": 5, "y": 2}
    )
    well = page.get_by_role("list", name="What went well").locator("li")
    expect(well).to_contain_text(["Lesson 2", "Lesson 0", "Lesson 1"])
    last.hover()
    wrong = page.get_by_role("list", name="What went wrong")
    last.locator("[data-grip]").drag_to(wrong)
    expect(wrong.locator("li")).to_contain_text(["Lesson 2"])


def test_what_others_change_waits_until_a_dragged_row_is_let_go(
    open_report: Open, facilitator: User, lessons: list[int], add: AddRow
) -> None:
    page = open_report(facilitator)
    last = page.locator(f"#lesson-{lessons[2]}")
    last.hover()
    last.locator("[data-grip]").hover()
    page.mouse.down()
    added = page.locator(f"#lesson-{add('lessons', text='Theirs').pk}")
    with page.expect_response("**/parts/**"):
        told_of_changes(page, "lessons")
    expect(last).to_have_attribute("draggable", "true")
    expect(added).to_have_count(0)
    page.locator(f"#lesson-{lessons[0]}").hover(position={"x": 5, "y": 2})
    page.mouse.up()
    expect(added).to_be_visible()
    well = page.get_by_role("list", name="What went well").locator("li")
    expect(well.first).to_contain_text("Lesson 2")


def test_a_factor_is_dragged_to_another_bone(
    workspace: Open, facilitator: User, add: AddRow
) -> None:
    pk = add("factors", category="people").pk
    page = workspace(facilitator)
    bone = page.locator(".bone", has_text="Process")
    page.locator(f"#factor-{pk}").drag_to(bone.locator("ul"))
    expect(bone.locator(f"#factor-{pk}")).to_be_visible()
