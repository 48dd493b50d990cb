"""PostgreSQL refuses to run as root: as whom it runs, and what they can reach."""

import hashlib
import os
import pwd
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstack.refusal import CannotStart

CANDIDATES = ("postgres", "nobody")
ELSEWHERE = Path("/var/lib/afterword-devstack")
"""For what must lie outside a closed home folder. Only root can have made it."""


@dataclass(frozen=True, slots=True)
class ServerUser:
    name: str
    uid: int
    gid: int

    @property
    def popen(self) -> dict[str, Any]:
        """Arguments for subprocess that start a program as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_reach(self, path: Path) -> bool:
        """May enter the folder, or run the program, at `path`."""
        asked = subprocess.run(["test", "-x", path], cwd="/", check=False, **self.popen)
        return asked.returncode == 0


def server_user(data: Path) -> ServerUser | None:
    """The user PostgreSQL runs as when we are root; None when we are somebody else.

    Data that somebody made before stay theirs.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return ServerUser(str(owner.st_uid), owner.st_uid, owner.st_gid)
    for name in CANDIDATES:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(name, found.pw_uid, found.pw_gid)
    raise CannotStart(
        "PostgreSQL does not run as root, and there is no user “postgres” or “nobody”"
        " for it. Start as an ordinary user."
    )


def elsewhere(var_folder: Path) -> Path:
    """Where lies what root's PostgreSQL cannot reach under a `var/`, one for each."""
    return ELSEWHERE / hashlib.sha256(str(var_folder).encode()).hexdigest()[:12]


def made_elsewhere(var_folder: Path) -> Path:
    """That folder, made if need be, and open to the user PostgreSQL runs as."""
    folder = elsewhere(var_folder)
    for path in (ELSEWHERE, folder):
        path.mkdir(exist_ok=True)
        path.chmod(0o755)
    return folder


def reachable_copy(programs: Path, version: tuple[int, int], var_folder: Path) -> Path:
    """Copy the package that holds `programs` to where every user can run it.

    The whole package and its libraries go along, as they find one another by relative
    paths. Raises CannotStart for programs that are not part of a Python package.
    """
    site = next((up for up in programs.parents if up.name == "site-packages"), None)
    if site is None:
        raise CannotStart(
            f"The user PostgreSQL runs as cannot run {programs}/postgres."
        )
    copy = made_elsewhere(var_folder) / f"postgresql-{version[0]}.{version[1]}"
    package = programs.relative_to(site).parts[0]
    if not copy.exists():
        unfinished = copy.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        for name in (package, f"{package}.libs"):
            if (site / name).exists():
                shutil.copytree(site / name, unfinished / name, symlinks=True)
        unfinished.rename(copy)
    return copy / programs.relative_to(site)


def forget(var_folder: Path) -> None:
    """Remove what a `var/` has elsewhere."""
    shutil.rmtree(elsewhere(var_folder), ignore_errors=True)
    with suppress(OSError):  # others have something there, or nobody ever had
        ELSEWHERE.rmdir()
