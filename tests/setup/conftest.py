"""Folders to start from. Real servers run in them, and nothing may be left behind."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack import server_user
from tests.setup.stacks import left_over


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty `var/` that every user of the machine can enter."""
    yield from empty_folder()


@pytest.fixture(scope="module")
def shared_folder() -> Iterator[Path]:
    """As `folder`, for the tests of one file together."""
    yield from empty_folder()


def empty_folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="afterword-setup-"))
    made.chmod(0o755)
    yield made
    assert left_over(made) == []
    shutil.rmtree(made)
    server_user.forget(made)
