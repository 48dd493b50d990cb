"""Rows without a connection: forms open, and changes wait until they can be sent."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from accounts.models import User
from postmortems.models import Postmortem
from tests.browser.conftest import BrowserOf, violations
from tests.browser.live import Open, state, write
from tests.browser.workspace import drafts
from tests.fixtures import AddRow, kind

ReadyOf = Callable[..., Page]


@pytest.fixture
def ready(workspace: Open) -> ReadyOf:
    """A workspace that has its forms at hand."""

    def open_page(*args: Any, **extra: Any) -> Page:
        page = workspace(*args, **extra)
        at_hand(page)
        return page

    return open_page


def at_hand(page: Page) -> None:
    expect(page.locator("[data-forms-at-hand]")).to_be_attached()


def offline(page: Page) -> None:
    page.context.set_offline(True)
    expect(state(page)).to_have_attribute("data-is", "offline")


def online(page: Page) -> None:
    page.context.set_offline(False)


def add_row(page: Page, text: str, name: str = "lessons") -> None:
    page.locator(f"main a[href*='rows/{name}/add']").first.click()
    fill(page, text)


def fill(page: Page, text: str) -> None:
    page.locator("form[data-draft] [name=text]").fill(text)
    page.keyboard.press("Control+Enter")
    expect(page.locator("form[data-draft]")).to_have_count(0)


def open_row(page: Page, place: str) -> Locator:
    page.locator(f"{place} [data-edit-row]").focus()
    page.keyboard.press("Enter")
    form = page.locator(f"{place} form[data-draft]")
    expect(form).to_be_visible()
    return form


def waiting(page: Page, text: str) -> Locator:
    return page.locator(".is-waiting", has_text=text)


def counts(page: Page, number: int) -> None:
    noun = "change" if number == 1 else "changes"
    sentence = f"Offline. {number} {noun} kept on this device"
    expect(state(page)).to_have_text(sentence)


def all_sent(page: Page) -> None:
    expect(page.locator(".is-waiting")).to_have_count(0)
    expect(state(page)).to_have_text(re.compile(r"Saved \d\d:\d\d:\d\d UTC"))


def texts(report: Postmortem, name: str = "lessons") -> list[str]:
    rows = kind(name).rows(report).present().order_by("position", "pk")
    return [row.text for row in rows]


@pytest.fixture
def lessons(add: AddRow) -> list[str]:
    """The ids of three lessons' rows on the page."""
    rows = [add("lessons", text=f"Lesson {number}") for number in range(3)]
    return [f"#lesson-{row.pk}" for row in rows]


def test_rows_are_added_changed_and_deleted_and_sent_on_return(
    ready: ReadyOf, postmortem: Postmortem, facilitator: User, lessons: list[str]
) -> None:
    page = ready(facilitator)
    offline(page)
    add_row(page, "First of two")
    add_row(page, "Second of two")
    open_row(page, lessons[0])
    fill(page, "Written on the train")
    open_row(page, lessons[1])
    page.get_by_role("button", name="Delete").click()
    expect(waiting(page, "Written on the train")).to_contain_text("Waiting to be sent")
    expect(waiting(page, "Lesson 1")).to_contain_text("Deleted, waiting to be sent")
    counts(page, 4)
    online(page)
    all_sent(page)
    expected = ["Written on the train", "Lesson 2", "First of two", "Second of two"]
    assert texts(postmortem) == expected
    expect(page.locator(".lessons li", has_text="Second of two")).to_be_visible()
    expect(page.locator("#connection")).to_be_hidden()


def test_prose_and_rows_are_counted_together(
    ready: ReadyOf, postmortem: Postmortem, facilitator: User
) -> None:
    page = ready(facilitator)
    offline(page)
    write(page, postmortem, "Written offline.")
    add_row(page, "A lesson")
    counts(page, 2)
    online(page)
    all_sent(page)


def test_what_waits_is_on_the_device_and_sent_by_the_next_page(
    ready: ReadyOf, postmortem: Postmortem, facilitator: User, lessons: list[str]
) -> None:
    page = ready(facilitator)
    offline(page)
    add_row(page, "From a page that is gone")
    open_row(page, lessons[0])
    fill(page, "Changed by a page that is gone")
    counts(page, 2)
    address, window = page.url, page.context
    page.close()
    window.set_offline(False)
    page = window.new_page()
    page.goto(address)
    expect(page.locator(lessons[0])).to_contain_text("Changed by a page that is gone")
    all_sent(page)
    assert "From a page that is gone" in texts(postmortem)


def test_somebody_else_in_the_same_browser_sends_nothing_of_it(
    ready: ReadyOf,
    browser_of: BrowserOf,
    postmortem: Postmortem,
    facilitator: User,
    responder: User,
) -> None:
    page = ready(facilitator)
    offline(page)
    add_row(page, "Maren wrote this")
    address, window = page.url, page.context
    page.close()
    window.set_offline(False)
    window.clear_cookies()
    other = browser_of(responder)
    window.add_cookies(other.context.cookies())  # type: ignore[arg-type]
    page = window.new_page()
    page.goto(address)
    at_hand(page)
    page.wait_for_timeout(1_000)
    assert texts(postmortem) == []


def test_a_row_that_waits_is_edited_again_and_sent_once(
    ready: ReadyOf, postmortem: Postmortem, facilitator: User
) -> None:
    page = ready(facilitator)
    offline(page)
    add_row(page, "First thought")
    waiting(page, "First thought").get_by_role("button", name="Edit").click()
    expect(page.locator("form[data-draft] [name=text]")).to_have_value("First thought")
    fill(page, "Second thought")
    counts(page, 1)
    online(page)
    all_sent(page)
    assert texts(postmortem) == ["Second thought"]


def test_a_row_that_waits_need_not_be_sent(
    ready: ReadyOf, postmortem: Postmortem, facilitator: User, lessons: list[str]
) -> None:
    page = ready(facilitator)
    offline(page)
    add_row(page, "Better not")
    row = waiting(page, "Better not")
    row.get_by_role("button", name="Don’t send").click()
    expect(row).to_contain_text("Not to be sent")
    add_row(page, "This one")
    online(page)
    expect(page.locator(".lessons li", has_text="This one")).to_be_visible()
    assert "Better not" not in texts(postmortem)


def test_closing_the_form_without_a_connection_shows_the_row_again(
    ready: ReadyOf, facilitator: User, lessons: list[str]
) -> None:
    page = ready(facilitator)
    offline(page)
    open_row(page, lessons[0])
    page.keyboard.press("Escape")
    expect(page.locator(lessons[0])).to_have_text(re.compile("Lesson 0"))
    expect(page.locator(f"{lessons[0]} :focus")).to_have_count(1)
    expect(page.locator("form[data-draft]")).to_have_count(0)


@pytest.mark.parametrize(
    "name",
    ["timeline", "factors", "whys", "lessons", "follow_ups", "measures", "actions"],
)
def test_the_form_of_every_kind_holds_the_same_as_with_a_connection(
    name: str, ready: ReadyOf, add: AddRow, facilitator: User
) -> None:
    row = add(name)
    page = ready(facilitator)
    link = f"main a[href$='rows/{name}/{row.pk}/edit/']"
    there = values_of(page, link)
    page.locator("form[data-draft] [data-cancel]").click()
    expect(page.locator("form[data-draft]")).to_have_count(0)
    offline(page)
    assert values_of(page, link) == there


def values_of(page: Page, link: str) -> list[list[str]]:
    page.locator(link).first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("form[data-draft]")).to_be_visible()
    found: list[list[str]] = page.evaluate(
        """() => [...new FormData(document.querySelector("form[data-draft]"))]
            .filter(([name]) => !["csrfmiddlewaretoken", "request_key"].includes(name))
            .map(([name, value]) => [name, value.replace("+00:00", "Z")])"""
    )
    return sorted(found)


def test_a_row_that_somebody_changed_meanwhile_shows_both_versions_and_the_rest_goes_on(
    ready: ReadyOf,
    postmortem: Postmortem,
    facilitator: User,
    responder: User,
    lessons: list[str],
) -> None:
    mine, theirs = ready(facilitator), ready(responder)
    offline(mine)
    open_row(mine, lessons[0])
    fill(mine, "Mine")
    add_row(mine, "And another")
    open_row(theirs, lessons[0])
    fill(theirs, "Theirs")
    expect(theirs.locator(lessons[0])).to_contain_text("Theirs")
    online(mine)
    dialog = mine.get_by_role("alertdialog")
    expect(dialog).to_contain_text("Mine")
    expect(dialog).to_contain_text("Theirs")
    expect(mine.locator(".lessons li", has_text="And another")).to_be_visible()
    dialog.get_by_role("button", name="Keep yours").click()
    expect(mine.locator(lessons[0])).to_contain_text("Mine")
    expect(theirs.locator(lessons[0])).to_contain_text("Mine")


def test_a_form_with_errors_comes_back_and_the_rest_goes_on(
    ready: ReadyOf, postmortem: Postmortem, facilitator: User
) -> None:
    page = ready(facilitator)
    offline(page)
    page.keyboard.press("e")
    page.get_by_label("What happened").fill("No such time")
    page.get_by_role("textbox", name="Time", exact=True).fill("half past nonsense")
    page.keyboard.press("Control+Enter")
    expect(waiting(page, "No such time")).to_be_visible()
    add_row(page, "And another")
    online(page)
    expect(page.locator(".lessons li", has_text="And another")).to_be_visible()
    time = page.get_by_role("textbox", name="Time", exact=True)
    expect(time).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("What happened")).to_have_value("No such time")


def test_a_change_whose_answer_was_lost_is_not_made_twice(
    ready: ReadyOf, postmortem: Postmortem, facilitator: User
) -> None:
    page = ready(facilitator)

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/rows/lessons/add/**", lose_the_answer, times=2)
    page.locator("main a[href*='rows/lessons/add']").first.click()
    expect(page.locator("form[data-draft]")).to_be_visible()
    fill(page, "Once only")
    expect(waiting(page, "Once only")).to_be_visible()
    expect(waiting(page, "Once only")).to_have_count(0, timeout=15_000)
    assert texts(postmortem) == ["Once only"]


def test_what_was_typed_after_a_lost_answer_changes_the_row_that_was_added(
    ready: ReadyOf, postmortem: Postmortem, facilitator: User
) -> None:
    page = ready(facilitator)

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        page.context.set_offline(True)
        route.abort()

    page.locator("main a[href*='rows/lessons/add']").first.click()
    expect(page.locator("form[data-draft]")).to_be_visible()
    page.route("**/rows/lessons/add/**", lose_the_answer, times=1)
    fill(page, "First")
    waiting(page, "First").get_by_role("button", name="Edit").click()
    fill(page, "Second")
    online(page)
    all_sent(page)
    assert texts(postmortem) == ["Second"]


def test_two_windows_keep_their_own_changes(
    ready: ReadyOf, postmortem: Postmortem, facilitator: User
) -> None:
    one = ready(facilitator)
    two = one.context.new_page()
    two.goto(one.url)
    at_hand(two)
    offline(one)
    expect(state(two)).to_have_attribute("data-is", "offline")
    add_row(one, "From one")
    add_row(two, "From two")
    counts(one, 1)
    counts(two, 1)
    online(one)
    all_sent(one)
    all_sent(two)
    assert sorted(texts(postmortem)) == ["From one", "From two"]


def test_a_restricted_report_keeps_rows_in_the_page_alone(
    ready: ReadyOf, restricted: Postmortem, facilitator: User
) -> None:
    page = ready(facilitator, restricted)
    offline(page)
    add_row(page, "A secret")
    expect(state(page)).to_have_text("Offline. 1 change kept in this page")
    names = page.evaluate("indexedDB.databases().then(all => all.map(one => one.name))")
    assert names == []
    assert drafts(page) == []
    online(page)
    all_sent(page)
    assert texts(restricted) == ["A secret"]


def test_a_device_that_keeps_nothing_is_told(
    browser_of: BrowserOf, postmortem: Postmortem, facilitator: User
) -> None:
    page = browser_of(facilitator)
    page.add_init_script("indexedDB.open = () => { throw new Error('no room'); };")
    page.goto(f"/incidents/{postmortem.incident.reference}/edit/")
    at_hand(page)
    offline(page)
    add_row(page, "In the page alone")
    expect(state(page)).to_have_text("Offline. 1 change kept in this page")


def kept(page: Page) -> int:
    """How many things lie on the device."""
    number: int = page.evaluate("""async () => {
        const known = await indexedDB.databases();
        if (!known.length) return 0;
        return new Promise((resolve) => {
          window.asked = indexedDB.open("afterword", 1);
          asked.onsuccess = () => {
            window.counting = asked.result.transaction("waiting")
              .objectStore("waiting").count();
            counting.onsuccess = () => resolve(counting.result);
          };
        });
    }""")
    return number


def test_what_was_typed_and_not_saved_outlives_the_tab(
    ready: ReadyOf, facilitator: User, lessons: list[str]
) -> None:
    page = ready(facilitator)
    open_row(page, lessons[0])
    page.locator("form[data-draft] [name=text]").fill("Half a thought")
    while kept(page) == 0:
        page.wait_for_timeout(50)
    address, window = page.url, page.context
    page.close()
    page = window.new_page()
    page.goto(address)
    expect(page.locator(lessons[0])).to_contain_text("Draft")
    open_row(page, lessons[0])
    field = page.locator("form[data-draft] [name=text]")
    expect(field).to_have_value("Half a thought")
    fill(page, "A whole one")
    while kept(page) > 0:
        page.wait_for_timeout(50)


def test_signing_out_takes_a_draft_off_the_device_without_a_question(
    ready: ReadyOf, facilitator: User, lessons: list[str]
) -> None:
    page = ready(facilitator)
    page.on("dialog", lambda dialog: dialog.accept())
    open_row(page, lessons[0])
    page.locator("form[data-draft] [name=text]").fill("Half a thought")
    while kept(page) == 0:
        page.wait_for_timeout(50)
    page.get_by_role("button", name="account menu").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile("sign-in"))
    assert kept(page) == 0
    assert drafts(page) == []


def test_signing_out_asks_while_a_row_waits_and_then_takes_it_off_the_device(
    ready: ReadyOf, postmortem: Postmortem, facilitator: User
) -> None:
    page = ready(facilitator)
    page.route("**/rows/**", lambda route: route.abort())
    page.locator("main a[href*='rows/lessons/add']").first.click()
    fill(page, "Unsent")
    expect(waiting(page, "Unsent")).to_be_visible()
    page.get_by_role("button", name="account menu").click()
    page.get_by_role("button", name="Sign out").click()
    dialog = page.get_by_role("dialog", name="Some of what you wrote is not saved")
    dialog.get_by_role("button", name="Sign out and discard it").click()
    page.wait_for_url(re.compile("sign-in"))
    assert kept(page) == 0


def test_steps_of_the_report_wait_for_the_connection(
    ready: ReadyOf, facilitator: User
) -> None:
    page = ready(facilitator)
    offline(page)
    step = page.get_by_role("button", name="Start drafting")
    expect(step).to_have_attribute("aria-disabled", "true")
    expect(step).to_contain_text("Not while you are offline")
    step.dispatch_event("click")
    online(page)
    expect(step).not_to_have_attribute("aria-disabled", "true")
    assert page.url.partition("#")[0].endswith("/edit/")


def test_a_moved_row_stands_there_at_once_and_is_moved_on_return(
    ready: ReadyOf, postmortem: Postmortem, facilitator: User, lessons: list[str]
) -> None:
    page = ready(facilitator)
    offline(page)
    page.locator(f"{lessons[0]} [data-edit-row]").focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.locator(".lessons li").first).to_contain_text("Lesson 1")
    counts(page, 1)
    online(page)
    all_sent(page)
    assert texts(postmortem) == ["Lesson 1", "Lesson 0", "Lesson 2"]


def test_rows_that_wait_have_no_accessibility_violations(
    ready: ReadyOf, facilitator: User, add: AddRow
) -> None:
    rows = {name: add(name) for name in ("timeline", "actions")}
    page = ready(facilitator)
    offline(page)
    for name, field in (("timeline", "text"), ("actions", "description")):
        link = f"main a[href$='rows/{name}/{rows[name].pk}/edit/']"
        page.locator(link).first.focus()
        page.keyboard.press("Enter")
        page.locator(f"form[data-draft] [name={field}]").fill("Written offline")
        page.keyboard.press("Control+Enter")
    expect(page.locator(".is-waiting")).to_have_count(2)
    assert violations(page) == []
