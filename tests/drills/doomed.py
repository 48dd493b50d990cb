"""A worker that is killed at a line of our code, to the line (DR7).

`python -m tests.drills.doomed` loads the application once and then reads lines of JSON:
{"task", "ahead", "dies_at"}. For each it forks a process whose clock is `ahead` seconds
late, which runs the task, and kills itself as SIGKILL does when it comes to its n-th
line of the application's code; 0 lets it live. It answers with the lines that were run,
or with -1 where the process died.
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
    """Counts lines of our code, and ends the process at one of them."""

    def __init__(self, dies_at: int) -> None:
        self.dies_at, self.lines = dies_at, 0

    def calls(self, frame: FrameType, _event: str, _value: Any) -> Any:
        return self.steps if frame.f_code.co_filename.startswith(OURS) else None

    def steps(self, _frame: FrameType, event: str, _value: Any) -> Any:
        if event == "line":
            self.lines += 1
            if self.lines == self.dies_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.steps


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
    reaper = Reaper(asked["dies_at"])
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
