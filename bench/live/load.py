"""Many people at once: how soon they see one another, and what that costs."""

import asyncio
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.live.crowd import Clock, Looker, come_to_rest, open_all, type_for
from bench.live.machine import Measured, cpu, measuring, percentile, rss
from bench.live.stage import Stage
from tests.drills.visitor import Visitor

EDITORS, RATE, SECONDS, WARM = 50, 2.0, 30.0, 2.0
CROWD_SECONDS = 15.0
BREATH = 2.0
"""Seconds in which memory comes to rest."""


async def editors(stage: Stage) -> None:
    """50 people type twice a second, on two processes."""
    clock = Clock()
    writing = stage.editors(EDITORS, clock)
    with measuring("50 editors, 2 updates a second each") as measured:
        await open_all(writing)
        await type_for(writing, WARM, RATE)
        clock.forget()
        with working(stage, measured, 35):
            await type_for(writing, SECONDS, RATE)
        same = await come_to_rest(writing)
        measured.times("to another editor", clock.seen, (15, 40, 100))
        measured.times("to its acknowledgement", clock.acked, (None, 40, None))
        measured.add("documents that differ", 0 if same else 1, "", 0)
    for one in writing:
        one.leave()


async def readers(stage: Stage) -> None:
    """The same before 500, then 1,000 people who look on; and a storm of them."""
    clock = Clock()
    onlookers: list[Looker] = []
    writing = stage.editors(EDITORS, clock)
    await open_all(writing)
    for count, editors_95, readers_95 in ((500, 100, 500), (1_000, 150, 1_000)):
        with measuring(f"50 editors and {count:,} readers") as measured:
            more = stage.readers(count, clock)[len(onlookers) :]
            await open_all(more)
            onlookers += more
            await type_for(writing, WARM, RATE)
            clock.forget()
            with viewing(stage, measured), working(stage, measured, None):
                await type_for(writing, CROWD_SECONDS, RATE)
            same = await come_to_rest(writing)
            measured.times("to another editor", clock.seen, (None, editors_95, None))
            measured.times("to a reader", clock.read, (None, readers_95, None))
            measured.add("documents that differ", 0 if same else 1, "", 0)
    for one in (*writing, *onlookers):
        one.leave()


@contextmanager
def working(stage: Stage, measured: Measured, most: float | None) -> Iterator[None]:
    """What the web processes use of a core meanwhile."""
    pids = [*(web.process.pid for web in stage.webs), os.getpid()]
    used, began = [cpu(pid) for pid in pids], time.perf_counter()
    yield
    lasted = time.perf_counter() - began
    spent = [cpu(pid) - before for pid, before in zip(pids, used, strict=True)]
    *webs, own = (100 * seconds / lasted for seconds in spent)
    measured.add("CPU of the busier process", max(webs), "% of a core", most)
    measured.add("CPU of those who measure", own, "% of a core")


@contextmanager
def viewing(stage: Stage, measured: Measured) -> Iterator[None]:
    """Read the report as an ordinary page meanwhile, twice a second."""
    visitor = Visitor([web.port for web in stage.webs], stage.editing[0])
    seconds: list[float] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.wait(0.5):
            seconds.append(visitor.get(f"/incidents/{stage.reference}/").seconds)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    value = percentile(seconds, 95) * 1000
    measured.add("a page read meanwhile, p95", value, "ms", 200)


async def storm(stage: Stage) -> None:
    """1,000 sockets open, all break, and come back as pages do."""
    clock = Clock()
    people = stage.readers(1_000, clock, decoding=0)
    # Modules and caches that the first ones fill belong to no socket.
    await open_all(people[:50])
    await asyncio.sleep(BREATH)
    with measuring("1,000 sockets") as measured:
        before = [rss(web.process.pid) for web in stage.webs]
        await open_all(people[50:])
        await asyncio.sleep(BREATH)
        grown = sum(rss(web.process.pid) for web in stage.webs) - sum(before)
        measured.add("memory of each", grown / 950 / 1000, "kB", 50)
        used, began = cpu_of(stage), time.perf_counter()
        for one in people:
            one.leave()
        await asyncio.gather(*(come_back(one) for one in people))
        measured.add("all back after", time.perf_counter() - began, "s", 10)
        measured.add("CPU to let one in", cpu_of(stage) - used, "ms")
    for one in people:
        one.leave()


def cpu_of(stage: Stage) -> float:
    """Seconds of a core that the web processes have used."""
    return sum(cpu(web.process.pid) for web in stage.webs)


async def come_back(one: Looker) -> None:
    """As the wire has it: 0.2 s × 2ⁿ at most, with full jitter."""
    for tries in range(12):
        await asyncio.sleep(min(30, 0.2 * 2**tries) * random.random())
        try:
            await one.open()
        except (OSError, TimeoutError):
            continue
        return
