"""Servers of their own for the drills, and a place to say what was measured."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.drills.stage import Scene, Servers, scene
from tests.live.conftest import Web

Told = Callable[[str, str], None]


@pytest.fixture(scope="session")
def _servers() -> Iterator[Servers]:
    servers = Servers()
    try:
        yield servers
    finally:
        servers.close()


@pytest.fixture
def servers(_servers: Servers, django_db_blocker: Any) -> Iterator[Servers]:
    """PostgreSQL and Valkey behind wires, as a drill before left nothing of them."""
    _servers.mend()
    with django_db_blocker.unblock(), _servers.as_database():
        yield _servers
        _servers.mend()


@pytest.fixture
def webs(servers: Servers) -> Iterator[list[Web]]:
    """Two web processes, started as in production."""
    both = [Web(**servers.addresses()) for _ in range(2)]
    try:
        yield [web.wait() for web in both]
    finally:
        for web in both:
            web.stop()


@pytest.fixture
def five(servers: Servers, webs: list[Web]) -> Scene:
    """Five people about to write one report."""
    return scene(servers, webs)


@pytest.fixture
def told(request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]) -> Told:
    """Say in one line what a drill measured."""

    def say(name: str, measured: str) -> None:
        reporter: Any = request.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            with capfd.disabled():
                reporter.write_line(f"\n{name}: {measured}")

    return say
