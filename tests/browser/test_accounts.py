"""Coming in, and settling people and settings, in a browser."""

import re
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Invitation, Team, User
from accounts.operations import arriving, teams
from tests.browser.conftest import BrowserOf, violations
from tests.signing import PASSWORD

pytestmark = pytest.mark.usefixtures("own_counters")


@pytest.fixture
def invitation(administrator: User, facilitator: User) -> Invitation:
    team = teams.add_team(
        name="Platform", lead=facilitator, manager=administrator, by=administrator
    )
    return arriving.invite(
        "nadia@afterword.example",
        role="member",
        team=team,
        by=administrator,
        at=timezone.now(),
    )


def test_signing_in_needs_only_keys(browser_of: BrowserOf, facilitator: User) -> None:
    page = browser_of()
    page.goto("/people/")
    page.keyboard.type(facilitator.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="People", level=1)).to_be_visible()


def test_a_wrong_password_is_said_and_the_address_kept(
    browser_of: BrowserOf, facilitator: User
) -> None:
    page = browser_of()
    page.goto("/sign-in/")
    page.get_by_label("E-mail address").fill(facilitator.email)
    page.get_by_label("Password", exact=True).fill("not-the-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("is not right")
    expect(page.get_by_label("E-mail address")).to_have_value(facilitator.email)


def test_an_invitation_is_taken_up_without_a_script(
    browser_of: BrowserOf, invitation: Invitation
) -> None:
    page = browser_of(java_script_enabled=False)
    page.goto(f"/invitations/{invitation.token}/accept/")
    page.get_by_label("Your name").fill("Nadia Okafor")
    page.get_by_label("Password").fill("correct horse battery staple")
    page.get_by_label("Time zone").fill("Oslo")
    page.get_by_role("button", name="Create the account").click()
    page.goto("/teams/")
    page.get_by_role("link", name="Platform").click()
    expect(page.get_by_role("listitem").filter(has_text="Nadia Okafor")).to_be_visible()
    assert User.objects.get(name="Nadia Okafor").time_zone == "Europe/Oslo"


def test_people_and_teams_are_settled_without_a_script(
    browser_of: BrowserOf, administrator: User, facilitator: User
) -> None:
    page = browser_of(administrator, java_script_enabled=False)
    page.goto("/people/?q=maren")
    page.get_by_label("Role of Maren Holt").select_option("Viewer")
    page.get_by_role("button", name="Save role of Maren Holt").click()
    expect(page.get_by_text("Role of Maren Holt changed.")).to_be_visible()
    expect(page.get_by_label("Role of Maren Holt")).to_have_value("viewer")
    page.goto("/teams/add/")
    page.get_by_label("Name", exact=True).fill("Storage")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Add a member").select_option("Maren Holt")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("Maren Holt is in the team now.")).to_be_visible()
    assert list(Team.objects.get().members.all()) == [facilitator]


def test_the_first_field_that_is_wrong_has_the_focus(
    browser_of: BrowserOf, facilitator: User
) -> None:
    page = browser_of(facilitator)
    page.goto("/profile/")
    page.get_by_label("Time zone").fill("Atlantis")
    page.get_by_role("button", name="Save").click()
    zone = page.get_by_label("Time zone")
    expect(zone).to_be_focused()
    expect(zone).to_have_value("Atlantis")
    expect(zone).to_have_accessible_description(re.compile("No time zone is called"))


def test_the_theme_switch_applies_at_once_and_is_kept(
    browser_of: BrowserOf, facilitator: User
) -> None:
    page = browser_of(facilitator, color_scheme="light")
    page.goto("/profile/")
    page.get_by_role("button", name="account menu").click()
    with page.expect_response("**/profile/theme/") as kept:
        page.get_by_role("group", name="Theme").get_by_text("Dark").click()
    assert kept.value.status == 204
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("on", [True, False])
def test_keyboard_shortcuts_follow_the_profile(
    on: bool, browser_of: BrowserOf, facilitator: User
) -> None:
    User.objects.filter(pk=facilitator.pk).update(shortcuts=on)
    page = browser_of(facilitator)
    page.goto("/teams/")
    page.keyboard.press("/")
    search = page.get_by_label("Search incidents")
    if on:
        expect(search).to_be_focused()
    else:
        expect(search).not_to_be_focused()


def test_a_page_gone_back_to_after_signing_out_asks_to_sign_in(
    browser_of: BrowserOf, facilitator: User
) -> None:
    page = browser_of(facilitator)
    page.goto("/people/")
    page.goto("/teams/")
    page.get_by_role("button", name="account menu").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("Maren Holt")).to_have_count(0)


# --- How the pages look ---------------------------------------------------------------

OF_STRANGERS = (
    "/sign-in/",
    "/sign-in/deactivated/",
    "/password/reset/",
    "/password/reset/asked/",
    "/password/reset/done/",
    "/password/reset/1-x/",
    "/invitations/x/accept/",
    "/invitations/{token}/accept/",
)
OF_ADMINISTRATORS = (
    "/settings/",
    "/settings/organisation/",
    "/profile/",
    "/password/change/",
    "/people/",
    "/people/?q=nobody",
    "/people/invitations/",
    "/people/invitations/add/",
    "/teams/",
    "/teams/add/",
    "/teams/{team}/",
    "/teams/{team}/change/",
)


def each_page(
    browser_of: BrowserOf, by: User, invitation: Invitation, **window: Any
) -> Any:
    """Every page of this part, opened; strangers' first."""
    known = {"token": invitation.token, "team": invitation.team_id}
    for user, paths in ((None, OF_STRANGERS), (by, OF_ADMINISTRATORS)):
        page = browser_of(user, **window)
        for path in paths:
            page.goto(path.format(**known))
            yield path, page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible(
    theme: str, browser_of: BrowserOf, administrator: User, invitation: Invitation
) -> None:
    pages = each_page(browser_of, administrator, invitation, color_scheme=theme)
    assert {path: found for path, page in pages if (found := violations(page))} == {}


@pytest.mark.parametrize("width", [390, 320])
def test_no_page_scrolls_sideways(
    width: int, browser_of: BrowserOf, administrator: User, invitation: Invitation
) -> None:
    window = {"viewport": {"width": width, "height": 800}}
    pages = each_page(browser_of, administrator, invitation, **window)
    assert {path: over for path, page in pages if (over := beyond(page))} == {}


def beyond(page: Page) -> int:
    """Pixels that stand out at the right."""
    script = "document.documentElement.scrollWidth - window.innerWidth"
    return max(0, int(page.evaluate(script)))


def test_narrow_pages_are_accessible(
    browser_of: BrowserOf, administrator: User, invitation: Invitation
) -> None:
    window = {"viewport": {"width": 390, "height": 844}}
    pages = each_page(browser_of, administrator, invitation, **window)
    assert {path: found for path, page in pages if (found := violations(page))} == {}
