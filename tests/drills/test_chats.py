"""A chat answers 500, 410, with a redirect, not at all, or not for days (DR10).

The clock is passed in: 72 hours take seconds. Beside it stands a chat that is well.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outbound import http, sending, ticking
from outbound.models import Channel, ChatFlavour, ChatHook, Delivery, DeliveryState
from outbound.operations.hooks import Chat, keep
from tests.drills.chat_room import ChatRooms, Mood
from tests.drills.conftest import Told
from tests.drills.promises import Organisation, organisation

pytestmark = pytest.mark.xdist_group("drills")
NOON = datetime(2026, 10, 21, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
GIVEN_UP_AFTER = 72 * HOUR
MOST_ATTEMPTS = 12
ALL_DAY = datetime.min.time(), datetime.max.time().replace(microsecond=0)
HANGS_FOR = 0.5
"""Seconds until we give up waiting; ten as shipped."""


class Chats:
    """Somebody whose chat is in trouble, and others whose chats are well."""

    def __init__(self, rooms: ChatRooms) -> None:
        self.rooms, self.now = rooms, NOON
        rooms.now = lambda: self.now
        self.org: Organisation = organisation(
            "Chats", 6, 24, NOON, seed=10, zones=["UTC"]
        )
        for user in self.org.people:
            # As for people who want to be told at any hour of any day.
            user.working_days = [1, 2, 3, 4, 5, 6, 7]
            user.morning, user.quiet_from = ALL_DAY
            user.save()
            address = f"{rooms.address}/{user.pk}"
            keep(Chat("Own", ChatFlavour.SLACK, address), user, by=user, at=NOON)
        ticking.tick(self.now)
        ill = self.deliveries()[0].hook
        assert ill is not None
        self.ill: ChatHook = ill
        self.path = f"/{ill.user_id}"

    def deliveries(self) -> list[Delivery]:
        chats = Delivery.objects.filter(channel=Channel.CHAT)
        return list(chats.select_related("hook").order_by("pk"))

    def feels(self, mood: Mood) -> None:
        self.rooms.moods[self.path] = mood

    def until(self, end: datetime) -> None:
        """The worker looks each minute in which there is something to do."""
        while self.now < end:
            sending.send_due(self.now, {Channel.CHAT})
            waiting = [
                one.due_at
                for one in self.deliveries()
                if one.state == DeliveryState.PENDING
            ]
            due_at = min(waiting, default=end)
            self.now = min(max(self.now + MINUTE, due_at), end)

    def check_the_others(self) -> None:
        """Each of them was told once, at once."""
        for one in self.deliveries():
            assert one.hook is not None
            if one.hook != self.ill:
                posts = self.rooms.tried(f"/{one.hook.user_id}")
                assert len(posts) == 1, "another chat was told twice, or not at all"
                assert posts[0].at < NOON + 3 * MINUTE, "another chat had to wait"

    def ill_now(self) -> ChatHook:
        return ChatHook.objects.get(pk=self.ill.pk)


@pytest.fixture
def chats(
    transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Chats]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1:*"]
    monkeypatch.setattr(http, "TOTAL_SECONDS", HANGS_FOR)
    with ChatRooms().open() as rooms:
        yield Chats(rooms)


@pytest.mark.drill
@pytest.mark.parametrize("mood", [Mood.FAIL, Mood.REDIRECT, Mood.HANG, Mood.DROP])
def test_dr10_a_chat_in_trouble_for_days_is_given_up(
    chats: Chats, told: Told, mood: Mood
) -> None:
    chats.feels(mood)
    chats.until(NOON + GIVEN_UP_AFTER - HOUR)
    assert chats.ill_now().disabled_at is None, "given up too early"
    chats.until(NOON + 2 * GIVEN_UP_AFTER)
    chats.check_the_others()
    tried = chats.rooms.tried(chats.path)
    assert len(tried) <= MOST_ATTEMPTS
    assert not chats.rooms.tried("/elsewhere"), "a redirect was followed"
    (given_up,) = [one for one in chats.deliveries() if one.hook == chats.ill]
    assert given_up.state == DeliveryState.FAILED
    assert given_up.error
    lasted = (tried[-1].at - tried[0].at) / HOUR
    told(
        f"DR10 A chat that {mood.name.lower()}s",
        f"{len(tried)} attempts in {lasted:.0f} h, then “{given_up.error}”; "
        f"{'switched off' if chats.ill_now().disabled_at else 'still on'};"
        " the others were told at once",
    )


def test_dr10_a_chat_that_is_gone_is_switched_off_at_once(
    chats: Chats, told: Told
) -> None:
    chats.feels(Mood.GONE)
    chats.until(NOON + 24 * HOUR)
    chats.check_the_others()
    assert len(chats.rooms.tried(chats.path)) == 1
    assert chats.ill_now().disabled_at is not None
    told("DR10 A chat answers 410", "asked once, switched off; others told at once")


def test_dr10_a_chat_that_comes_back_is_told_once(chats: Chats, told: Told) -> None:
    chats.feels(Mood.FAIL)
    chats.until(NOON + 6 * HOUR)
    failed = len(chats.rooms.tried(chats.path))
    chats.feels(Mood.TAKE)
    chats.until(NOON + 48 * HOUR)
    assert len(chats.rooms.taken(chats.path)) == 1
    assert chats.ill_now().failing_since is None
    chats.check_the_others()
    told(
        "DR10 A chat comes back after 6 h", f"{failed} attempts failed, then told once"
    )
