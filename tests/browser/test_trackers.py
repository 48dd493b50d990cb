"""An administrator connects Jira, maps a project, and says who is who."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from integrations.models import Connection, IssueLink
from integrations.trackers.adapter import Person, Receipt
from integrations.trackers.operations import keeping_step, linking, receiving
from tests.browser.conftest import BrowserOf
from tests.browser.test_accessible import check
from tests.fixtures import NOW, AddRow
from tests.trackers.jira import TOKEN, JiraServer


@pytest.fixture
def jira(settings: Any) -> Iterator[JiraServer]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1:*"]
    with JiraServer().listening() as server:
        yield server


def test_a_tracker_is_connected_and_looked_after(
    browser_of: BrowserOf,
    administrator: User,
    facilitator: User,
    jira: JiraServer,
    add: AddRow,
) -> None:
    page = browser_of(administrator)
    page.goto("/settings/trackers/")
    check(page, 1440, 390)
    page.get_by_role("link", name="Connect Jira Cloud").click()
    page.get_by_label("Address", exact=True).fill(jira.url)
    page.get_by_label("Account (e-mail address)").fill("bot@jira.example")
    page.get_by_label("API token").fill(TOKEN)
    check(page, 390)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_text("It answers, and knows the account.")).to_be_visible()

    page.get_by_role("link", name="Map a project").click()
    page.get_by_label("Project key").fill("OPS")
    check(page, 390)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Statuses OPS").click()
    page.get_by_label("In Progress (optional)").select_option("open")
    check(page, 390)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Set a secret").click()
    expect(page.get_by_label("Signing secret")).to_be_visible()

    fill(Connection.objects.get(), facilitator, add)
    page.goto(page.url.replace("secret/", ""))
    page.get_by_role("button", name="Is Maren Holt").click()
    who = page.get_by_role("region", name="Who is who")
    expect(who.get_by_role("link", name="Change")).to_be_visible()
    check(page, 1440, 390)


def fill(connection: Connection, facilitator: User, add: AddRow) -> None:
    """What comes with time: an account, an event, an issue that needs somebody."""
    known = Person("5f8a", "Maren in Jira", facilitator.email)
    keeping_step.meet(connection, known, None)
    receiving.keep_event(connection, Receipt("1", "jira:issue_updated"), b"{}", at=NOW)
    action: Any = add("actions")
    linking.start_issue(action, connection, by=facilitator, at=NOW)
    IssueLink.objects.update(state="two_versions", issue_key="OPS-12")
