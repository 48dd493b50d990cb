"""What every drill has: servers, two web processes, five people who type; and a check.

A drill is a fault between a beginning and an end. Afterwards, without anybody's hand:
nothing that was acknowledged is missing, all five, the server, the database and the
page that people read have the same text, and every row that was saved is there once.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connections

from accounts.models import User
from devstack.var import ROOT
from live import crdt, log
from live.threads import in_thread
from postmortems.models import Postmortem, Section
from postmortems.operations import incidents
from postmortems.topics import topic_of
from tests.drills.proxy import Wire
from tests.drills.servers import Postgres, Valkey, until
from tests.drills.typist import Typist
from tests.drills.visitor import Answer, Probe, Visitor, shown
from tests.fixtures import NOW, fresh, open_report, person
from tests.live.conftest import Web, session_of

PEOPLE = 5
CONVERGED = 10.0
"""Seconds after the end of a fault in which everybody has everything."""
WARM = 1.5
"""Seconds of typing before the fault, and after it."""
Fault = Callable[["Scene"], Awaitable[None]]


class Servers:
    """PostgreSQL and Valkey, and the wires by which the application reaches them."""

    def __init__(self, folder: Path | None = None) -> None:
        """With the data of PostgreSQL in `folder`, where one is given."""
        self.postgres, self.valkey = Postgres(folder), Valkey()
        self.postgres.start()
        self.valkey.start()
        self.postgres.ask(f"CREATE DATABASE {Postgres.NAME}", "postgres")
        self.to_postgres = Wire([self.postgres.port])
        self.to_valkey = Wire([self.valkey.port])
        migrate = [sys.executable, "manage.py", "migrate", "--no-input", "-v", "0"]
        subprocess.run(migrate, check=True, cwd=ROOT, env=self.environ())  # noqa: S603

    def environ(self) -> dict[str, str]:
        return os.environ | self.addresses()

    def addresses(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.postgres.url(self.to_postgres.port),
            "DATABASE_POOL_SIZE": "8",
            "REDIS_URL": f"redis://127.0.0.1:{self.to_valkey.port}",
        }

    def mend(self) -> None:
        """Whatever a drill that failed has left."""
        for wire in (self.to_postgres, self.to_valkey):
            wire.mend()
        for server in (self.postgres, self.valkey):
            if server.process is None or server.process.poll() is not None:
                server.start()

    def close(self) -> None:
        self.to_postgres.close()
        self.to_valkey.close()
        self.valkey.close()
        self.postgres.close()

    @contextmanager
    def as_database(self) -> Iterator[None]:
        """This process asks the database of the drill, past the wire."""
        settings = connections.databases["default"]
        others = dict(settings)
        connections.close_all()
        settings |= {
            "NAME": Postgres.NAME,
            "USER": Postgres.NAME,
            "PASSWORD": "x",
            "HOST": "127.0.0.1",
            "PORT": self.postgres.port,
        }
        try:
            yield
        finally:
            connections.close_all()
            settings.clear()
            settings.update(others)


@dataclass
class Scene:
    """A report that five people write, by two web processes."""

    servers: Servers
    webs: list[Web]
    report: Postmortem
    section: Section
    keys: list[str]
    typists: list[Typist]
    probe: Probe
    began: float = 0.0
    ended: float = 0.0
    """When the fault did."""
    recovered: float = 0.0
    """Seconds after that until everybody had all that was typed before."""
    notes: list[str] = field(default_factory=list)
    skipped: int = 0
    """Updates in the log that cannot be read."""

    async def lasts(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def acknowledged_between(self, first: float, last: float) -> int:
        times = [at for one in self.typists for at in one.acked.values()]
        return sum(first <= at <= last for at in times)

    def fives(self) -> list[Answer]:
        return [a for a in self.probe.answers if a.status >= 500 or not a.status]

    def told(self) -> str:
        typed = sum(len(one.typed) for one in self.typists)
        during = self.acknowledged_between(self.began, self.ended)
        lasted = self.ended - self.began
        worst = max(a.seconds for a in self.probe.during(self.began, self.ended + 10))
        return "; ".join(
            [
                f"{lasted:.0f} s",
                f"{typed} words, {during} acknowledged meanwhile, 0 lost",
                f"all there {self.recovered:.1f} s after the end",
                f"{len(self.fives())} of {len(self.probe.answers)} answers 5xx or none",
                f"slowest answer {worst:.1f} s",
                *self.notes,
            ]
        )


def people() -> list[User]:
    names = [f"Drill Typist {number}" for number in range(1, PEOPLE + 1)]
    found = {user.name: user for user in User.objects.filter(name__in=names)}
    return [found.get(name) or person(name) for name in names]


def scene(servers: Servers, webs: list[Web], probed: list[int] | None = None) -> Scene:
    """A new report; its visitor asks these ports, else those of the web processes."""
    everybody = people()
    report = open_report(everybody[0], "Prices were stale")
    for user in everybody[1:]:
        incidents.join_report(report.pk, by=user, at=NOW)
    report = fresh(report)
    section = report.sections.get(key=Section.Key.SUMMARY)
    keys = [session_of(user) for user in everybody]
    places = [web.address for web in webs]
    reference = report.incident.reference
    typists = [
        Typist(f"p{n}", places[n % 2 :] + places[: n % 2], reference, key, text)
        for n, key in enumerate(keys)
        for text in [section.live_key]
    ]
    visitor = Visitor(probed or [web.port for web in webs], keys[0])
    return Scene(
        servers, webs, report, section, keys, typists, Probe(visitor, reference)
    )


async def play(it: Scene, fault: Fault, within: float = CONVERGED) -> None:
    """Type, let the fault happen, and check that everything is as it has to be."""
    stop = asyncio.Event()
    staying = [asyncio.create_task(one.stay()) for one in it.typists]
    try:
        await everybody(it, lambda one: one.synced, 20)
        await asyncio.to_thread(it.probe.start)
        typing = [asyncio.create_task(one.type(stop)) for one in it.typists]
        await asyncio.sleep(WARM)
        it.began = time.monotonic()
        await fault(it)
        it.ended = time.monotonic()
        await _recover(it, within)
        await asyncio.sleep(WARM)
        stop.set()
        await asyncio.gather(*typing)
        await asyncio.to_thread(it.probe.stop)
        await everybody(it, lambda one: one.is_saved, within)
        await _check(it)
    finally:
        for task in staying:
            task.cancel()
        await asyncio.gather(*staying, return_exceptions=True)
        for one in it.typists:
            await one.close()


async def everybody(it: Scene, true: Callable[[Typist], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not all(map(true, it.typists)):
        assert time.monotonic() < end, _state(it)
        await asyncio.sleep(0.02)


async def _recover(it: Scene, within: float) -> None:
    before = {word for one in it.typists for word in one.typed}

    def has_all(one: Typist) -> bool:
        own = before & one.typed.keys()
        return own <= one.acked.keys() and before <= set(one.words)

    await everybody(it, has_all, within)
    it.recovered = time.monotonic() - it.ended


def _state(it: Scene) -> str:
    return "; ".join(
        f"{one.name} on {one.address}: {len(one.typed)} typed, {len(one.acked)} saved,"
        f" {len(one.words)} on the page, closed with {one.codes}, now {one.code}"
        for one in it.typists
    )


async def _check(it: Scene) -> None:
    typed = sorted(word for one in it.typists for word in one.typed)
    await everybody(it, lambda one: one.words == typed, CONVERGED)
    text = it.typists[0].text(it.section.live_key)
    assert all(one.text(it.section.live_key) == text for one in it.typists)
    assert await in_thread(stored, it) == text
    await in_thread(_check_readers, it, text)
    late = [
        f"{a.what}: {a.status} after {a.seconds:.1f} s, asked {a.at - it.ended:.1f} s"
        for a in it.fives()
        if a.at + a.seconds < it.began or a.at > it.ended + 10
    ]
    assert not late, f"5xx or nothing, too long after the outage: {late}"


def _check_readers(it: Scene, text: str) -> None:
    """What was saved for search and mail, and what people read in the browser."""
    body = " ".join(text.split())

    def is_kept() -> bool:
        it.section.refresh_from_db()
        return " ".join(it.section.body.split()) == body

    until(is_kept, "the body of the section does not follow", CONVERGED)
    for web in it.webs:
        page = it.probe.visitor.get(it.probe.base, web.port)
        assert page.status == 200, page
        assert body in shown(page.text), "the page shows another text"
    rows = list(it.report.timeline.values_list("text", flat=True))
    assert sorted(rows) == sorted(it.probe.saved), "a row is missing, or there twice"


def stored(it: Scene) -> str:
    """The text that the log alone gives."""
    document = log.find(topic_of(it.report.pk))
    assert document is not None
    folded = log.fold(document)
    assert folded.skipped == it.skipped
    return crdt.text(folded.document, it.section.live_key)
