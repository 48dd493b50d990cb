"""Every page of writing can be used by anybody: axe, both themes, narrow windows."""

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from postmortems.models import Postmortem
from postmortems.operations import incidents
from tests.browser.conftest import BrowserOf, violations
from tests.browser.workspace import Open, open_row, save
from tests.fixtures import NOW, SMALLEST, AddRow
from tests.fixtures import open_report as another_report

WIDTHS = (1440, 390)

PAGES = {
    "home": "/",
    "list": "/incidents/",
    "new incident": "/incidents/new/",
    "workspace": "/incidents/INC-2026-03-05-001/edit/",
    "people": "/incidents/INC-2026-03-05-001/people/",
    "putting in the trash": "/incidents/INC-2026-03-05-001/trash/",
    "trash": "/incidents/trash/",
    "a form on its own": "/incidents/INC-2026-03-05-001/rows/timeline/add/",
}
FORMS = {
    "entry": "a[href$='rows/timeline/add/']",
    "factor": "a[href$='rows/factors/add/']",
    "answer": "a[href$='rows/whys/add/']",
    "lesson": "#lessons a[href*='rows/lessons/add/']",
    "action": "a[href$='rows/actions/add/']",
    "follow-up": "a[href$='rows/follow_ups/add/']",
    "number": "a[href$='rows/measures/add/']",
    "title": "a[href$='fields/title/edit/']",
    "severity": "a[href$='fields/severity/edit/']",
    "time": "a[href$='fields/started/edit/']",
    "services": "a[href$='fields/services/edit/']",
    "lines": "a[href$='timeline/paste/']",
}


@pytest.fixture
def full(postmortem: Postmortem, add: AddRow, facilitator: User) -> None:
    """A report with a row of every kind, and another one in the trash."""
    factor = add("factors", category="process")
    for name in SMALLEST:
        add(name)
    add("actions", factors=[factor.pk], due_on="2026-03-20", types=["detective"])
    trashed = another_report(facilitator, "Put aside")
    incidents.trash_incident(trashed.pk, by=facilitator, at=NOW)


def check(page: Page, *widths: int) -> None:
    """Accessible at these widths, and nowhere sideways, at 320 pixels neither."""
    for width in widths:
        resize(page, width)
        assert in_both_themes(page) == []
        assert fits(page)
    resize(page, 320)
    assert fits(page)


def in_both_themes(page: Page) -> list[str]:
    """What axe finds in either; without motion, so that no colour is half-way."""
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found = violations(page)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    return [*found, *violations(page)]


def resize(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})


def fits(page: Page) -> bool:
    fitting: bool = page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    return fitting


@pytest.mark.parametrize("address", PAGES.values(), ids=PAGES)
def test_a_page_is_accessible_and_fits(
    address: str, browser_of: BrowserOf, facilitator: User, full: None
) -> None:
    page = browser_of(facilitator)
    page.goto(address)
    check(page, *WIDTHS)


@pytest.mark.parametrize("opener", FORMS.values(), ids=FORMS)
def test_an_open_form_is_accessible_and_fits(
    opener: str, open_report: Open, facilitator: User, full: None
) -> None:
    page = open_report(facilitator)
    page.locator(opener).first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-editing]:has(:focus)")).to_have_count(1)
    check(page, 390)


def test_the_form_of_a_paragraph_is_accessible_and_fits(
    open_plain: Open, facilitator: User, full: None
) -> None:
    page = open_plain(facilitator)
    page.locator("#summary a[href*='sections/']").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-editing]:has(:focus)")).to_have_count(1)
    check(page, 390)


def test_two_versions_are_accessible_and_fit(
    open_unheld: Open,
    facilitator: User,
    responder: User,
    entries: list[int],
) -> None:
    page = open_unheld(facilitator)
    other = open_unheld(responder)
    open_row(page, entries[0]).fill("From Maren")
    open_row(other, entries[0]).fill("From Priya")
    save(other)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alertdialog")).to_be_visible()
    check(page, *WIDTHS)


@pytest.mark.parametrize("panel", ["Outline", "Margin"])
def test_a_panel_is_accessible_and_gives_the_focus_back(
    panel: str, open_report: Open, facilitator: User, full: None
) -> None:
    page = open_report(facilitator, viewport={"width": 390, "height": 844})
    button = page.get_by_role("button", name=panel)
    button.click()
    expect(page.locator(".rail h2:focus")).to_have_count(1)
    assert in_both_themes(page) == []
    page.keyboard.press("Escape")
    expect(button).to_be_focused()


def test_without_a_script_a_row_is_written(
    browser_of: BrowserOf, facilitator: User, postmortem: Postmortem
) -> None:
    page = browser_of(facilitator, java_script_enabled=False)
    page.goto(f"/incidents/{postmortem.incident.reference}/edit/")
    page.get_by_role("link", name="Add entry E").click()
    page.get_by_role("textbox", name="Time", exact=True).fill("09:30")
    page.get_by_role("textbox", name="What happened").fill("Written by a form")
    page.get_by_role("button", name="Save entry").click()
    expect(page.locator(".tl__row")).to_contain_text("Written by a form")
    page.get_by_role("link", name="Edit: Written by a form").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator(".tl__row")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".tl__row")).to_contain_text("Written by a form")
