"""DR18: the browser is offline for long, dies, has no room, cookies or scripts."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserType, Error, Page, expect

from accounts.models import User
from postmortems.models import Postmortem
from tests.browser.conftest import BrowserOf
from tests.browser.live import Open, Wire, editor, saved, state, write
from tests.drills.lengths import OUTAGE
from tests.signing import PASSWORD

pytestmark = pytest.mark.drill
LONG = 10 * OUTAGE * 1_000
"""Milliseconds offline: ten minutes, unless outages were made shorter."""
BLOCKED = 2
"""What Chromium's preferences call a kind of content that is blocked."""


def kept(page: Page, changes: int = 1) -> None:
    word = "change" if changes == 1 else "changes"
    expect(state(page)).to_have_text(f"Offline. {changes} {word} kept on this device")


def test_ten_minutes_offline_on_one_side_cost_nobody_a_word(
    workspace: Open, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    wire = Wire()
    mine, theirs = workspace(facilitator, wire=wire), workspace(responder)
    wire.cut()
    write(mine, postmortem, "Before the tunnel. ")
    write(theirs, postmortem, "In the office. ")
    mine.wait_for_timeout(LONG)
    write(mine, postmortem, "Behind the tunnel. ")
    expect(state(mine)).to_have_text(re.compile("kept on this device"))
    wire.mend()
    for page in (mine, theirs):
        for words in ("Before the tunnel.", "Behind the tunnel.", "In the office."):
            # The page asks again every 30 s at most.
            expect(editor(page, postmortem)).to_contain_text(words, timeout=35_000)
    saved(mine)


def test_what_a_killed_tab_had_not_sent_is_sent_by_the_next_one(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    wire = Wire()
    page = workspace(facilitator, wire=wire)
    wire.cut()
    write(page, postmortem, "My last words.")
    kept(page)
    address, window = page.url, page.context
    with suppress(Error):
        page.goto("chrome://crash", timeout=3_000)
    another = window.new_page()
    another.goto(address)
    expect(editor(another, postmortem)).to_contain_text("My last words.")
    saved(another)


def test_without_room_on_the_device_the_page_says_that_only_it_keeps_the_text(
    workspace: Open, postmortem: Postmortem, facilitator: User
) -> None:
    wire = Wire()
    page = workspace(facilitator, wire=wire)
    tools = page.context.new_cdp_session(page)
    origin = page.evaluate("location.origin")
    no_room = {"origin": origin, "quotaSize": 1}
    tools.send("Storage.overrideQuotaForOrigin", no_room)
    wire.cut()
    write(page, postmortem, "No room for this.")
    expect(state(page)).to_have_text(re.compile("kept in this page"))
    wire.mend()
    saved(page)
    expect(editor(page, postmortem)).to_contain_text("No room for this.")


@pytest.fixture
def without_cookies(
    server: str,
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    tmp_path: Path,
) -> Iterator[Page]:
    """A page of a browser whose settings block every site's cookies and storage."""
    settings = {"profile": {"default_content_setting_values": {"cookies": BLOCKED}}}
    (tmp_path / "Default").mkdir()
    (tmp_path / "Default/Preferences").write_text(json.dumps(settings))
    window = browser_type.launch_persistent_context(
        str(tmp_path), base_url=server, **browser_type_launch_args
    )
    yield window.new_page()
    window.close()


def test_without_cookies_signing_in_says_what_is_missing(
    without_cookies: Page, facilitator: User
) -> None:
    page = without_cookies
    page.goto("/sign-in/")
    with pytest.raises(Error, match="Access is denied"):
        page.evaluate("localStorage.length")
    page.get_by_label("E-mail address").fill(facilitator.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("main")).to_contain_text("keeps no cookies")


def test_without_scripts_the_report_is_read_and_written_with_plain_forms(
    browser_of: BrowserOf, postmortem: Postmortem, facilitator: User
) -> None:
    page = browser_of(facilitator, java_script_enabled=False)
    page.goto(f"/incidents/{postmortem.incident.reference}/edit/")
    page.get_by_role("link", name="Write Summary").click()
    page.get_by_role("textbox", name="Summary").fill("Written without a script.")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("main")).to_contain_text("Written without a script.")
    for path in ("/", "/incidents/", f"/incidents/{postmortem.incident.reference}/"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200
    expect(page.get_by_role("main")).to_contain_text("Written without a script.")
