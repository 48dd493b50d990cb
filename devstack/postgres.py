"""PostgreSQL of this checkout: made once under `var/`, then started and stopped."""

import os
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from devstack import console, ports
from devstack.binaries import find_postgres
from devstack.processes import Process, Program
from devstack.refusal import CannotStart
from devstack.server_user import (
    ServerUser,
    elsewhere,
    made_elsewhere,
    reachable_copy,
    server_user,
)
from devstack.supervisor import Supervisor
from devstack.var import Var, write_private

NAME = "afterword"
"""Of the role and of the database."""
ATTEMPTS = 30
ATTEMPT_EVERY_SECONDS = 0.5
START_SECONDS = 120.0
"""Recovery after a crash may take its time."""
TRANSIENT = (
    "shared memory block",  # the processes of a killed server are still ending
    "lock file",
    "could not create any TCP/IP sockets",  # somebody took the port in between
)
SETTINGS = {
    "listen_addresses": ports.HOST,
    "unix_socket_directories": "",
    "max_connections": "60",
    "log_min_messages": "fatal",
}
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For data that nobody misses: tests."""


def start(supervisor: Supervisor, var: Var, environ: Mapping[str, str]) -> str:
    """Start the server and return the address of its database, with the password."""
    user = server_user(var.database)
    data = _data_folder(var, user)
    programs, version = find_postgres(_made_by(data))
    if user and not user.can_reach(programs / "postgres"):
        programs = reachable_copy(programs, version, var.folder)
    if data.exists():
        if not var.database_password.exists():
            raise CannotStart(f"{var.database_password} is missing{_start_over()}")
    else:
        with console.step("Making the database"):
            _make(supervisor, var, data, programs, user)
    data.chmod(0o700)  # PostgreSQL refuses what a `chmod -R` of the checkout opened
    fast = FAST if environ.get("AFTERWORD_PG_FAST") == "1" else {}
    with console.step(f"Starting PostgreSQL {version[0]}.{version[1]}"):
        port = _serve(supervisor, data, programs, user, SETTINGS | fast)
    password = var.database_password.read_text().strip()
    return f"postgresql://{NAME}:{password}@{ports.HOST}:{port}/{NAME}"


def _data_folder(var: Var, user: ServerUser | None) -> Path:
    """Under `var/`, unless that lies below a folder which the server may not enter."""
    outside = elsewhere(var.folder) / var.database.name
    if user is None or var.database.exists():
        return var.database
    if user.can_reach(var.folder) and not outside.exists():
        return var.database
    console.say(
        f"PostgreSQL keeps its data in {outside}, as the user it runs as"
        f" ({user.name}) cannot reach {var.folder}. `make reset` empties both."
    )
    made_elsewhere(var.folder)
    return outside


def _made_by(data: Path) -> int | None:
    """The major version that made the data; None where there are none yet."""
    if not data.exists():
        return None
    try:
        return int((data / "PG_VERSION").read_text())
    except (OSError, ValueError):
        raise CannotStart(
            f"{data} is no database of PostgreSQL{_start_over()}"
        ) from None


def _make(
    supervisor: Supervisor,
    var: Var,
    data: Path,
    programs: Path,
    user: ServerUser | None,
) -> None:
    """Make role and database beside their place, then move them there in one step."""
    unfinished = data.with_name(f"{data.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    var.database_password.unlink(missing_ok=True)
    password_file = data.with_name(f"{data.name}.first-password")
    write_private(password_file, var.secret(var.database_password.name))
    if user:
        os.chown(unfinished, user.uid, user.gid)
        os.chown(password_file, user.uid, user.gid)
    locale = "C" if sys.platform == "darwin" else "C.UTF-8"
    try:
        _run(
            supervisor,
            [
                *(programs / "initdb", "-D", unfinished, "-U", NAME, "-E", "UTF8"),
                *("-A", "scram-sha-256", f"--pwfile={password_file}"),
                *(f"--locale={locale}", "--no-sync"),
            ],
            user,
        )
    finally:
        password_file.unlink()
    _create_database(supervisor, unfinished, programs, user)
    unfinished.rename(data)


def _create_database(
    supervisor: Supervisor, data: Path, programs: Path, user: ServerUser | None
) -> None:
    """Create the database before there is a server, and so without a client."""
    script = f'echo "CREATE DATABASE {NAME}" | "$0" --single -D "$1" postgres'
    _run(supervisor, ["sh", "-c", script, programs / "postgres", data], user)


def _run(
    supervisor: Supervisor, command: list[str | Path], user: ServerUser | None
) -> None:
    ended = supervisor.finish(_program("postgres", command, user, quiet=True))
    if ended.code:
        raise CannotStart(f"PostgreSQL could not make its data: {ended.last_words}")


def _serve(
    supervisor: Supervisor,
    data: Path,
    programs: Path,
    user: ServerUser | None,
    settings: Mapping[str, str],
) -> int:
    """Start the server on a free port, which is returned when it takes connections."""
    options = [part for pair in settings.items() for part in ("-c", "=".join(pair))]
    for _attempt in range(ATTEMPTS):
        port = ports.any_free()
        command: list[str | Path] = [programs / "postgres", "-D", data, *options]
        command += ["-p", str(port)]
        server = supervisor.start(_program("postgres", command, user))
        if _becomes_ready(supervisor, data, server):
            return port
        supervisor.drop(server)
        if not any(reason in server.said for reason in TRANSIENT):
            break
        supervisor.rest(ATTEMPT_EVERY_SECONDS)
    raise CannotStart(
        f"PostgreSQL does not start from {data} ({server.last_words}){_start_over()}"
    )


def _becomes_ready(supervisor: Supervisor, data: Path, server: Process) -> bool:
    supervisor.wait_until(
        lambda: _is_ready(data, server) or server.code is not None, START_SECONDS
    )
    return _is_ready(data, server)


def _is_ready(data: Path, server: Process) -> bool:
    """As pg_ctl asks: the server's own pid file says `ready` in its last line."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return bool(lines) and lines[0] == str(server.pid) and lines[-1].strip() == "ready"


def _program(
    name: str,
    command: Sequence[str | Path],
    user: ServerUser | None,
    *,
    quiet: bool = False,
) -> Program:
    return Program(
        name,
        command,
        environ={"PATH": os.defpath, "LC_ALL": "C"},
        stage="server",
        stop_signal=signal.SIGINT,  # SIGTERM would wait for clients to leave
        grace=15,
        folder=Path("/"),
        quiet=quiet,
        run_as=user.popen if user else {},
    )


def _start_over() -> str:
    return "; `make reset` starts over with an empty one."
