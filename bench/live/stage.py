"""A database with one report and many people, and the web processes that serve it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from accounts.models import Role, User
from bench.live.crowd import Clock, Editor, Looker, Place
from postmortems.models import Participation
from tests.drills.proxy import Wire
from tests.fixtures import NOW, open_report
from tests.live.conftest import Web, session_of

EDITORS, ONLOOKERS = 60, 130
SOCKETS_EACH = 8
"""Of one person, who may have ten."""


@dataclass
class Stage:
    webs: list[Web]
    to_redis: Wire
    environ: dict[str, str]
    reference: str
    keys: list[str]
    """Names of the shared texts."""
    editing: list[str]
    """Sessions of people who may write."""
    reading: list[str]

    def editors(
        self, count: int, clock: Clock, webs: Sequence[Web] = (), key: str = ""
    ) -> list[Editor]:
        places = webs or self.webs
        return [
            Editor(self._place(places, n, self.editing[n]), clock, key or self.keys[0])
            for n in range(count)
        ]

    def readers(self, count: int, clock: Clock, decoding: int = 20) -> list[Looker]:
        """So many look on, of whom some notice when something came."""
        return [
            Looker(
                self._place(self.webs, n, self.reading[n // SOCKETS_EACH], 100),
                clock,
                decodes=n < decoding,
            )
            for n in range(count)
        ]

    def _place(
        self, webs: Sequence[Web], n: int, session: str, network: int = 0
    ) -> Place:
        """Everybody comes from an address of their own."""
        address = f"10.{network}.{n // 250}.{n % 250 + 1}"
        return Place(webs[n % len(webs)].port, self.reference, session, address)


@contextmanager
def stage() -> Iterator[Stage]:
    redis = urlsplit(os.environ["REDIS_URL"])
    wire = Wire([redis.port or 6379])
    who, at, _place = redis.netloc.rpartition("@")
    environ = {
        "REDIS_URL": redis._replace(netloc=f"{who}{at}127.0.0.1:{wire.port}").geturl(),
        "DATABASE_POOL_SIZE": "8",
        # So that everybody can come from an address of their own.
        "TRUSTED_PROXY_COUNT": "1",
        "LOG_LEVEL": "ERROR",
        "PYTHONWARNINGS": "ignore",
    }
    reference, keys, editing, reading = _seed()
    webs = [Web(**environ) for _ in range(2)]
    try:
        for web in webs:
            web.wait()
        yield Stage(webs, wire, environ, reference, keys, editing, reading)
    finally:
        for web in webs:
            web.stop()
        wire.close()


def _seed() -> tuple[str, list[str], list[str], list[str]]:
    """A new report for people who are there already, or now."""
    editing, reading = _people("Editor", EDITORS), _people("Onlooker", ONLOOKERS)
    report = open_report(editing[0], "Prices were stale")
    Participation.objects.bulk_create(
        Participation(
            postmortem=report,
            user=user,
            part=Participation.Part.CONTRIBUTOR,
            joined_at=NOW,
        )
        for user in editing[1:]
    )
    keys = [section.live_key for section in report.sections.order_by("pk")]
    reference = report.incident.reference
    sessions = [[session_of(user) for user in people] for people in (editing, reading)]
    return reference, keys, sessions[0], sessions[1]


def _people(name: str, count: int) -> list[User]:
    known = list(User.objects.filter(name__startswith=name).order_by("name"))
    return known or User.objects.bulk_create(
        User(
            email=f"{name.lower()}.{n}@afterword.example",
            name=f"{name} {n:03d}",
            role=Role.MEMBER,
            password="!",  # noqa: S106  nobody signs in with one
        )
        for n in range(count)
    )
