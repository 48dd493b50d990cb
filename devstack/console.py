"""What people see: a line for each step, and each program's lines behind its name."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PATIENCE_SECONDS = 4.0
"""A step that takes longer says again what it is doing."""

WIDTH = 9
COLOURS = {
    "afterword": 33,
    "postgres": 34,
    "valkey": 31,
    "web": 32,
    "worker": 35,
    "scheduler": 36,
}
_one_at_a_time = threading.Lock()


def say(line: str, name: str = "afterword") -> None:
    """Print one line behind the name of who says it."""
    tag = f"{name:<{WIDTH}} |"
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        tag = f"\x1b[{COLOURS.get(name, 0)}m{tag}\x1b[0m"
    # Where the terminal has gone, what is being stopped must still stop.
    with _one_at_a_time, suppress(OSError, ValueError):
        print(tag, line.rstrip(), flush=True)


@contextmanager
def step(doing: str, patience: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Say what is being done now, and again as long as it goes on."""
    say(f"{doing} …")
    finished = threading.Event()
    threading.Thread(
        target=_remind, args=(doing, finished, patience), daemon=True
    ).start()
    try:
        yield
    finally:
        finished.set()


def _remind(doing: str, finished: threading.Event, patience: float) -> None:
    began = time.monotonic()
    while not finished.wait(patience):
        passed = time.monotonic() - began
        say(f"  still {doing[:1].lower()}{doing[1:]} ({passed:.0f} s)")
