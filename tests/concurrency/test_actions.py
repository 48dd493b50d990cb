"""Promises that several people change at the same moment."""

from datetime import date
from typing import Any

from accounts.models import User
from actions.models import ActionItem, DateMove, Dependency, Subtask
from actions.operations import checklists, depending
from actions.operations.depending import Circle
from actions.operations.settling import settle_action
from postmortems.models import Change, Postmortem
from postmortems.operations import incidents, rows
from postmortems.operations.desk import RequestKey
from tests.concurrency.together import at_once, raised
from tests.fixtures import NOW, SMALLEST, kind, open_report
from tests.publishing import publish


def promise(report: Postmortem, by: User, **values: Any) -> ActionItem:
    row = rows.add_row(
        kind("actions"), report.pk, {**SMALLEST["actions"], **values}, by=by, at=NOW
    )
    return ActionItem.objects.select_related("postmortem").get(pk=row.pk)


def test_one_of_two_ends_is_kept_and_the_other_can_be_saved_over_it(
    report: Postmortem, writers: list[User]
) -> None:
    action = promise(report, writers[0])
    ends: tuple[dict[str, Any], ...] = (
        {"status": "done", "evidence": "See it"},
        {"status": "wont_do", "reason": "Replaced"},
    )

    def settle(number: int, version: int) -> Any:
        return settle_action(
            report.pk, action.pk, ends[number],
            version=version, by=writers[number], at=NOW,
        )  # fmt: skip

    results = at_once(lambda: settle(0, 1), lambda: settle(1, 1))
    assert raised(results) == ["Stale"]
    late = 0 if isinstance(results[0], rows.Stale) else 1
    settle(late, 2)
    changes = Change.objects.filter(part="row:actions", what="changed").order_by("pk")
    told = [change.after["status"] for change in changes if change.after]
    assert told == [ends[1 - late]["status"], ends[late]["status"]]


def test_of_two_who_move_a_date_one_moves_it(
    report: Postmortem, writers: list[User]
) -> None:
    action = promise(report, writers[0], due_on=date(2026, 3, 15))
    publish(report, writers[0])

    def move(writer: User, day: int) -> Any:
        values = {"due_on": date(2026, 4, day), "because": "Parts are late"}
        return settle_action(report.pk, action.pk, values, version=1, by=writer, at=NOW)

    results = at_once(lambda: move(writers[0], 1), lambda: move(writers[1], 2))
    assert raised(results) == ["Stale"]
    action.refresh_from_db()
    assert [one.to_on for one in DateMove.objects.all()] == [action.due_on]


def test_no_two_reports_close_a_circle_at_once(
    report: Postmortem, writers: list[User]
) -> None:
    other = open_report(writers[0], "Another")
    incidents.join_report(other.pk, by=writers[1], at=NOW)
    here, there = promise(report, writers[0]), promise(other, writers[0])
    results = at_once(
        lambda: depending.add_dependency(here, there, by=writers[0], at=NOW),
        lambda: depending.add_dependency(there, here, by=writers[1], at=NOW),
    )
    assert raised(results) == [Circle.__name__]
    assert Dependency.objects.count() == 1


def test_a_step_that_is_sent_twice_at_once_is_added_once(
    report: Postmortem, writers: list[User]
) -> None:
    action = promise(report, writers[0])
    key = RequestKey("k" * 32, "f" * 64)

    def add() -> Any:
        return checklists.add_subtask(action, "Once", by=writers[0], at=NOW, key=key)

    first, second = at_once(add, add)
    assert first.pk == second.pk
    assert Subtask.objects.count() == 1
