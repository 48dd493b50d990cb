"""An administrator writes a policy, tries it, and switches it on."""

import re

import pytest
from django.core.cache import caches
from playwright.sync_api import Page, expect

from accounts.models import Team, User
from actions.models import DayOff, Policy
from actions.operations import reporting
from outbound.models import Delivery, DeliveryState, Pulse
from postmortems.models import Postmortem, Severity
from tests.browser.conftest import BrowserOf
from tests.browser.test_accessible import check
from tests.browser.workspace import Open
from tests.fixtures import NOW, AddRow

NO_TICK = re.compile("No tick for|No reminder and no message leaves")


@pytest.fixture
def promised(add: AddRow, member: User) -> None:
    team = Team.objects.create(name="Payments")
    add(
        "actions",
        owner_team_id=team.pk,
        owner_person_id=member.pk,
        due_on="2026-03-12",
        priority="high",
    )


def test_a_policy_is_written_tried_and_switched_on(
    browser_of: BrowserOf, administrator: User, promised: None
) -> None:
    page = browser_of(administrator)
    page.goto("/settings/policies/")
    page.get_by_role("button", name="Change these Actions").click()
    expect(
        page.get_by_role("link", name="All other actions", exact=True)
    ).to_be_visible()
    check(page, 1440, 390)
    page.get_by_role("link", name="Add a policy for Actions").click()
    page.get_by_label("Name").fill("High priority")
    page.get_by_label("High").check()
    page.get_by_label("Due after").fill("10")
    page.get_by_label("Counted in").select_option("working")
    check(page, 390)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Try High priority")).to_be_visible()
    expect(page.get_by_text("It holds for 1 action.")).to_be_visible()
    check(page, 390)
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_text("High priority is on.")).to_be_visible()
    move_down(page, "High priority")
    assert Policy.objects.get(name="High priority").position == 2


def move_down(page: Page, name: str) -> None:
    page.get_by_role("button", name=f"Ask {name} later").focus()
    page.keyboard.press("Enter")
    first = page.locator("ol.policies > li").first
    expect(first).not_to_contain_text(name)


def test_the_date_that_is_offered_is_filled_in_by_a_key(
    open_report: Open, facilitator: User, postmortem: Postmortem
) -> None:
    postmortem.incident.severity = Severity.objects.get_or_create(
        rank=2, defaults={"label": "SEV-2", "definition": "Serious"}
    )[0]
    postmortem.incident.save()
    Policy.objects.create(
        name="Urgent", enabled=True, priorities=["high"], deadline_days=0
    )
    page = open_report(facilitator)
    page.locator("a[href$='rows/actions/add/']").first.focus()
    page.keyboard.press("Enter")
    offer = page.locator("[data-offer-url]")
    expect(offer).to_contain_text("SEV-2 actions are due by")
    before = offer.locator("time").get_attribute("datetime")
    page.get_by_label("Priority").select_option("high")
    expect(offer.locator("time")).not_to_have_attribute("datetime", before or "")
    offer.get_by_role("button", name="Use this date").focus()
    page.keyboard.press("Enter")
    due = page.get_by_label("Due", exact=True)
    expect(due).to_be_focused()
    expect(due).to_have_value(offer.locator("time").get_attribute("datetime") or "")
    check(page, 390)


def test_the_other_pages_of_follow_through_are_accessible_and_fit(
    browser_of: BrowserOf, administrator: User, member: User
) -> None:
    Delivery.objects.create(
        key="failed",
        kind="reminder",
        channel="mail",
        recipient=member,
        state=DeliveryState.FAILED,
        created_at=NOW,
        due_at=NOW,
        error="The mail server refused the recipient (550).",
    )
    Pulse.objects.create(name="tick", beat_at=NOW)
    caches["fragments"].clear()  # what was asked of the tick before
    DayOff.objects.create(on="2026-12-24", name="Christmas Eve")
    reporting.subscribe(
        member, rhythm="weekly", scope="teams", by=administrator, at=NOW
    )
    page = browser_of(administrator)
    for address in ("operations", "reports", "days-off"):
        page.goto(f"/settings/{address}/")
        expect(page.get_by_text(NO_TICK).first).to_be_visible()
        check(page, 390)
