"""PostgreSQL restarts, is away, refuses to write, is full, or is far and shaky."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.drills.conftest import Told
from tests.drills.lengths import LONG_OUTAGE, OUTAGE
from tests.drills.servers import STOP, until
from tests.drills.stage import Fault, Scene, play
from tests.drills.visitor import Visitor
from tests.live.conftest import Web

pytestmark = pytest.mark.drill
READY_TELLS = 10.0
"""Seconds within which /readyz says that the database is away."""
FAR = 0.15
"""Seconds in each direction: 300 ms for a question and its answer."""
TORN = 0.05
MOST_CONNECTIONS = 2 * (8 + 4 + 4) + 2
"""Of two web processes: their pools, the Hub's, its threads; and the drill's own."""
MOST_TRIES = 25
"""New connections in a second."""


def away(seconds: float, how: str = "fast") -> Fault:
    """The database stops, stays away, and starts; nobody is told "saved" meanwhile."""

    async def fault(it: Scene) -> None:
        postgres = it.servers.postgres
        await asyncio.to_thread(postgres.stop, STOP[how])
        stopped = time.monotonic()
        took = await asyncio.to_thread(until_unready, it)
        it.notes.append(f"/readyz red after {took:.1f} s")
        assert took <= READY_TELLS
        await it.lasts(seconds)
        assert it.acknowledged_between(stopped + 0.5, time.monotonic()) == 0
        await asyncio.to_thread(postgres.start)

    return fault


def until_unready(it: Scene) -> float:
    """Seconds until both processes say that they are not ready."""

    def seconds(web: Web) -> float:
        visitor = Visitor([web.port])
        return until(
            lambda: visitor.get("/readyz").status == 503, "/readyz stays green"
        )

    with ThreadPoolExecutor(len(it.webs)) as threads:
        return max(threads.map(seconds, it.webs))


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_dr4_postgres_restarts_in_mid_edit(five: Scene, told: Told, how: str) -> None:
    async def fault(it: Scene) -> None:
        for _turn in range(3):
            await asyncio.to_thread(it.servers.postgres.restart, how)
            await it.lasts(2)

    asyncio.run(play(five, fault))
    late = [a for a in five.fives() if a.at > five.ended + 5]
    assert late == [], "no error later than 5 s after the last restart"
    told(f"DR4 PostgreSQL restarted, {how}, three times", five.told())


def test_dr4_postgres_is_killed_with_all_its_processes(five: Scene, told: Told) -> None:
    async def fault(it: Scene) -> None:
        await asyncio.to_thread(it.servers.postgres.kill)
        killed = time.monotonic()
        await it.lasts(3)
        assert it.acknowledged_between(killed + 0.5, time.monotonic()) == 0
        await asyncio.to_thread(it.servers.postgres.start)

    asyncio.run(play(five, fault))
    told("DR4 PostgreSQL killed", five.told())


def test_dr5_postgres_is_away_for_long(five: Scene, told: Told) -> None:
    asyncio.run(play(five, away(LONG_OUTAGE)))
    told("DR5 PostgreSQL away", five.told())


def test_dr5_postgres_only_reads(five: Scene, told: Told) -> None:
    async def fault(it: Scene) -> None:
        postgres = it.servers.postgres
        await asyncio.to_thread(postgres.set, "default_transaction_read_only", "on")
        began = time.monotonic()
        await it.lasts(OUTAGE / 3)
        assert it.acknowledged_between(began + 1, time.monotonic()) == 0
        reads = [a for a in it.probe.during(began, time.monotonic()) if "GET" in a.what]
        assert {a.status for a in reads} == {200}, "what only reads goes on"
        await asyncio.to_thread(postgres.set, "default_transaction_read_only", "off")

    asyncio.run(play(five, fault))
    told("DR5 PostgreSQL reads only", five.told())


def test_dr5_postgres_has_no_connection_left(five: Scene, told: Told) -> None:
    async def fault(it: Scene) -> None:
        held = await asyncio.to_thread(take_all_connections, it)
        it.notes.append(f"{len(held)} connections taken")
        it.servers.to_postgres.cut()
        held += await asyncio.to_thread(take_all_connections, it)
        await it.lasts(OUTAGE / 3)
        for one in held:
            one.close()

    asyncio.run(play(five, fault))
    told("DR5 PostgreSQL without a free connection", five.told())


def take_all_connections(it: Scene) -> list[psycopg.Connection]:
    held = []
    try:
        while True:
            held.append(psycopg.connect(it.servers.postgres.url()))
    except psycopg.OperationalError:
        return held


def test_dr6_postgres_is_far_and_connections_break(five: Scene, told: Told) -> None:
    most: list[int] = []

    async def fault(it: Scene) -> None:
        it.servers.to_postgres.delay = FAR
        it.servers.to_postgres.torn = TORN
        before = it.servers.to_postgres.taken
        for _look in range(int(OUTAGE / 2)):
            most.append(await asyncio.to_thread(connections, it))
            await it.lasts(1)
        tries = (it.servers.to_postgres.taken - before) / (OUTAGE / 2)
        it.notes.append(f"{tries:.1f} new connections a second")
        assert tries < MOST_TRIES, "a storm of tries"
        it.servers.to_postgres.mend()

    asyncio.run(play(five, fault))
    seconds = sorted(a.seconds for a in five.probe.during(five.began, five.ended))
    p95 = seconds[int(len(seconds) * 0.95)]
    assert p95 < 5
    assert max(most) <= MOST_CONNECTIONS
    told(
        "DR6 PostgreSQL 300 ms away, 5 % of data resets the connection",
        f"{five.told()}; p95 {p95:.1f} s; at most {max(most)} connections",
    )


def connections(it: Scene) -> int:
    question = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'afterword'"
    return int(it.servers.postgres.ask(question))
