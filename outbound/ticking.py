"""The tick: once a minute, what is due is planned and gathered into messages.

Any number of schedulers and workers may run it at once; one of them does the work
(BAR T17, DR8).
"""

from datetime import datetime
from typing import Protocol


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
    raise NotImplementedError
