"""How many sockets may be open in all web processes, at one less, exactly, and more."""

import asyncio

import pytest

from config.limits import LIMITS
from live.bus import Bus
from live.counting import Sockets, limits_of
from live.members import Member
from live.visitors import Visitor

TOPIC = "report:1"


class Silent(Bus):
    """Redis is away: nothing is heard, and nobody is known to be dead."""

    def __init__(self) -> None:
        """It connects to nothing."""

    def publish(self, *_said: object) -> None:
        """Nobody hears it."""

    async def dead(self, *_hubs: object) -> list[str]:
        return []


def told(sockets: Sockets, hub: str, numbers: dict[str, int], *, whole: bool) -> None:
    sockets.heard({"k": "numbers", "from": hub, "n": numbers, "all": whole})


@pytest.mark.parametrize("over", [-1, 0, 1])
@pytest.mark.parametrize(
    ("name", "most", "can_write"),
    [
        ("user 7", LIMITS.live_sockets_of_user, True),
        ("address ::1", LIMITS.live_sockets_of_address, True),
        (f"writers {TOPIC}", LIMITS.live_writers, True),
        (f"readers {TOPIC}", LIMITS.live_readers, False),
    ],
)
def test_one_more_comes_while_there_are_fewer_than_the_limit(
    name: str, most: int, can_write: bool, over: int
) -> None:
    sockets = Sockets(Silent())
    for hub in ("one", "other"):
        told(sockets, hub, {name: 3}, whole=True)
    told(sockets, "other", {name: most - 3 + over}, whole=False)
    limits = limits_of(TOPIC, 7, "::1", can_write=can_write)
    assert asyncio.run(sockets.are_enough(limits)) == (over >= 0)


def test_what_is_here_counts_and_what_left_does_not() -> None:
    async def story() -> None:
        sockets = Sockets(Silent())
        limits = {"user 7": 1}
        visitor = Visitor(7, "Maren", "M", 1)
        one = Member(visitor, "", "::1", can_write=True, send=_to, close=_to)
        sockets.count(one, TOPIC)
        assert await sockets.are_enough(limits)
        sockets.uncount(one)
        assert not await sockets.are_enough(limits)
        one.leave()

    asyncio.run(story())


async def _to(*_said: object) -> None:
    return
