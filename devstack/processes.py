"""One program that was started, and the guardian who knows of it."""

import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from devstack import console
from devstack.guardian import group_is_alive, signal_group
from devstack.var import ROOT

LINES_KEPT = 200


@dataclass(frozen=True, slots=True)
class Program:
    """What to start, and how to stop it."""

    name: str
    command: Sequence[str | Path]
    environ: Mapping[str, str]
    stage: str = "application"
    """When it stops: `application` first, `server` last."""
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 10.0
    """Seconds between the signal and SIGKILL."""
    folder: Path = ROOT
    quiet: bool = False
    """Keep what it prints for the case of failure, instead of showing it."""
    attached: bool = False
    """It reads and writes the terminal itself."""
    inherits: Sequence[int] = ()
    """Numbers of open files that it gets."""
    run_as: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of subprocess for another user."""


class Guardian:
    """The second process, which stops everything should this one be killed."""

    def __init__(self, lock: IO[str]) -> None:
        reading, self._pipe = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "devstack.guardian"],
            stdin=reading,
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
            start_new_session=True,
            pass_fds=[lock.fileno()],
        )
        os.close(reading)

    def tell(self, line: str) -> None:
        # Where it has gone, the supervisor sees that, and stops.
        with suppress(BrokenPipeError):
            os.write(self._pipe, f"{line}\n".encode())

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def dismiss(self) -> None:
        self.tell("bye")
        os.close(self._pipe)
        self._process.wait()


class Process:
    """A running program, in a session of its own, so that Ctrl-C does not reach it."""

    def __init__(self, program: Program, guardian: Guardian) -> None:
        self.program = program
        self._guardian = guardian
        self._lines: deque[str] = deque(maxlen=LINES_KEPT)
        self._popen = subprocess.Popen(
            list(map(str, program.command)),
            stdin=None if program.attached else subprocess.DEVNULL,
            stdout=None if program.attached else subprocess.PIPE,
            stderr=None if program.attached else subprocess.STDOUT,
            env=dict(program.environ),
            cwd=program.folder,
            text=True,
            errors="replace",
            start_new_session=True,
            pass_fds=program.inherits,
            # Said by the new process before it becomes the program: whenever this one
            # is killed, there is no program that the guardian does not know of.
            preexec_fn=lambda: guardian.tell(  # noqa: PLW1509  writes and does no more
                f"+ {os.getpid()} {program.stop_signal.name} {program.stage}"
            ),
            **program.run_as,
        )
        self.pid = self._popen.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._popen.poll()

    @property
    def said(self) -> str:
        """The last lines that it printed."""
        return "\n".join(self._lines)

    @property
    def last_words(self) -> str:
        """The last line that it printed, for a sentence about why it ended."""
        spoken = [line.strip() for line in self._lines if line.strip()]
        return spoken[-1] if spoken else f"exit code {self.code}"

    def ask_to_stop(self) -> None:
        if self.code is not None:
            return
        if self.program.attached:  # as a terminal would: to all that it started
            signal_group(self.pid, self.program.stop_signal)
        else:
            self._popen.send_signal(self.program.stop_signal)

    def end(self) -> None:
        """Wait until it has stopped, kill what is left of its group, and forget it."""
        try:
            self._popen.wait(self.program.grace)
        except subprocess.TimeoutExpired:
            console.say(
                f"{self.program.name} has not stopped within"
                f" {self.program.grace:.0f} s; killing it"
            )
        if group_is_alive(self.pid):
            signal_group(self.pid, signal.SIGKILL)
        self._popen.wait()
        self._reader.join(timeout=1)
        self._guardian.tell(f"- {self.pid}")

    def _read(self) -> None:
        for line in self._popen.stdout or ():
            self._lines.append(line.rstrip())
            if not self.program.quiet:
                console.say(line, self.program.name)
