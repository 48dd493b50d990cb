"""From an action to an issue and back: made here, closed there, settled where both
moved.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import User
from actions.models import ActionItem
from actions.operations.settling import settle_action
from integrations.models import Connection
from integrations.trackers import syncing
from integrations.trackers.operations import connecting
from integrations.trackers.operations.connecting import Destination, Terms
from tests.browser.conftest import BrowserOf
from tests.browser.test_accessible import check
from tests.fixtures import NOW, AddRow
from tests.trackers.github import TOKEN, GitHubServer

SECRET = "a secret of the hook"


@pytest.fixture
def github(settings: Any) -> Iterator[GitHubServer]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1:*"]
    with GitHubServer().listening() as listening:
        listening.now = timezone.now()
        yield listening


@pytest.fixture
def tracker(github: GitHubServer, administrator: User) -> Connection:
    terms = Terms("GitHub", github.url, secret=TOKEN)
    made = connecting.connect("github", terms, by=administrator, at=NOW)
    connecting.map_project(made, Destination("acme/shop"), by=administrator)
    connecting.set_hook_secret(made, SECRET, by=administrator, at=NOW)
    return made


@pytest.fixture
def action(add: AddRow) -> ActionItem:
    row = add("actions")
    assert isinstance(row, ActionItem)
    return row


@pytest.fixture
def page(
    browser_of: BrowserOf, action: ActionItem, tracker: Connection, facilitator: User
) -> Page:
    """The action's page, once its issue is made from it."""
    page = browser_of(facilitator)
    page.goto(f"/actions/{action.pk}/")
    page.get_by_role("button", name="Create issue in acme/shop (GitHub)").click()
    expect(issue_of(page)).to_contain_text("An issue in acme/shop is being made")
    visit(tracker)
    # It asks again by itself while an issue is on its way.
    link = issue_of(page).get_by_role("link", name="acme/shop#1")
    expect(link).to_be_visible(timeout=15_000)
    expect(issue_of(page)).to_contain_text("In step. GitHub says: Open.")
    return page


def issue_of(page: Page) -> Any:
    return page.get_by_role("region", name="Issue")


def visit(tracker: Connection) -> None:
    """What the worker does each minute."""
    assert syncing.sync_connection(tracker.pk, timezone.now())


def deliver(github: GitHubServer, server: str, tracker: Connection) -> None:
    """The webhook that GitHub sends when somebody closes the first issue."""
    issue = github.repositories["acme/shop"].issues[1]
    said = {"action": "closed", "issue": issue, "sender": {"type": "User"}}
    raw = json.dumps(said).encode()
    signature = hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
    address = reverse("integrations:tracker-hook", args=[tracker.hook_token])
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    request = Request(f"{server}{address}", raw, headers, method="POST")  # noqa: S310
    with urlopen(request, timeout=10) as answer:  # noqa: S310  our own server
        assert answer.status == 202


def test_an_issue_that_is_closed_there_is_the_evidence_here(
    page: Page, github: GitHubServer, server: str, tracker: Connection
) -> None:
    check(page, 1440, 390)
    github.close(1)
    deliver(github, server, tracker)
    visit(tracker)
    page.reload()
    standing = page.get_by_role("region", name="Where it stands")
    expect(standing).to_contain_text("Done")
    expect(standing).to_contain_text(f"{github.url}/acme/shop/issues/1")
    expect(page.get_by_role("region", name="History")).to_contain_text(
        "By GitHub, acme/shop#1"
    )


def test_what_was_changed_on_both_sides_is_chosen(
    page: Page,
    github: GitHubServer,
    tracker: Connection,
    action: ActionItem,
    facilitator: User,
) -> None:
    action.refresh_from_db()
    github.close(1)
    reason = {"status": "wont_do", "reason": "Replaced by another"}
    settle_action(
        action.postmortem_id,
        action.pk,
        reason,
        version=action.version,
        by=facilitator,
        at=timezone.now(),
    )
    issue_of(page).get_by_role("button", name="Sync now").click()
    expect(page).to_have_url(f"{page.url.partition('#')[0]}#issue")
    visit(tracker)
    page.reload()
    issue = issue_of(page)
    expect(issue).to_contain_text("GitHub says otherwise. Say which one holds.")
    expect(issue).to_contain_text("Won’t do")
    expect(issue).to_contain_text("Closed as completed")
    check(page, 1440, 390)
    issue.get_by_role("button", name="Take theirs Status").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Where it stands")).to_contain_text("Done")
    visit(tracker)
    page.reload()
    expect(issue_of(page)).to_contain_text("In step.")
