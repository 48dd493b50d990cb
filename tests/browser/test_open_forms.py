"""An open form stays as it is, whatever changes around it."""

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from postmortems.models import Postmortem
from postmortems.operations.catalogue import service_named
from tests.browser.workspace import Open, open_row, save, saved, told_of_changes
from tests.fixtures import NINE, AddRow


def test_what_changes_around_an_open_form_leaves_it_alone(
    open_report: Open, facilitator: User, add: AddRow, entries: list[int]
) -> None:
    page = open_report(facilitator)
    field = open_row(page, entries[2])
    field.fill("Not to be touched")
    field.evaluate("field => field.setSelectionRange(4, 6)")
    before = place_of(field)
    add("timeline", occurred_at=NINE - timedelta(hours=1), text="Above it all")
    told_of_changes(page, "timeline", "facts", "outline")
    expect(page.locator(".tl__event", has_text="Above it all")).to_have_count(1)
    expect(field).to_have_value("Not to be touched")
    expect(field).to_be_focused()
    selected = field.evaluate("field => [field.selectionStart, field.selectionEnd]")
    assert selected == [4, 6]
    assert abs(place_of(field) - before) <= 2


def place_of(field: Locator) -> float:
    """Pixels below the top of the window."""
    box = field.bounding_box()
    assert box is not None
    return box["y"]


@pytest.mark.parametrize("name", ["Title", "Started", "Severity", "Affected services"])
def test_an_open_field_stays_when_its_part_is_fetched_again(
    name: str, open_report: Open, facilitator: User
) -> None:
    page = open_report(facilitator)
    page.get_by_role("link", name=f"Edit {name}").click()
    form = page.get_by_role("form", name=name)
    form.evaluate("form => { form.dataset.same = 'yes'; }")
    with page.expect_response("**/parts/**"):
        told_of_changes(page, "facts", "outline")
    expect(page.get_by_role("link", name="Edit TL;DR")).to_be_visible()
    expect(form).to_have_attribute("data-same", "yes")
    expect(page.locator("#facts [data-editing]")).to_have_count(1)
    assert ids_that_stand_twice(page) == []


def ids_that_stand_twice(page: Page) -> list[str]:
    twice: list[str] = page.evaluate(
        """() => {
            const all = [...document.querySelectorAll("[id]")].map(one => one.id);
            return all.filter((id, at) => all.indexOf(id) !== at);
        }"""
    )
    return twice


def test_a_form_says_that_its_row_was_saved_by_somebody_else(
    open_unheld: Open, facilitator: User, responder: User, entries: list[int]
) -> None:
    page, other = open_unheld(facilitator), open_unheld(responder)
    open_row(page, entries[0])
    open_row(other, entries[0]).fill("Saved meanwhile")
    save(other)
    told_of_changes(page, "timeline")
    expect(
        page.get_by_text("This was saved by somebody else while you were writing.")
    ).to_be_visible()


def write_summary(page: Page, text: str) -> None:
    page.get_by_role("link", name="Write Summary").click()
    expect(prose(page)).to_be_focused()
    page.keyboard.type(text)


def prose(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Summary (optional)")


def test_prose_is_saved_while_it_is_written(
    open_plain: Open, facilitator: User, postmortem: Postmortem
) -> None:
    page = open_plain(facilitator)
    write_summary(page, "It began at nine.")
    saved(page)
    expect(prose(page)).to_be_focused()
    assert postmortem.sections.get(key="summary").body == "It began at nine."
    page.keyboard.press("Escape")
    expect(page.locator("#summary")).to_contain_text("It began at nine.")


def test_prose_that_somebody_else_saved_waits_for_a_choice(
    open_plain: Open, facilitator: User, responder: User
) -> None:
    page, other = open_plain(facilitator), open_plain(responder)
    write_summary(other, "From Priya")
    write_summary(page, "From Maren")
    save(other)
    expect(page.locator("#savestate")).to_have_text("Two versions")
    expect(prose(page)).to_have_value("From Maren")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alertdialog")).to_contain_text("From Priya")


def test_the_outline_follows_the_reader(open_report: Open, facilitator: User) -> None:
    page = open_report(facilitator)
    page.keyboard.press("Alt+4")
    expect(page.locator(".outline [aria-current]")).to_contain_text("Lessons")


def test_a_service_is_taken_from_the_catalogue(
    open_report: Open, facilitator: User, postmortem: Postmortem
) -> None:
    service_named("Kafka", restricted=False)
    page = open_report(facilitator)
    page.get_by_role("link", name="Edit Affected services").click()
    page.get_by_role("textbox", name="Affected services").fill("ProductService (API)")
    page.get_by_label("From the catalogue").fill("Kafka")
    page.keyboard.press("Enter")
    save(page)
    services = postmortem.incident.affected.order_by("position")
    assert [row.service.name for row in services] == ["ProductService", "Kafka"]
