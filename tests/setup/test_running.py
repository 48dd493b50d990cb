"""The whole application, brought up as `make run` does."""

import json
import os
import signal
import socket
import stat
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from devstack import ports
from tests.setup.stacks import STAY, Stack, comes_true, left_over, say, started

pytestmark = pytest.mark.xdist_group("one application for all tests of this file")

READY = r"Ready after [\d.]+ s at (http://127\.0\.0\.1:\d+)/"


@pytest.fixture(scope="module")
def running(shared_folder: Path) -> Iterator[Stack]:
    """Started once; what it said so far ends with the line that it is ready."""
    with started(shared_folder, "run", environ={"DEMO": "1"}) as stack:
        stack.wait_for(READY)
        stack.wait_for("Ctrl-C stops everything")
        yield stack
        assert stack.stop() == 0, "".join(stack.said)


def state(stack: Stack) -> dict[str, str]:
    found: dict[str, str] = json.loads(stack.var.state.read_text())
    return found


def get(address: str) -> tuple[int, bytes]:
    url = urlsplit(address)
    connection = HTTPConnection(str(url.hostname), url.port, timeout=10)
    try:
        connection.request("GET", url.path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_it_is_ready_when_it_says_so(running: Stack) -> None:
    status, body = get(f"{state(running)['address']}/readyz")
    assert (status, json.loads(body)["failed"]) == (200, [])


def test_web_worker_and_scheduler_run(running: Stack) -> None:
    commands = left_over(running.var.folder)
    for part in ("uvicorn", "celery --quiet --app config worker", "config beat"):
        assert any(part in command for command in commands), part


def test_address_and_sign_ins_are_printed_and_kept(running: Stack) -> None:
    said = "".join(running.said)
    kept = json.loads(running.var.demo.read_text())
    assert kept["address"] == state(running)["address"]
    assert {entry["role"] for entry in kept["sign_ins"]} == {
        *("facilitator", "responder", "manager", "viewer", "administrator"),
    }
    for entry in kept["sign_ins"]:
        assert entry["email"] in said
        assert entry["password"] in said


def test_the_sign_ins_are_taken(running: Stack) -> None:
    entry = json.loads(running.var.demo.read_text())["sign_ins"][0]
    program = (
        "from accounts.models import User; "
        f"user = User.objects.get(email={entry['email']!r}); "
        f"print('taken', user.check_password({entry['password']!r}))"
    )
    code, said = say(running.var.folder, "manage", "shell", "-v", "0", "-c", program)
    assert (code, said.strip()) == (0, "taken True")


def test_the_address_is_this_machines_own(running: Stack) -> None:
    port = urlsplit(state(running)["address"]).port
    with socket.socket() as probe:  # another address of this machine
        assert probe.connect_ex(("127.0.0.2", int(port or 0))) != 0


def test_each_step_is_said(running: Stack) -> None:
    said = "".join(running.said)
    for doing in ("Making the database", "Starting PostgreSQL", "up to date"):
        assert doing in said


def test_a_second_start_says_where_the_first_runs(running: Stack) -> None:
    code, said = say(running.var.folder, "run")
    assert code == 1, said
    assert said.strip().endswith(f"Already running at {state(running)['address']}")


def test_commands_find_the_running_database(running: Stack) -> None:
    code, said = say(running.var.folder, "exec", "printenv", "DATABASE_URL")
    assert code == 0, said
    assert (
        said.strip()
        == json.loads(running.var.state.read_text())["environ"]["DATABASE_URL"]
    )


def test_what_runs_is_not_emptied(running: Stack) -> None:
    code, said = say(running.var.folder, "reset", "--yes")
    assert code == 1, said
    assert "Already running at" in said
    assert get(f"{state(running)['address']}/readyz")[0] == 200


def test_secrets_are_readable_by_their_owner_alone(running: Stack) -> None:
    for path in running.var.folder.iterdir():
        if path.suffix in {".password", ".key", ".json"}:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    for path in (running.var.mail, running.var.valkey, running.var.database):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path.name


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_is_quick(
    folder: Path,
) -> None:
    with started(folder, "run") as first:
        address = first.wait_for(READY).group(1)
        assert get(f"{address}/readyz")[0] == 200
        first.wait_for(f"first administrator, once, at {address}/welcome/.token=")
        first.kill()
        assert comes_true(lambda: not left_over(folder), 30), left_over(folder)
    with started(folder, "run") as second:
        began = time.monotonic()
        second.wait_for(READY)
        assert time.monotonic() - began < 30  # 10 on a machine that is not shared
        assert second.stop() == 0
    assert second.last_line == "afterword | Everything has stopped"


def test_a_program_that_ends_by_itself_ends_everything(folder: Path) -> None:
    with started(folder, "run") as stack:
        stack.wait_for(READY)
        server = (folder / "postgres/postmaster.pid").read_text().splitlines()[0]
        os.kill(int(server), signal.SIGKILL)
        assert stack.end() == 1
    assert "postgres ended by itself" in stack.last_line


def test_the_default_port_moves_to_the_next_free_one() -> None:
    with ports.listen(None) as first, ports.listen(None) as second:
        assert second.getsockname()[1] > first.getsockname()[1] >= ports.DEFAULT


def test_a_port_asked_for_is_taken_when_free() -> None:
    free = ports.any_free()
    with ports.listen(str(free)) as listener:
        assert listener.getsockname()[1] == free


def test_given_servers_are_used_and_none_is_started(
    shared_folder: Path, folder: Path, running: Stack
) -> None:
    given = json.loads(running.var.state.read_text())["environ"]
    urls = {name: given[name] for name in ("DATABASE_URL", "REDIS_URL")}
    with started(folder, "exec", *STAY, environ=urls) as stack:
        stack.wait_for("^here")
        assert not any("postgres" in command for command in left_over(folder))
    assert not (folder / "postgres").exists()
