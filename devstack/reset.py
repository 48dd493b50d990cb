"""Empty `var/`, after asking."""

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
    held = lock.hold(var)  # nothing runs from it, and nothing starts meanwhile
    if not asked_already and not _agreed(var):
        print("Nothing was removed.")
        return 1
    for path in var.folder.iterdir():
        if path != var.lock:
            shutil.rmtree(
                path
            ) if path.is_dir() and not path.is_symlink() else path.unlink()
    if server_user.server_user(var.database) is not None:
        server_user.forget(var.folder)
    held.close()
    print(f"{var.folder} is empty.")
    return 0


def _agreed(var: Var) -> bool:
    print(
        f"This removes the database, the mails and everything else in {var.folder}.",
        "Type yes to go on: ",
        sep="\n",
        end="",
        flush=True,
    )
    return sys.stdin.readline().strip().casefold() == "yes"
