"""Redis dies, comes back empty, or takes everything and answers nothing."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.drills.conftest import Told
from tests.drills.lengths import OUTAGE
from tests.drills.stage import Scene, play
from tests.drills.visitor import Answer, Visitor
from tests.signing import PASSWORD

pytestmark = pytest.mark.drill
NO_REQUEST_WAITS = 3.0
"""Seconds."""
MANY = 20
"""Rows that are saved at once."""


def sign_in(it: Scene, password: str = PASSWORD) -> Answer:
    ports = [web.port for web in it.webs]
    return Visitor(ports).sign_in("drill.typist.5@afterword.example", password)


def last_of_many_tries(it: Scene) -> Answer:
    for _try in range(5):
        sign_in(it, "not-the-password")
    return sign_in(it)


def save_many(it: Scene) -> list[Answer]:
    with ThreadPoolExecutor(MANY) as threads:
        texts = [f"Row {number} of many" for number in range(MANY)]
        it.probe.saved += texts
        return list(threads.map(it.probe.save, texts))


def test_dr1_redis_is_killed_while_people_write(five: Scene, told: Told) -> None:
    async def fault(it: Scene) -> None:
        await asyncio.to_thread(it.servers.valkey.kill)
        answer = await asyncio.to_thread(sign_in, it)
        assert answer.status == 503, "where tries are not counted nobody gets in"
        await it.lasts(OUTAGE)
        await asyncio.to_thread(it.servers.valkey.start)

    asyncio.run(play(five, fault))
    assert five.fives() == [], "pages and saves work without Redis"
    assert last_of_many_tries(five).status == 429, "tries are counted again"
    told("DR1 Redis killed", five.told())


def test_dr2_redis_comes_back_empty(five: Scene, told: Told) -> None:
    async def fault(it: Scene) -> None:
        for _turn in range(3):
            await asyncio.to_thread(it.servers.valkey.kill)
            it.servers.valkey.forget()
            await asyncio.to_thread(it.servers.valkey.start)
            await it.lasts(2)

    asyncio.run(play(five, fault))
    assert five.fives() == []
    assert five.probe.visitor.get("/").status == 200, "nobody was signed out"
    told("DR2 Redis restarted empty, three times", five.told())


def test_dr3_redis_takes_everything_and_answers_nothing(
    five: Scene, told: Told
) -> None:
    async def fault(it: Scene) -> None:
        it.servers.to_valkey.swallow()
        answers = await asyncio.to_thread(save_many, it)
        assert {answer.status for answer in answers} == {200}
        worst = max(answer.seconds for answer in answers)
        it.notes.append(f"{MANY} rows at once: {worst:.1f} s at most")
        refused = await asyncio.to_thread(sign_in, it)
        it.notes.append(f"signing in: {refused.status} after {refused.seconds:.1f} s")
        assert max(worst, refused.seconds) <= NO_REQUEST_WAITS
        await it.lasts(OUTAGE)
        it.servers.to_valkey.mend()

    asyncio.run(play(five, fault))
    assert five.fives() == []
    slowest = max(a.seconds for a in five.probe.during(five.began, five.ended))
    assert slowest <= NO_REQUEST_WAITS
    told("DR3 Redis black-holed", five.told())
