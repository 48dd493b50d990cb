"""The list of actions in a browser: a manager's morning, keys, narrow windows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Team, User
from actions.models import ActionItem
from tests.browser.conftest import BrowserOf, settled
from tests.browser.test_accessible import check
from tests.written import a_person, a_report, a_team

PASSWORD = "quite-a-long-password"
TODAY = datetime.now(UTC).date()


@pytest.fixture
def manager(transactional_db: None) -> User:
    """She manages a team that is late with three promises."""
    manager = a_person("Mona Vidal")
    manager.set_password(PASSWORD)
    manager.save()
    facilitator = a_person("Maren Holt")
    delivery = a_team("Delivery", a_person("Jonas Adeyemi"))
    Team.objects.filter(pk=delivery.pk).update(manager=manager)
    a_team("Payments")
    report = a_report(facilitator, "Checkout errors after a gateway restart")
    for what, days in (
        ("Pin the gateway base image", -9),
        ("Alert on replica lag", -3),
        ("Rehearse the failover", -1),
        ("Retry with back-off", 12),
    ):
        ActionItem.objects.create(
            postmortem=report,
            description=what,
            owner_team=delivery,
            due_on=TODAY + timedelta(days=days),
            types=["detective"],
            created_at=datetime.now(UTC),
        )
    return manager


def teams_of() -> list[str]:
    found = ActionItem.objects.order_by("due_on").select_related("owner_team")
    return [action.owner_team.name if action.owner_team else "" for action in found]


def toolbar(page: Page) -> Any:
    return page.get_by_role("toolbar", name="Change the selected actions")


def dialog(page: Page) -> Any:
    return page.get_by_role("dialog", name="Reassign")


def test_a_managers_morning(browser_of: BrowserOf, manager: User) -> None:
    """From the link in the digest to the list, to another team, back, and out."""
    page = browser_of()
    page.goto("/actions/?show=open")
    page.get_by_label("E-mail address").fill(manager.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/actions/?show=open")
    page.get_by_role("link", name="Overdue and due soon").click()
    expect(page.get_by_text("3 overdue")).to_be_visible()

    page.get_by_label("Select: Pin the gateway base image").check()
    page.get_by_label("Select: Rehearse the failover").click(modifiers=["Shift"])
    expect(toolbar(page)).to_contain_text("3 selected")
    toolbar(page).get_by_role("button", name="Reassign").click()
    dialog(page).get_by_label("Team").select_option(label="Payments")
    dialog(page).get_by_role("button", name="Show what changes").click()
    expect(dialog(page).get_by_role("listitem")).to_have_count(3)
    dialog(page).get_by_role("button", name="Change 3 actions").click()

    undo = page.locator("#undo")
    expect(undo).to_contain_text("3 actions changed.")
    expect(dialog(page)).to_be_hidden()
    assert teams_of() == ["Payments"] * 3 + ["Delivery"]
    settled(page)
    expect(page.locator("tbody .owner", has_text="Payments")).to_have_count(3)

    page.keyboard.press("Control+z")
    expect(undo).to_contain_text("3 actions are as they were.")
    expect(page.locator("tbody .owner", has_text="Payments")).to_have_count(0)
    assert teams_of() == ["Delivery"] * 4

    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    text = download.value.path().read_text("utf-8-sig")
    assert text.count("Delivery") == 4
    assert download.value.suggested_filename == f"actions-{TODAY.isoformat()}.csv"


def test_the_list_is_worked_with_the_keyboard_alone(
    browser_of: BrowserOf, manager: User
) -> None:
    page = browser_of(manager)
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url("**/actions/")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="Pin the gateway base image")).to_be_focused()
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(toolbar(page)).to_contain_text("3 selected")
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(toolbar(page)).to_contain_text("2 selected")
    page.keyboard.press("/")
    page.keyboard.type("failover")
    expect(page.locator("#actions tr:not(.group) .what")).to_have_count(1)
    page.get_by_role("link", name="Rehearse the failover").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/actions/*/")


def test_the_list_and_its_dialog_are_accessible_and_fit(
    browser_of: BrowserOf, manager: User
) -> None:
    page = browser_of(manager)
    page.goto("/actions/")
    expect(page.locator(".ledger--teams")).to_be_visible()
    page.get_by_label("Select all on this page").check()
    check(page, 1440, 390)
    page.set_viewport_size({"width": 390, "height": 844})
    toolbar(page).get_by_role("button", name="Reassign").click()
    check(page, 390)
    dialog(page).get_by_label("Team").select_option(label="Payments")
    dialog(page).get_by_role("button", name="Show what changes").click()
    expect(dialog(page).get_by_role("listitem")).to_have_count(4)
    check(page, 390)
    page.goto("/actions/ageing/")
    check(page, 390)


def test_without_scripts_it_is_plain_forms(
    browser_of: BrowserOf, manager: User
) -> None:
    page = browser_of(manager, java_script_enabled=False)
    page.goto("/actions/?show=open")
    page.get_by_label("Select: Pin the gateway base image").check()
    page.get_by_role("button", name="Priority", exact=True).last.click()
    page.get_by_label("Priority").select_option("high")
    page.get_by_role("button", name="Show what changes").click()
    page.get_by_role("button", name="Change 1 action").click()
    page.wait_for_url("**/actions/?show=open")
    assert ActionItem.objects.filter(priority="high").count() == 1
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("1 action is as it was.")).to_be_visible()
    assert not ActionItem.objects.filter(priority="high").exists()
