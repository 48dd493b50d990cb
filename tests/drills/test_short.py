"""The most telling drills in their shortest form, in every run of the tests."""

import asyncio
import random

import pytest

from tests.drills.conftest import Told
from tests.drills.stage import Scene, play

SEED = 7
pytestmark = pytest.mark.xdist_group("drills")


def test_five_people_lose_nothing_while_everything_dies_in_turn(
    five: Scene, told: Told
) -> None:
    """Redis comes back empty, PostgreSQL crashes, all wires are cut, a process dies."""
    chance = random.Random(SEED)  # noqa: S311  the same order each time

    async def redis(it: Scene) -> None:
        await asyncio.to_thread(it.servers.valkey.kill)
        await it.lasts(1)
        it.servers.valkey.forget()
        await asyncio.to_thread(it.servers.valkey.start)

    async def postgres(it: Scene) -> None:
        await asyncio.to_thread(it.servers.postgres.restart, "immediate")

    async def wires(it: Scene) -> None:
        it.servers.to_postgres.cut()
        it.servers.to_valkey.cut()

    async def process(it: Scene) -> None:
        await asyncio.to_thread(it.webs[1].kill)
        await asyncio.to_thread(it.webs[1].again)

    async def fault(it: Scene) -> None:
        faults = [redis, postgres, wires, process]
        chance.shuffle(faults)
        for one in faults:
            await one(it)
            await it.lasts(0.5)

    asyncio.run(play(five, fault))
    told("Everything dies in turn", five.told())
