"""What becomes of writing when things break: kills, sleep, foreign networks, renewals.

The web processes are real ones behind a wire, so that they can be killed and the wire
be cut, swallowed or led elsewhere.
"""

import random
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from accounts.models import User
from postmortems.models import Postmortem
from tests.browser.live import editor, saved, section, state, write
from tests.browser.processes import OFFLINE, Place, never_saved, said_saved
from tests.browser.workspace import open_row, row
from tests.live.conftest import Web
from tests.setup.stacks import comes_true

pytestmark = pytest.mark.django_db(transaction=True)
BACK = 40_000
"""Milliseconds in which a page has to find its way back: the longest pause is 30 s."""


@pytest.fixture
def place(transactional_db: None, browser: Browser) -> Iterator[Place]:
    """One web process behind a wire."""
    made = Place(browser, [Web()])
    try:
        made.webs[0].wait()
        yield made
    finally:
        made.close()


def in_database(report: Postmortem, text: str, seconds: float = 10) -> bool:
    return comes_true(lambda: text in section(report).body, seconds)


# --- Killed in mid-word ---------------------------------------------------------------


def test_a_web_process_that_is_killed_in_mid_word_loses_nothing(
    place: Place, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    mine, theirs = (place.page(user, postmortem) for user in (facilitator, responder))
    write(mine, postmortem, "Acknow")
    saved(mine)
    mine.keyboard.type("ledg")
    place.webs[0].kill()
    mine.keyboard.type("ed words")
    expect(state(mine)).to_have_text(OFFLINE)
    place.webs[0].again()
    for page in (mine, theirs):
        expect(editor(page, postmortem)).to_contain_text(
            "Acknowledged words", timeout=BACK
        )
    saved(mine)
    assert in_database(postmortem, "Acknowledged words")


def test_another_process_takes_over_from_one_that_is_killed(
    transactional_db: None, browser: Browser, postmortem: Postmortem,
    facilitator: User, responder: User,
) -> None:  # fmt: skip
    place = Place(browser, [Web(), Web()])
    try:
        for web in place.webs:
            web.wait()
        mine, theirs = (
            place.page(user, postmortem) for user in (facilitator, responder)
        )
        write(mine, postmortem, "Half a wo")
        place.webs[0].kill()
        mine.keyboard.type("rd")
        for page in (mine, theirs):
            expect(editor(page, postmortem)).to_contain_text("Half a word")
        saved(mine)
        assert in_database(postmortem, "Half a word")
    finally:
        place.close()


# --- Asleep, and in a hotel -----------------------------------------------------------


def test_a_connection_that_is_open_in_name_only_is_told_within_ten_seconds(
    place: Place, postmortem: Postmortem, facilitator: User
) -> None:
    page = place.page(facilitator, postmortem)
    write(page, postmortem, "Before. ")
    expect(state(page)).to_have_attribute("data-is", "saved")
    place.wire.swallow()
    never_saved(page)
    began = monotonic()
    page.keyboard.type("Into the void.")
    expect(state(page)).to_have_text(OFFLINE, timeout=10_000)
    assert monotonic() - began < 10
    assert not said_saved(page)
    place.wire.cut()  # what the laptop's network does when it wakes
    place.wire.mend()
    saved_within(page, BACK)
    assert in_database(postmortem, "Before. Into the void.")


def saved_within(page: Page, milliseconds: int) -> None:
    said = re.compile(r"Saved \d\d:\d\d:\d\d UTC")
    expect(state(page)).to_have_text(said, timeout=milliseconds)


def all_of(page: Page, entry: int) -> str:
    """The words of a row, and what is typed in its fields."""
    words: str = page.evaluate(
        """id => {
            const row = document.querySelector(`#entry-${id}`);
            const fields = [...row.querySelectorAll("input, textarea")];
            return [row.innerText, ...fields.map(field => field.value)].join(" ");
        }""",
        entry,
    )
    return words


class Portal(BaseHTTPRequestHandler):
    """A hotel's page that stands in front of everything."""

    redirects = False

    def do_GET(self) -> None:
        body = b"<!doctype html><h1>Accept the terms of our network</h1>"
        if self.redirects:
            self.send_response(302)
            self.send_header("Location", "http://portal.invalid/")
        else:
            self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(params=[False, True], ids=["200", "302"])
def portal(request: pytest.FixtureRequest) -> Iterator[int]:
    handler = type("Handler", (Portal,), {"redirects": request.param})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_captive_portal_is_no_server_of_ours(
    place: Place, portal: int, postmortem: Postmortem, facilitator: User,
    entries: list[int],
) -> None:  # fmt: skip
    page = place.page(facilitator, postmortem)
    open_row(page, entries[0]).fill("Typed in the hotel")
    place.wire.targets = [portal]
    place.wire.cut()
    never_saved(page)
    page.keyboard.press("Control+Enter")
    expect(state(page)).to_have_text(OFFLINE)
    write(page, postmortem, "Prose from the hotel.")
    expect(state(page)).to_have_text("Offline. 2 changes kept on this device")
    expect(page.get_by_text("Accept the terms")).to_have_count(0)
    assert "Typed in the hotel" in all_of(page, entries[0])
    assert not said_saved(page)
    place.wire.targets = [place.webs[0].port]
    place.wire.cut()
    saved_within(page, BACK)
    expect(row(page, entries[0]).locator(".tl__event")).to_have_text(
        "Typed in the hotel", timeout=BACK
    )
    assert in_database(postmortem, "Prose from the hotel.")


# --- Offline on both sides ------------------------------------------------------------


def go_away_and_write(
    place: Place,
    report: Postmortem,
    users: tuple[User, User],
    entry: int,
    seconds: float,
) -> None:
    """One is cut off with a row open, both write on; everything has to arrive."""
    chance = random.Random(20260305)  # noqa: S311  the same each time
    away, here = (place.page(user, report) for user in users)
    write(away, report, "Begin. ")
    saved(away)
    field = open_row(away, entry)
    away.context.set_offline(offline=True)
    expect(state(away)).to_have_text(OFFLINE)
    end = monotonic() + seconds
    words: list[str] = []
    while monotonic() < end or len(words) < 10:
        for name, page in (("away", away), ("here", here)):
            words.append(f"{name}{len(words)}")
            editor(page, report).click()
            page.keyboard.press(chance.choice(["Home", "End"]))
            page.keyboard.type(f"{words[-1]} ")
    field.fill("Written without a connection")
    away.keyboard.press("Control+Enter")
    expect(state(away)).to_have_text(re.compile(r"Offline\. \d+ changes kept"))
    away.context.set_offline(offline=False)
    for page in (away, here):
        expect(row(page, entry).locator(".tl__event")).to_have_text(
            "Written without a connection", timeout=BACK
        )
    assert in_database(report, words[-2])
    body = section(report).body
    assert [word for word in words if word not in body] == []
    for page in (away, here):
        saved(page)
        expect(editor(page, report)).to_contain_text(words[-2])


def test_who_was_offline_while_others_wrote_on_brings_it_all(
    place: Place, postmortem: Postmortem, facilitator: User, responder: User,
    entries: list[int],
) -> None:  # fmt: skip
    users = (facilitator, responder)
    go_away_and_write(place, postmortem, users, entries[0], seconds=2)


@pytest.mark.drill
def test_who_was_offline_for_a_minute_brings_it_all(
    place: Place, postmortem: Postmortem, facilitator: User, responder: User,
    entries: list[int],
) -> None:  # fmt: skip
    users = (facilitator, responder)
    go_away_and_write(place, postmortem, users, entries[0], seconds=60)


def test_a_page_that_is_closed_offline_leaves_its_words_on_the_device(
    place: Place, postmortem: Postmortem, facilitator: User
) -> None:
    page = place.page(facilitator, postmortem)
    page.context.set_offline(offline=True)
    write(page, postmortem, "On the device.")
    expect(state(page)).to_have_text("Offline. 1 change kept on this device")
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        page.reload()
    page.context.set_offline(offline=False)
    page.goto(f"/incidents/{postmortem.incident.reference}/edit/")
    expect(editor(page, postmortem)).to_contain_text("On the device.")
    saved(page)
    assert in_database(postmortem, "On the device.")


# --- Renewed, and very much at once ---------------------------------------------------


def with_old_page(page: Page) -> None:
    """The script of this page speaks an old protocol as soon as `old` is set."""

    def older(route: Route) -> None:
        answer = route.fetch()
        text, count = re.subn(
            r'(searchParams\.set\("v",)\w+\)', r"\1window.old?0:1)", answer.text()
        )
        assert count == 1
        route.fulfill(response=answer, body=text)

    page.route(re.compile(r"dist/editor.*\.js"), older)


def test_a_page_from_before_a_deployment_asks_to_be_loaded_again_and_keeps_its_text(
    place: Place, postmortem: Postmortem, facilitator: User
) -> None:
    page = place.page(facilitator, postmortem, before=with_old_page)
    write(page, postmortem, "Saved. ")
    saved(page)
    place.wire.refuse()
    page.keyboard.type("Not yet sent.")
    expect(state(page)).to_have_text(OFFLINE)
    page.evaluate("window.old = true")
    place.wire.mend()
    notice = page.locator("#notices")
    expect(notice).to_contain_text("Afterword was renewed", timeout=BACK)
    expect(editor_of_any_kind(page, postmortem)).to_contain_text("Not yet sent.")
    page.unroute_all()
    notice.get_by_role("link", name="Load the page again").click()
    expect(editor(page, postmortem)).to_contain_text("Saved. Not yet sent.")
    saved(page)
    assert in_database(postmortem, "Saved. Not yet sent.")


def editor_of_any_kind(page: Page, report: Postmortem) -> Any:
    return page.locator(f"#prose-{section(report).pk} .cm-content")


def paste(page: Page, report: Postmortem, text: str) -> None:
    page.evaluate(
        """([id, text]) => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            document.querySelector(`#prose-${id} .cm-content`).dispatchEvent(
                new ClipboardEvent(
                    "paste", {clipboardData, bubbles: true, cancelable: true}));
        }""",
        [section(report).pk, text],
    )


@pytest.fixture
def sent(place: Place) -> Iterator[Callable[[Page], None]]:
    """Watches the sizes of what pages send; none is as large as the server's limit."""
    sizes: list[int] = []

    def watch(page: Page) -> None:
        page.on(
            "websocket",
            lambda socket: socket.on(
                "framesent",
                lambda said: sizes.append(len(said)),
            ),
        )

    yield watch
    assert max(sizes) < 256_000


@pytest.mark.parametrize("length", [49_999, 50_000, 50_001, 300_000])
def test_a_long_paste_goes_in_whole_in_pieces(
    length: int, place: Place, sent: Callable[[Page], None], postmortem: Postmortem,
    facilitator: User,
) -> None:  # fmt: skip
    page = place.page(facilitator, postmortem, before=sent)
    editor(page, postmortem).click()
    text = ("x" * 99 + "\n") * (length // 100) + "y" * (length % 100 - 2) + "𝄞"
    text = text[: length - 1] if length % 100 == 0 else text
    paste(page, postmortem, text)
    saved(page)
    assert comes_true(lambda: section(postmortem).body == text.rstrip(), 10)


def test_very_much_that_was_written_offline_arrives_in_parts(
    place: Place, sent: Callable[[Page], None], postmortem: Postmortem,
    facilitator: User,
) -> None:  # fmt: skip
    page = place.page(facilitator, postmortem, before=sent)
    editor(page, postmortem).click()
    place.wire.refuse()
    for number in range(4):
        paste(page, postmortem, f"{number}" * 100_000 + "\n")
    expect(state(page)).to_have_text(OFFLINE)
    page.keyboard.type("The end.")
    place.wire.mend()
    saved_within(page, BACK)
    assert in_database(postmortem, "The end.")
    assert len(section(postmortem).body) == 4 * 100_001 + len("The end.")


def test_a_paste_beyond_a_section_is_refused_and_changes_nothing(
    place: Place, postmortem: Postmortem, facilitator: User
) -> None:
    page = place.page(facilitator, postmortem)
    write(page, postmortem, "As it was.")
    saved(page)
    paste(page, postmortem, "x" * 500_001)
    expect(page.locator("#announce")).to_have_text(re.compile("too much text"))
    expect(editor(page, postmortem)).to_have_text("As it was.")
