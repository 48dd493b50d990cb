"""Outlives a killed supervisor just long enough to stop what it started.

The supervisor says on standard input what runs: `+ GROUP SIGNAL STAGE` when a process
group starts, `- GROUP` when it has ended, `bye` when everything has. If the input ends
without `bye`, the supervisor was killed: the groups are stopped stage by stage, first
what uses the servers, then the servers. The lock on `var/` is inherited and therefore
held until that is done.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress

GRACE_SECONDS = {"application": 6.0, "server": 15.0}
"""How long the groups of a stage have before they are killed; in this order."""

Groups = dict[int, tuple[signal.Signals, str]]


def main(lines: Iterable[str]) -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: Groups = {}
    for line in lines:
        match line.split():
            case ["+", group, name, stage]:
                groups[int(group)] = (signal.Signals[name], stage)
            case ["-", group]:
                groups.pop(int(group), None)
            case ["bye"]:
                return
    for stage, grace in GRACE_SECONDS.items():
        _stop({g: sign for g, (sign, at) in groups.items() if at == stage}, grace)


def _stop(groups: dict[int, signal.Signals], grace: float) -> None:
    for group, sign in groups.items():
        signal_group(group, sign)
    end = time.monotonic() + grace
    while time.monotonic() < end and any(map(group_is_alive, groups)):
        time.sleep(0.05)
    for group in groups:
        signal_group(group, signal.SIGKILL)


def signal_group(group: int, sign: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, sign)


def group_is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # macOS says so of a process that has ended and was not yet collected
    return True


if __name__ == "__main__":
    main(sys.stdin)
