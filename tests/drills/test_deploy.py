"""A new version is rolled out: web processes are asked to end, one after the other."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

import pytest

from tests.drills.conftest import Told
from tests.drills.proxy import Wire
from tests.drills.stage import Scene, Servers, play, scene
from tests.drills.visitor import Answer, Probe, Visitor
from tests.live.conftest import Web

pytestmark = pytest.mark.drill
DRAINED = 30.0
"""Seconds that a process may take to end."""
AT_ONCE = 10
"""People who save rows all the time, besides the probe."""


@pytest.fixture
def front(webs: list[Web]) -> Iterator[Wire]:
    """A proxy that takes the next process where one does not take the connection."""
    wire = Wire([web.port for web in webs])
    yield wire
    wire.close()


def test_dr12_processes_are_replaced_while_people_write_and_save(
    servers: Servers, webs: list[Web], front: Wire, told: Told
) -> None:
    it = scene(servers, webs, probed=[front.port])
    answers: list[Answer] = []

    async def fault(it: Scene) -> None:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            end = time.monotonic() + 12
            saving = [
                threads.submit(save_on, it, front, n, end) for n in range(AT_ONCE)
            ]
            for web in it.webs:
                await it.lasts(1)
                it.notes.append(f"ended after {await replaced(web, front):.1f} s")
            for one in saving:
                found: list[Answer] = await asyncio.wrap_future(one)
                answers.extend(found)
        it.probe.saved += [one.what for one in answers if one.status == HTTPStatus.OK]

    asyncio.run(play(it, fault))
    assert {answer.status for answer in answers} == {200}
    assert it.fives() == []
    assert {code for one in it.typists for code in one.codes} <= {1012, 1006}
    told("DR12 Web processes replaced", f"{it.told()}; {len(answers)} rows besides")


async def replaced(web: Web, front: Wire) -> float:
    """End it as a deployment does, and start another; seconds that it took to end."""
    front.targets.remove(web.port)
    began = time.monotonic()
    web.process.terminate()
    await asyncio.to_thread(web.process.wait, DRAINED)
    took = time.monotonic() - began
    await asyncio.to_thread(web.again)
    front.targets.append(web.port)
    return took


def save_on(it: Scene, front: Wire, number: int, end: float) -> list[Answer]:
    """Save rows through the proxy; each answer under what its row says."""
    visitor = Visitor([front.port], it.keys[number % len(it.keys)])
    probe = Probe(visitor, it.report.incident.reference)
    visitor.get(f"{probe.base}edit/")
    answers: list[Answer] = []
    while time.monotonic() < end:
        text = f"Row {len(answers)} of person {number}"
        answer = probe.save(text)
        answers.append(Answer(text, answer.at, answer.seconds, answer.status))
    return answers
