"""What people want to be told, and what they are told while a report is open."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from accounts.models import User
from outbound import sending
from outbound.access import wanted
from outbound.models import Channel
from tests.browser.conftest import BrowserOf
from tests.browser.test_accessible import check
from tests.browser.workspace import Open
from tests.http_server import Elsewhere
from tests.outbound import Plain, told


def test_somebody_settles_what_they_are_told(
    browser_of: BrowserOf, facilitator: User, elsewhere: Elsewhere
) -> None:
    page = browser_of(facilitator)
    page.goto("/settings/notifications/")
    check(page, 1440, 390)
    page.get_by_role("checkbox", name="Weekly report: Mail").uncheck()
    page.get_by_label("Not before").fill("08:30")
    page.get_by_role("checkbox", name="Friday").uncheck()
    page.get_by_label("Public holidays").fill("DE-BE")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Notifications saved.")).to_be_visible()
    expect(page.get_by_role("checkbox", name="Weekly report: Mail")).not_to_be_checked()
    expect(page.get_by_label("Not before")).to_have_value("08:30")
    assert not wanted([facilitator.pk])(facilitator.pk, "weekly", Channel.MAIL)

    page.get_by_role("link", name="Add a chat").click()
    page.get_by_label("Name").fill("My messages")
    page.get_by_label("Address").fill(f"{elsewhere.address}/hooks/own")
    check(page, 390)
    page.get_by_role("button", name="Add").click()
    page.get_by_role("button", name="Send a message to try").click()
    expect(page.get_by_text("Delivered to My messages.")).to_be_visible()
    assert [got.path for got in elsewhere.got] == ["/hooks/own"]
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("None yet.")).to_be_visible()


@pytest.fixture
def noon(facilitator: User) -> datetime:
    """A moment at which they may be told something."""
    return datetime(2026, 3, 9, 12, tzinfo=UTC)


def test_a_notice_shows_in_every_open_page_of_its_person(
    workspace: Open,
    facilitator: User,
    responder: User,
    teller: Plain,
    noon: datetime,
) -> None:
    pages = [workspace(facilitator), workspace(facilitator)]
    others = workspace(responder)
    told(facilitator, "Alert on stale data", at=noon)
    sending.send_due(noon, {Channel.PAGE})
    for page in pages:
        shown = page.get_by_role("group", name="What you were told")
        expect(shown.get_by_role("link", name="Alert on stale data")).to_be_visible()
        expect(shown).to_contain_text("Due on Friday")
    check(pages[0], 390)
    pages[0].get_by_role("button", name="Dismiss").click()
    expect(pages[0].get_by_role("group", name="What you were told")).to_have_count(0)
    expect(others.get_by_role("group", name="What you were told")).to_have_count(0)

    pages[1].goto("/notices/")
    line = pages[1].get_by_role("row").filter(has_text="Alert on stale data")
    expect(line).to_contain_text("You own it.")
    check(pages[1], 1440, 390)
