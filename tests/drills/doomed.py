"""A worker that is killed at a line of our code, to the line (DR7).

`python -m tests.drills.doomed` loads the application once and then reads lines of JSON:
{"task", "ahead", "dies_at", "dies_in"}. For each it forks a process whose clock is
`ahead` seconds late, which runs the task, and kills itself as SIGKILL does: at the n-th
line of our code that it comes to, or at the n-th call of the function that is named; 0
lets it live. It answers with the lines that were run, or with -1 where it died.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

import time_machine

ROOT = Path(__file__).resolve().parents[2]
OURS = tuple(
    str(ROOT / app) + os.sep
    for app in ("accounts", "actions", "integrations", "outbound", "postmortems")
)
DIED, FAILED = -1, -2
WELL = 3
"""The exit status of a process that has written down how far it came."""


class Reaper:
    """Counts lines or calls of our code, and ends the process at one of them."""

    def __init__(self, dies_at: int, dies_in: str) -> None:
        self.dies_at, self.dies_in = dies_at, dies_in
        self.lines = self.entered = 0

    def calls(self, frame: FrameType, _event: str, _value: Any) -> Any:
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        if frame.f_code.co_name == self.dies_in:
            self.entered += 1
            self._maybe_die(self.entered)
        return self.steps

    def steps(self, _frame: FrameType, event: str, _value: Any) -> Any:
        if event == "line":
            self.lines += 1
            if not self.dies_in:
                self._maybe_die(self.lines)
        return self.steps

    def _maybe_die(self, reached: int) -> None:
        if reached == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    import django  # noqa: PLC0415  the application is loaded by the program alone

    django.setup()
    from config.celery import app  # noqa: PLC0415

    app.loader.import_default_modules()
    for line in sys.stdin:
        sys.stdout.write(f"{_outcome(app, json.loads(line))}\n")
        sys.stdout.flush()


def _outcome(app: Any, asked: dict[str, Any]) -> int:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _work(app, asked, writing)
    os.close(writing)
    _pid, status = os.waitpid(child, 0)
    with os.fdopen(reading) as told:
        lines = told.read()
    if os.WIFSIGNALED(status):
        return DIED
    return int(lines) if os.WEXITSTATUS(status) == WELL else FAILED


def _work(app: Any, asked: dict[str, Any], writing: int) -> None:
    reaper = Reaper(asked["dies_at"], asked["dies_in"])
    try:
        with time_machine.travel(time.time() + asked["ahead"], tick=True):
            sys.settrace(reaper.calls)
            app.tasks[asked["task"]]()
            sys.settrace(None)
        os.write(writing, str(reaper.lines).encode())
    except BaseException:  # noqa: BLE001  said by the exit status
        sys.settrace(None)
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(WELL)


if __name__ == "__main__":
    main()
