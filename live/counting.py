"""How many sockets there are, in all web processes, and whether one more may come.

The processes tell each other their numbers through Redis. While it is away each counts
its own only.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from config.limits import LIMITS
from live.bus import Bus
from live.members import Member

SILENT = 30.0
"""Seconds after which a process that tells nothing counts no more."""
Numbers = Mapping[str, int]


def limits_of(
    topic: str, user_id: int, address: str, *, can_write: bool
) -> dict[str, int]:
    """By the name of what is counted: how many there may be of it at most."""
    part, most = (
        ("writers", LIMITS.live_writers)
        if can_write
        else ("readers", LIMITS.live_readers)
    )
    return {
        f"user {user_id}": LIMITS.live_sockets_of_user,
        f"address {address}": LIMITS.live_sockets_of_address,
        f"{part} {topic}": most,
    }


class Elsewhere:
    """The numbers of the other processes."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[dict[str, int], float]] = {}

    def put(self, hub: str, numbers: Numbers, *, all_of_them: bool) -> bool:
        """Take what another process tells; whether it was unknown until now."""
        is_new = hub not in self._told
        known = {} if is_new or all_of_them else self._told[hub][0]
        self._told[hub] = ({**known, **numbers}, time.monotonic())
        return is_new

    def number(self, name: str) -> int:
        since = time.monotonic() - SILENT
        return sum(
            known.get(name, 0) for known, at in self._told.values() if at > since
        )

    def hubs(self) -> list[str]:
        return list(self._told)

    def forget(self, hub: str) -> None:
        self._told.pop(hub, None)


class Sockets:
    """Those of this process, counted beside what the others tell."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._here: Counter[str] = Counter()
        self._elsewhere = Elsewhere()

    async def are_enough(self, limits: Numbers) -> bool:
        """Whether these leave no room for one more.

        A process that was killed is asked for only here, so that its people, who all
        come back at once, are not counted twice.
        """
        if not self._are_enough(limits):
            return False
        for gone in await self._bus.dead(self._elsewhere.hubs()):
            self._elsewhere.forget(gone)
        return self._are_enough(limits)

    def count(self, member: Member, topic: str) -> None:
        limits = limits_of(
            topic, member.visitor.id, member.address, can_write=member.can_write
        )
        member.counted = tuple(limits)
        self._here.update(member.counted)
        self.say(member.counted)

    def uncount(self, member: Member) -> None:
        self._here.subtract(member.counted)
        self.say(member.counted)
        self._here = +self._here

    def say(self, names: Iterable[str] | None = None) -> None:
        """Tell the other processes these numbers; without names, all there are."""
        told = self._here if names is None else {n: self._here[n] for n in names}
        self._bus.publish("", {"k": "numbers", "n": told, "all": names is None})

    def heard(self, head: dict[str, Any]) -> None:
        if head["k"] == "listening" or self._elsewhere.put(
            head["from"], head["n"], all_of_them=head["all"]
        ):
            self.say()

    def _are_enough(self, limits: Numbers) -> bool:
        return any(
            self._here[name] + self._elsewhere.number(name) >= most
            for name, most in limits.items()
        )
