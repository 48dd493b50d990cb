"""Start devstack as people do, as a process of its own, and see what it leaves."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from devstack.server_user import elsewhere
from devstack.var import ROOT, Var

PATIENCE_SECONDS = 90.0
"""Two cores may be busy with other tests; nothing here waits without need."""
STAY = ("sh", "-c", "echo here; exec sleep 600")
"""A command beside the servers that stays until it is stopped."""


class Stack:
    """One `python -m devstack …` that was started from `folder`."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        python: str = sys.executable,
        **options: Any,
    ) -> None:
        self.var = Var(folder)
        environ = plain_environ(folder) | options.pop("environ", {})
        self.process = subprocess.Popen(
            [python, "-m", "devstack", *arguments],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **options,
        )
        self.said: list[str] = []

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Read what it says until a line matches."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"it never said {pattern!r}:\n{''.join(self.said)}")

    def end(self) -> int:
        """Wait until it has ended; the exit code. What it said is in `said`."""
        rest, _nothing = self.process.communicate(timeout=PATIENCE_SECONDS)
        self.said.append(rest)
        return self.process.returncode

    def kill(self, sign: signal.Signals = signal.SIGKILL) -> None:
        self.process.send_signal(sign)

    def stop(self) -> int:
        self.kill(signal.SIGTERM)
        return self.end()

    @property
    def last_line(self) -> str:
        return "".join(self.said).strip().splitlines()[-1]


def plain_environ(folder: Path) -> dict[str, str]:
    """The environment of somebody who has set nothing but the folder."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AFTERWORD_", "PYTEST_", "COV_"))
        and name not in {"DATABASE_URL", "REDIS_URL", "PORT", "DJANGO_SETTINGS_MODULE"}
    }
    return {**kept, "AFTERWORD_VAR": str(folder), "DEMO": "0", "NO_COLOR": "1"}


@contextmanager
def started(folder: Path, *arguments: str, **options: Any) -> Iterator[Stack]:
    """A stack that is stopped at the end, if it has not ended by then."""
    stack = Stack(folder, *arguments, **options)
    try:
        yield stack
    finally:
        if stack.process.poll() is None:
            stack.kill(signal.SIGTERM)
        if stack.process.stdout and not stack.process.stdout.closed:
            stack.end()


def say(folder: Path, *arguments: str, **options: Any) -> tuple[int, str]:
    """Exit code and output of a devstack command that ends by itself."""
    stack = Stack(folder, *arguments, **options)
    return stack.end(), "".join(stack.said)


def in_database(folder: Path, statement: str) -> str:
    """Run one statement beside servers started for it; what the first column says."""
    code, said = say(folder, "exec", *querying(statement))
    assert code == 0, said
    return said.strip().splitlines()[-1]


def querying(statement: str) -> Sequence[str]:
    program = (
        "import os, sys, psycopg\n"
        "with psycopg.connect(os.environ['DATABASE_URL']) as database:\n"
        "    found = database.execute(sys.argv[1])\n"
        "    print(found.fetchone()[0] if found.description else 'done')\n"
    )
    return (sys.executable, "-c", program, statement)


def left_over(folder: Path) -> list[str]:
    """Commands of the processes that belong to `folder` and still run."""
    marks = {str(folder).encode(), str(elsewhere(folder)).encode()}
    return [
        " ".join(command.decode(errors="replace").split("\0"))
        for command, environ in _processes()
        if any(mark in command or mark in environ for mark in marks)
    ]


def _processes() -> Iterator[tuple[bytes, bytes]]:
    """Command line and environment of each process but this one."""
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and int(process.name) != os.getpid():
            try:
                yield _read(process / "cmdline"), _read(process / "environ")
            except OSError:
                continue  # it ended meanwhile


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except PermissionError:
        return b""  # somebody else's


def comes_true(asked: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> bool:
    end = time.monotonic() + seconds
    while not asked():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True
