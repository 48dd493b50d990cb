"""Attacks as content, in a real browser: nothing runs, nothing is fetched.

Without the policy of the page, so that the renderer alone must hold; and with it.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect

from accounts.models import User
from postmortems.models import Postmortem
from postmortems.operations import fields, rows
from tests.browser.conftest import BrowserOf, settled
from tests.corpus import ATTACKS
from tests.fixtures import NOW, kind
from tests.publishing import publish, to_review
from tests.security.attacked import LINES, attack_everything, rename_everybody

TRAP = """
window.ran = [];
window.pwnme = (...said) => window.ran.push(said.join() || "called");
for (const name of ["alert", "confirm", "prompt", "open"]) {
  window[name] = () => window.ran.push(name);
}
"""
TOUCH_EVERYTHING = """
() => {
  for (const element of document.body.querySelectorAll("*")) {
    for (const name of ["mouseover", "mouseenter", "focus", "pointerdown", "toggle"]) {
      element.dispatchEvent(new Event(name, {bubbles: true}));
    }
  }
  return document.body.querySelectorAll("*").length;
}
"""
LIVE_LINKS = """
() => [...document.querySelectorAll("a[href], area[href], form[action]")]
  .map((element) => element.href || element.action)
  .filter((address) => !/^(https?|mailto):/.test(address))
"""
PRETENDERS = """
() => ["csrf", "pwnme", "action", "csrfmiddlewaretoken"]
  .filter((name) => document.getElementById(name))
"""
Watched = Callable[[str], Page]


@pytest.fixture
def report(postmortem: Postmortem, facilitator: User) -> Postmortem:
    attack_everything(postmortem, facilitator)
    gone = postmortem.lessons.order_by("-pk")[0]
    rows.delete_row(kind("lessons"), postmortem.pk, gone.pk, by=facilitator, at=NOW)
    return postmortem


@pytest.fixture(params=["without the policy", "with the policy"])
def watched(
    request: pytest.FixtureRequest,
    browser_of: BrowserOf,
    facilitator: User,
    server: str,
) -> Watched:
    """Opens an address in a page that notices what runs and what is fetched."""
    page = browser_of(facilitator, bypass_csp=request.param == "without the policy")
    page.add_init_script(TRAP)
    strange: list[str] = []

    def notice(sent: Request) -> None:
        path = sent.url.removeprefix(server).partition("?")[0]
        if not sent.url.startswith(server) or "pwnme" in path or sent.method != "GET":
            strange.append(f"{sent.method} {sent.url}")

    page.on("request", notice)
    page.on("dialog", lambda dialog: strange.append(dialog.message))

    def open_page(address: str) -> Page:
        page.goto(address)
        return page

    page.strange = strange  # type: ignore[attr-defined]
    return open_page


def assert_nothing_happened(page: Page) -> None:
    assert page.evaluate(TOUCH_EVERYTHING) > 20
    settled(page)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.ran") == []
    assert page.evaluate("typeof window.pwnme") == "function"
    assert page.evaluate(LIVE_LINKS) == []
    assert page.evaluate(PRETENDERS) == []
    assert page.strange == []  # type: ignore[attr-defined]


PAGES = {
    "workspace": "edit/",
    "reading": "",
    "history": "history/",
    "deleted": "history/deleted/",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_an_attacked_report_stays_quiet(
    name: str, watched: Watched, report: Postmortem
) -> None:
    page = watched(f"/incidents/{report.incident.reference}/{PAGES[name]}")
    expect(page.locator("body")).to_contain_text("pwnme")
    assert_nothing_happened(page)


def test_what_is_published_stays_quiet(
    watched: Watched, report: Postmortem, facilitator: User
) -> None:
    to_review(report, facilitator)
    base = f"/incidents/{report.incident.reference}"
    assert_nothing_happened(watched(f"{base}/publish/"))
    publish(report, facilitator)
    assert_nothing_happened(watched(f"{base}/"))


def test_lists_and_searches_stay_quiet(
    watched: Watched, report: Postmortem, facilitator: User
) -> None:
    for version, line in enumerate(LINES[:4]):
        fields.save_field(
            report.pk, "title", line[:200], version=version, by=facilitator, at=NOW
        )
        for address in ("/", "/incidents/", "/incidents/?q=pwnme"):
            assert_nothing_happened(watched(address))


def test_names_of_people_and_teams_stay_quiet(
    watched: Watched, report: Postmortem
) -> None:
    rename_everybody(ATTACKS["img onerror"])
    base = f"/incidents/{report.incident.reference}"
    for address in ("/people/", "/teams/", "/profile/", f"{base}/people/"):
        page = watched(address)
        expect(page.locator("body")).to_contain_text("pwnme")
        assert_nothing_happened(page)


def test_a_form_and_what_it_leaves_behind_stay_quiet(
    watched: Watched, report: Postmortem
) -> None:
    """Opened, closed again, and merged into the page by htmx."""
    page = watched(f"/incidents/{report.incident.reference}/edit/")
    for locator in (
        page.locator("#part-timeline [data-edit-row]").first,
        page.locator("#part-lessons [data-edit-row]").first,
    ):
        locator.dispatch_event("click")
        expect(page.locator("[data-editing]")).to_have_count(1)
        settled(page)
        page.locator("[data-editing] textarea").first.press("Escape")
        expect(page.locator("[data-editing]")).to_have_count(0)
    page.evaluate(
        """() => document.body.dispatchEvent(new CustomEvent("changed", {detail:
            {parts: ["timeline", "facts", "cause", "lessons", "follow"]}}))"""
    )
    assert_nothing_happened(page)


def test_the_preview_of_an_import_stays_quiet(watched: Watched) -> None:
    page = watched("/incidents/import/")
    text = "\n\n".join(ATTACKS.values()).replace("\x02", "").replace("\x03", "")
    box = page.get_by_role("textbox").and_(page.locator("textarea")).first
    box.fill(f"# Postmortem Report: {LINES[0]}\n\n## 1. Incident Summary\n\n{text}")
    page.strange.clear()  # type: ignore[attr-defined]
    with page.expect_navigation():
        page.locator("main form button[type=submit], main form button").first.click()
    page.strange.clear()  # type: ignore[attr-defined]  # the form itself was posted
    assert_nothing_happened(page)


def test_htmx_runs_nothing_that_people_wrote(
    watched: Watched, report: Postmortem
) -> None:
    """Had the renderer let attributes through, the page would still not obey them."""
    page = watched(f"/incidents/{report.incident.reference}/")
    page.evaluate(
        """() => {
            const prose = document.querySelector(".prose");
            prose.insertAdjacentHTML("beforeend",
                '<div id="planted" data-hx-get="/pwnme/1" data-hx-trigger="load"></div>'
                + '<div hx-get="/pwnme/2" hx-trigger="load"></div>'
                + '<div hx-on:htmx:load="pwnme()"></div>');
            htmx.process(prose);
        }"""
    )
    assert_nothing_happened(page)
