"""One stack at a time from one `var/`."""

import fcntl
import json
from pathlib import Path
from typing import IO, Any

from devstack.refusal import CannotStart
from devstack.var import Var


class AlreadyRunning(CannotStart):
    """Somebody else holds `var/`; the sentence says where to find them."""


def hold(var: Var) -> IO[str]:
    """Take `var/` for this process and whoever inherits the file, the guardian.

    Raises AlreadyRunning.
    """
    file = var.lock.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise AlreadyRunning(_where(var)) from None
    var.state.unlink(missing_ok=True)  # left by somebody who was killed
    return file


def running(var: Var) -> dict[str, Any] | None:
    """Address and environment of the application that runs from `var/`, if one does."""
    try:
        hold(var).close()
    except AlreadyRunning:
        return _read(var.state)
    return None


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
