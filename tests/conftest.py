"""Fixtures that every test may use."""

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
