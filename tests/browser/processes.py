"""Real web processes for browser tests, behind a wire that can be cut; and pages there.

The server of the other browser tests is a thread of the test, which cannot be killed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from postmortems.models import Postmortem
from tests.browser.live import editor
from tests.drills.proxy import Wire
from tests.live.conftest import Web, session_of


@dataclass
class Place:
    """Where people write: a wire, and the processes behind it."""

    browser: Browser
    webs: list[Web]
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.wire = Wire([web.port for web in self.webs])

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.wire.port}"

    def page(
        self,
        user: User,
        report: Postmortem,
        before: Callable[[Page], None] | None = None,
    ) -> Page:
        """The report's workspace in a window of somebody's, ready to be written in."""
        window = self.browser.new_context(base_url=self.address)
        name, value = settings.SESSION_COOKIE_NAME, session_of(user)
        window.add_cookies([{"name": name, "value": value, "url": self.address}])
        page = window.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", lambda dialog: dialog.accept())
        page.set_default_timeout(15_000)
        if before is not None:
            before(page)
        page.goto(f"/incidents/{report.incident.reference}/edit/")
        expect(editor(page, report)).to_be_visible()
        return page

    def close(self) -> None:
        for window in self.browser.contexts:
            window.close()
        self.wire.close()
        for web in self.webs:
            web.stop()
        assert self.errors == []


def never_saved(page: Page) -> None:
    """Remember from here on whether the page says “Saved”."""
    page.evaluate("""() => {
        window.saidSaved = false;
        const line = document.querySelector("#savestate");
        new MutationObserver(() => { saidSaved ||= line.dataset.is === "saved"; })
          .observe(line, {attributes: true, childList: true, subtree: true});
    }""")


def said_saved(page: Page) -> bool:
    said: bool = page.evaluate("saidSaved")
    return said


OFFLINE = re.compile("^Offline")
