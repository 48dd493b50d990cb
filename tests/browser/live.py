"""What the tests of live editing share: connected workspaces, and their wire."""

import json
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from postmortems.models import Postmortem, Section

Open = Callable[..., Page]


class Wire:
    """The websockets of one page, to be cut and mended, and to be spoken on."""

    def __init__(self) -> None:
        self.muted: set[str] = set()
        """Kinds of JSON messages of the server that do not reach the page."""
        self._code = 0
        self._socket: WebSocketRoute | None = None
        self._page: Page | None = None

    def hold(self, page: Page) -> None:
        self._page = page
        page.route_web_socket(re.compile("/ws/"), self._connected)

    def _connected(self, socket: WebSocketRoute) -> None:
        if self._code:
            socket.close(code=self._code)
            return
        self._socket = socket
        server = socket.connect_to_server()
        server.on_message(lambda said: self._pass_on(socket, said))

    def _pass_on(self, socket: WebSocketRoute, said: str | bytes) -> None:
        if isinstance(said, str) and json.loads(said)["t"] in self.muted:
            return
        socket.send(said)

    def cut(self) -> None:
        self.refuse_with(1013)
        self.drop()

    def refuse_with(self, code: int) -> None:
        """Close what connects from now on."""
        self._code = code

    def drop(self, code: int = 1012) -> None:
        """Close what is open; the page may come back at once."""
        if self._socket is not None:
            self._socket.close(code=code)

    def mend(self) -> None:
        self._code = 0
        self.hurry()

    def hurry(self) -> None:
        """As a network that is back: the page does not wait for its next try, which may
        be many seconds away.
        """
        assert self._page is not None
        self._page.evaluate("dispatchEvent(new Event('online'))")

    def tell(self, message: dict[str, Any]) -> None:
        """Say something to the page, as if the server had."""
        assert self._socket is not None
        self._socket.send(json.dumps(message))


def section(report: Postmortem, key: str = "summary") -> Section:
    return report.sections.get(key=key)


def editor(page: Page, report: Postmortem, key: str = "summary") -> Locator:
    """The paragraph that is an editor, once the page is connected."""
    place = page.locator(f"#prose-{section(report, key).pk}")
    return place.locator("[contenteditable=true]")


def write(page: Page, report: Postmortem, text: str, key: str = "summary") -> None:
    editor(page, report, key).click()
    page.keyboard.press("Control+End")
    page.keyboard.type(text)


def state(page: Page) -> Locator:
    """The line of the report bar that says how saving stands."""
    return page.locator("#savestate")


def saved(page: Page) -> None:
    expect(state(page)).to_have_text(re.compile(r"Saved \d\d:\d\d:\d\d UTC"))
