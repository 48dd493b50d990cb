"""The tick: once a minute, what is due is planned and gathered into messages.

Any number of schedulers and workers may run it at once; one of them does the work
(BAR T17, DR8), guarded by a lock that ends with its connection.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from django.db import connection

from outbound import access
from outbound.operations.gathering import gather
from outbound.operations.pulses import beat

logger = logging.getLogger("afterword.outbound")

TICK_LOCK = 7_340_180
"""The number of the lock in PostgreSQL; nothing else of ours uses it."""
PLANNING_SECONDS = 40.0
WAITED_ENOUGH = timedelta(minutes=5)
"""Notices wait this long for the rest of the planning, to be told in one message."""


class Plan(Protocol):
    def __call__(self, now: datetime, until: float) -> bool:
        """Write the notices that are due; True when all is planned.

        Between two batches it looks whether time.monotonic() has passed `until`, and
        stops with False where it has; the next tick goes on.
        """


_planners: dict[str, Plan] = {}


def register_planner(name: str, plan: Plan) -> None:
    """Called in AppConfig.ready; `name` is that of its pulse, too."""
    _planners[name] = plan


def tick(now: datetime) -> bool:
    """Plan and gather; False where another process is at it."""
    began = time.monotonic()
    with _alone() as alone:
        if not alone:
            return False
        outcomes = [
            _planned(name, plan, now, began + PLANNING_SECONDS)
            for name, plan in _planners.items()
        ]
        if all(outcomes) or access.oldest_waiting(now) <= now - WAITED_ENOUGH:
            gather(now)
        beat("tick", at=now, seconds=time.monotonic() - began)
    return True


def _planned(name: str, plan: Plan, now: datetime, until: float) -> bool:
    began = time.monotonic()
    try:
        done = plan(now, until)
    except Exception:  # one that fails keeps no other from planning
        logger.exception("planning %s failed", name)
        return False
    beat(name, at=now, seconds=time.monotonic() - began)
    return done


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other connection is within this; it never waits for one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [TICK_LOCK])
        (alone,) = cursor.fetchone()
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [TICK_LOCK])
