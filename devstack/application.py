"""Afterword itself, on servers that are there: what is done first, and what runs."""

import json
import re
import socket
import sys
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from devstack import console, ports
from devstack.processes import Process, Program
from devstack.refusal import CannotStart
from devstack.supervisor import Supervisor
from devstack.var import Var, write_private

READY_SECONDS = 90.0
WEB_POOL = "8"
"""Connections that the web process keeps; worker and scheduler open their own."""

AS_ROOT_TOO = "ignore:You're running the worker with superuser privileges"
"""Celery's advice to a worker of root; here it has one user's own machine."""


def environment(environ: Mapping[str, str], var: Var, port: int) -> dict[str, str]:
    """What the application reads: development mode, on this machine only."""
    return {
        "EMAIL_URL": f"file:///{var.mail}",
        "SECRET_KEY": var.secret("secret.key"),
        "ENCRYPTION_KEY": var.secret("encryption.key"),
        **environ,
        "AFTERWORD_ENV": "development",
        "PUBLIC_URL": address(port),
        "PYTHONUNBUFFERED": "1",
    }


def address(port: int) -> str:
    return f"http://{ports.HOST}:{port}"


def prepare(supervisor: Supervisor, environ: Mapping[str, str], var: Var) -> None:
    """Bring the database up to date, and make the folders that programs expect."""
    var.mail.mkdir(mode=0o700, exist_ok=True)
    (var.folder / "static").mkdir(exist_ok=True)
    with console.step("Bringing the database up to date"):
        manage(supervisor, environ, "migrate", "--no-input", "--verbosity", "0")


def load_demo(
    supervisor: Supervisor, environ: Mapping[str, str], var: Var
) -> list[str]:
    """Load the demo unless that was done; what it says, the sign-ins included.

    The file of sign-ins gets the address too.
    """
    said = manage(supervisor, environ, "demo", "--sign-ins", str(var.demo)).splitlines()
    if len(said) > 1:  # a sentence, and who can sign in
        kept = json.loads(var.demo.read_text())
        told = {"address": environ["PUBLIC_URL"], "sign_ins": kept["sign_ins"]}
        write_private(var.demo, json.dumps(told, ensure_ascii=False, indent=2))
    return said


def first_run_address(supervisor: Supervisor, environ: Mapping[str, str]) -> str | None:
    """Where the first administrator is created; None where accounts exist."""
    ended = _manage(supervisor, environ, "first_run_token")
    paths = [line for line in ended.said.splitlines() if line.startswith("/")]
    return environ["PUBLIC_URL"] + paths[-1] if paths and not ended.code else None


def manage(supervisor: Supervisor, environ: Mapping[str, str], *command: str) -> str:
    """Run a management command and return what it printed. Raises CannotStart."""
    ended = _manage(supervisor, environ, *command)
    if ended.code:
        told = Var.chosen(environ).folder / "failed.txt"
        write_private(told, ended.said)
        raise CannotStart(
            f"manage.py {command[0]} failed ({_reason(ended)}); {told} has all it said."
        )
    return ended.said


def _reason(ended: Process) -> str:
    """The line of a traceback that names the error, else the last line."""
    named = re.findall(r"^[\w.]+(?:Error|Exception): .+$", ended.said, re.MULTILINE)
    return named[-1] if named else ended.last_words


def _manage(
    supervisor: Supervisor, environ: Mapping[str, str], *command: str
) -> Process:
    return supervisor.finish(
        Program(
            command[0],
            [sys.executable, "manage.py", *command],
            environ=environ,
            quiet=True,
        )
    )


def start(
    supervisor: Supervisor,
    environ: Mapping[str, str],
    var: Var,
    listener: socket.socket,
) -> None:
    """Start web, worker and scheduler, and wait until the web process is ready.

    It inherits the socket it listens on, which is closed here.
    """
    schedule = var.folder / "scheduler"
    commands = {
        "web": [
            *("uvicorn", "config.asgi:application", "--lifespan", "on"),
            *("--fd", str(listener.fileno()), "--log-level", "warning"),
            *("--no-access-log", "--no-proxy-headers", "--no-server-header"),
            *("--timeout-graceful-shutdown", "5"),
            # As in the Dockerfile; config/websockets.py says why.
            *("--ws", "websockets-sansio", "--ws-max-size", "1048576"),
            *("--ws-per-message-deflate", "false"),
        ],
        "worker": [
            *("celery", "--quiet", "--app", "config", "worker"),
            *("--without-gossip", "--without-mingle"),
            *("--concurrency", "2", "--loglevel", "WARNING"),
        ],
        "scheduler": [
            *("celery", "--quiet", "--app", "config", "beat"),
            *("--loglevel", "WARNING", "--schedule", str(schedule), "--pidfile="),
        ],
    }
    with console.step("Starting web, worker and scheduler"):
        processes = {
            name: supervisor.start(_python(name, command, environ, listener))
            for name, command in commands.items()
        }
        port = listener.getsockname()[1]
        listener.close()
        _wait_until_ready(supervisor, processes, port)


def _python(
    name: str,
    command: list[str],
    environ: Mapping[str, str],
    listener: socket.socket,
) -> Program:
    program = [sys.executable, "-W", AS_ROOT_TOO, "-m", *command]
    if name != "web":
        return Program(name, program, environ)
    pooled = {"DATABASE_POOL_SIZE": WEB_POOL, **environ}
    return Program(name, program, pooled, inherits=(listener.fileno(),))


def _wait_until_ready(
    supervisor: Supervisor, processes: Mapping[str, Process], port: int
) -> None:
    missing = ["web"]

    def is_ready() -> bool:
        for name, process in processes.items():
            if process.code is not None:
                raise CannotStart(f"{name} does not start: {process.last_words}")
        missing[:] = _missing(port)
        return not missing

    if not supervisor.wait_until(is_ready, READY_SECONDS):
        raise CannotStart(
            f"Afterword is not ready after {READY_SECONDS:.0f} s; what is missing:"
            f" {', '.join(missing)}."
        )


def _missing(port: int) -> list[str]:
    """What /readyz says is not there yet; empty when everything is."""
    connection = HTTPConnection(ports.HOST, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        said = json.loads(answer.read())
    except (OSError, HTTPException, ValueError):
        return ["web"]
    finally:
        connection.close()
    return [] if answer.status == HTTPStatus.OK else list(said.get("failed", ["web"]))
