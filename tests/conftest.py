"""Fixtures that every test may use."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from django.test.utils import setup_databases, teardown_databases

from tests.fixtures import (  # noqa: F401  fixtures are found by name
    add,
    administrator,
    facilitator,
    member,
    postmortem,
    responder,
    restricted,
    viewer,
)
from tests.http_server import elsewhere  # noqa: F401
from tests.mail_server import mailbox, no_mail_server  # noqa: F401
from tests.outbound import teller  # noqa: F401
from tests.signing import counting_hasher, own_counters, redis_away, redis_hangs  # noqa: F401
from tests.worlds import shared_world, world  # noqa: F401


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_blocker: Any,
) -> Iterator[None]:
    """The test database, for whoever asks.

    pytest-django's own makes it only where a test asks by the name of `db`, which the
    tests that share a world do not.
    """
    keep = request.config.getvalue("reuse_db")
    with django_db_blocker.unblock():
        made = setup_databases(
            verbosity=0, interactive=False, aliases={"default": None}, keepdb=keep
        )
    yield
    if not keep:
        with django_db_blocker.unblock():
            teardown_databases(made, verbosity=0)


@pytest.fixture(autouse=True)
def nothing_drawn_before() -> None:
    """Rows are kept drawn by number and version, which another test uses again."""
    for drawn in ("fragments", "rows"):
        caches[drawn].clear()
    caches["fragments"].set("last-tick", [])  # asked twice a minute, not for each page
