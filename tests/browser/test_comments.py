"""Comments in real pages: on words, on rows, live, by keyboard, and beside a reader."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Role, User
from postmortems.models import Postmortem, Thread
from postmortems.operations import discussion
from tests.browser.conftest import BrowserOf, violations
from tests.browser.live import Open, editor, section, write
from tests.fixtures import NOW, AddRow, person
from tests.publishing import publish

TEXT = "Prices for 15 % of the users in the EU – Zürich 😀 too – were stale."
WORDS = "Zürich 😀 too"


def mark(page: Page, report: Postmortem, words: str = WORDS) -> None:
    """Mark words with the keyboard alone; the caret stands in the text."""
    place = editor(page, report)
    place.focus()
    page.keyboard.press("Control+Home")
    text = place.inner_text()
    before = text.index(words)
    for _step in range(len(text[:before])):
        page.keyboard.press("ArrowRight")
    for _step in range(len(words)):
        page.keyboard.press("Shift+ArrowRight")


def comment_on_words(page: Page, report: Postmortem, said: str) -> Locator:
    """Mark words, comment on them by keys, and save; the note."""
    mark(page, report)
    page.keyboard.press("Control+Alt+m")
    field = page.get_by_role("textbox", name="Comment")
    expect(field).to_be_focused()
    expect(page.locator("#slot-comments [data-marked] q")).to_have_text(WORDS)
    page.keyboard.type(said)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#slot-comments form")).to_have_count(0)
    note = page.locator(".note", has_text=said)
    expect(note).to_be_visible()
    return note


def anchor(page: Page) -> Locator:
    return page.locator(".cm-editor .anchor")


@pytest.fixture
def written(workspace: Open, postmortem: Postmortem, facilitator: User) -> Page:
    """The facilitator's page, with a summary to comment on."""
    page = workspace(facilitator)
    write(page, postmortem, TEXT)
    expect(page.locator("#savestate")).to_have_text(re.compile("Saved"))
    return page


def test_words_are_commented_on_by_keys_and_another_page_answers_at_once(
    written: Page, workspace: Open, postmortem: Postmortem, responder: User
) -> None:
    theirs = workspace(responder)
    note = comment_on_words(written, postmortem, "Users or sessions?")
    expect(note.locator("q")).to_have_text(WORDS)
    expect(anchor(written)).to_have_text(WORDS)
    there = theirs.locator(".note", has_text="Users or sessions?")
    expect(there).to_be_visible()
    expect(anchor(theirs)).to_have_text(WORDS)
    there.get_by_role("link", name="Reply").click()
    expect(there.get_by_role("textbox")).to_be_focused()
    theirs.keyboard.type("Sessions, I think.")
    theirs.keyboard.press("Control+Enter")
    expect(note.locator(".note__reply")).to_contain_text("Sessions, I think.")


def test_the_words_stay_marked_whatever_is_written_around_them(
    written: Page, workspace: Open, postmortem: Postmortem, responder: User
) -> None:
    theirs = workspace(responder)
    comment_on_words(written, postmortem, "Users or sessions?")
    editor(theirs, postmortem).click()
    theirs.keyboard.press("Control+Home")
    theirs.keyboard.type("Ä😀 before. ")
    theirs.keyboard.press("Control+End")
    theirs.keyboard.type(" And behind.")
    expect(editor(written, postmortem)).to_contain_text("And behind.")
    for page in (written, theirs):
        expect(anchor(page)).to_have_text(WORDS)
    reading = written.context.new_page()
    reading.goto(f"/incidents/{postmortem.incident.reference}/comments/")
    expect(reading.locator(".note__gone")).to_be_hidden()


def test_words_that_are_deleted_are_said_to_be_gone(
    written: Page, postmortem: Postmortem
) -> None:
    note = comment_on_words(written, postmortem, "Users or sessions?")
    mark(written, postmortem)
    written.keyboard.press("Delete")
    expect(anchor(written)).to_have_count(0)
    expect(note.locator(".note__gone")).to_have_text("The words are gone.")
    expect(note.locator("q")).to_have_text(WORDS)
    expect(written.locator("#savestate")).to_have_text(re.compile("Saved"))
    written.reload()
    expect(note.locator(".note__gone")).to_be_visible()


def test_a_thread_is_resolved_and_that_is_undone(
    written: Page, workspace: Open, postmortem: Postmortem, responder: User
) -> None:
    theirs = workspace(responder)
    note = comment_on_words(written, postmortem, "Users or sessions?")
    note.get_by_role("button", name="Resolve").click()
    expect(anchor(written)).to_have_count(0)
    expect(anchor(theirs)).to_have_count(0)
    expect(theirs.locator("#comments .count")).to_have_text("0 open")
    written.locator("#undo").get_by_role("button", name="Undo").click()
    expect(anchor(theirs)).to_have_text(WORDS)
    expect(theirs.locator("#comments .count")).to_have_text("1 open")


def test_what_somebody_types_stays_while_others_comment(
    written: Page, workspace: Open, postmortem: Postmortem, responder: User
) -> None:
    theirs = workspace(responder)
    note = comment_on_words(written, postmortem, "Users or sessions?")
    note.get_by_role("link", name="Reply").click()
    field = note.get_by_role("textbox")
    expect(field).to_be_focused()
    written.keyboard.type("Half a sen")
    comment_on_words(theirs, postmortem, "Another one")
    expect(written.locator(".note", has_text="Another one")).to_be_visible()
    expect(field).to_be_focused()
    written.keyboard.type("tence")
    expect(field).to_have_value("Half a sentence")


def test_a_row_says_how_many_ask_about_it(
    workspace: Open, postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    row = add("timeline", text="Alert fired")
    page = workspace(facilitator)
    tool = page.locator(f"#entry-{row.pk} [data-comment]")
    tool.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Comment")).to_be_focused()
    page.keyboard.type("Which alert?")
    page.keyboard.press("Control+Enter")
    expect(tool.locator(".tag")).to_have_text("1")
    note = page.locator(".note", has_text="Which alert?")
    expect(note.locator("q")).to_have_text("09:00:00")


def test_an_at_sign_offers_who_may_be_named(
    written: Page, postmortem: Postmortem, responder: User
) -> None:
    page = written
    mark(page, postmortem)
    page.keyboard.press("Control+Alt+m")
    field = page.locator("#slot-comments textarea")
    expect(field).to_be_focused()
    page.keyboard.type("Ask @pri")
    expect(field).to_have_attribute("aria-expanded", "true")
    option = page.get_by_role("option", name="Priya Raman")
    expect(option).to_have_attribute("aria-selected", "true")
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(field).to_have_value("Ask @Priya Raman ")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note", has_text="Ask @Priya Raman")).to_be_visible()
    assert Thread.objects.get().comments.get().mentions.get().user == responder


def test_esc_closes_the_names_first_and_then_the_form(
    written: Page, postmortem: Postmortem, responder: User
) -> None:
    mark(written, postmortem)
    written.keyboard.press("Control+Alt+m")
    expect(written.locator("#slot-comments textarea")).to_be_focused()
    written.keyboard.type("@pri")
    expect(written.get_by_role("listbox")).to_be_visible()
    written.keyboard.press("Escape")
    expect(written.get_by_role("listbox")).to_have_count(0)
    expect(written.locator("#slot-comments form")).to_be_visible()
    written.keyboard.press("Escape")
    expect(written.locator("#slot-comments form")).to_have_count(0)


def test_a_note_and_its_words_point_at_each_other(
    written: Page, postmortem: Postmortem
) -> None:
    note = comment_on_words(written, postmortem, "Users or sessions?")
    anchor(written).click()
    expect(note).to_have_attribute("aria-current", "true")
    note.locator("a", has=written.locator("q")).click()
    expect(anchor(written)).to_have_class(re.compile("is-meant"))


def test_a_reader_of_a_published_report_comments_on_marked_words(
    browser_of: BrowserOf, postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    row = add("timeline", text="The alert fired")
    publish(postmortem, facilitator)
    page = browser_of(person("Rita Okafor", Role.VIEWER))
    page.goto(f"/incidents/{postmortem.incident.reference}/")
    page.locator(f"#entry-{row.pk} .tl__event").evaluate(
        "one => getSelection().selectAllChildren(one)"
    )
    page.get_by_role("button", name="Comment Ctrl Alt M").click()
    expect(page.get_by_role("textbox", name="Comment")).to_be_focused()
    page.keyboard.type("Which one?")
    page.keyboard.press("Control+Enter")
    note = page.locator(".note", has_text="Which one?")
    expect(note.locator("q")).to_have_text("The alert fired")
    thread = Thread.objects.get()
    assert (thread.part, thread.object_id) == ("row:timeline", row.pk)


def test_without_scripts_a_section_is_commented_on_and_answered(
    browser_of: BrowserOf, postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    page = browser_of(viewer, java_script_enabled=False)
    page.goto(f"/incidents/{postmortem.incident.reference}/comments/")
    page.get_by_label("Comment on").select_option(label="Summary")
    page.get_by_role("button", name="Comment").click()
    page.get_by_role("textbox", name="Comment").fill("Who is “we”?")
    page.get_by_label("Name somebody").select_option(label="Maren Holt")
    page.get_by_role("button", name="Save").click()
    note = page.locator(".note", has_text="@Maren Holt Who is “we”?")
    expect(note.locator("q")).to_have_text("Summary")
    page.get_by_role("link", name="Reply").click()
    page.get_by_role("textbox", name="Comment").fill("Us all.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".note__reply")).to_contain_text("Us all.")
    page.get_by_role("button", name="Resolve").click()
    expect(page.locator(".notes-resolved summary")).to_have_text("1 resolved")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#comments .count")).to_have_text("1 open")


def discussed(report: Postmortem, *people: User) -> None:
    """A thread on the summary with an answer, and one that is resolved."""
    first, *others = people
    about = discussion.About(
        "section:summary", section(report).pk, "estimated 15% of users in EU"
    )
    said = discussion.start_thread(
        report.pk, about, "Is this users **or** sessions?", by=first, at=NOW
    )
    for other in others:
        discussion.reply(
            report.pk, said.thread_id, "Sessions, I think.", by=other, at=NOW
        )
    done = discussion.start_thread(
        report.pk, discussion.About("report"), "Well written.", by=first, at=NOW
    )
    discussion.set_resolved(report.pk, done.thread_id, resolved=True, by=first, at=NOW)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["edit/", "", "comments/"])
def test_comments_are_accessible(
    browser_of: BrowserOf,
    postmortem: Postmortem,
    facilitator: User,
    responder: User,
    theme: Any,
    path: str,
) -> None:
    discussed(postmortem, facilitator, responder)
    page = browser_of(facilitator, color_scheme=theme, reduced_motion="reduce")
    page.goto(f"/incidents/{postmortem.incident.reference}/{path}")
    if path == "":
        page.get_by_role("button", name="Comments").click()
    page.get_by_role("link", name="Reply").first.click()
    expect(page.get_by_role("textbox", name="Comment")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("width", [390, 320])
@pytest.mark.parametrize("path", ["edit/", "", "comments/"])
def test_comments_on_a_phone_need_no_scrolling_sideways(
    browser_of: BrowserOf,
    postmortem: Postmortem,
    facilitator: User,
    responder: User,
    width: int,
    path: str,
) -> None:
    discussed(postmortem, facilitator, responder)
    viewport: Any = {"width": width, "height": 800}
    page = browser_of(facilitator, viewport=viewport)
    page.goto(f"/incidents/{postmortem.incident.reference}/{path}")
    if path != "comments/":
        page.locator("[popovertarget=margin]:visible").first.click()
    page.get_by_role("link", name="Reply").first.click()
    expect(page.get_by_role("textbox", name="Comment")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    form = page.locator("form[data-comment]")
    assert form.evaluate("one => one.scrollWidth") <= width
