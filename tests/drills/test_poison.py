"""Tasks that always crash, fail or grow, beside others that want to be done (DR16)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from redis import Redis

from tests.drills.background import Background, background
from tests.drills.conftest import Told
from tests.drills.servers import until
from tests.drills.stage import Servers

pytestmark = pytest.mark.drill
MOST_TRIES = 5
POISONED = 6
"""Tasks of each kind; more than the worker has processes."""
WORK = 20
LEAK = settings.CELERY_WORKER_MAX_MEMORY_PER_CHILD // 1000 + 50
"""MB in one task, more than a child may have grown to after it."""


@pytest.fixture
def worker(servers: Servers, tmp_path: Path) -> Iterator[Background]:
    """One worker with two processes; nothing beats."""
    with background(servers.environ(), tmp_path, {}) as found:
        found.start(schedulers=0)
        yield found


def send(worker: Background, name: str, *arguments: int) -> None:
    worker.ask(f"tests.drills.clockwork.{name}", *arguments)


def tries(worker: Background, name: str) -> list[str]:
    told = worker.folder / name
    return told.read_text().split() if told.exists() else []


def nothing_waits(servers: Servers) -> bool:
    """No task in the queue, and none that a worker has not answered for."""
    with Redis.from_url(servers.valkey.url) as valkey:
        return not valkey.exists("celery", "unacked")


@pytest.mark.parametrize("poison", ["crash", "fail", "run_out_of_memory"])
def test_dr16_a_poisoned_task_is_given_up_and_holds_nobody_up(
    servers: Servers, worker: Background, told: Told, poison: str
) -> None:
    for _number in range(POISONED):
        send(worker, poison)
    for _number in range(WORK):
        send(worker, "work")
    took = until(lambda: len(tries(worker, "work")) == WORK, "the others wait", 120)
    until(lambda: nothing_waits(servers), "it is tried for ever", 120)
    send(worker, "work")
    until(lambda: len(tries(worker, "work")) == WORK + 1, "nobody works any more")
    assert not worker.workers[0].ended
    made = len(tries(worker, poison))
    assert POISONED <= made <= POISONED * MOST_TRIES
    told(
        f"DR16 {POISONED} tasks that always {poison}",
        f"{made} tries; {WORK} others done after {took:.1f} s",
    )


def test_dr16_a_process_that_has_grown_is_replaced_after_its_task(
    worker: Background, told: Told
) -> None:
    before = set(worker.children())
    send(worker, "grow", LEAK)
    until(lambda: len(tries(worker, "grow")) == 1, "it was not tried")
    (grown,) = map(int, tries(worker, "grow"))
    took = until(lambda: grown not in worker.children(), "it is still there")
    until(lambda: len(worker.children()) == 2, "no other took its place")
    assert len(before & set(worker.children())) == 1
    told(
        "DR16 A task that takes memory", f"its process was replaced {took:.1f} s later"
    )
