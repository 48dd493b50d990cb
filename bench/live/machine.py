"""What processes and the machine use, as Linux counts it; and how it is told."""

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
QUIET_LOOK = 1.0
"""Seconds for which the machine is looked at before something is measured."""


def rss(pid: int) -> int:
    """Bytes of memory that a process has."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(x for x in status.splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def cpu(pid: int) -> float:
    """Seconds of one core that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@dataclass
class Idle:
    """The share of both cores that nobody used, between two looks."""

    idle: int = 0
    total: int = 0

    def __post_init__(self) -> None:
        self.share()

    def share(self) -> float:
        """In percent, since the last look."""
        counts = [
            int(n) for n in Path("/proc/stat").read_text().split("\n")[0].split()[1:]
        ]
        idle, total = counts[3] + counts[4], sum(counts[:8])
        gone, all_of_it = idle - self.idle, total - self.total
        self.idle, self.total = idle, total
        return 100 * gone / all_of_it if all_of_it else 0.0


@dataclass
class Measured:
    """The results of one part; told when it is over, with how idle the machine was."""

    part: str
    lines: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self, name: str, value: float, unit: str, target: float | None = None
    ) -> None:
        ok = None if target is None else value <= target
        self.lines.append(
            {
                "name": f"{self.part}: {name}",
                "value": round(value, 1),
                "unit": unit,
                "target": target,
                "ok": ok,
            }
        )

    def times(
        self, name: str, seconds: Sequence[float], targets: Sequence[float | None]
    ) -> None:
        """Percentiles 50, 95 and 99, in milliseconds."""
        for percent, target in zip((50, 95, 99), targets, strict=False):
            value = percentile(seconds, percent) * 1000
            self.add(f"{name}, p{percent}", value, "ms", target)


@contextmanager
def measuring(part: str) -> Iterator[Measured]:
    watch = Idle()
    time.sleep(QUIET_LOOK)
    before = watch.share()
    measured = Measured(part)
    yield measured
    during = watch.share()
    for line in measured.lines:
        line |= {"idle_before": round(before), "idle_during": round(during)}
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def percentile(values: Sequence[float], percent: int) -> float:
    """Infinite where nothing was measured, which no target allows."""
    if not values:
        return float("inf")
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]
