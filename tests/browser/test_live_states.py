"""What the page says of saving, with and without a connection: the truth."""

import re

from playwright.sync_api import expect

from accounts.models import User
from postmortems.models import Postmortem
from tests.browser.live import Open, Wire, editor, saved, section, state, write


def test_without_a_connection_the_page_says_so_and_counts_what_it_keeps(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    wire = Wire()
    page = workspace(facilitator, wire=wire)
    wire.cut()
    write(page, postmortem, "Written offline.")
    expect(state(page)).to_have_text("Offline. 1 change kept on this device")
    expect(page.locator("#connection")).to_be_visible()


def test_what_was_written_offline_on_both_sides_is_merged_on_return(
    workspace: Open, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    wire = Wire()
    mine, theirs = workspace(facilitator, wire=wire), workspace(responder)
    wire.cut()
    write(mine, postmortem, "From the train. ")
    write(theirs, postmortem, "From the office. ")
    saved(theirs)
    wire.mend()
    for page in (mine, theirs):
        expect(editor(page, postmortem)).to_contain_text("From the train.")
        expect(editor(page, postmortem)).to_contain_text("From the office.")
    saved(mine)
    expect(mine.locator("#connection")).to_be_hidden()


def test_what_was_written_offline_outlives_the_page(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    wire = Wire()
    page = workspace(facilitator, wire=wire)
    wire.cut()
    write(page, postmortem, "Kept on the device.")
    expect(state(page)).to_have_text(re.compile("1 change kept"))
    page.on("dialog", lambda dialog: dialog.accept())
    wire.mend()
    page.goto(page.url)
    expect(editor(page, postmortem)).to_contain_text("Kept on the device.")
    saved(page)


def test_a_restricted_report_keeps_nothing_on_the_device(
    workspace: Open, restricted: Postmortem, facilitator: User
) -> None:
    wire = Wire()
    page = workspace(facilitator, restricted, wire=wire)
    wire.cut()
    write(page, restricted, "Secret")
    expect(state(page)).to_have_text("Offline. 1 change kept in this page")
    names = page.evaluate("indexedDB.databases().then(all => all.map(one => one.name))")
    assert names == []


def test_a_connection_that_is_back_at_once_is_not_told(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    wire = Wire()
    page = workspace(facilitator, wire=wire)
    page.evaluate("""() => {
        window.said = [];
        const line = document.getElementById("savestate");
        new MutationObserver(() => said.push(line.dataset.is))
          .observe(line, {attributes: true});
    }""")
    wire.drop()
    write(page, postmortem, "Typed on.")
    saved(page)
    assert "offline" not in page.evaluate("said")


def test_signing_out_asks_while_something_is_unsent_and_then_clears_the_device(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    wire = Wire()
    page = workspace(facilitator, wire=wire)
    wire.cut()
    write(page, postmortem, "Unsent")
    expect(state(page)).to_have_text(re.compile("1 change kept"))
    page.get_by_role("button", name="account menu").click()
    page.get_by_role("button", name="Sign out").click()
    dialog = page.get_by_role("dialog", name="Some of what you wrote is not saved")
    dialog.get_by_role("button", name="Stay signed in").click()
    expect(editor(page, postmortem)).to_have_text("Unsent")
    page.get_by_role("button", name="account menu").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    dialog.get_by_role("button", name="Sign out and discard it").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    kept = page.evaluate("""async () => {
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
    assert kept == 0


def test_a_session_that_ended_is_told_and_the_text_stays(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    wire = Wire()
    page = workspace(facilitator, wire=wire)
    write(page, postmortem, "Before")
    saved(page)
    wire.drop(4401)
    expect(page.locator("#notices")).to_contain_text("You are signed out.")
    expect(state(page)).to_have_text("Read only")
    expect(page.locator(f"#prose-{section(postmortem).pk}")).to_contain_text("Before")


def test_a_report_that_was_put_back_offers_what_was_not_saved_as_a_copy(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    wire = Wire()
    page = workspace(facilitator, wire=wire)
    wire.cut()
    write(page, postmortem, "My last words")
    expect(state(page)).to_have_text(re.compile("1 change kept"))
    wire.refuse_with(4410)
    wire.hurry()
    copy = page.get_by_role("textbox", name="What you wrote and is not saved")
    expect(copy).to_have_value("My last words")


def test_what_is_more_than_can_be_sent_is_offered_as_a_copy_and_not_tried_for_ever(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    wire = Wire()
    page = workspace(facilitator, wire=wire)
    wire.cut()
    write(page, postmortem, "More than can be sent")
    expect(state(page)).to_have_text(re.compile("1 change kept"))
    wire.refuse_with(1009)
    wire.hurry()
    copy = page.get_by_role("textbox", name="What you wrote and is not saved")
    expect(copy).to_have_value("More than can be sent")
    expect(page.locator("#notices")).to_contain_text("is more than can be sent")


def test_an_edit_that_the_server_refuses_is_never_called_saved(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    wire = Wire()
    page = workspace(facilitator, wire=wire)
    wire.tell({"t": "refused", "n": 2, "reason": "too_large"})
    expect(state(page)).to_have_text("Not saved")
    expect(page.locator("#notices")).to_contain_text("The report has become too large")
