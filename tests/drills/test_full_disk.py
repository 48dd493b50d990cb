"""The disk of the database is full: nothing is acknowledged that is not on it."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.drills.conftest import Told
from tests.drills.lengths import OUTAGE
from tests.drills.stage import Scene, Servers, play, scene
from tests.live.conftest import Web

pytestmark = pytest.mark.drill
SIZE = 300_000_000
"""Bytes of a disk that a new database fills to a half."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own; only root may make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "afterword", str(folder)]
    made = subprocess.run(mount, capture_output=True, text=True, check=False)  # noqa: S603
    if made.returncode:
        pytest.skip(f"no small disk can be made here: {made.stderr.strip()}")
    # The user that PostgreSQL runs as has to get there.
    for above in (folder, *folder.parents[:3]):
        above.chmod(above.stat().st_mode | 0o011)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607


@pytest.fixture
def on_it(small_disk: Path, django_db_blocker: Any) -> Iterator[Scene]:
    servers = Servers(small_disk)
    webs = [Web(**servers.addresses()) for _ in range(2)]
    try:
        with django_db_blocker.unblock(), servers.as_database():
            yield scene(servers, [web.wait() for web in webs])
    finally:
        for web in webs:
            web.stop()
        servers.close()


def test_dr5_the_disk_of_postgres_is_full(
    on_it: Scene, small_disk: Path, told: Told
) -> None:
    filler = small_disk / "filler"

    async def fault(it: Scene) -> None:
        await asyncio.to_thread(fill, filler)
        await it.lasts(OUTAGE / 3)
        filler.unlink()
        server = it.servers.postgres
        if server.process is not None and server.process.poll() is not None:
            it.notes.append("PostgreSQL had stopped, and was started")
            await asyncio.to_thread(server.start)

    asyncio.run(play(on_it, fault))
    told("DR5 Disk of PostgreSQL full", on_it.told())


def fill(path: Path) -> None:
    """Write until there is no room for another byte."""
    with path.open("wb", buffering=0) as file:
        for size in (1_000_000, 4_096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
