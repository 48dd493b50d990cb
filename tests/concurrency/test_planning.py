"""Ticks that run at once, and changes that come while one runs."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from accounts.models import User
from actions.models import ActionItem, FollowThrough
from actions.models.follow_through import PLAN_ANEW
from actions.operations.planning import plan_batch
from outbound.models import Notice
from outbound.operations.noticing import NoticeDraft, note
from postmortems.models import Postmortem
from tests.acting import TUESDAY, after, at, days_of, promise, tick
from tests.concurrency.together import at_once

pytestmark = pytest.mark.usefixtures("committed")

PROMISES = 40


@pytest.fixture
def actions(report: Postmortem, writers: list[User]) -> list[ActionItem]:
    return [
        promise(report, writers[0], owner_person_id=writers[number % 3].pk)
        for number in range(PROMISES)
    ]


def test_ticks_at_once_tell_everybody_once(
    actions: list[ActionItem], writers: list[User]
) -> None:
    def small_batches() -> int:
        planned = 0
        while claimed := plan_batch(at(TUESDAY), size=7):
            planned += claimed
        return planned

    planned = at_once(*[small_batches] * 4)
    # Whoever finds a batch claimed by another goes on without it.
    assert sum(planned) == PROMISES
    told = Notice.objects.values_list("about", "recipient_id", "kind", "day")
    assert len(told) == len(set(told)) == PROMISES


def test_whoever_writes_a_notice_second_adds_none(writers: list[User]) -> None:
    draft = NoticeDraft("reminder", "action:1", writers[0].pk, TUESDAY, at(TUESDAY))
    written = at_once(*[lambda: note([draft], at(TUESDAY))] * 4)
    assert sorted(written) == [0, 0, 0, 1]
    assert Notice.objects.count() == 1


def test_a_change_that_comes_while_it_is_planned_is_planned_next(
    actions: list[ActionItem], writers: list[User]
) -> None:
    """The planning has looked at the action, and has not committed, when its date
    moves: what it writes then is not the last word.
    """
    action = actions[0]
    looked, moved = threading.Event(), threading.Event()

    def plan() -> None:
        with transaction.atomic():
            plan_batch(at(after(-20)))
            looked.set()
            moved.wait(0.5)  # the other waits for this to commit

    def move() -> None:
        looked.wait(10)
        ActionItem.objects.filter(pk=action.pk).update(due_on=after(-18))
        moved.set()

    assert at_once(plan, move) == [None, None]
    assert FollowThrough.objects.get(pk=action.pk).next_at == PLAN_ANEW
    tick(at(after(-18) - timedelta(days=1)))
    tick(at(after(-18)))
    assert after(-18) in days_of(writers[0])


def test_a_person_who_moves_while_it_is_planned_is_asked_again(
    actions: list[ActionItem], writers: list[User]
) -> None:
    looked = threading.Event()

    def plan() -> None:
        with transaction.atomic():
            plan_batch(at(after(-20)))
            looked.set()
            threading.Event().wait(0.3)

    def move() -> None:
        looked.wait(10)
        User.objects.filter(pk=writers[0].pk).update(time_zone="Asia/Tokyo")

    assert at_once(plan, move) == [None, None]
    theirs = FollowThrough.objects.filter(action__owner_person=writers[0])
    assert {one.next_at for one in theirs} == {PLAN_ANEW}


def test_two_changes_at_once_wait_for_one_another_and_never_in_a_ring(
    actions: list[ActionItem], writers: list[User]
) -> None:
    """Both wake the same actions; each locks them in the order of their ids."""

    def move(zone: str, number: int) -> None:
        for _time in range(10):
            User.objects.filter(pk=writers[number].pk).update(time_zone=zone)
            User.objects.filter(pk=writers[number].pk).update(time_zone="UTC")

    assert at_once(
        lambda: move("Asia/Tokyo", 0),
        lambda: move("Europe/Berlin", 0),
        lambda: move("Asia/Kolkata", 1),
    ) == [None, None, None]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM actions_followthrough")
        assert cursor.fetchone() == (PROMISES,)
