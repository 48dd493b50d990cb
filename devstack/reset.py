"""Empty `var/`, after asking."""

import os
import shutil
import sys

from devstack import lock, server_user
from devstack.var import Var


def reset(var: Var, *, asked_already: bool) -> int:
    """Remove everything that was made under `var/`; 1 when the answer was no."""
    if not var.folder.exists():
        print(f"{var.folder} is empty already.")
        return 0
    var.prepare()
    if not asked_already and not _agreed(var):
        print("Nothing was removed.")
        return 1
    _empty(var)
    print(f"{var.folder} is empty.")
    return 0


def _empty(var: Var) -> None:
    """Remove what is inside. Raises AlreadyRunning when something runs from it."""
    with lock.hold(var):
        for path in var.folder.iterdir():
            if Var(path).lock.exists():  # `make test` has a folder of its own in here
                _empty(Var(path))
        for path in var.folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path != var.lock:
                path.unlink()
        if os.geteuid() == 0:
            server_user.forget(var.folder)


def _agreed(var: Var) -> bool:
    print(
        f"This removes the database, the mails and everything else in {var.folder}.",
        "Type yes to go on: ",
        sep="\n",
        end="",
        flush=True,
    )
    return sys.stdin.readline().strip().casefold() == "yes"
