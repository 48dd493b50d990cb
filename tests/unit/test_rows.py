"""One engine for all rows: what it writes, what it refuses, what it remembers."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import User
from postmortems import permissions, policies
from postmortems.models import Postmortem
from postmortems.operations import history, lifecycle, rows
from postmortems.operations.desk import RequestKey, UsedKey
from postmortems.vocabulary import Status
from tests.fixtures import NINE, NOW, SMALLEST, AddRow, fresh, kind, open_report

KINDS = sorted(SMALLEST)
TEXT = {"actions": "description", "whys": "answer", "measures": "unit"}


def text_of(name: str) -> str:
    return TEXT.get(name, "text")


@pytest.mark.parametrize("name", KINDS)
def test_an_added_row_is_in_the_history(
    name: str, add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    row = add(name)
    change = postmortem.history.get(part=f"row:{name}")
    assert (change.what, change.object_id, change.by) == ("added", row.pk, facilitator)


@pytest.mark.parametrize("name", KINDS)
def test_a_changed_row_keeps_what_stood_before(
    name: str, add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    row = add(name)
    before = getattr(row, text_of(name))
    rows.change_row(
        kind(name),
        postmortem.pk,
        row.pk,
        {text_of(name): "Written anew"},
        version=1,
        by=facilitator,
        at=NOW,
    )
    change = postmortem.history.get(what="changed")
    assert change.before is not None
    assert change.before[text_of(name)] == before
    assert change.after is not None
    assert change.after[text_of(name)] == "Written anew"


@pytest.mark.parametrize("name", KINDS)
def test_a_stale_save_is_refused_with_what_stands(
    name: str, add: AddRow, postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    row = add(name)
    change: Any = {"version": 1, "at": NOW}
    rows.change_row(
        kind(name),
        postmortem.pk,
        row.pk,
        {text_of(name): "Hers"},
        by=responder,
        **change,
    )
    with pytest.raises(rows.Stale) as stale:
        rows.change_row(
            kind(name),
            postmortem.pk,
            row.pk,
            {text_of(name): "Mine"},
            by=facilitator,
            **change,
        )
    assert getattr(stale.value.current, text_of(name)) == "Hers"


@pytest.mark.parametrize("name", KINDS)
def test_a_deleted_row_comes_back_as_it_was(
    name: str, add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    row = add(name)
    before = kind(name).snapshot(row)
    rows.delete_row(kind(name), postmortem.pk, row.pk, by=facilitator, at=NOW)
    assert not kind(name).rows(postmortem).present().exists()
    rows.bring_back_row(kind(name), postmortem.pk, row.pk, by=facilitator, at=NOW)
    assert kind(name).snapshot(kind(name).rows(postmortem).present().get()) == before


@pytest.mark.parametrize("name", KINDS)
def test_search_finds_a_row_until_it_is_deleted(
    name: str, add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    row = add(name)
    anchor = kind(name).anchor_of(row)
    assert anchor in fresh(postmortem).search_text.parts
    rows.delete_row(kind(name), postmortem.pk, row.pk, by=facilitator, at=NOW)
    assert anchor not in fresh(postmortem).search_text.parts


def test_what_was_deleted_meanwhile_is_said_to_be_gone(
    add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    row = add("lessons")
    lessons = kind("lessons")
    rows.delete_row(lessons, postmortem.pk, row.pk, by=facilitator, at=NOW)
    with pytest.raises(rows.Gone):
        rows.change_row(
            lessons,
            postmortem.pk,
            row.pk,
            {"text": "x"},
            version=2,
            by=facilitator,
            at=NOW,
        )


def test_the_same_request_twice_adds_one_row(
    postmortem: Postmortem, facilitator: User
) -> None:
    key = RequestKey("once", "body")
    first, again = (
        rows.add_row(
            kind("lessons"),
            postmortem.pk,
            SMALLEST["lessons"],
            by=facilitator,
            at=NOW,
            key=key,
        )
        for _time in range(2)
    )
    assert first == again
    assert postmortem.lessons.count() == 1


def test_the_same_request_twice_changes_once(
    add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    row = add("lessons")
    for _time in range(2):
        rows.change_row(
            kind("lessons"),
            postmortem.pk,
            row.pk,
            {"text": "Once"},
            version=1,
            by=facilitator,
            at=NOW,
            key=RequestKey("change", "body"),
        )
    assert postmortem.history.filter(what="changed").count() == 1


def test_a_used_key_with_another_body_is_refused(
    postmortem: Postmortem, facilitator: User
) -> None:
    lessons = kind("lessons")
    for body in ("one", "one"):
        rows.add_row(
            lessons,
            postmortem.pk,
            SMALLEST["lessons"],
            by=facilitator,
            at=NOW,
            key=RequestKey("key", body),
        )
    with pytest.raises(UsedKey):
        rows.add_row(
            lessons,
            postmortem.pk,
            SMALLEST["lessons"],
            by=facilitator,
            at=NOW,
            key=RequestKey("key", "other"),
        )


def test_a_key_belongs_to_one_person(
    postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    for person in (facilitator, responder):
        rows.add_row(
            kind("lessons"),
            postmortem.pk,
            SMALLEST["lessons"],
            by=person,
            at=NOW,
            key=RequestKey("shared", "body"),
        )
    assert postmortem.lessons.count() == 2


def test_a_refused_change_can_be_sent_again(
    add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    row = add("lessons")
    key = RequestKey("retry", "body")
    with pytest.raises(rows.Stale):
        rows.change_row(
            kind("lessons"),
            postmortem.pk,
            row.pk,
            {"text": "x"},
            version=9,
            by=facilitator,
            at=NOW,
            key=key,
        )
    changed = rows.change_row(
        kind("lessons"),
        postmortem.pk,
        row.pk,
        {"text": "Now"},
        version=1,
        by=facilitator,
        at=NOW,
        key=key,
    )
    assert changed.version == 2


def test_people_who_have_not_joined_are_refused(
    postmortem: Postmortem, member: User
) -> None:
    with pytest.raises(PermissionDenied):
        rows.add_row(
            kind("lessons"), postmortem.pk, SMALLEST["lessons"], by=member, at=NOW
        )


def test_a_published_report_is_frozen(
    postmortem: Postmortem, facilitator: User
) -> None:
    Postmortem.objects.filter(pk=postmortem.pk).update(status=Status.PUBLISHED)
    with pytest.raises(policies.Frozen):
        rows.add_row(
            kind("lessons"), postmortem.pk, SMALLEST["lessons"], by=facilitator, at=NOW
        )


def test_the_status_of_an_action_lives_on_after_publishing(
    add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    action = add("actions")
    Postmortem.objects.filter(pk=postmortem.pk).update(status=Status.PUBLISHED)
    changed = rows.change_row(
        kind("actions"),
        postmortem.pk,
        action.pk,
        {"status": "in_progress"},
        version=1,
        by=facilitator,
        at=NOW,
        may=permissions.check_is_writer,
    )
    assert changed.status == "in_progress"  # type: ignore[attr-defined]


def test_a_list_has_a_limit(
    monkeypatch: pytest.MonkeyPatch, postmortem: Postmortem, facilitator: User
) -> None:
    small = kind("measures")
    rows_of_it = [
        rows.add_row(small, postmortem.pk, SMALLEST["measures"], by=facilitator, at=NOW)
        for _number in range(small.limit)
    ]
    assert len(rows_of_it) == small.limit
    with pytest.raises(policies.TooMany):
        rows.add_row(small, postmortem.pk, SMALLEST["measures"], by=facilitator, at=NOW)


def order_of(postmortem: Postmortem, name: str) -> list[str]:
    found = kind(name).rows(postmortem).present().order_by("position", "pk")
    return [getattr(row, text_of(name)) for row in found]


def test_a_row_moves_before_another(
    add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    first, _second, third = (add("follow_ups", text=text) for text in "abc")
    rows.move_row(
        kind("follow_ups"),
        postmortem.pk,
        third.pk,
        before_id=first.pk,
        by=facilitator,
        at=NOW,
    )
    assert order_of(postmortem, "follow_ups") == ["c", "a", "b"]


def test_a_row_moves_to_the_end(
    add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    first, _second, _third = [add("follow_ups", text=text) for text in "abc"]
    rows.move_row(
        kind("follow_ups"),
        postmortem.pk,
        first.pk,
        before_id=None,
        by=facilitator,
        at=NOW,
    )
    assert order_of(postmortem, "follow_ups") == ["b", "c", "a"]


def test_a_row_comes_back_before_what_was_moved_to_its_place(
    add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    by: Any = {"by": facilitator, "at": NOW}
    listed = kind("follow_ups")
    _first, second, third, fourth = (add("follow_ups", text=text) for text in "abcd")
    rows.delete_row(listed, postmortem.pk, second.pk, **by)
    moved = rows.move_row(listed, postmortem.pk, fourth.pk, before_id=third.pk, **by)
    assert moved.position == second.position
    rows.bring_back_row(listed, postmortem.pk, second.pk, **by)
    assert order_of(postmortem, "follow_ups") == ["a", "b", "d", "c"]


def test_moving_into_the_same_gap_many_times_never_loses_the_order(
    add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    made = {text: add("follow_ups", text=text) for text in "abcd"}
    expected = list("abcd")
    for turn in range(40):
        mover = "c" if turn % 2 else "d"
        expected.remove(mover)
        expected.insert(1, mover)
        target = expected[2]
        rows.move_row(
            kind("follow_ups"),
            postmortem.pk,
            made[mover].pk,
            before_id=made[target].pk,
            by=facilitator,
            at=NOW,
        )
    assert order_of(postmortem, "follow_ups") == expected


def test_entries_of_one_moment_can_be_put_in_order(
    add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    first = add("timeline", text="a")
    second = add("timeline", text="b")
    rows.move_row(
        kind("timeline"),
        postmortem.pk,
        second.pk,
        before_id=first.pk,
        by=facilitator,
        at=NOW,
    )
    assert order_of(postmortem, "timeline") == ["b", "a"]


def test_an_action_links_to_factors_of_its_own_report_only(
    add: AddRow, facilitator: User
) -> None:
    other = open_report(facilitator, "Another")
    foreign = rows.add_row(
        kind("factors"), other.pk, SMALLEST["factors"], by=facilitator, at=NOW
    )
    own = add("factors")
    action = add("actions", factors=[own.pk, foreign.pk])
    assert list(action.factors.all()) == [own]  # type: ignore[attr-defined]


def test_an_answer_cannot_hang_below_itself(
    add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    top = add("whys")
    below = add("whys", parent_id=top.pk)
    with pytest.raises(policies.NotReady):
        rows.move_row(
            kind("whys"),
            postmortem.pk,
            top.pk,
            before_id=None,
            scope={"parent_id": below.pk},
            by=facilitator,
            at=NOW,
        )


def test_restoring_brings_a_version_back_with_its_links(
    add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    factor = add("factors")
    action = add("actions", factors=[factor.pk])
    rows.change_row(
        kind("actions"),
        postmortem.pk,
        action.pk,
        {"description": "Something else", "factors": []},
        version=1,
        by=facilitator,
        at=NOW,
    )
    change = postmortem.history.get(what="changed", part="row:actions")
    history.restore_change(
        postmortem.pk, change.pk, side="before", by=facilitator, at=NOW
    )
    action.refresh_from_db()
    assert action.description == SMALLEST["actions"]["description"]  # type: ignore[attr-defined]
    assert list(action.factors.all()) == [factor]  # type: ignore[attr-defined]


def test_restoring_twice_gives_the_same(
    add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    row = add("lessons", text="First")
    rows.delete_row(kind("lessons"), postmortem.pk, row.pk, by=facilitator, at=NOW)
    change = postmortem.history.get(what="added", part="row:lessons")
    for _time in range(2):
        history.restore_change(
            postmortem.pk, change.pk, side="after", by=facilitator, at=NOW
        )
    (text,) = order_of(postmortem, "lessons")
    assert text == "First"


def test_every_change_counts_the_report_up(add: AddRow, postmortem: Postmortem) -> None:
    before = fresh(postmortem).revision
    add("lessons")
    assert fresh(postmortem).revision == before + 1


def test_an_entry_may_come_before_the_start(
    add: AddRow, postmortem: Postmortem
) -> None:
    add("timeline", occurred_at=NINE - timedelta(minutes=30))
    assert postmortem.timeline.count() == 1


def test_moving_back_to_drafting_lets_people_write_again(
    add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    Postmortem.objects.filter(pk=postmortem.pk).update(status=Status.PUBLISHED)
    lifecycle.move_report(
        postmortem.pk, Status.DRAFTING, by=facilitator, at=NOW, reason="A wrong time"
    )
    assert add("lessons").pk
