"""Redis away, a process killed, a reader who does not read; nothing is lost."""

import asyncio
import random
import time
from collections.abc import Sequence

from bench.live.crowd import (
    Clock,
    Editor,
    Looker,
    come_to_rest,
    open_all,
    type_for,
    until,
)
from bench.live.machine import measuring, percentile, rss
from bench.live.stage import Stage
from tests.live.conftest import Web

KEYS = 40
SLOW = 5
BURST, BURSTS = 100_000, 160
"""Bytes of an insertion, and how many there are; each is deleted again. All together
they are more than the system keeps for a socket, and what may wait besides."""


async def redis(stage: Stage) -> None:
    """One types, another reads on the other process; then without Redis."""
    clock = Clock()
    pair = stage.editors(2, clock)
    await open_all(pair)
    with measuring("Redis away") as measured:
        up = await arrivals(pair, clock)
        stage.to_redis.refuse()
        await asyncio.sleep(0.2)
        down = await arrivals(pair, clock)
        stage.to_redis.mend()
        await asyncio.sleep(2)
        back = await arrivals(pair, clock)
        same = await come_to_rest(pair)
        measured.add("before, p95", percentile(up, 95) * 1000, "ms")
        measured.add("without, the last to arrive", max(down) * 1000, "ms", 2_500)
        measured.add("back again, p95", percentile(back, 95) * 1000, "ms", 50)
        arrived = len(up) + len(down) + len(back)
        lost = 3 * KEYS - arrived + (0 if same else 1)
        measured.add("edits lost", lost, "", 0)
    for one in pair:
        one.leave()


async def arrivals(pair: Sequence[Editor], clock: Clock) -> list[float]:
    clock.forget()
    await type_for(pair[:1], KEYS / 10, 10)
    await until(lambda: len(clock.seen) >= KEYS, 5)
    return list(clock.seen)


async def kill(stage: Stage) -> None:
    """Kill -9 of the process by which four of eight people write."""
    clock = Clock()
    victim = await asyncio.to_thread(Web(**stage.environ).wait)
    people = stage.editors(8, clock, [stage.webs[0], victim])
    await open_all(people)
    away = [one for one in people if one.place.port == victim.port]
    with measuring("Web process killed") as measured:
        typing = asyncio.create_task(type_for(people, 6, 6))
        await asyncio.sleep(2)
        began = time.perf_counter()
        await asyncio.to_thread(victim.kill)
        back = await asyncio.gather(*(elsewhere(stage, one) for one in away))
        await typing
        same = await come_to_rest(people)
        text = str(people[0].text)
        lost = sum(f"~{marker}~" not in text for marker in clock.typed)
        measured.add("connected again, the last", max(back) - began, "s", 2)
        measured.add("edits lost", lost + (0 if same else 1), "", 0)
    for one in people:
        one.leave()


async def elsewhere(stage: Stage, one: Editor) -> float:
    """Connect to a process that lives; when that was done."""
    await until(lambda: one.lost > 0, 5)
    place = one.place
    port = stage.webs[0].port
    one.place = type(place)(port, place.reference, place.session, place.address)
    await asyncio.sleep(0.2 * random.random())
    await one.open()
    return time.perf_counter()


async def slow(stage: Stage) -> None:
    """Some do not read what is sent to them, while much is written."""
    clock = Clock()
    one = stage.webs[0]
    writer = stage.editors(1, clock, [one])[0]
    await writer.open()
    await write_much(writer)
    lookers = [
        reader
        for reader in stage.readers(2 * SLOW, clock, decoding=0)
        if reader.place.port == one.port
    ]
    with measuring(f"{SLOW} readers who do not read") as measured:
        before = rss(one.process.pid)
        for reader in lookers:
            await reader.open(receive_buffer=8_192)
            assert reader.socket is not None
            reader.socket.transport.pause_reading()
        await write_much(writer)
        grown = rss(one.process.pid) - before
        codes = [await code_of(reader) for reader in lookers]
        kept = sum(code not in {4409, 1006} for code in codes)
        measured.add("memory for each", grown / SLOW / 1e6, "MB", 5)
        measured.add("not sent away", kept, "", 0)
    writer.leave()


async def write_much(writer: Editor) -> None:
    for _turn in range(BURSTS):
        writer.type("x" * BURST)
        await asyncio.sleep(0.03)
        writer.delete(BURST)
        await asyncio.sleep(0.03)
    await until(lambda: writer.saved, 30)


async def code_of(reader: Looker) -> int:
    """With which code a socket was closed that reads again; 0 where it was not."""
    assert reader.socket is not None
    reader.socket.transport.resume_reading()
    await until(lambda: reader.lost > 0, 5)
    code = reader.socket.code or 0
    reader.leave()
    return code
