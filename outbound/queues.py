"""What waits to be done by the worker, and since when: for the operations page.

Each app registers its own queues. No queue tells a number: how many there are would
tell an administrator of restricted reports that they may not see.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise

Oldest = Callable[[datetime], datetime | None]


@dataclass(frozen=True, slots=True)
class Queue:
    label: str | Promise
    oldest: Oldest
    """Since when the one that is due longest waits; none where nothing does. One
    query, of what is restricted nothing."""


@dataclass(frozen=True, slots=True)
class Waiting:
    label: str | Promise
    since: datetime | None


_queues: dict[str, Queue] = {}


def register_queue(name: str, queue: Queue) -> None:
    """Called in AppConfig.ready."""
    _queues[name] = queue


def waiting(now: datetime) -> list[Waiting]:
    return [Waiting(queue.label, queue.oldest(now)) for queue in _queues.values()]
