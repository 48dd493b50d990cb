"""Pictures from the clipboard, from a drop and from a field become evidence."""

import base64
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from playwright.sync_api import Page, expect

from accounts.models import User
from postmortems.models import EvidenceFile, Postmortem
from tests.browser.conftest import BrowserOf, violations
from tests.browser.live import Open, editor, saved, section, write
from tests.browser.workspace import open_row, row
from tests.pictures import picture
from tests.setup.stacks import comes_true

CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def copy_picture(page: Page, size: tuple[int, int] = (400, 200)) -> None:
    """Put a real picture into the clipboard, as a tool for screenshots does."""
    page.evaluate(
        """async (encoded) => {
            const bytes = Uint8Array.from(atob(encoded), one => one.charCodeAt(0));
            const blob = new Blob([bytes], {type: "image/png"});
            await navigator.clipboard.write([new ClipboardItem({"image/png": blob})]);
        }""",
        base64.b64encode(picture(size=size)).decode(),
    )


def test_a_picture_pasted_into_prose_is_kept_and_shown_where_the_caret_was(
    workspace: Open, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    page, other = workspace(facilitator, permissions=CLIPBOARD), workspace(responder)
    write(page, postmortem, "The queue: it grew.")
    for _letter in " it grew.":
        page.keyboard.press("ArrowLeft")
    copy_picture(page)
    page.keyboard.press("Control+v")
    for shown in (page, other):
        expect(editor(shown, postmortem).locator("img.md-picture")).to_be_visible()
    saved(page)
    kept = EvidenceFile.objects.get()
    assert (kept.width, kept.height, kept.by) == (400, 200, facilitator)
    expect(page.locator("#part-files")).to_contain_text(kept.name)
    assert comes_true(lambda: "/#400x200)" in section(postmortem).body, 5)
    page.goto(f"/incidents/{postmortem.incident.reference}/")
    image = page.get_by_role("img", name="Screenshot")
    expect(image).to_have_js_property("naturalWidth", 400)
    text = section(postmortem).body
    assert text.startswith("The queue:![Screenshot](/incidents/")
    assert text.endswith("/#400x200) it grew.")


def test_a_picture_pasted_into_an_entry_becomes_its_evidence(
    open_report: BrowserOf, entries: list[int], facilitator: User
) -> None:
    page = open_report(facilitator, permissions=CLIPBOARD)
    open_row(page, entries[0])
    copy_picture(page)
    page.keyboard.press("Control+v")
    label = row(page, entries[0]).get_by_label("Label of the evidence").first
    expect(label).to_be_focused()
    expect(label).to_have_attribute("placeholder", "What it shows")
    page.keyboard.type("Queue depth")
    page.keyboard.press("Control+Enter")
    shown = row(page, entries[0]).locator("details.evidence-text")
    expect(shown).to_contain_text("Queue depth")
    shown.locator("summary").click()
    expect(shown.get_by_role("img", name="Queue depth")).to_have_js_property(
        "naturalWidth", 400
    )


def test_a_file_is_chosen_in_the_form_of_an_entry(
    open_report: BrowserOf, entries: list[int], facilitator: User
) -> None:
    page = open_report(facilitator)
    open_row(page, entries[0])
    chosen: Any = {"name": "a.log", "mimeType": "text/plain", "buffer": b"09:30 alert"}
    page.get_by_label("Picture or file").set_input_files(chosen)
    what = row(page, entries[0]).get_by_label("Link, trace id or text").first
    expect(what).to_have_value(re.compile(r"^/incidents/.*/files/[0-9a-f]{32}/$"))


def test_a_file_dropped_on_prose_is_linked(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    page = workspace(facilitator)
    write(page, postmortem, "See ")
    page.evaluate(
        """(id) => {
            const text = document.querySelector(`#prose-${id} .cm-content`);
            const {right, top} = text.getBoundingClientRect();
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File(["09:30 alert"], "alerts.log"));
            text.dispatchEvent(new DragEvent("drop", {
                dataTransfer, bubbles: true, cancelable: true,
                clientX: right - 2, clientY: top + 5,
            }));
        }""",
        section(postmortem).pk,
    )
    expect(editor(page, postmortem)).to_contain_text("See [alerts.log](/")
    assert EvidenceFile.objects.get().content_type == "text/plain"


def test_a_picture_that_is_not_sent_is_kept_and_tried_again(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    page = workspace(facilitator, permissions=CLIPBOARD)
    write(page, postmortem, "Before")
    saved(page)
    copy_picture(page)
    page.context.set_offline(offline=True)
    page.keyboard.press("Control+v")
    told = page.locator("#uploads")
    expect(told).to_contain_text("You are offline. The file is kept in this page")
    expect(editor(page, postmortem)).to_have_text("Before")
    page.context.set_offline(offline=False)
    told.get_by_role("button", name="Try again").click()
    expect(editor(page, postmortem).locator("img.md-picture")).to_be_visible()
    expect(told).to_be_empty()


def test_whoever_is_signed_out_is_told_so_and_keeps_the_file(
    open_report: BrowserOf, entries: list[int], facilitator: User
) -> None:
    page = open_report(facilitator)
    open_row(page, entries[0])
    page.context.clear_cookies(name=configured.SESSION_COOKIE_NAME)
    chosen: Any = {"name": "a.log", "mimeType": "text/plain", "buffer": b"09:30"}
    page.get_by_label("Picture or file").set_input_files(chosen)
    told = page.locator("#uploads")
    expect(told).to_contain_text("a.log was not sent. You are signed out")
    expect(told.get_by_role("button", name="Try again")).to_be_visible()


def test_what_is_no_evidence_is_refused_in_a_sentence_and_left_out(
    open_report: BrowserOf, entries: list[int], facilitator: User
) -> None:
    page = open_report(facilitator)
    open_row(page, entries[0])
    chosen: Any = {"name": "a.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"}
    page.get_by_label("Picture or file").set_input_files(chosen)
    told = page.locator("#uploads")
    expect(told).to_contain_text("a.svg was not sent. Evidence is a picture")
    assert violations(page) == []
    told.get_by_role("button", name="Leave it out").click()
    expect(told).to_be_empty()
    assert not EvidenceFile.objects.exists()


def test_without_scripts_a_file_becomes_evidence_of_an_entry(
    browser_of: BrowserOf, entries: list[int], postmortem: Postmortem, facilitator: User
) -> None:
    page = browser_of(facilitator, java_script_enabled=False)
    page.goto(f"/incidents/{postmortem.incident.reference}/files/")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "shot.png", "mimeType": "image/png", "buffer": picture()}
    )
    page.get_by_label("What it shows").fill("Queue depth")
    page.get_by_label("Evidence of an entry").select_option(str(entries[1]))
    page.get_by_role("button", name="Keep as evidence").click()
    line = page.get_by_role("row").filter(has_text="shot.png")
    expect(line).to_contain_text("Entry 10:00:00")
    line.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Undo").click()
    expect(line).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_list_of_files_is_fit_for_everybody(
    width: int, scheme: str, browser_of: BrowserOf, entries: list[int],
    postmortem: Postmortem, facilitator: User,
) -> None:  # fmt: skip
    viewport = {"width": width, "height": 800}
    page = browser_of(facilitator, viewport=viewport, color_scheme=scheme)
    page.goto(f"/incidents/{postmortem.incident.reference}/files/")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "a-long-name-" * 9 + ".png", "mimeType": "x", "buffer": picture()}
    )
    page.get_by_role("button", name="Keep as evidence").click()
    expect(page.get_by_role("row").filter(has_text="a-long-name")).to_be_visible()
    assert violations(page) == []
    sideways = "document.documentElement.scrollWidth > innerWidth"
    assert page.evaluate(sideways) is False
