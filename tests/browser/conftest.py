"""A real browser against the whole application, served as it is in production.

Django's live server is WSGI; this one is uvicorn in a thread, with the same settings
and the same test database. Browser tests run in a process of their own (`make test`),
because Playwright keeps an event loop on the main thread.
"""

import os
import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.db import connections
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as TookTooLong

from accounts.models import User
from postmortems.models import Postmortem
from tests.browser.live import Open, Wire, editor
from tests.fixtures import NINE, AddRow

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

BrowserOf = Callable[..., Page]
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
)
PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).is_relative_to(Path(__file__).parent):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any],
) -> dict[str, Any]:
    program = os.environ.get("AFTERWORD_CHROMIUM") or next(
        filter(None, map(shutil.which, PROGRAMS)), None
    )
    args = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else list(QUIET)
    wanted = {**browser_type_launch_args, "args": args}
    return {**wanted, "executable_path": program} if program else wanted


@pytest.fixture
def server(
    django_db_serialized_rollback: None, transactional_db: None
) -> Iterator[str]:
    """The address of the running application.

    Each test finds what migrations put into the database: scale, checklists.
    """
    from config.asgi import application  # noqa: PLC0415  after the test settings

    served: Any = application
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    running = uvicorn.Server(
        uvicorn.Config(
            ASGIStaticFilesHandler(served),
            lifespan="on",
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            ws_max_size=1_048_576,
            log_level="warning",
            timeout_graceful_shutdown=2,
        )
    )
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    running.should_exit = True
    thread.join()
    listener.close()
    connections.close_all()


PATIENCE = 10_000
"""Milliseconds that a test waits for what it expects, on whatever machine."""
expect.set_options(timeout=PATIENCE)


@pytest.fixture
def browser_of(server: str, browser: Browser) -> Iterator[BrowserOf]:
    """A page of a signed-in person; a script error on it fails the test."""
    errors: list[str] = []

    def open_page(user: User | None = None, **context: Any) -> Page:
        window = browser.new_context(base_url=server, **context)
        if user is not None:
            window.add_cookies(
                [
                    {
                        "name": settings.SESSION_COOKIE_NAME,
                        "value": session_of(user),
                        "url": server,
                    }
                ]
            )
        page = window.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda said: (
                errors.append(said.text)
                if "Content Security Policy" in said.text
                else None
            ),
        )
        page.set_default_timeout(PATIENCE)
        return page

    yield open_page
    for window in browser.contexts:
        window.close()
    assert errors == []


def paragraphs_stand(page: Page) -> None:
    """Wait until paragraphs are editors, where they become any: rows move by that."""
    with suppress(TookTooLong):
        page.locator("[data-shared]").first.wait_for(timeout=3_000)


@pytest.fixture
def open_report(browser_of: BrowserOf, postmortem: Postmortem) -> BrowserOf:
    """The workspace of `postmortem` in a window of somebody's."""

    def open_workspace(user: User, **context: Any) -> Page:
        page = browser_of(user, **context)
        page.goto(f"/incidents/{postmortem.incident.reference}/edit/")
        paragraphs_stand(page)
        return page

    return open_workspace


@pytest.fixture
def open_unheld(browser_of: BrowserOf, postmortem: Postmortem) -> BrowserOf:
    """The same where no page hears who is here: two people may open one row.

    One that is `deaf` does not hear of changes, either.
    """

    def open_workspace(user: User, *, deaf: bool = False, **context: Any) -> Page:
        page = browser_of(user, **context)
        wire = Wire()
        wire.muted |= {"people", "changed"} if deaf else {"people"}
        wire.hold(page)
        page.goto(f"/incidents/{postmortem.incident.reference}/edit/")
        paragraphs_stand(page)
        return page

    return open_workspace


@pytest.fixture
def open_plain(browser_of: BrowserOf, postmortem: Postmortem) -> BrowserOf:
    """The same where the editor did not arrive: paragraphs have their forms."""

    def open_workspace(user: User, **context: Any) -> Page:
        page = browser_of(user, **context)
        page.route("**/dist/editor*.js", lambda route: route.abort())
        page.goto(f"/incidents/{postmortem.incident.reference}/edit/")
        return page

    return open_workspace


@pytest.fixture
def entries(add: AddRow) -> list[int]:
    """Three entries, at nine, ten and eleven."""
    hours = [NINE + timedelta(hours=hour) for hour in range(3)]
    return [
        add("timeline", occurred_at=at, text=f"Entry {number}").pk
        for number, at in enumerate(hours)
    ]


def session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def settled(page: Page) -> None:
    """Wait until htmx and the parts that it fetches again have come to rest."""
    expect(
        page.locator(".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added")
    ).to_have_count(0)


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA, as readable lines."""
    found = Axe().run(
        page,
        options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    )
    return [
        re.sub(
            r"\s+",
            " ",
            f"{violation['id']}: {violation['help']}"
            f" ({violation['nodes'][0]['html'][:200]})",
        )
        for violation in found.response["violations"]
    ]


@pytest.fixture
def workspace(browser_of: BrowserOf, postmortem: Postmortem) -> Open:
    """The workspace of the report, with its paragraphs ready to be written in."""

    def open_page(
        user: User,
        report: Postmortem = postmortem,
        wire: Wire | None = None,
        **context: Any,
    ) -> Page:
        page = browser_of(user, **context)
        if wire is not None:
            wire.hold(page)
        page.goto(f"/incidents/{report.incident.reference}/edit/")
        expect(editor(page, report)).to_be_visible()
        return page

    return open_page
