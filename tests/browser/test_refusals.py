"""What the server refuses, or does not answer: it is said, and nothing is lost."""

import pytest
from playwright.sync_api import Dialog, Locator, Page, Route, expect

from accounts.models import User
from postmortems.models import Postmortem
from postmortems.operations import incidents
from tests.browser.conftest import session_of
from tests.browser.workspace import Open, open_row, row, save
from tests.fixtures import NOW, AddRow
from tests.publishing import publish

TYPED = "Not to be lost"


@pytest.fixture
def page(open_report: Open, facilitator: User, entries: list[int]) -> Page:
    """A window with an entry open and typed into."""
    window: Page = open_report(facilitator)
    open_row(window, entries[0]).fill(TYPED)
    return window


def said(page: Page) -> Locator:
    """The sentence in the open form that says why it was not saved."""
    return page.locator("[data-editing] [data-refusal]")


def press_save(page: Page) -> None:
    page.keyboard.press("Control+Enter")


def is_kept(page: Page, text: str = TYPED) -> None:
    expect(page.get_by_label("What happened")).to_have_value(text)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (500, "Something went wrong on the server"),
        (503, "The server is not available right now"),
        (429, "That was too much at once"),
        (404, "This is not there any more"),
        (403, "You may not change this report any more"),
    ],
)
def test_an_error_page_does_not_take_the_place_of_the_form(
    status: int, sentence: str, page: Page
) -> None:
    page.route(
        "**/rows/timeline/**",
        lambda route: route.fulfill(status=status, body="<main>An error</main>"),
    )
    press_save(page)
    expect(said(page)).to_contain_text(sentence)
    expect(page.locator("#savestate")).to_have_text("Not saved")
    is_kept(page)


def test_what_is_too_large_is_said(page: Page) -> None:
    page.get_by_label("What happened").evaluate(
        "field => { field.value = 'a'.repeat(2_600_000); }"
    )
    press_save(page)
    expect(said(page)).to_contain_text("This is too large to save at once.")


def test_an_error_that_passes_is_behind_us(page: Page, entries: list[int]) -> None:
    page.route("**/rows/timeline/**", lambda route: route.fulfill(status=500), times=1)
    press_save(page)
    expect(said(page)).to_be_visible()
    save(page)
    expect(row(page, entries[0])).to_contain_text(TYPED)


def test_an_unavailable_server_is_asked_again(page: Page, entries: list[int]) -> None:
    page.route("**/rows/timeline/**", lambda route: route.fulfill(status=503), times=1)
    press_save(page)
    expect(said(page)).to_contain_text("is sent again in a moment")
    expect(row(page, entries[0])).to_contain_text(TYPED, timeout=15_000)
    expect(page.locator("[data-editing]")).to_have_count(0)


def test_without_a_connection_writing_goes_on_and_is_sent_on_return(
    page: Page, entries: list[int]
) -> None:
    page.context.set_offline(True)
    press_save(page)
    expect(page.get_by_text("You are offline.")).to_be_visible()
    expect(page.locator("#savestate")).to_have_text(
        "Offline. 1 change kept on this device"
    )
    step = page.get_by_role("button", name="Start drafting")
    expect(step).to_have_attribute("aria-disabled", "true")
    expect(row(page, entries[0])).to_contain_text(TYPED)
    expect(row(page, entries[0])).to_contain_text("Waiting to be sent")
    page.context.set_offline(False)
    expect(row(page, entries[0])).not_to_contain_text("Waiting to be sent")
    expect(row(page, entries[0])).to_contain_text(TYPED)
    expect(page.get_by_text("You are offline.")).not_to_be_visible()
    expect(step).not_to_have_attribute("aria-disabled", "true")


def test_what_was_sent_twice_is_saved_once(
    page: Page, entries: list[int], postmortem: Postmortem
) -> None:
    """The server saved it, but its answer was lost on the way."""

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/rows/timeline/**", lose_the_answer, times=1)
    press_save(page)
    expect(page.locator("[data-editing]")).to_have_count(0)
    expect(page.locator(".is-waiting")).to_have_count(0, timeout=15_000)
    expect(row(page, entries[0])).to_contain_text(TYPED)
    assert postmortem.history.filter(what="changed", part="row:timeline").count() == 1


def test_whoever_was_signed_out_signs_in_elsewhere_and_saves(
    page: Page, facilitator: User, entries: list[int]
) -> None:
    page.context.clear_cookies(name="afterword_session")
    press_save(page)
    expect(said(page)).to_contain_text("You are signed out")
    expect(said(page).get_by_role("link")).to_have_attribute("target", "_blank")
    is_kept(page)
    sign_in(page, facilitator)
    save(page)
    expect(row(page, entries[0])).to_contain_text(TYPED)


def test_a_form_from_before_a_new_sign_in_is_sent_again(
    page: Page, entries: list[int]
) -> None:
    page.context.clear_cookies(name="afterword_csrf")
    save(page)
    expect(row(page, entries[0])).to_contain_text(TYPED)


def sign_in(page: Page, user: User) -> None:
    """As in another tab: a new session, and a new token for forms."""
    page.context.add_cookies(
        [
            {
                "name": "afterword_session",
                "value": session_of(user),
                "url": page.url.partition("/incidents/")[0],
            }
        ]
    )


def test_whoever_lost_the_right_to_write_keeps_the_text(
    page: Page, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    incidents.set_part(postmortem.pk, responder, "facilitator", by=facilitator, at=NOW)
    incidents.set_part(postmortem.pk, facilitator, None, by=responder, at=NOW)
    press_save(page)
    expect(said(page)).to_contain_text("You may not change this report any more")
    is_kept(page)


def test_what_is_refused_outside_a_form_is_said_in_view(
    open_report: Open, facilitator: User, postmortem: Postmortem, add: AddRow
) -> None:
    first, _second = add("follow_ups"), add("follow_ups")
    window = open_report(facilitator)
    publish(postmortem, facilitator)
    window.locator(f"#follow-up-{first.pk} [data-edit-row]").focus()
    window.keyboard.press("Alt+ArrowDown")
    notice = window.locator("#notices")
    expect(notice).to_contain_text("This report is published.")
    expect(notice).to_be_in_viewport()


def test_leaving_with_something_unsaved_asks_first(page: Page) -> None:
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.reload()
    assert asked == ["beforeunload"]


def test_a_row_that_is_gone_says_so_when_it_is_opened(
    open_unheld: Open, facilitator: User, responder: User, entries: list[int]
) -> None:
    page, other = open_unheld(facilitator, deaf=True), open_unheld(responder)
    open_row(other, entries[0])
    other.get_by_role("button", name="Delete").click()
    expect(row(other, entries[0])).to_have_count(0)
    row(page, entries[0]).locator(".tl__event").click()
    expect(page.locator("#notices")).to_contain_text("This is not there any more")
    expect(row(page, entries[0])).to_have_count(0)
