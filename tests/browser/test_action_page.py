"""An action's own page: by keyboard, in a narrow window, in two, without scripts."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from actions.models import ActionItem
from actions.operations import checklists, depending
from actions.operations.settling import settle_action
from postmortems.models import Postmortem
from postmortems.operations import discussion
from tests.browser.conftest import BrowserOf, settled
from tests.browser.hand import Hand
from tests.browser.test_accessible import check
from tests.fixtures import NOW, AddRow
from tests.publishing import publish


@pytest.fixture
def action(add: AddRow, postmortem: Postmortem, facilitator: User) -> ActionItem:
    """A promise with a factor, two steps, something it waits for, and a comment."""
    factor = add("factors", text="Nothing checked the variables before a deploy")
    add("actions", description="Agree on the names of variables", due_on="2026-04-01")
    row = add("actions", due_on="2026-03-15", factors=[factor.pk], types=["detective"])
    publish(postmortem, facilitator)
    first, found = ActionItem.objects.order_by("pk")
    assert found.pk == row.pk
    common: dict[str, Any] = {"by": facilitator, "at": NOW}
    for text in ("List the variables", "Check them in the pipeline"):
        step = checklists.add_subtask(found, text, **common)
    checklists.tick_subtask(found, step.pk, done=True, **common)
    depending.add_dependency(found, first, **common)
    about = discussion.About("row:actions", found.pk, quote=found.description)
    discussion.start_thread(postmortem.pk, about, "Which pipeline?", **common)
    settle_action(
        postmortem.pk,
        found.pk,
        {"due_on": "2026-04-20", "because": "The pipeline is being replaced"},
        version=found.version,
        **common,
    )
    return ActionItem.objects.get(pk=found.pk)


def opened(page: Page, action: ActionItem) -> Page:
    page.goto(f"/actions/{action.pk}/")
    return page


def test_the_pages_are_accessible_and_fit(
    browser_of: BrowserOf, facilitator: User, action: ActionItem
) -> None:
    page = opened(browser_of(facilitator), action)
    page.evaluate("document.querySelectorAll('details').forEach((d) => d.open = true)")
    check(page, 1440, 390)
    page.goto("/actions/mine/")
    check(page, 390)


def test_it_is_done_with_the_keyboard_alone(
    browser_of: BrowserOf, facilitator: User, action: ActionItem
) -> None:
    page = opened(browser_of(facilitator), action)
    hand = Hand(page)
    hand.tab_to("Status")
    page.keyboard.type("Done")
    hand.tab_to("What shows that it is done")
    hand.tab_to("Save")
    hand.press("Enter")
    expect(page.get_by_text("Say what shows that it is done")).to_be_visible()
    page.locator("#settle_evidence").focus()
    hand.write("https://ci.example/run/12")
    hand.tab_to("Save")
    hand.press("Enter")
    expect(page.locator("#part-standing")).to_contain_text("Done")
    link = page.locator("#part-standing a", has_text="https://ci.example/run/12")
    expect(link).to_be_visible()
    hand.tab_to("List the variables")
    hand.press("Space")
    tick = page.get_by_role("checkbox", name="List the variables")
    expect(tick).to_have_attribute("aria-checked", "true")
    assert hand.focused == "List the variables"


def test_a_deleted_step_comes_back(
    browser_of: BrowserOf, facilitator: User, action: ActionItem
) -> None:
    page = opened(browser_of(facilitator), action)
    steps = page.locator(".steps > li")
    page.locator(".steps__more > summary").first.click()
    page.get_by_role("button", name="Delete List the variables").click()
    expect(steps).to_have_count(1)
    page.locator("#undo").get_by_role("button", name="Undo").click()
    expect(steps).to_have_count(2)


def test_of_two_windows_neither_loses_anything(
    browser_of: BrowserOf, facilitator: User, responder: User, action: ActionItem
) -> None:
    mine = opened(browser_of(facilitator), action)
    theirs = opened(browser_of(responder), action)
    mine.locator("#say_text").fill("A comment that is being written")
    mine.locator("#settle_because").fill("Mine")
    theirs.locator("#settle_status").select_option("in_progress")
    theirs.locator("#settle_save").click()
    expect(theirs.locator("#part-standing")).to_contain_text("In progress")
    mine.locator("#settle_due").fill("2026-05-01")
    mine.locator("#settle_save").click()
    warning = mine.locator("#form-settle [role=alert]")
    expect(warning).to_contain_text("In progress")
    expect(mine.locator("#settle_due")).to_have_value("2026-05-01")
    expect(mine.locator("#say_text")).to_have_value("A comment that is being written")
    mine.locator("#settle_save").click()
    settled(mine)
    expect(mine.locator("#part-standing")).to_contain_text("moved twice")


def test_whoever_comes_back_sees_what_others_did(
    browser_of: BrowserOf, facilitator: User, action: ActionItem
) -> None:
    page = opened(browser_of(facilitator), action)
    page.clock.install()
    opened(page, action)
    checklists.add_subtask(action, "Tell support", by=facilitator, at=NOW)
    page.clock.fast_forward(5_000)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator(".steps")).to_contain_text("Tell support")


def test_without_scripts_forms_are_forms(
    browser_of: BrowserOf, facilitator: User, action: ActionItem
) -> None:
    page = opened(browser_of(facilitator, java_script_enabled=False), action)
    page.get_by_role("checkbox", name="List the variables").click()
    expect(page.get_by_text("2 of 2 done")).to_be_visible()
    page.locator("#say_text").fill("The new one")
    page.locator("#say_save").click()
    expect(page.locator("#talk")).to_contain_text("The new one")
