"""Many actions are changed while somebody else changes one, or many, of them."""

from typing import Any

from accounts.models import User
from actions.models import ActionItem, BulkChange, BulkItem
from actions.operations.bulk import Wanted, change_many, take_back
from actions.operations.settling import settle_action
from postmortems.models import Change, Postmortem
from postmortems.operations import rows
from postmortems.operations.desk import RequestKey
from tests.concurrency.together import at_once, raised
from tests.fixtures import NOW, SMALLEST, kind

HOW_MANY = 6


def promises(report: Postmortem, by: User) -> list[Any]:
    return [
        rows.add_row(kind("actions"), report.pk, SMALLEST["actions"], by=by, at=NOW)
        for _number in range(HOW_MANY)
    ]


def make(actions: list[Any], by: User, priority: str, key: str) -> BulkChange:
    wanted = [Wanted(action.pk, 1, {"priority": priority}) for action in actions]
    return change_many(wanted, by=by, at=NOW, key=RequestKey(key, priority))


def test_a_single_edit_and_a_change_of_many_lose_nothing(
    report: Postmortem, writers: list[User]
) -> None:
    """Each action is as exactly one of them left it, and whoever was second is told."""
    actions = promises(report, writers[0])
    one = actions[HOW_MANY // 2]

    def edit() -> ActionItem:
        values = {"status": "in_progress"}
        return settle_action(
            report.pk, one.pk, values, version=1, by=writers[1], at=NOW
        )

    results = at_once(lambda: make(actions, writers[0], "high", "k"), edit)
    one.refresh_from_db()
    outcome = BulkItem.objects.get(action=one).outcome
    assert one.version == 2
    assert (one.priority, one.status, outcome, raised(results)) in (
        ("high", "open", "changed", ["Stale"]),
        ("medium", "in_progress", "stale", []),
    )
    assert BulkItem.objects.filter(outcome="changed").count() >= HOW_MANY - 1


def test_two_changes_of_the_same_actions_wait_for_each_other(
    report: Postmortem, writers: list[User]
) -> None:
    actions = promises(report, writers[0])
    at_once(
        lambda: make(actions, writers[0], "high", "a"),
        lambda: make(actions[::-1], writers[1], "low", "b"),
    )
    outcomes = sorted(BulkItem.objects.values_list("outcome", flat=True))
    assert outcomes == ["changed"] * HOW_MANY + ["stale"] * HOW_MANY


def test_the_same_change_sent_twice_at_once_is_made_once(
    report: Postmortem, writers: list[User]
) -> None:
    actions = promises(report, writers[0])
    results = at_once(*[lambda: make(actions, writers[0], "high", "same")] * 3)
    assert raised(results) == []
    assert BulkItem.objects.count() == HOW_MANY
    changes = Change.objects.filter(part="row:actions", what="changed")
    assert changes.count() == HOW_MANY


def test_taking_back_and_an_edit_at_once_keep_the_edit(
    report: Postmortem, writers: list[User]
) -> None:
    """Whichever is first: what somebody wrote since is never taken back."""
    [one, *_others] = actions = promises(report, writers[0])
    change = make(actions, writers[0], "high", "k")

    def edit() -> ActionItem:
        values = {"status": "in_progress"}
        return settle_action(
            report.pk, one.pk, values, version=2, by=writers[1], at=NOW
        )

    results = at_once(lambda: take_back(change, by=writers[0], at=NOW), edit)
    one.refresh_from_db()
    assert (one.priority, one.status, raised(results)) in (
        ("medium", "open", ["Stale"]),
        ("high", "in_progress", []),
    )
