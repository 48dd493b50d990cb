"""Workers and schedulers of a drill: real processes, to be killed, and their clock."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from celery import Celery

from devstack.var import ROOT
from tests.drills.clockwork_names import BEATS, FOLDER
from tests.drills.servers import until

CELERY = (sys.executable, "-m", "celery", "--quiet", "--app", "tests.drills.clockwork")


class Clock:
    """What the workers take for the time: the machine's, and how much later."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def set(self, now: datetime) -> None:
        self.jump(now - self.now())

    def jump(self, by: timedelta) -> None:
        self.ahead += by
        fresh = self.folder / "clock.new"
        fresh.write_text(str(self.ahead.total_seconds()))
        fresh.replace(self.folder / "clock")


class Program:
    """One worker with its children, or one scheduler."""

    def __init__(self, command: list[str], environ: Mapping[str, str]) -> None:
        self.command, self.environ = command, environ
        self.kills = 0
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603
            [*CELERY, *self.command],
            cwd=ROOT,
            env=self.environ,
            start_new_session=True,
        )

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def kill(self) -> None:
        """All its processes at once, as when the machine stops."""
        self.kills += 1
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def again(self) -> None:
        assert self.ended
        self.process = self._start()

    def stop(self) -> None:
        if self.ended:
            return
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()


class Background:
    """Workers and schedulers on the servers of a drill."""

    def __init__(
        self, environ: Mapping[str, str], folder: Path, beats: Mapping[str, float]
    ) -> None:
        self.folder = folder
        self.clock = Clock(folder)
        self.environ = {
            **environ,
            FOLDER: str(folder),
            BEATS: ";".join(f"{name}={every}" for name, every in beats.items()),
            "PYTHONWARNINGS": "ignore::UserWarning",
        }
        self.environ.pop("DATABASE_POOL_SIZE", None)
        self.workers: list[Program] = []
        self.schedulers: list[Program] = []

    def start(
        self, *, workers: int = 1, children: int = 2, schedulers: int = 1
    ) -> None:
        for _number in range(workers):
            self.add_worker(children)
        for _number in range(schedulers):
            self.add_scheduler()
        until(lambda: len(self.children()) >= workers * children, "no worker is there")

    def add_worker(self, children: int, *options: str) -> Program:
        name = f"drill{len(self.workers)}@%h"
        alone = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        command = ["worker", "--hostname", name, "--concurrency", str(children)]
        self.workers.append(Program([*command, *alone, *options], self.environ))
        return self.workers[-1]

    def add_scheduler(self) -> Program:
        path = self.folder / f"schedule{len(self.schedulers)}"
        command = ["beat", "--schedule", str(path), "--pidfile=", "--max-interval", "1"]
        self.schedulers.append(Program(command, self.environ))
        return self.schedulers[-1]

    def ask(self, task: str, *arguments: object) -> None:
        """As a scheduler does."""
        with Celery(broker=f"{self.environ['REDIS_URL']}/0") as producer:
            producer.send_task(task, arguments)

    def children(self) -> list[int]:
        """Those processes that work, of all workers; none that has ended."""
        parents = {str(one.process.pid) for one in self.workers if not one.ended}
        told = self.folder / "children"
        files = told.iterdir() if told.exists() else iter(())
        own = [int(one.name) for one in files if one.read_text() in parents]
        return sorted(filter(_is_alive, own))

    def kill_a_child(self, chance: random.Random) -> None:
        """SIGKILL one of the processes that work; its worker starts another."""
        if found := self.children():
            with suppress(ProcessLookupError):
                os.kill(chance.choice(found), signal.SIGKILL)

    def kill_a_worker(self, chance: random.Random) -> None:
        worker = chance.choice(self.workers)
        worker.kill()
        worker.again()

    def kill_a_scheduler(self, chance: random.Random) -> None:
        scheduler = chance.choice(self.schedulers)
        scheduler.kill()
        scheduler.again()

    def stop(self) -> None:
        for one in (*self.schedulers, *self.workers):
            if not one.ended:
                one.process.terminate()
        for one in (*self.schedulers, *self.workers):
            one.stop()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def background(
    environ: Mapping[str, str], folder: Path, beats: Mapping[str, float]
) -> Iterator[Background]:
    """Stopped at the end, whatever happens."""
    found = Background(environ, folder, beats)
    try:
        yield found
    finally:
        found.stop()
