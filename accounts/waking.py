"""Who wants to know that somebody's time zone, mornings or days have changed.

Apps above register themselves; accounts know none of them.
"""

from collections.abc import Callable

Wake = Callable[[int], None]
_registered: list[Wake] = []


def register(wake: Wake) -> None:
    """`wake` gets the person's id, in the transaction of the change."""
    if wake not in _registered:
        _registered.append(wake)


def wake(user_id: int) -> None:
    for registered in _registered:
        registered(user_id)
