"""The program that dies at a line of our code, and how a drill asks it to."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from devstack.var import ROOT
from tests.drills.doomed import DIED, FAILED

LEASE_IS_OVER = timedelta(minutes=6)
HOW_OFTEN_WORST = 1 / 3
A_MINUTE = timedelta(minutes=1)
BEYOND = 1.2
"""Lines are drawn from somewhat more than there were, as no two runs are alike."""


@dataclass
class Doomed:
    process: "subprocess.Popen[str]"
    now: datetime
    """The clock of whatever runs next."""
    lines: dict[str, int] = field(default_factory=dict)
    """How many lines of ours a task ran to its end, by its name."""
    killed: int = 0
    lived: int = 0

    def run(self, task: str, dies_at: int = 0, dies_in: str = "") -> bool:
        """Whether it came to its end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        ahead = (self.now - datetime.now(UTC)).total_seconds()
        asked = {"task": task, "ahead": ahead, "dies_at": dies_at, "dies_in": dies_in}
        self.process.stdin.write(f"{json.dumps(asked)}\n")
        self.process.stdin.flush()
        outcome = int(self.process.stdout.readline())
        self.now += A_MINUTE
        assert outcome != FAILED, f"{task} failed by itself"
        if outcome == DIED:
            self.killed += 1
            return False
        self.lived += 1
        self.lines[task] = max(outcome, self.lines.get(task, 0))
        return True

    def die_then_live(
        self, task: str, kills: int, chance: random.Random, worst: str = ""
    ) -> None:
        """Killed at so many lines, one run after the other, and then let alone; a third
        of the times at a call of `worst`, where there is one."""
        for _kill in range(kills):
            if worst and chance.random() < HOW_OFTEN_WORST:
                self.run(task, chance.randint(1, 3), worst)
            else:
                most = int(self.lines.get(task, 1_000) * BEYOND)
                self.run(task, chance.randint(1, most))
            self.now += LEASE_IS_OVER
        self.run(task)


@contextmanager
def doomed(environ: Mapping[str, str], now: datetime) -> Iterator[Doomed]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.drills.doomed"],
        cwd=ROOT,
        env={name: environ[name] for name in environ if name != "DATABASE_POOL_SIZE"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Doomed(process, now)
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait(30)
        process.stdout.close()
