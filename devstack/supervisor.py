"""Keeps together what was started, and stops it in order, whatever happens."""

import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import IO, Self

from devstack.processes import Guardian, Process, Program
from devstack.refusal import CannotStart

STAGES = ("application", "server")
LOOK_EVERY_SECONDS = 0.05


class Stopped(Exception):
    """Somebody asked to stop: Ctrl-C, SIGTERM, or the terminal has gone."""


class Supervisor:
    """Starts programs, and on leaving stops them: applications first, servers last."""

    def __init__(self, lock: IO[str], *, with_parent: bool = False) -> None:
        self._processes: list[Process] = []
        self._stopping = threading.Event()
        self._parent = os.getppid() if with_parent else None
        self._guardian = Guardian(lock)

    def __enter__(self) -> Self:
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, self._asked_to_stop)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for stage in STAGES:
            ending = [p for p in self._processes if p.program.stage == stage]
            for process in ending:
                process.ask_to_stop()
            for process in ending:
                process.end()
        self._processes.clear()
        self._guardian.dismiss()

    def _asked_to_stop(self, _sign: int, _frame: FrameType | None) -> None:
        self._stopping.set()  # and nothing else: a handler may not wait for locks

    def start(self, program: Program) -> Process:
        process = Process(program, self._guardian)
        self._processes.append(process)
        return process

    def finish(self, program: Program) -> Process:
        """Run a program to its end; look at `code` and `said` of what is returned."""
        process = self.start(program)
        self.wait_until(lambda: process.code is not None)
        self.drop(process)
        return process

    def drop(self, process: Process) -> None:
        """Stop one process alone, or take notice that it has ended."""
        process.ask_to_stop()
        process.end()
        self._processes.remove(process)

    def wait_until(
        self, done: Callable[[], bool], seconds: float | None = None
    ) -> bool:
        """Whether `done` came true in time. Raises Stopped when asked to stop."""
        end = None if seconds is None else time.monotonic() + seconds
        while not done():
            self.rest(LOOK_EVERY_SECONDS)
            if end is not None and time.monotonic() > end:
                return False
        return True

    def rest(self, seconds: float) -> None:
        """Wait. Raises Stopped when asked to stop, or when nobody is left to ask."""
        parent_has_gone = self._parent is not None and os.getppid() != self._parent
        if self._stopping.wait(seconds) or parent_has_gone:
            raise Stopped
        if not self._guardian.is_alive():
            raise CannotStart("The guardian process was killed; stopping everything.")

    def watch(self) -> None:
        """Stay until one of the processes ends (CannotStart) or we are to stop."""
        while True:
            self.rest(0.2)
            for process in self._processes:
                if process.code is not None:
                    raise CannotStart(
                        f"{process.program.name} ended by itself"
                        f" ({process.last_words}); stopping everything."
                    )
