"""A PostgreSQL and a Valkey of the drill's own, to be stopped, killed and filled up.

They keep their ports over a restart, as servers do. PostgreSQL flushes what it commits.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from devstack import ports
from devstack.binaries import find_postgres, find_valkey
from devstack.server_user import ServerUser, reachable_copy, server_user

PATIENCE = 60.0
STOP = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
"""What `pg_ctl stop -m` sends."""


class Server:
    """A program that listens on a port of its own."""

    popen: dict[str, Any] = {}
    """Arguments of subprocess."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="afterword-drill-"))
        self.port = ports.any_free()
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        with (self.folder / "said.txt").open("ab") as said:
            self.process = subprocess.Popen(  # noqa: S603
                self.command(),
                cwd="/",
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
                **self.popen,
            )
        until(self.answers, f"{type(self).__name__} does not answer")

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> None:
        if self.process is None:
            return
        self.process.send_signal(sign)
        self.process.wait(PATIENCE)
        self.process = None

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Valkey(Server):
    def command(self) -> list[str]:
        program, _version = find_valkey()
        return [
            *(str(program), "--port", str(self.port), "--bind", ports.HOST),
            *("--dir", str(self.folder), "--appendonly", "yes", "--save", ""),
        ]

    @property
    def url(self) -> str:
        return f"redis://{ports.HOST}:{self.port}"

    def answers(self) -> bool:
        address = (ports.HOST, self.port)
        with suppress(OSError), socket.create_connection(address, 1) as asking:
            asking.sendall(b"PING\r\n")
            return asking.recv(16).startswith(b"+PONG")
        return False

    def kill(self) -> None:
        self.stop(signal.SIGKILL)

    def forget(self) -> None:
        """Empty what it kept; while it is stopped."""
        shutil.rmtree(self.folder / "appendonlydir", ignore_errors=True)


class Postgres(Server):
    NAME = "afterword"
    SETTINGS = {
        "listen_addresses": ports.HOST,
        "unix_socket_directories": "",
        "max_connections": "60",
        "log_min_messages": "fatal",
    }

    def __init__(self, folder: Path | None = None) -> None:
        """In `folder` where one is given, which then is not removed with it."""
        super().__init__()
        if folder is not None:
            shutil.rmtree(self.folder)
            self.folder = folder
        self.data = self.folder / "data"
        self.user = server_user(self.data)
        self.popen = self.user.popen if self.user else {}
        self.programs = _programs(self.user, self.folder)
        if self.user:
            os.chown(self.folder, self.user.uid, self.user.gid)
        self._make()

    def _make(self) -> None:
        made = [
            *(str(self.programs / "initdb"), "-D", str(self.data), "-U", self.NAME),
            *("-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"),
        ]
        subprocess.run(made, check=True, capture_output=True, cwd="/", **self.popen)  # noqa: S603

    def command(self) -> list[str]:
        options = [f"--{name}={value}" for name, value in self.SETTINGS.items()]
        data = ["-D", str(self.data), "-p", str(self.port)]
        return [str(self.programs / "postgres"), *data, *options]

    def url(self, port: int | None = None, name: str = NAME) -> str:
        return f"postgresql://{self.NAME}:x@{ports.HOST}:{port or self.port}/{name}"

    def ask(self, question: str, name: str = NAME) -> Any:
        """The first column of the first row, over a connection of its own."""
        with psycopg.connect(self.url(name=name), autocommit=True) as database:
            found = database.execute(question.encode())
            row = found.fetchone() if found.description else None
        return row[0] if row else None

    def answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            return bool(self.ask("SELECT 1", "postgres") == 1)
        return False

    def stop(self, sign: signal.Signals = signal.SIGINT) -> None:
        super().stop(sign)

    def restart(self, how: str) -> None:
        """As `pg_ctl restart -m fast` and `-m immediate` do."""
        self.stop(STOP[how])
        self.start()

    def kill(self) -> None:
        """Every process of it at once, as when the machine stops."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        self.process = None

    def set(self, name: str, value: str) -> None:
        self.ask(f"ALTER SYSTEM SET {name} = {value}", "postgres")
        self.ask("SELECT pg_reload_conf()", "postgres")

    def close(self) -> None:
        super().close()
        if self.user:
            shutil.rmtree(self.folder, ignore_errors=True)


def _programs(user: ServerUser | None, folder: Path) -> Path:
    programs, version = find_postgres()
    if user and not user.can_reach(programs / "postgres"):
        return reachable_copy(programs, version, folder)
    return programs


def until(true: Callable[[], bool], otherwise: str, seconds: float = PATIENCE) -> float:
    """Wait until something is so; how many seconds that took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, otherwise
        time.sleep(0.05)
    return time.monotonic() - began
