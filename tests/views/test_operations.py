"""What administrators are shown of the worker: the alarm, what waits, what failed."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from actions.models import FollowThrough
from outbound.alarm import LONGEST_SILENCE, silence
from outbound.models import Delivery, DeliveryState, Notice, Pulse
from postmortems.models import Postmortem
from tests.fixtures import NOW, AddRow
from tests.publishing import client_of

PAGE = "/settings/operations/"
BANNER = "No reminder and no message leaves this server"


@pytest.fixture
def client(administrator: User) -> Client:
    return client_of(administrator)


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split()).replace("\xa0", " ")


def ticked(ago: timedelta) -> None:
    Pulse.objects.update_or_create(
        name="tick", defaults={"beat_at": timezone.now() - ago, "seconds": 0.25}
    )
    caches["fragments"].clear()


def failed(user: User, number: int = 0) -> Delivery:
    return Delivery.objects.create(
        key=f"failed-{number}",
        kind="reminder",
        channel="mail",
        recipient=user,
        state=DeliveryState.FAILED,
        created_at=NOW,
        due_at=NOW,
        attempts=10,
        error="The mail server refused the recipient (550).",
    )


# --- The alarm ------------------------------------------------------------------------


def test_no_tick_for_five_minutes_is_an_alarm(db: None, administrator: User) -> None:
    now = timezone.now()
    Pulse.objects.create(name="tick", beat_at=now)
    assert silence(now + LONGEST_SILENCE) is None
    found = silence(now + LONGEST_SILENCE + timedelta(seconds=1))
    assert found is not None
    assert found.since == now


def test_a_new_installation_has_as_long_for_its_first_tick(administrator: User) -> None:
    began = administrator.joined_at
    assert silence(began + LONGEST_SILENCE) is None
    found = silence(began + LONGEST_SILENCE + timedelta(seconds=1))
    assert found is not None
    assert found.since is None


def test_administrators_see_it_on_every_page_and_nobody_else_does(
    client: Client, member: User
) -> None:
    ticked(timedelta(minutes=6))
    for page in ("/", "/incidents/", "/people/"):
        assert BANNER in text(client.get(page))
        assert BANNER not in text(client_of(member).get(page))
    ticked(timedelta(minutes=1))
    assert BANNER not in text(client.get("/"))


def test_it_costs_a_page_one_question_and_the_next_one_none(client: Client) -> None:
    ticked(timedelta(minutes=1))
    counts = []
    for _again in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        counts.append(len(queries))
    assert counts[0] == counts[1] + 1


def test_others_are_not_asked_for(member: User) -> None:
    with CaptureQueriesContext(connection) as queries:
        client_of(member).get("/")
    assert not [one for one in queries if "outbound_pulse" in one["sql"]]


def test_the_page_says_since_when(client: Client) -> None:
    ticked(timedelta(minutes=12))
    assert "No tick for 12 minutes." in text(client.get(PAGE))
    ticked(timedelta(seconds=20))
    assert "The tick comes each minute." in text(client.get(PAGE))


# --- What waits -----------------------------------------------------------------------


def row(page: str, label: str) -> str:
    return page.partition(f">{label}</th>")[2].partition("</tr>")[0]


def test_the_age_of_what_waits_longest_is_shown(
    client: Client, member: User, add: AddRow
) -> None:
    now = timezone.now()
    Notice.objects.create(
        kind="reminder",
        about="action:1",
        recipient=member,
        day=NOW.date(),
        due_at=now - timedelta(hours=2),
        created_at=now,
    )
    add("actions", due_on="2026-03-20")
    FollowThrough.objects.update(next_at=now - timedelta(hours=3))
    page = text(client.get(PAGE))
    assert "2 hours" in row(page, "Notices")
    assert "3 hours" in row(page, "Reminders to plan")
    assert "nothing waits" in row(page, "Messages")
    assert "nothing waits" in row(page, "Mentions in comments")


def test_nothing_is_told_of_restricted_reports(
    client: Client, postmortem: Postmortem, add: AddRow
) -> None:
    add("actions", due_on="2026-03-20")
    FollowThrough.objects.update(next_at=timezone.now() - timedelta(hours=3))
    postmortem.incident.restricted = True
    postmortem.incident.save()
    FollowThrough.objects.update(next_at=timezone.now() - timedelta(hours=3))
    assert "nothing waits" in row(text(client.get(PAGE)), "Reminders to plan")


# --- What failed ----------------------------------------------------------------------


def test_a_failed_message_is_shown_with_its_reason_and_sent_anew(
    client: Client, member: User
) -> None:
    delivery = failed(member)
    page = text(client.get(PAGE))
    assert "The mail server refused the recipient (550)." in page
    assert member.name in page
    client.post(f"{PAGE}{delivery.pk}/retry/")
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == (DeliveryState.PENDING, 0)
    assert "Everything was sent." in text(client.get(PAGE))


def test_what_was_sent_is_not_sent_again(client: Client, member: User) -> None:
    delivery = failed(member)
    Delivery.objects.update(state=DeliveryState.SENT, sent_at=NOW)
    client.post(f"{PAGE}{delivery.pk}/retry/")
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.SENT


def test_many_failures_come_page_by_page_in_as_many_queries(
    client: Client, member: User
) -> None:
    failed(member)
    ticked(timedelta(0))
    client.get(PAGE)
    counts = []
    for number in (1, 2):
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        counts.append(len(queries))
        for each in range(60):
            failed(member, number * 1_000 + each)
    assert counts[0] == counts[1] <= 30
    assert "1 to 100 of 121" in text(client.get(PAGE))
