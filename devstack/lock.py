"""One stack at a time from one `var/`."""

import fcntl
import json
import os
import time
from pathlib import Path
from typing import IO, Any

from devstack import console
from devstack.refusal import CannotStart
from devstack.var import Var

CLEANING_SECONDS = 40.0
"""How long a guardian may need to stop what a killed supervisor left."""


class AlreadyRunning(CannotStart):
    """Somebody else holds `var/`; the sentence says where to find them."""


def hold(var: Var) -> IO[str]:
    """Take `var/` for this process and whoever inherits the file, the guardian.

    Where the holder was killed, wait until its guardian has cleaned up. Raises
    AlreadyRunning.
    """
    file = var.lock.open("a+")
    if not (_take(file) or _taken_after_a_kill(file)):
        file.close()
        raise AlreadyRunning(_where(var))
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    var.state.unlink(missing_ok=True)  # left by somebody who was killed
    return file


def running(var: Var) -> dict[str, Any] | None:
    """Address and environment of the application that runs from `var/`, if one does."""
    try:
        hold(var).close()
    except AlreadyRunning:
        return _read(var.state)
    return None


def _take(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _taken_after_a_kill(file: IO[str]) -> bool:
    """Wait for the guardian, if that is all that is left of the holder."""
    if _holder_is_alive(file):
        return False
    end = time.monotonic() + CLEANING_SECONDS
    with console.step("Waiting until what was killed has stopped"):
        while not _take(file):
            if time.monotonic() > end:
                return False
            time.sleep(0.1)
    return True


def _holder_is_alive(file: IO[str]) -> bool:
    file.seek(0)
    holder = file.read().strip()
    if not holder.isdecimal():
        return True  # it has only just taken it
    try:
        os.kill(int(holder), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's, and alive
    return True


def _where(var: Var) -> str:
    state = _read(var.state)
    if state is None:
        return f"Already starting or stopping from {var.folder}; wait a moment."
    return f"Already running at {state['address']}"


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
