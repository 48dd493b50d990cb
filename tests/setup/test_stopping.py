"""However it is stopped, nothing is left running and the database is whole."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.var import ROOT
from tests.setup.stacks import (
    STAY,
    comes_true,
    in_database,
    left_over,
    plain_environ,
    started,
)

ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def nothing_left(folder: Path) -> bool:
    return comes_true(lambda: not left_over(folder), 30)


@pytest.mark.parametrize("sign", ASKING, ids=lambda sign: sign.name)
def test_being_asked_to_stop_stops_everything_in_order(
    folder: Path, sign: signal.Signals
) -> None:
    with started(folder, "exec", *STAY) as stack:
        stack.wait_for("^here")
        stack.kill(sign)
        assert stack.end() == 130
    assert left_over(folder) == []


def test_a_killed_supervisor_leaves_no_process_and_a_whole_database(
    folder: Path,
) -> None:
    in_database(folder, "CREATE TABLE kept AS SELECT 'as it was' AS text")
    with started(folder, "exec", *STAY) as stack:
        stack.wait_for("^here")
        stack.kill()
        assert nothing_left(folder), left_over(folder)
    assert in_database(folder, "SELECT text FROM kept") == "as it was"


def test_a_start_right_after_a_kill_waits_until_the_old_servers_have_gone(
    folder: Path,
) -> None:
    with started(folder, "exec", *STAY) as stack:
        stack.wait_for("^here")
        stack.kill()
        stack.process.wait()
        assert in_database(folder, "SELECT 'started'") == "started"


def test_a_kill_while_the_database_is_being_made_is_made_good_by_the_next_start(
    folder: Path,
) -> None:
    with started(folder, "exec", *STAY) as stack:
        stack.wait_for("Making the database")
        stack.kill()
        assert nothing_left(folder), left_over(folder)
    assert in_database(folder, "SELECT 'made'") == "made"


def test_killed_servers_start_again_from_what_they_had_written(folder: Path) -> None:
    in_database(folder, "CREATE TABLE kept AS SELECT 'as it was' AS text")
    with started(folder, "exec", *STAY) as stack:
        stack.wait_for("^here")
        server = (folder / "postgres/postmaster.pid").read_text().splitlines()[0]
        os.kill(int(server), signal.SIGKILL)
        stack.stop()
    assert in_database(folder, "SELECT text FROM kept") == "as it was"


def test_closing_the_terminal_stops_everything(folder: Path) -> None:
    if shutil.which("script") is None:
        pytest.skip("needs the program “script” (util-linux) to have a terminal")
    command = f"{sys.executable} -m devstack exec sh -c 'touch {folder}/up; sleep 600'"
    terminal = subprocess.Popen(
        ["script", "--quiet", "--command", command, "/dev/null"],
        cwd=ROOT,
        env=plain_environ(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert comes_true((folder / "up").exists)
    terminal.kill()
    terminal.wait()
    assert nothing_left(folder), left_over(folder)


def test_the_application_stops_when_the_make_that_started_it_was_killed(
    folder: Path,
) -> None:
    make = subprocess.Popen(
        ["sh", "-c", f"{sys.executable} -m devstack run --stop-with-parent; exit"],
        cwd=ROOT,
        env=plain_environ(folder),
        stdout=subprocess.DEVNULL,
    )
    assert comes_true((folder / "postgres").exists)
    make.kill()
    make.wait()
    assert nothing_left(folder), left_over(folder)
