"""What a change of an action must say, and what is kept of a promise that moves."""

from datetime import date, timedelta
from typing import Any

import pytest

from accounts.models import User
from actions.models import ActionItem, FollowThrough
from actions.operations.settling import settle_action
from actions.promises import Stood, Unanswered, in_words, open_questions
from postmortems.models import Postmortem
from postmortems.operations import history, rows
from tests.fixtures import NOW, AddRow, kind
from tests.publishing import publish, reopen

MARCH = date(2026, 3, 15)
LATER = {"due_on": date(2026, 4, 1)}
OPEN = Stood("open", MARCH, "")


@pytest.mark.parametrize(
    ("before", "values", "promised", "asked"),
    [
        (None, {"status": "done"}, False, {"evidence"}),
        (None, {"status": "done", "evidence": "See it"}, False, set()),
        (OPEN, {"status": "done"}, False, {"evidence"}),
        (OPEN, {"status": "in_progress"}, False, set()),
        (OPEN, {"status": "wont_do", "reason": ""}, False, {"reason"}),
        (OPEN, {"status": "wont_do", "reason": "Replaced"}, False, set()),
        # What was imported as done stays valid, and what was shown is not taken away.
        (Stood("done", MARCH, ""), {"status": "done"}, True, set()),
        (Stood("done", MARCH, "It"), {"evidence": ""}, True, {"evidence"}),
        # A promise moves with a reason; before it was made, as anybody likes.
        (OPEN, LATER, False, set()),
        (OPEN, LATER, True, {"because"}),
        (OPEN, LATER | {"because": "Parts are late"}, True, set()),
        (OPEN, {"due_on": None}, True, {"because"}),
        (OPEN, {"due_on": MARCH - timedelta(days=1)}, True, set()),
        (OPEN, {"due_on": MARCH}, True, set()),
        (Stood("open", None, ""), LATER, True, set()),
    ],
)
def test_what_a_change_leaves_unsaid(
    before: Stood | None, values: dict[str, Any], promised: bool, asked: set[str]
) -> None:
    assert set(open_questions(before, values, promised=promised)) == asked


@pytest.mark.parametrize(
    ("moves", "words"),
    [
        (0, ""),
        (1, "promised 10 Feb, moved once"),
        (2, "promised 10 Feb, moved twice"),
        (3, "promised 10 Feb, moved 3 times"),
    ],
)
def test_a_moved_promise_in_words(moves: int, words: str) -> None:
    assert in_words(date(2026, 2, 10), moves, date(2026, 3, 9)) == words


@pytest.fixture
def promise(add: AddRow, postmortem: Postmortem, facilitator: User) -> ActionItem:
    row = add("actions", due_on=MARCH)
    publish(postmortem, facilitator)
    assert isinstance(row, ActionItem)
    return row


def move(promise: ActionItem, by: User, due_on: date | None, **more: Any) -> ActionItem:
    promise.refresh_from_db()
    return settle_action(
        promise.postmortem_id,
        promise.pk,
        {"due_on": due_on, "because": more.get("because", "")},
        version=promise.version,
        by=by,
        at=more.get("at", NOW),
    )


def moves_of(promise: ActionItem) -> list[tuple[date, date | None, str]]:
    found = promise.date_moves.order_by("pk")
    return [(one.from_on, one.to_on, one.reason) for one in found]


def test_the_first_promise_stays_known_when_it_moves(
    promise: ActionItem, facilitator: User
) -> None:
    april, may = date(2026, 4, 1), date(2026, 5, 1)
    move(promise, facilitator, april, because="Parts are late")
    move(promise, facilitator, may, because="Later still")
    assert moves_of(promise) == [
        (MARCH, april, "Parts are late"),
        (april, may, "Later still"),
    ]
    assert FollowThrough.objects.get(pk=promise.pk).promised_on == MARCH


def test_a_later_date_without_a_reason_writes_nothing(
    promise: ActionItem, facilitator: User
) -> None:
    for due_on in (date(2026, 4, 1), None):
        with pytest.raises(Unanswered) as refused:
            move(promise, facilitator, due_on)
        assert set(refused.value.questions) == {"because"}
    promise.refresh_from_db()
    assert (promise.due_on, moves_of(promise)) == (MARCH, [])


def test_an_earlier_date_is_no_move(promise: ActionItem, facilitator: User) -> None:
    move(promise, facilitator, date(2026, 3, 1))
    assert moves_of(promise) == []
    assert FollowThrough.objects.get(pk=promise.pk).promised_on == MARCH


@pytest.mark.parametrize(("seconds", "kept"), [(60, 0), (61, 1)])
def test_whoever_takes_a_move_back_at_once_has_not_moved_it(
    promise: ActionItem, facilitator: User, seconds: int, kept: int
) -> None:
    move(promise, facilitator, date(2026, 4, 1), because="Oh")
    move(promise, facilitator, MARCH, at=NOW + timedelta(seconds=seconds))
    assert len(moves_of(promise)) == kept


def test_before_it_is_promised_a_date_moves_as_anybody_likes(
    add: AddRow, facilitator: User
) -> None:
    row = add("actions", due_on=MARCH)
    assert isinstance(row, ActionItem)
    move(row, facilitator, date(2026, 4, 1))
    assert moves_of(row) == []


def test_the_row_form_of_a_reopened_report_asks_the_same(
    promise: ActionItem, postmortem: Postmortem, facilitator: User
) -> None:
    reopen(postmortem, facilitator)
    with pytest.raises(Unanswered):
        rows.change_row(
            kind("actions"), postmortem.pk, promise.pk, LATER,
            version=1, by=facilitator, at=NOW,
        )  # fmt: skip
    values = LATER | {"because": "Parts are late"}
    rows.change_row(
        kind("actions"), postmortem.pk, promise.pk, values,
        version=1, by=facilitator, at=NOW,
    )  # fmt: skip
    assert len(moves_of(promise)) == 1


def test_an_earlier_version_comes_back_without_a_question(
    promise: ActionItem, postmortem: Postmortem, facilitator: User
) -> None:
    move(promise, facilitator, date(2026, 3, 1))
    reopen(postmortem, facilitator)
    change = postmortem.history.filter(part="row:actions").latest("pk")
    history.restore_change(
        postmortem.pk, change.pk, side="before", by=facilitator, at=NOW
    )
    assert moves_of(promise) == [
        (date(2026, 3, 1), MARCH, "An earlier version was brought back.")
    ]


def test_what_is_opened_again_is_asked_anew_whether_it_worked(
    promise: ActionItem, facilitator: User
) -> None:
    def settle(**values: Any) -> None:
        promise.refresh_from_db()
        settle_action(
            promise.postmortem_id, promise.pk, values,
            version=promise.version, by=facilitator, at=NOW,
        )  # fmt: skip

    settle(status="done", evidence="See it", done_on=MARCH)
    FollowThrough.objects.filter(pk=promise.pk).update(
        verdict="effective", check_on=MARCH
    )
    settle(status="open", done_on=None)
    kept = FollowThrough.objects.get(pk=promise.pk)
    assert (kept.verdict, kept.check_on) == ("", None)
