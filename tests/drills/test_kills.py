"""A worker is killed at random lines of our code; nothing is lost, or told twice (DR7).

Each run plans, gathers and sends some notices, by mail and in chats; the process that
does so dies again and again, at lines that are drawn from a seed. Then one lives.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from outbound.models import Channel, ChatFlavour
from outbound.operations.hooks import Chat, keep
from tests.drills import records
from tests.drills.chat_room import ChatRooms
from tests.drills.conftest import Told
from tests.drills.kills import Doomed, doomed
from tests.drills.post_office import PostOffice
from tests.drills.promises import Organisation, organisation, should_be_told
from tests.drills.stage import Servers

RUNS = int(os.environ.get("AFTERWORD_DRILL_KILLS", "100"))
KILLS = 2
"""Of each task in a run."""
NOON = datetime(2026, 10, 21, 12, tzinfo=UTC)
"""A Wednesday: everybody works, and it is nobody's night."""
TASKS = {
    "outbound.tasks.tick": "_write",
    "outbound.tasks.send": "note_sent",
    "outbound.tasks.send_to_chats": "note_sent",
}
"""With the function of ours at whose call it is worst to die."""


@dataclass
class Place:
    doomed: Doomed
    office: PostOffice
    rooms: ChatRooms
    name: str


@pytest.fixture
def place(servers: Servers) -> Iterator[Place]:
    office, rooms = PostOffice(), ChatRooms()
    environ = servers.environ() | {
        "EMAIL_URL": office.url,
        "AFTERWORD_OUTBOUND_ALLOW": "127.0.0.1:*",
    }
    try:
        with rooms.open(), doomed(environ, NOON) as program:
            yield Place(program, office, rooms, f"Kills {os.getpid()}")
    finally:
        office.close()


def with_chats(org: Organisation, place: Place) -> None:
    for user in org.people:
        address = f"{place.rooms.address}/{user.pk}"
        chat = Chat("Own chat", ChatFlavour.MATTERMOST, address)
        keep(chat, user, by=user, at=NOON)


def one_run(place: Place, number: int, kills: int) -> int:
    """How many copies of mails and posts there were."""
    chance = random.Random(number)  # noqa: S311  the same kills each time
    place.doomed.now = NOON
    org = organisation(
        f"{place.name} run {number}", 3, 8, NOON, seed=number, zones=["UTC"]
    )
    with_chats(org, place)
    place.office.letters.clear()
    place.rooms.posts.clear()
    for task, worst in TASKS.items():
        place.doomed.die_then_live(task, kills, chance, worst)
    expected = should_be_told(org.promises, NOON, NOON + timedelta(hours=4))
    records.check_notices(org, expected)
    records.check_settled()
    records.check_told_on_the_wire(org, place.office, expected)
    copies = records.check_wire(place.office)
    copies += check_chats(org, place)
    records.forget(org, place.doomed.now)
    return copies


def check_chats(org: Organisation, place: Place) -> int:
    """As for mails; a chat is told of no id, so that whole messages are compared."""
    copies = 0
    for user in org.people:
        posts = [post.text for post in place.rooms.taken(f"/{user.pk}")]
        deliveries = user.deliveries.filter(channel=Channel.CHAT)
        lost = sum(deliveries.values_list("lost", flat=True))
        messages = set(posts)
        assert len(messages) == len(deliveries), f"{user} was told something else"
        assert len(posts) - len(messages) <= lost, f"{user} was told too often"
        copies += len(posts) - len(messages)
    return copies


def play(place: Place, runs: int, told: Told, kills: int = KILLS) -> None:
    one_run(place, 0, kills=0)
    copies = sum(one_run(place, number, kills) for number in range(1, runs + 1))
    told(
        "DR7 Killed while planning, mailing and telling chats",
        f"{runs} runs, killed {place.doomed.killed} times;"
        f" each told once, {copies} copies of what was under way",
    )


@pytest.mark.drill
def test_dr7_whatever_line_a_worker_dies_at_each_is_told_once(
    place: Place, told: Told
) -> None:
    play(place, RUNS, told)


@pytest.mark.xdist_group("drills")
def test_a_few_lines_at_which_a_worker_dies(place: Place, told: Told) -> None:
    play(place, 2, told)
