"""Reading, publishing and going back in a browser: on screen, on paper, by keys."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from postmortems.models import Postmortem
from postmortems.operations import rows, writing
from postmortems.vocabulary import Place
from tests.browser.conftest import BrowserOf, violations
from tests.fixtures import NOW, AddRow, kind, open_report
from tests.publishing import publish, reopen, to_review

SIZES = {"wide": (1440, 1000), "narrow": (390, 844), "smallest": (320, 640)}
THEMES = ("light", "dark")
LINK = {"uid": "a", "kind": "graph", "label": "Freshness", "url": "https://a.example/d"}
PASTED = {"uid": "b", "kind": "log", "label": "Log", "text": "09:30:01 cache hit"}


@pytest.fixture
def report(postmortem: Postmortem, facilitator: User, add: AddRow) -> Postmortem:
    """A report with something in each part, published twice and in review again."""
    common: dict[str, Any] = {"by": facilitator, "at": NOW}
    entry = add("timeline", markers=["started"], evidence=[LINK, PASTED])
    factor = add("factors", category="process", note="Since the move to the new tool")
    why = add("whys")
    add("whys", parent_id=why.pk, primary=True)
    add("actions", factors=[factor], due_on="2026-03-20", types=["preventative"])
    for name in ("lessons", "follow_ups", "measures"):
        add(name)
    writing.add_section(
        postmortem.pk, heading="Background", body="How it works\n\n* once\n* twice",
        after=Place.SUMMARY, **common,
    )  # fmt: skip
    publish(postmortem, facilitator)
    reopen(postmortem, facilitator)
    rows.change_row(
        kind("timeline"), postmortem.pk, entry.pk, {"text": "Alert fired, then again"},
        version=entry.version, **common,
    )  # fmt: skip
    rows.delete_row(
        kind("lessons"), postmortem.pk, postmortem.lessons.get().pk, **common
    )
    publish(postmortem, facilitator)
    reopen(postmortem, facilitator)
    to_review(postmortem, facilitator)
    return postmortem


def base(report: Postmortem) -> str:
    return f"/incidents/{report.incident.reference}/"


def pages_of(report: Postmortem) -> list[str]:
    change = report.history.filter(part="row:timeline").latest("id")
    action = report.action_items.get()
    return [
        "", "?order=newest", "publish/", "status/?to=drafting", "history/",
        f"history/{change.pk}/", "history/deleted/", "published/1/",
        "published/2/changes/", f"actions/{action.pk}/",
    ]  # fmt: skip


@pytest.mark.parametrize("theme", THEMES)
def test_every_page_of_a_report_is_accessible(
    browser_of: BrowserOf, report: Postmortem, facilitator: User, theme: Any
) -> None:
    page = browser_of(facilitator, color_scheme=theme)
    found = []
    for size in ("wide", "narrow"):
        width, height = SIZES[size]
        page.set_viewport_size({"width": width, "height": height})
        for rest in pages_of(report):
            page.goto(base(report) + rest)
            found += [f"{rest} {size}: {line}" for line in violations(page)]
    assert found == []


@pytest.mark.parametrize("size", SIZES)
def test_no_page_of_a_report_scrolls_sideways(
    browser_of: BrowserOf, report: Postmortem, facilitator: User, size: str
) -> None:
    width, height = SIZES[size]
    page = browser_of(facilitator, viewport={"width": width, "height": height})
    for rest in pages_of(report):
        page.goto(base(report) + rest)
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, rest


def test_a_permalink_lands_on_its_entry(
    browser_of: BrowserOf, report: Postmortem, viewer: User
) -> None:
    page = browser_of(viewer)
    entry = report.timeline.get()
    page.goto(f"{base(report)}#entry-{entry.pk}")
    row = page.locator(f"#entry-{entry.pk}")
    expect(row).to_be_in_viewport()
    assert row.evaluate("row => row.matches(':target')")
    page.goto(f"{base(report)}#entry-999999999")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_the_address_of_the_report_is_copied(
    browser_of: BrowserOf, report: Postmortem, viewer: User, server: str
) -> None:
    page = browser_of(viewer, permissions=["clipboard-read", "clipboard-write"])
    page.goto(base(report))
    page.get_by_role("link", name="Copy link").click()
    expect(page.locator("#announce")).to_have_text("Link copied")
    assert page.evaluate("navigator.clipboard.readText()") == server + base(report)


def test_the_contents_follow_the_reader(
    browser_of: BrowserOf, report: Postmortem, viewer: User
) -> None:
    page = browser_of(viewer, viewport={"width": 1440, "height": 600})
    page.goto(base(report))
    contents = page.get_by_role("navigation", name="On this page")
    here = contents.locator("[aria-current]")
    expect(here).to_have_text("1 Summary")
    contents.get_by_role("link", name="3 Root cause analysis").click()
    expect(here).to_have_text("3 Root cause analysis")


def test_paper_is_light_complete_and_without_controls(
    browser_of: BrowserOf, report: Postmortem, viewer: User
) -> None:
    page = browser_of(viewer, color_scheme="dark")
    page.goto(base(report))
    page.emulate_media(media="print")
    for control in (".topbar", ".reportbar", ".read__toc", ".permalink"):
        expect(page.locator(control).first).to_be_hidden()
    scheme = "getComputedStyle(document.documentElement).colorScheme"
    assert page.evaluate(scheme) == "light"
    address = page.get_by_role("link", name="Freshness").evaluate(
        "link => getComputedStyle(link, '::after').content"
    )
    assert "https://a.example/d" in address
    assert page.pdf().startswith(b"%PDF")


def test_reading_needs_no_script(
    browser_of: BrowserOf, report: Postmortem, facilitator: User
) -> None:
    page = browser_of(facilitator, java_script_enabled=False)
    page.goto(base(report))
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    page.locator("summary", has_text="Log").click()
    expect(page.get_by_text("09:30:01 cache hit")).to_be_visible()
    page.goto(f"{base(report)}history/?part=timeline")
    expect(page.locator("ins", has_text="then again")).to_be_visible()


def from_the_keyboard(page: Page, name: str | re.Pattern[str]) -> None:
    """Reach a control with Tab alone, and press it."""
    control = page.get_by_role("button", name=name).or_(
        page.get_by_role("link", name=name, exact=True)
    )
    for _step in range(200):
        page.keyboard.press("Tab")
        if control.first.evaluate("it => it === document.activeElement"):
            page.keyboard.press("Enter")
            return
    raise AssertionError(name)


def test_a_report_is_published_from_the_keyboard(
    browser_of: BrowserOf, facilitator: User, responder: User
) -> None:
    report = open_report(facilitator, "Uploads slowed down")
    to_review(report, facilitator)
    page = browser_of(facilitator)
    page.goto(base(report))
    from_the_keyboard(page, "Publish")
    expect(page.get_by_role("heading", level=1).first).to_have_text(
        "Publish this report"
    )
    expect(page.get_by_text("The timeline is empty")).to_be_visible()
    from_the_keyboard(page, re.compile(r"Publish with \d+ open"))
    expect(page.get_by_text("Published ", exact=False).first).to_be_visible()
    assert report.publications.count() == 1


def test_a_text_that_changed_meanwhile_is_read_again_before_publishing(
    browser_of: BrowserOf, report: Postmortem, facilitator: User, add: AddRow
) -> None:
    page = browser_of(facilitator)
    page.goto(f"{base(report)}publish/")
    add("lessons", text="Written in the meantime")
    page.get_by_role("button", name="Publish with").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was published")
    expect(page.get_by_text("Written in the meantime")).to_be_visible()
    page.get_by_role("button", name="Publish with").click()
    expect(page.get_by_text("Written in the meantime")).to_be_visible()
    assert report.publications.count() == 3


def test_an_earlier_version_is_restored_from_the_history(
    browser_of: BrowserOf, report: Postmortem, facilitator: User
) -> None:
    page = browser_of(facilitator)
    page.goto(f"{base(report)}history/?part=timeline")
    page.get_by_role("button", name="Restore as it was before").first.click()
    expect(page.get_by_text("The earlier version stands again")).to_be_visible()
    assert report.timeline.get().text == "Alert fired"
