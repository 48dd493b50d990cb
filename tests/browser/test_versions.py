"""Versions of a report in a real browser: chosen, compared, restored by anybody."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from accounts.models import User
from live import log, saving
from live.writing import replace_text
from postmortems.models import Postmortem
from postmortems.operations import fields, rows, versions
from postmortems.topics import topic_of
from postmortems.vocabulary import Milestone
from tests.browser.conftest import BrowserOf
from tests.browser.live import Open, editor, saved, write
from tests.browser.test_accessible import check
from tests.fixtures import NINE, NOW, AddRow, kind, recorded

Visit = Callable[..., Page]


def type_text(report: Postmortem, by: User, text: str) -> None:
    """Write the summary together, as far as the server knows."""
    topic = topic_of(report.pk)
    log.found_or_begun(topic)
    key = report.sections.get(key="summary").live_key
    with transaction.atomic():
        replace_text(topic, key, None, text, by.pk, at=NOW)
    saving.save_now(topic)


@pytest.fixture
def lived(
    postmortem: Postmortem, facilitator: User, responder: User, add: AddRow
) -> Postmortem:
    """A report with a version, and much that has changed since."""
    gone = add("lessons", text="The alert was acknowledged at once")
    add("factors", text="No validation before deploy")
    type_text(postmortem, facilitator, "Between 09:00 and 11:15 UTC prices were stale.")
    versions.name_version(postmortem.pk, "Before the meeting", by=facilitator, at=NOW)
    type_text(
        postmortem,
        responder,
        "Between 09:00 and 11:15 UTC prices and descriptions were stale. Nobody was"
        " told until support asked.",
    )
    rows.delete_row(kind("lessons"), postmortem.pk, gone.pk, by=responder, at=NOW)
    add("timeline", text="Support asks for the first time")
    fields.save_moment(
        postmortem.pk, Milestone.STARTED, recorded(NINE - timedelta(minutes=10)),
        version=0, by=responder, at=NOW,
    )  # fmt: skip
    return postmortem


@pytest.fixture
def visit(browser_of: BrowserOf, lived: Postmortem, facilitator: User) -> Visit:
    def open_page(rest: str = "", **context: object) -> Page:
        page = browser_of(facilitator, **context)
        page.goto(f"/incidents/{lived.incident.reference}/versions/{rest}")
        return page

    return open_page


PAGES = {
    "list": "",
    "comparison": "compare/?from=1&to=now",
    "who wrote it": "compare/?from=1&to=now&who=on",
    "version": "1/",
    "who wrote the version": "1/?who=on",
    "restoring": "1/restore/",
}


@pytest.mark.parametrize("rest", PAGES.values(), ids=PAGES)
def test_everybody_can_use_the_pages(rest: str, visit: Visit) -> None:
    check(visit(rest), 1440, 390)


def test_two_versions_are_chosen_and_compared_with_the_keyboard(visit: Visit) -> None:
    page = visit()
    page.get_by_role("radio", name="From version 1").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Compare").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("From version 1 to now")
    expect(page.locator(".versions__summary")).to_have_text(
        "1 section, 1 timeline entry, 1 lesson, started 10 min earlier."
    )


def test_the_words_of_each_person_bear_their_name(
    visit: Visit, responder: User
) -> None:
    page = visit("compare/?from=1&to=now")
    page.get_by_role("link", name="Show who wrote it").click()
    words = page.locator(".written__by").first
    expect(words).to_have_attribute("title", responder.name)
    expect(page.locator(".written__legend")).to_contain_text(responder.name)


def test_a_part_is_restored_without_javascript(visit: Visit, lived: Postmortem) -> None:
    page = visit("compare/?from=1&to=now", java_script_enabled=False)
    page.get_by_role(
        "button", name=re.compile("Bring back The alert was acknowledged")
    ).click()
    expect(page.locator("body")).to_contain_text("reads like version 1 again")
    expect(page.locator(".versions__summary")).not_to_contain_text("lesson")


def test_the_whole_is_restored_after_a_page_that_says_what_happens(
    visit: Visit,
) -> None:
    page = visit("compare/?from=1&to=now")
    page.get_by_role("link", name="Restore version 1").click()
    expect(page.locator("main")).to_contain_text("goes to the trash")
    page.get_by_role("button", name="Restore version 1").click()
    expect(page.get_by_role("row", name="Restored from version 1")).to_be_visible()


def test_somebody_who_writes_sees_the_restored_text_in_their_paragraph(
    visit: Visit, workspace: Open, lived: Postmortem, responder: User
) -> None:
    theirs = workspace(responder)
    write(theirs, lived, " And more.")
    saved(theirs)
    page = visit("1/restore/")
    page.get_by_role("button", name="Restore version 1").click()
    expect(editor(theirs, lived)).to_have_text(
        "Between 09:00 and 11:15 UTC prices were stale."
    )
    write(theirs, lived, " Going on.")
    expect(editor(theirs, lived)).to_contain_text("stale. Going on.")
