"""The tick: one process at a time plans, gathers, and leaves its pulse."""

import time
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from accounts.models import User
from outbound import tasks, ticking
from outbound.models import Delivery, Notice, Pulse
from outbound.operations.noticing import note
from outbound.ticking import TICK_LOCK, tick
from tests.outbound import NINE, draft

pytestmark = pytest.mark.usefixtures("teller")


@pytest.fixture(autouse=True)
def planners(monkeypatch: pytest.MonkeyPatch) -> dict[str, ticking.Plan]:
    """No planners but those of the test."""
    found: dict[str, ticking.Plan] = {}
    monkeypatch.setattr(ticking, "_planners", found)
    return found


def writing(user: User, *, done: bool) -> ticking.Plan:
    def plan(now: object, until: float) -> bool:
        assert until > time.monotonic()
        note([draft(user)], NINE)
        return done

    return plan


def test_what_is_planned_is_gathered_and_the_pulses_beat(
    member: User, planners: dict[str, ticking.Plan]
) -> None:
    planners["reminders"] = writing(member, done=True)
    assert tick(NINE)
    assert tick(NINE)
    assert Delivery.objects.count() == 2
    assert {pulse.name: pulse.beat_at for pulse in Pulse.objects.all()} == {
        "reminders": NINE,
        "tick": NINE,
    }


def test_a_message_waits_for_the_rest_of_the_planning_but_not_for_ever(
    member: User, planners: dict[str, ticking.Plan]
) -> None:
    planners["reminders"] = writing(member, done=False)
    tick(NINE)
    tick(NINE + timedelta(minutes=4))
    assert Delivery.objects.count() == 0
    tick(NINE + timedelta(minutes=5))
    assert Delivery.objects.count() == 2


def test_a_planner_that_fails_keeps_no_other_from_planning(
    member: User, planners: dict[str, ticking.Plan]
) -> None:
    def broken(now: object, until: float) -> bool:
        raise LookupError("broken")

    planners["broken"] = broken
    planners["reminders"] = writing(member, done=True)
    tick(NINE)
    assert Notice.objects.count() == 1
    assert not Pulse.objects.filter(name="broken").exists()
    tick(NINE + timedelta(minutes=5))
    assert Delivery.objects.count() == 2


@pytest.fixture
def elsewhere_at_it(db: None) -> Callable[[], None]:
    """Another process is within its tick; calling this ends it."""
    other = psycopg.connect(
        **{
            name: value
            for name, value in connection.get_connection_params().items()
            if name in {"host", "port", "user", "password", "dbname"}
        },
        autocommit=True,
    )
    other.execute("SELECT pg_advisory_lock(%s)", [TICK_LOCK])
    return other.close


def test_a_second_process_leaves_it_to_the_first(
    member: User,
    planners: dict[str, ticking.Plan],
    elsewhere_at_it: Callable[[], None],
) -> None:
    planners["reminders"] = writing(member, done=True)
    assert not tick(NINE)
    assert Notice.objects.count() == 0
    elsewhere_at_it()
    assert ended_elsewhere()
    assert Notice.objects.count() == 1


def ended_elsewhere() -> bool:
    """A lock ends with its connection, as soon as the server has noticed."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if tick(NINE):
            return True
    return False


def test_the_tasks_leave_their_pulse(db: None) -> None:
    tasks.tick()
    tasks.send()
    tasks.send_to_chats()
    names = set(Pulse.objects.values_list("name", flat=True))
    assert names == {"tick", "send", "send to chats"}
