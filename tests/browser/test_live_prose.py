"""Two people write the same report in two browsers: prose, carets, presence."""

import json
import re
import zlib
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from postmortems.models import Postmortem
from tests.browser.conftest import BrowserOf, violations
from tests.browser.live import Open, Wire, editor, saved, section, write


def test_what_one_person_writes_appears_in_the_paragraph_of_the_other(
    workspace: Open, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    mine, theirs = workspace(facilitator), workspace(responder)
    write(mine, postmortem, "Stale prices were served.")
    expect(editor(theirs, postmortem)).to_contain_text("Stale prices were served.")


def test_two_people_write_one_paragraph_at_once_and_both_texts_stand(
    workspace: Open, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    mine, theirs = workspace(facilitator), workspace(responder)
    write(mine, postmortem, "End.")
    expect(editor(theirs, postmortem)).to_contain_text("End.")
    editor(theirs, postmortem).click()
    theirs.keyboard.press("Control+Home")
    for letter in "Begin":
        theirs.keyboard.type(letter)
        mine.keyboard.type(letter.upper())
    for page in (mine, theirs):
        expect(editor(page, postmortem)).to_contain_text("BeginEnd.BEGIN")


def test_saved_is_shown_once_the_server_has_it_and_a_reload_shows_the_text(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    page = workspace(facilitator)
    write(page, postmortem, "Kept.")
    saved(page)
    page.reload()
    expect(editor(page, postmortem)).to_contain_text("Kept.")


def test_a_page_compares_its_texts_with_those_of_the_server(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    page = workspace(facilitator)
    write(page, postmortem, "Größe 🦉 zählt")
    saved(page)
    with page.expect_event("websocket") as opened:
        page.reload()
    with opened.value.expect_event(
        "framesent", lambda frame: '"sum"' in str(frame)
    ) as sent:
        expect(editor(page, postmortem)).to_contain_text("Größe")
    text = f"{section(postmortem).live_key}\0Größe 🦉 zählt\0"
    assert json.loads(sent.value) == {"t": "sum", "sum": zlib.crc32(text.encode())}


def test_the_caret_of_the_other_person_bears_their_name_and_colour(
    workspace: Open, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    mine, theirs = workspace(facilitator), workspace(responder)
    write(theirs, postmortem, "Hello")
    caret = editor(mine, postmortem).locator(".caret")
    expect(caret).to_have_attribute("data-name", "Priya")
    expect(caret).to_have_attribute("style", f"--p: var(--person-{responder.colour});")


def test_the_name_at_a_caret_goes_while_the_caret_stays(
    workspace: Open, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    mine, theirs = workspace(facilitator), workspace(responder)
    write(theirs, postmortem, "Hello")
    caret = editor(mine, postmortem).locator(".caret")
    expect(caret).to_have_attribute("data-name", "Priya")
    expect(caret).to_have_attribute("data-name", "", timeout=6_000)
    expect(caret).to_have_count(1)


def test_the_caret_of_somebody_who_leaves_goes(
    workspace: Open, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    mine, theirs = workspace(facilitator), workspace(responder)
    write(theirs, postmortem, "Hello")
    expect(editor(mine, postmortem).locator(".caret")).to_have_count(1)
    theirs.close()
    expect(editor(mine, postmortem).locator(".caret")).to_have_count(0)


def test_undo_takes_back_ones_own_words_only(
    workspace: Open, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    mine, theirs = workspace(facilitator), workspace(responder)
    write(mine, postmortem, "Mine. ")
    expect(editor(theirs, postmortem)).to_contain_text("Mine.")
    write(theirs, postmortem, "Theirs.")
    expect(editor(mine, postmortem)).to_contain_text("Theirs.")
    mine.keyboard.press("Control+z")
    for page in (mine, theirs):
        expect(editor(page, postmortem)).to_have_text(re.compile(r"^Theirs\."))


def test_the_keys_of_markdown_format_and_the_marks_hide_elsewhere(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    page = workspace(facilitator)
    editor(page, postmortem).click()
    page.keyboard.press("Control+b")
    page.keyboard.type("bold")
    expect(editor(page, postmortem)).to_have_text("**bold**")
    page.keyboard.press("Escape")
    expect(editor(page, postmortem)).to_have_text("bold")
    expect(editor(page, postmortem).locator(".md-strong")).to_have_text("bold")


def test_a_list_goes_on_with_enter_and_ends_with_a_second_one(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    page = workspace(facilitator)
    write(page, postmortem, "- one\ntwo\n\nafter")
    saved(page)
    page.keyboard.press("Escape")
    lines = editor(page, postmortem).locator(".cm-line")
    expect(lines).to_have_text(["–one", "–two", "after"])


PASTE = """([html, text]) => {
  const data = new DataTransfer();
  data.setData("text/html", html);
  data.setData("text/plain", text);
  document.activeElement.dispatchEvent(new ClipboardEvent(
    "paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


def test_what_is_pasted_becomes_markdown(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    page = workspace(facilitator)
    editor(page, postmortem).click()
    html = (
        "<h2>Cause</h2><p>A <b>wrong</b> <a href='https://a.example/'>value</a></p>"
        "<ul><li>one</li><li>two</li></ul><script>alert(1)</script>"
    )
    page.evaluate(PASTE, [html, "Cause A wrong value"])
    page.keyboard.press("Control+a")  # what is marked shows its marks
    expect(editor(page, postmortem).locator(".cm-line")).to_have_text(
        [
            "## Cause",
            "",
            "A **wrong** [value](https://a.example/)",
            "",
            "- one",
            "- two",
        ]
    )


def test_the_page_says_who_is_here_where_and_who_writes(
    workspace: Open, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    mine, theirs = workspace(facilitator), workspace(responder)
    write(theirs, postmortem, "Hello")
    expect(mine.locator("#here .count")).to_have_text("2")
    expect(mine.locator("#here li")).to_have_text(
        [re.compile("You"), re.compile("Priya Raman writing in Summary")]
    )
    expect(mine.locator("#summary .part__head .who-edits")).to_have_text(
        "Priya is writing here"
    )
    expect(mine.locator(".outline a[href='#summary'] .avatar")).to_have_attribute(
        "title", "Priya Raman"
    )


def test_more_than_eight_people_fold_into_a_number(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    people = [
        {"id": 1_000 + n, "name": f"Person {n}", "initials": "PN", "colour": 1}
        for n in range(12)
    ]
    wire = Wire()
    wire.muted.add("people")
    page = workspace(facilitator, wire=wire)
    wire.tell({"t": "people", "people": people, "more": 30})
    expect(page.locator("#here li")).to_have_count(9)
    expect(page.locator("#here li").last).to_have_text("and 34 more")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_workspace_is_accessible_while_somebody_writes(
    workspace: Open,
    postmortem: Postmortem,
    facilitator: User,
    responder: User,
    theme: Any,
) -> None:
    mine = workspace(facilitator, color_scheme=theme)
    write(workspace(responder), postmortem, "Hello **there**")
    editor(mine, postmortem).click()
    expect(editor(mine, postmortem).locator(".caret")).to_have_count(1)
    assert violations(mine) == []


def test_a_paragraph_is_reached_written_and_left_with_the_keyboard_alone(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    page = workspace(facilitator)
    page.locator("#summary h2").evaluate("one => { one.tabIndex = -1; one.focus(); }")
    page.keyboard.press("Tab")
    expect(editor(page, postmortem)).to_be_focused()
    page.keyboard.type("By keys")
    page.keyboard.press("Tab")
    expect(editor(page, postmortem)).not_to_be_focused()
    expect(editor(page, postmortem)).to_have_text("By keys")


@pytest.mark.parametrize("width", [390, 320])
def test_writing_on_a_phone_needs_no_scrolling_sideways(
    workspace: Open, postmortem: Postmortem, facilitator: User, width: int
) -> None:
    page = workspace(facilitator, viewport={"width": width, "height": 800})
    write(page, postmortem, "A long line of words " * 20 + "x" * 200)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width


def test_people_without_the_right_to_write_get_no_editor(
    browser_of: BrowserOf, postmortem: Postmortem, viewer: User
) -> None:
    page = browser_of(viewer)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/incidents/{postmortem.incident.reference}/")
    assert not [url for url in asked if "dist/editor" in url]


def test_without_scripts_the_form_of_a_paragraph_is_there(
    browser_of: BrowserOf, postmortem: Postmortem, facilitator: User
) -> None:
    page = browser_of(facilitator, java_script_enabled=False)
    page.goto(f"/incidents/{postmortem.incident.reference}/edit/")
    page.get_by_role("link", name="Write Summary").click()
    page.get_by_role("textbox", name="Summary").fill("Plainly")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(f"#prose-{section(postmortem).pk}")).to_have_text("Plainly")
    assert section(postmortem).body == "Plainly"
