"""Valkey or Redis of this checkout: broker, rate limits, doorbell, under `var/`."""

import os
import socket

from devstack import console, ports
from devstack.binaries import find_valkey
from devstack.processes import Process, Program
from devstack.refusal import CannotStart
from devstack.supervisor import Supervisor
from devstack.var import Var, write_private

ATTEMPTS = 5
START_SECONDS = 60.0
SECRET = "valkey.password"  # noqa: S105  the name of the file


def start(supervisor: Supervisor, var: Var) -> str:
    """Start the server and return its address, with the password."""
    program, version = find_valkey()
    password = var.secret(SECRET)
    var.valkey.mkdir(mode=0o700, exist_ok=True)
    with console.step(f"Starting {program.name} {version[0]}.{version[1]}"):
        for _attempt in range(ATTEMPTS):
            port = ports.any_free()
            settings = var.valkey / "valkey.conf"
            write_private(settings, _settings(var, port, password))
            server = supervisor.start(
                Program(
                    "valkey",
                    [program, settings],
                    environ={"PATH": os.defpath},
                    stage="server",
                    quiet=True,
                )
            )
            if _becomes_ready(supervisor, server, port, password):
                return f"redis://:{password}@{ports.HOST}:{port}"
            supervisor.drop(server)
            if "Address already in use" not in server.said:
                break
    raise CannotStart(
        f"{program.name} does not start from {var.valkey} ({server.last_words});"
        " `make reset` starts over with an empty one."
    )


def _settings(var: Var, port: int, password: str) -> str:
    return (
        f"bind {ports.HOST}\n"
        f"port {port}\n"
        f'dir "{var.valkey}"\n'
        f"requirepass {password}\n"
        "appendonly yes\n"
        'save ""\n'
        "loglevel warning\n"
    )


def _becomes_ready(
    supervisor: Supervisor, server: Process, port: int, password: str
) -> bool:
    supervisor.wait_until(
        lambda: server.code is not None or _answers(port, password), START_SECONDS
    )
    return server.code is None and _answers(port, password)


def _answers(port: int, password: str) -> bool:
    """It takes the password and is done with reading what it kept."""
    try:
        with socket.create_connection((ports.HOST, port), 1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\nQUIT\r\n".encode())
            said = b"".join(iter(lambda: connection.recv(1024), b""))
    except OSError:
        return False
    return b"+PONG" in said
