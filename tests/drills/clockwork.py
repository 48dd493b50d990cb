"""The Celery application as drills start it: a clock that can be set, quicker beats.

Programs of the application know nothing of this. What a child of the worker takes for
the time is the machine's plus what the drill has written into a file, read when a task
begins; its monotonic clock, and so every timeout, is the machine's own. PostgreSQL and
the scheduler keep the machine's time.

Also here: the tasks that no application should have (DR16).
"""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import time_machine
from celery import signals
from celery.schedules import schedule

from config.celery import app
from tests.drills.clockwork_names import BEATS, FOLDER

_folder = Path(os.environ[FOLDER])
_travel: list[Any] = []
_kept: list[bytes] = []


def offset() -> float:
    """Seconds that the drill's clock is ahead of the machine's."""
    try:
        return float((_folder / "clock").read_text())
    except FileNotFoundError:
        return 0.0


@signals.worker_process_init.connect
def say_who_is_there(**_: Any) -> None:
    (_folder / "children").mkdir(exist_ok=True)
    (_folder / "children" / str(os.getpid())).write_text(str(os.getppid()))


@signals.task_prerun.connect
def set_clock(**_: Any) -> None:
    ahead = offset()
    if _travel:
        _travel.pop().stop()
    if ahead:
        _travel.append(time_machine.travel(time.time() + ahead, tick=True))
        _travel[0].start()


def _beats() -> dict[str, Any]:
    found = {}
    for pair in filter(None, os.environ.get(BEATS, "").split(";")):
        name, _equals, seconds = pair.partition("=")
        every = schedule(timedelta(seconds=float(seconds)))
        found[name] = {**app.conf.beat_schedule[name], "schedule": every}
    return found


app.conf.beat_schedule = _beats()


def _note(name: str) -> None:
    with (_folder / name).open("a") as tries:
        tries.write(f"{os.getpid()}\n")


@app.task(default_retry_delay=1)
def crash() -> None:
    """As when the kernel's out-of-memory killer picks this process, each time."""
    _note("crash")
    os.kill(os.getpid(), signal.SIGKILL)


@app.task
def fail() -> None:
    _note("fail")
    raise ValueError("a bug")


@app.task(default_retry_delay=1)
def run_out_of_memory() -> None:
    _note("run_out_of_memory")
    raise MemoryError


@app.task
def grow(megabytes: int) -> None:
    """Take memory, and keep it, as a leak does."""
    _note("grow")
    _kept.append(b"x" * (megabytes * 1_000_000))


@app.task
def work() -> None:
    _note("work")
