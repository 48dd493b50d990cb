"""Root and ordinary users; the folders that one of them may not enter."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack import binaries
from devstack.server_user import elsewhere
from devstack.var import ROOT
from tests.setup.conftest import empty_folder
from tests.setup.stacks import in_database, left_over, say

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become others")


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A `var/` below a folder that only root may enter, as many home folders are."""
    home = Path(tempfile.mkdtemp(prefix="afterword-home-"))
    home.chmod(0o700)
    for _folder in empty_folder():
        inside = home / "var"
        inside.mkdir()
        yield inside
        assert left_over(inside) == []
    shutil.rmtree(home)


@as_root
def test_roots_postgresql_runs_as_somebody_else(folder: Path) -> None:
    assert in_database(folder, "SELECT 'made'") == "made"
    owner = pwd.getpwuid((folder / "postgres").stat().st_uid).pw_name
    assert owner in {"postgres", "nobody"}


@as_root
def test_what_a_closed_folder_cannot_hold_lies_elsewhere_and_is_named_and_emptied(
    closed_folder: Path,
) -> None:
    outside = elsewhere(closed_folder)
    code, said = say(closed_folder, "exec", "true")
    assert code == 0, said
    assert f"PostgreSQL keeps its data in {outside}/postgres" in said
    assert stat.S_IMODE((outside / "postgres").stat().st_mode) == 0o700
    assert say(closed_folder, "reset", "--yes")[0] == 0
    assert not outside.exists()


@as_root
def test_an_ordinary_user_needs_nothing_from_root(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    python = usable_by(nobody)
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    postgres, _version = binaries.find_postgres()
    valkey, _version = binaries.find_valkey()
    code, said = say(
        folder,
        *("exec", "id", "-un"),
        python=python,
        environ={
            "AFTERWORD_PG_BINDIR": str(postgres),
            "AFTERWORD_REDIS_SERVER": str(valkey),
        },
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
    )
    assert (code, said.strip().splitlines()[-1]) == (0, "nobody"), said
    assert (folder / "postgres").stat().st_uid == nobody.pw_uid


def test_a_folder_of_somebody_else_is_said_to_be_so(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    nobody = pwd.getpwnam("nobody")
    code, said = say(
        folder,
        *("exec", "true"),
        python=usable_by(nobody),
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
    )
    assert code == 1
    assert f"{folder} cannot be written by this user (root owns it)" in said


def usable_by(user: pwd.struct_passwd) -> str:
    """A Python that `user` can run in this checkout; skips the test without one."""
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        if _runs(python, user):
            return python
    pytest.skip(f"no Python 3.11 that {user.pw_name} can run, or a closed checkout")


def _runs(python: str, user: pwd.struct_passwd) -> bool:
    asked = "import sys, devstack; sys.exit(sys.version_info < (3, 11))"
    try:
        tried = subprocess.run(
            [python, "-c", asked],
            cwd=ROOT,
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return tried.returncode == 0
