"""Deliveries: claimed by one, tried again, put off, given up, sent anew."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import User
from config.limits import LIMITS
from outbound.models import (
    LEASE,
    MOST_LOST,
    Channel,
    ChatHook,
    Delivery,
    DeliveryState,
    Notice,
    NoticeKind,
)
from outbound.mornings import may_be_told, next_moment
from outbound.operations.delivering import (
    CHAT_PAUSES,
    MAIL_PAUSES,
    claim,
    note_dropped,
    note_failed,
    note_sent,
    retry,
)
from tests.fixtures import person
from tests.outbound import NINE, chat, told

pytestmark = pytest.mark.usefixtures("teller")
MAILS = {Channel.MAIL.value}
CHATS = {Channel.CHAT.value}
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def mail_to(user: User) -> Delivery:
    return next(one for one in told(user) if one.channel == Channel.MAIL)


def claimed(at: datetime = NINE, channels: set[str] = MAILS) -> Delivery:
    found = claim(at, channels)
    assert found is not None
    return found


def test_a_delivery_is_claimed_by_one_worker(member: User) -> None:
    mail_to(member)
    delivery = claimed()
    assert (delivery.state, delivery.attempts) == (DeliveryState.SENDING, 1)
    assert claim(NINE, MAILS) is None


def test_a_worker_that_is_not_heard_of_again_leaves_it_to_another(
    member: User,
) -> None:
    mail_to(member)
    claimed()
    assert claim(NINE + LEASE, MAILS) is None
    again = claimed(NINE + LEASE + MINUTE)
    assert (again.attempts, again.lost) == (2, 1)


def test_what_every_worker_is_lost_with_is_given_up(member: User) -> None:
    mail_to(member)
    at = NINE
    for _ in range(MOST_LOST):
        claimed(at)
        at += LEASE + MINUTE
    assert claim(at, MAILS) is None
    given_up = Delivery.objects.failed().get()
    assert "stopped" in given_up.error


def test_what_is_sent_is_claimed_no_more(member: User) -> None:
    mail_to(member)
    note_sent(claimed(), at=NINE)
    assert claim(NINE + DAY, MAILS) is None
    assert Delivery.objects.get(channel=Channel.MAIL).sent_at == NINE


def test_what_is_dropped_is_claimed_no_more(member: User) -> None:
    mail_to(member)
    note_dropped(claimed(), at=NINE)
    assert Delivery.objects.get(channel=Channel.MAIL).state == DeliveryState.DROPPED


def test_a_failed_mail_is_tried_for_about_a_day(member: User) -> None:
    always_awake(member)
    mail_to(member)
    at, tried = NINE, []
    while (delivery := claim(at, MAILS)) is not None:
        tried.append(at)
        note_failed(delivery, error="No answer.", permanent=False, at=at)
        delivery.refresh_from_db()
        at = delivery.due_at
    assert len(tried) == len(MAIL_PAUSES) + 1
    assert 19 * HOUR < tried[-1] - tried[0] < 29 * HOUR
    failed = Delivery.objects.failed().get()
    assert failed.error == "No answer."


def test_pauses_grow_and_differ(member: User) -> None:
    always_awake(member)
    mail_to(member)
    delivery = claimed()
    note_failed(delivery, error="", permanent=False, at=NINE)
    delivery.refresh_from_db()
    assert 0.8 * MINUTE <= delivery.due_at - NINE <= 1.2 * MINUTE
    assert sorted(MAIL_PAUSES) == MAIL_PAUSES
    assert sorted(CHAT_PAUSES) == CHAT_PAUSES


def test_what_cannot_be_sent_at_all_is_given_up_at_once(member: User) -> None:
    mail_to(member)
    note_failed(claimed(), error="Refused.", permanent=True, at=NINE)
    assert Delivery.objects.failed().count() == 1


def test_a_late_word_of_a_slow_worker_changes_nothing(member: User) -> None:
    mail_to(member)
    slow = claimed()
    quick = claimed(NINE + LEASE + MINUTE)
    note_sent(quick, at=NINE + LEASE + MINUTE)
    note_failed(slow, error="Late.", permanent=True, at=NINE + LEASE + MINUTE)
    assert Delivery.objects.get(pk=slow.pk).state == DeliveryState.SENT


def test_an_administrator_has_it_sent_anew(member: User, administrator: User) -> None:
    delivery = mail_to(member)
    note_failed(claimed(), error="Refused.", permanent=True, at=NINE)
    with pytest.raises(PermissionDenied):
        retry(delivery, by=member, at=NINE)
    retry(delivery, by=administrator, at=NINE + HOUR)
    again = claimed(NINE + HOUR)
    assert (again.key, again.attempts, again.error) == (delivery.key, 1, "")


def test_what_was_sent_is_not_sent_anew(member: User, administrator: User) -> None:
    delivery = mail_to(member)
    note_sent(claimed(), at=NINE)
    retry(delivery, by=administrator, at=NINE)
    assert claim(NINE, MAILS) is None


# --- Nights and floods ----------------------------------------------------------------


def always_awake(user: User) -> None:
    User.objects.filter(pk=user.pk).update(
        morning=time(0), quiet_from=time(23, 59, 59), working_days=[1, 2, 3, 4, 5, 6, 7]
    )


FRIDAY = datetime(2026, 3, 13, 17, 30, tzinfo=UTC)


def test_what_fails_in_the_evening_waits_for_the_next_morning_that_counts(
    member: User,
) -> None:
    mail_to(member)
    delivery = claimed(FRIDAY)
    note_failed(delivery, error="", permanent=False, at=FRIDAY)
    assert claim(FRIDAY + HOUR, MAILS) is None
    delivery.refresh_from_db()
    assert delivery.due_at == datetime(2026, 3, 16, 9, tzinfo=UTC)
    assert delivery.attempts == 1


@pytest.mark.parametrize(
    ("zone", "at", "then"),
    [
        ("UTC", "2026-03-09 08:59", "2026-03-09 09:00"),
        ("UTC", "2026-03-09 09:00", "2026-03-09 09:00"),
        ("UTC", "2026-03-09 17:59", "2026-03-09 17:59"),
        ("UTC", "2026-03-09 18:00", "2026-03-10 09:00"),
        ("UTC", "2026-03-14 12:00", "2026-03-16 09:00"),
        ("Asia/Tokyo", "2026-03-09 09:00", "2026-03-10 00:00"),
        ("Pacific/Kiritimati", "2026-03-06 05:00", "2026-03-08 19:00"),
        ("America/New_York", "2026-03-06 23:30", "2026-03-09 13:00"),
        ("Europe/Berlin", "2026-03-27 18:00", "2026-03-30 07:00"),
    ],
)
def test_the_next_moment_is_in_the_morning_of_a_working_day_where_they_are(
    zone: str, at: str, then: str, db: None
) -> None:
    user = person("Anna", time_zone=zone)
    found = next_moment(user, datetime.fromisoformat(f"{at}+00:00"))
    assert found == datetime.fromisoformat(f"{then}+00:00")
    assert may_be_told(user, found)


def test_a_morning_that_spring_skips_comes_an_hour_later(db: None) -> None:
    user = person("Anna", time_zone="Europe/Berlin", morning=time(2, 30))
    user.working_days = [7]
    before = datetime(2026, 3, 28, 22, tzinfo=UTC)
    assert next_moment(user, before) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("more", [-1, 0])
def test_nobody_gets_more_mails_in_an_hour_than_the_limit(
    member: User, more: int
) -> None:
    for n in range(LIMITS.mails_of_person + more):
        told(member, f"Thing {n}")
        note_sent(claimed(), at=NINE + n * timedelta(seconds=1))
    told(member, "The last")
    at = NINE + MINUTE
    if more < 0:
        claimed(at)
    else:
        assert claim(at, MAILS) is None
        assert claimed(NINE + HOUR).attempts == 1


# --- Chats ----------------------------------------------------------------------------


@pytest.fixture
def hook(member: User) -> ChatHook:
    return chat(member, member, "https://chat.example/x")


def test_a_chat_gets_one_message_at_a_time(member: User, hook: ChatHook) -> None:
    told(member, "One")
    told(member, "Two", at=NINE + MINUTE)
    claimed(NINE + MINUTE, CHATS)
    assert claim(NINE + MINUTE, CHATS) is None


def test_a_chat_that_fails_is_left_alone_until_the_next_attempt(
    member: User, hook: ChatHook
) -> None:
    told(member, "One")
    told(member, "Two", at=NINE + MINUTE)
    at = NINE + MINUTE
    note_failed(claimed(at, CHATS), error="", permanent=False, at=at)
    assert claim(at + timedelta(seconds=20), CHATS) is None
    assert claim(at + MINUTE, CHATS) is not None


def test_a_chat_is_tried_twelve_times_in_three_days(
    member: User, hook: ChatHook
) -> None:
    assert len(CHAT_PAUSES) + 1 == 12
    assert 70 * HOUR < sum(CHAT_PAUSES, timedelta(0)) < 72 * HOUR


def test_a_chat_that_says_it_is_gone_is_switched_off_and_its_owner_told(
    member: User, hook: ChatHook
) -> None:
    told(member)
    note_failed(claimed(NINE, CHATS), error="410", permanent=False, gone=True, at=NINE)
    hook.refresh_from_db()
    assert hook.disabled_at == NINE
    notice = Notice.objects.get(kind=NoticeKind.CHAT_ENDED)
    assert (notice.recipient, notice.about) == (member, f"hook:{hook.pk}")


def test_a_chat_that_fails_for_three_days_is_switched_off(
    administrator: User,
) -> None:
    hook = chat(None, administrator, "https://chat.example/x")
    for hours in (0, 24, 71, 72):
        told(administrator, f"After {hours}", why={"hook": hook.pk})
        at = NINE + hours * HOUR
        delivery = claimed(at, CHATS)
        hook.refresh_from_db()
        assert hook.disabled_at is None
        note_failed(delivery, error="500", permanent=True, at=at)
    hook.refresh_from_db()
    assert hook.disabled_at == NINE + 72 * HOUR
    assert Notice.objects.get(kind=NoticeKind.CHAT_ENDED).recipient == administrator


def test_a_chat_that_answers_again_begins_anew(member: User, hook: ChatHook) -> None:
    told(member)
    note_failed(claimed(NINE, CHATS), error="500", permanent=False, at=NINE)
    note_sent(claimed(NINE + HOUR, CHATS), at=NINE + HOUR)
    hook.refresh_from_db()
    assert hook.failing_since is None


def test_another_address_brings_a_chat_back(member: User, hook: ChatHook) -> None:
    told(member)
    note_failed(claimed(NINE, CHATS), error="410", permanent=False, gone=True, at=NINE)
    again = chat(member, member, "https://chat.example/y")
    assert (again.pk, again.disabled_at, again.failing_since) == (hook.pk, None, None)
