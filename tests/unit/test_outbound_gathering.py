"""Notices: each once, and gathered into messages as people want them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.operations import people, teams
from outbound.models import Channel, ChatFlavour, Delivery, Notice, NoticeKind
from outbound.operations.delivering import gather
from outbound.operations.noticing import note
from outbound.operations.preferring import end_mails, save_preferences
from tests.fixtures import person
from tests.outbound import DAY, NINE, chat, draft, told

pytestmark = pytest.mark.usefixtures("teller")


def test_the_same_notice_is_written_once(member: User) -> None:
    assert note([draft(member), draft(member), draft(member, "Other")], NINE) == 2
    assert note([draft(member)], NINE + timedelta(minutes=1)) == 0
    assert Notice.objects.count() == 2


@pytest.mark.parametrize(
    "change",
    [
        {"kind": NoticeKind.NUDGE},
        {"day": DAY + timedelta(days=1)},
        {"about": "thing:else"},
    ],
)
def test_another_kind_day_or_thing_is_another_notice(
    member: User, change: dict[str, Any]
) -> None:
    assert note([draft(member), draft(member, **change)], NINE) == 2


def test_nothing_to_note_asks_the_database_nothing(member: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert note([], NINE) == 0
    assert len(queries) == 0


def test_many_things_become_one_message_by_each_channel(member: User) -> None:
    deliveries = told(member, "One", "Two", "Three")
    assert [one.channel for one in deliveries] == [Channel.MAIL, Channel.PAGE]
    assert [one.notices.count() for one in deliveries] == [3, 3]


def test_kinds_of_every_day_are_gathered_together_and_reports_stand_alone(
    member: User,
) -> None:
    kinds = [NoticeKind.REMINDER, NoticeKind.ESCALATION, NoticeKind.NUDGE]
    reports = [NoticeKind.WEEKLY, NoticeKind.MONTHLY]
    note([draft(member, kind=kind) for kind in [*kinds, *reports]], NINE)
    gather(NINE)
    mails = Delivery.objects.filter(channel=Channel.MAIL)
    assert sorted(one.notices.count() for one in mails) == [1, 1, 3]


def test_what_comes_later_on_a_day_makes_a_second_message(member: User) -> None:
    told(member, "One")
    told(member, "Two", at=NINE + timedelta(hours=1))
    mails = Delivery.objects.filter(channel=Channel.MAIL)
    assert [one.notices.get().about for one in mails.order_by("pk")] == [
        "thing:One",
        "thing:Two",
    ]
    assert len({one.key for one in mails}) == 2


def test_gathering_again_adds_nothing(member: User) -> None:
    told(member)
    assert gather(NINE) == 0


def test_what_is_not_due_yet_waits(member: User) -> None:
    note([draft(member, due_at=NINE + timedelta(hours=1))], NINE)
    assert gather(NINE) == 0
    assert gather(NINE + timedelta(hours=1)) == 2


def test_each_person_gets_a_message_of_their_own(member: User, viewer: User) -> None:
    note([draft(member), draft(viewer)], NINE)
    gather(NINE)
    mails = Delivery.objects.filter(channel=Channel.MAIL)
    assert {one.recipient_id for one in mails} == {member.pk, viewer.pk}


def test_people_who_are_deactivated_are_told_nothing(
    member: User, administrator: User
) -> None:
    note([draft(member)], NINE)
    people.deactivate(member, by=administrator)
    assert gather(NINE) == 0
    assert Notice.objects.get().gathered_at == NINE


def hours(user: User) -> dict[str, object]:
    names = ("morning", "quiet_from", "working_days", "holidays")
    return {name: getattr(user, name) for name in names}


def test_a_channel_that_is_not_wanted_makes_no_message(member: User) -> None:
    end_mails(member.pk, [NoticeKind.REMINDER])
    assert [one.channel for one in told(member)] == [Channel.PAGE]


def test_what_is_wanted_by_no_channel_is_gathered_without_a_message(
    member: User,
) -> None:
    save_preferences(
        member,
        wishes={(NoticeKind.REMINDER, channel): False for channel in Channel},
        hours=hours(member),
    )
    assert told(member) == []
    assert Notice.objects.get().gathered_at == NINE


def test_a_wish_holds_for_its_kind_alone(member: User) -> None:
    end_mails(member.pk, [NoticeKind.NUDGE])
    note([draft(member), draft(member, kind=NoticeKind.NUDGE)], NINE)
    gather(NINE)
    mail = Delivery.objects.get(channel=Channel.MAIL)
    assert mail.notices.get().kind == NoticeKind.REMINDER


def test_a_chat_of_ones_own_is_told_too(member: User) -> None:
    hook = chat(member, member, "https://chat.example/x")
    found = [one for one in told(member) if one.channel == Channel.CHAT]
    assert [one.hook for one in found] == [hook]


def test_the_chat_of_a_team_is_told_once_of_what_several_people_are(
    member: User, viewer: User, administrator: User
) -> None:
    team = teams.add_team(
        name="Ops", description="", lead=None, manager=None, by=administrator
    )
    hook = chat(
        team, administrator, "https://chat.example/x", flavour=ChatFlavour.TEAMS
    )
    why = {"team": team.pk}
    note([draft(one, why=why) for one in (member, viewer)], NINE)
    gather(NINE)
    shared = Delivery.objects.get(channel=Channel.CHAT)
    assert (shared.hook, shared.recipient) == (hook, None)
    assert shared.notices.count() == 2


def test_gathering_takes_as_many_queries_for_many_people_as_for_one(
    member: User,
) -> None:
    def asked(number: int) -> int:
        crowd = [person(f"Somebody {number} {n}") for n in range(number)]
        note([draft(one, title) for one in crowd for title in "ab"], NINE)
        with CaptureQueriesContext(connection) as queries:
            assert gather(NINE) == 2 * number
        return len(queries)

    assert asked(1) == asked(20)
