"""Real web processes on real PostgreSQL and Redis, and pages that write in Python."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts import sessions
from accounts.models import User
from config.websockets import OPTIONS
from postmortems.models import Postmortem, Section
from tests.live.page import Page

ROOT = Path(__file__).resolve().parents[2]


class Web:
    """One web process."""

    def __init__(
        self, *, before: Sequence[str] = (), python: Sequence[str] = (), **environ: str
    ) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.environ = {**os.environ, "DATABASE_URL": database_url(), **environ}
        self.program = (*before, sys.executable, *python)
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603
            [
                *self.program,
                *("-m", "uvicorn", "config.asgi:application"),
                *("--port", str(self.port), *OPTIONS),
                *("--log-level", "warning", "--timeout-graceful-shutdown", "5"),
            ],
            cwd=ROOT,
            env=self.environ,
        )

    def again(self) -> "Web":
        """Start it anew at the same port, after it was stopped or killed."""
        self.process = self._start()
        return self.wait()

    def wait(self) -> "Web":
        end = time.monotonic() + 90
        while time.monotonic() < end:
            assert self.process.poll() is None, "the web process ended"
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return self
            time.sleep(0.1)
        raise AssertionError("the web process does not answer")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


def database_url() -> str:
    """Of the test database, which the processes share with the test."""
    found = connection.settings_dict
    who = f"{found['USER']}:{found['PASSWORD']}"
    return f"postgresql://{who}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


@pytest.fixture(scope="session")
def webs(django_db_setup: None) -> Iterator[tuple[Web, Web]]:
    """Two web processes that every test shares."""
    both = Web(), Web()
    try:
        for web in both:
            web.wait()
        yield both
    finally:
        for web in both:
            web.stop()


@pytest.fixture(scope="session")
def deaf(django_db_setup: None) -> Iterator[Web]:
    """A web process that reaches no Redis: it hears no hint and gives none."""
    web = Web(REDIS_URL="redis://127.0.0.1:9")
    try:
        yield web.wait()
    finally:
        web.stop()


def session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
    session["_auth_user_hash"] = user.get_session_auth_hash()
    sessions.begin(session, timezone.now())
    session.create()
    return str(session.session_key)


Opened = Callable[..., Page]
Story = Callable[[Opened], Any]


@asynccontextmanager
async def _pages(report: Postmortem) -> AsyncIterator[Opened]:
    made: list[Page] = []

    def page(web: Web, session_key: str) -> Page:
        made.append(Page(web.address, report.incident.reference, session_key))
        return made[-1]

    try:
        yield page
    finally:
        for one in made:
            await one.close()


@pytest.fixture
def together(
    transactional_db: None, postmortem: Postmortem
) -> Iterator[Callable[[Story], Any]]:
    """Run a story in which pages of `postmortem` are opened; they close at its end."""

    def run(story: Story, report: Postmortem = postmortem) -> Any:
        async def whole() -> Any:
            async with _pages(report) as page:
                return await story(page)

        return asyncio.run(whole())

    yield run
    _empty_the_database()


def _empty_the_database() -> None:
    """Before Django does: a web process that saves meanwhile may end in a deadlock."""
    for left in reversed(range(5)):
        try:
            call_command(
                "flush",
                verbosity=0,
                interactive=False,
                # A number that is given twice would find the room of the first.
                reset_sequences=False,
                inhibit_post_migrate=True,
            )
        except CommandError:
            if not left:
                raise
        else:
            return


@pytest.fixture
def summary(postmortem: Postmortem) -> str:
    """The key of the summary's shared text."""
    return postmortem.sections.get(key=Section.Key.SUMMARY).live_key
