"""Redis dies, comes back empty, or takes everything and answers nothing."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.operations import letters
from devstack.var import ROOT
from tests.drills.conftest import Told
from tests.drills.lengths import OUTAGE
from tests.drills.servers import until
from tests.drills.stage import Scene, Servers, people, play
from tests.drills.visitor import Answer, Visitor
from tests.signing import PASSWORD

pytestmark = pytest.mark.drill
NO_REQUEST_WAITS = 3.0
"""Seconds, besides what it takes on a machine that is as busy."""
SENT_EVERY = 10.0
"""Seconds between two looks for mails that are due."""
MANY = 20
"""Rows that are saved at once."""


def sign_in(it: Scene, password: str = PASSWORD) -> Answer:
    ports = [web.port for web in it.webs]
    return Visitor(ports).sign_in("drill.typist.5@afterword.example", password)


def last_of_many_tries(it: Scene) -> Answer:
    for _try in range(5):
        sign_in(it, "not-the-password")
    return sign_in(it)


def save_many(it: Scene, when: str) -> float:
    """Save rows, all at once; after how many seconds the last was answered."""
    with ThreadPoolExecutor(MANY) as threads:
        texts = [f"Row {number} of many, {when}" for number in range(MANY)]
        it.probe.saved += texts
        answers = list(threads.map(it.probe.save, texts))
    assert {answer.status for answer in answers} == {200}
    return max(answer.seconds for answer in answers)


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


@pytest.fixture
def background(servers: Servers, tmp_path: Path) -> Iterator[Path]:
    """Worker and scheduler; where the mails lie that they send."""
    (tmp_path / "mails").mkdir()
    environ = servers.environ() | {"EMAIL_URL": f"file:///{tmp_path / 'mails'}"}
    environ.pop("DATABASE_POOL_SIZE")
    schedule = ("--schedule", str(tmp_path / "schedule"), "--pidfile=")
    programs = [
        ("worker", "--concurrency", "1", "--without-gossip", "--without-mingle"),
        ("beat", *schedule),
    ]
    celery = (sys.executable, "-m", "celery", "--quiet", "--app", "config")
    running = [
        subprocess.Popen([*celery, *program], cwd=ROOT, env=environ)  # noqa: S603
        for program in programs
    ]
    try:
        yield tmp_path / "mails"
        assert [one.poll() for one in running] == [None, None], "one of them ended"
    finally:
        for one in running:
            one.terminate()
        for one in running:
            one.wait(30)


def test_dr2_mails_that_waited_are_sent_once_after_redis_came_back_empty(
    servers: Servers, background: Path, told: Told
) -> None:
    address = people()[0].email

    def mails() -> int:
        texts = [path.read_text() for path in background.iterdir()]
        return sum(address in text for text in texts)

    def ask() -> None:
        letters.ask_for_password_reset(address, at=timezone.now())

    ask()
    until(lambda: mails() == 1, "no mail while everything is well")
    servers.valkey.kill()
    ask()
    time.sleep(SENT_EVERY)
    servers.valkey.forget()
    servers.valkey.start()
    took = until(lambda: mails() == 2, "the mail that waited is not sent")
    time.sleep(2 * SENT_EVERY)
    assert mails() == 2, "it was sent again"
    told("DR2 Mails after Redis came back empty", f"sent once, {took:.1f} s later")


def test_dr3_redis_takes_everything_and_answers_nothing(
    five: Scene, told: Told
) -> None:
    usual: list[float] = []

    async def fault(it: Scene) -> None:
        usual.append(await asyncio.to_thread(save_many, it, "before"))
        it.servers.to_valkey.swallow()
        worst = await asyncio.to_thread(save_many, it, "without Redis")
        it.notes.append(f"{MANY} rows at once: {worst:.1f} s, before {usual[0]:.1f} s")
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
