"""Restoring any version of any part makes a new version, and twice gives the same."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from postmortems import policies
from postmortems.models import Change, Postmortem, Severity
from postmortems.operations import fields, history, rows, trash, writing
from postmortems.operations.desk import RequestKey
from postmortems.vocabulary import Milestone, Place
from tests.fixtures import NINE, NOW, AddRow, fresh, kind, recorded
from tests.publishing import publish


@pytest.fixture
def restore(postmortem: Postmortem, facilitator: User) -> Any:
    """Restore one side of the last change to a part."""

    def restore_last(part: str, side: str = "before", **extra: Any) -> None:
        change = postmortem.history.filter(part=part, **extra).latest("id")
        for _time in range(2):
            history.restore_change(
                postmortem.pk, change.pk, side=side, by=facilitator, at=NOW
            )

    return restore_last


def change_row(
    report: Postmortem, name: str, row: Any, by: User, **values: Any
) -> None:
    rows.change_row(
        kind(name), report.pk, row.pk, values, version=row.version, by=by, at=NOW
    )


def test_a_title_is_restored(
    postmortem: Postmortem, facilitator: User, restore: Any
) -> None:
    fields.save_field(
        postmortem.pk, "title", "Something else", version=0, by=facilitator, at=NOW
    )
    restore("field:title")
    assert fresh(postmortem).incident.title == "Stale product data"


def test_a_severity_is_restored_to_none(
    postmortem: Postmortem, facilitator: User, restore: Any
) -> None:
    severity = Severity.objects.get(rank=1)
    fields.save_field(
        postmortem.pk, "severity", severity, version=0, by=facilitator, at=NOW
    )
    restore("field:severity")
    assert fresh(postmortem).incident.severity is None


def test_a_moment_is_restored(
    postmortem: Postmortem, facilitator: User, restore: Any
) -> None:
    later = recorded(NINE + timedelta(hours=1))
    fields.save_moment(
        postmortem.pk, Milestone.STARTED, later, version=0, by=facilitator, at=NOW
    )
    restore("field:started")
    assert fresh(postmortem).incident.started_at == NINE


def test_services_are_restored(
    postmortem: Postmortem, facilitator: User, restore: Any
) -> None:
    common: dict[str, Any] = {"by": facilitator, "at": NOW}
    fields.save_services(postmortem.pk, [("Kafka", "broker")], version=0, **common)
    fields.save_services(postmortem.pk, [], version=1, **common)
    restore("field:services")
    affected = postmortem.incident.affected.get()
    assert (affected.service.name, affected.note) == ("Kafka", "broker")


def test_a_section_is_restored(
    postmortem: Postmortem, facilitator: User, restore: Any
) -> None:
    section = postmortem.sections.get(key="summary")
    for version, body in enumerate(("First", "Second"), start=1):
        writing.save_section(
            postmortem.pk, section.pk, body=body, version=version,
            by=facilitator, at=NOW,
        )  # fmt: skip
    restore("section:summary")
    section.refresh_from_db()
    assert section.body == "First"


def test_a_deleted_section_is_restored(
    postmortem: Postmortem, facilitator: User, restore: Any
) -> None:
    common: dict[str, Any] = {"by": facilitator, "at": NOW}
    section = writing.add_section(
        postmortem.pk, heading="Background", body="Text", after=Place.CAUSE, **common
    )
    writing.delete_section(postmortem.pk, section.pk, **common)
    restore("section:free")
    section.refresh_from_db()
    assert section.deleted_at is None
    assert section.body == "Text"


def test_a_row_is_restored(
    postmortem: Postmortem, facilitator: User, add: AddRow, restore: Any
) -> None:
    entry = add("timeline", text="As it was", markers=["decision"])
    change_row(postmortem, "timeline", entry, facilitator, text="Anew", markers=[])
    restore("row:timeline")
    again = postmortem.timeline.get()
    assert (again.text, again.markers) == ("As it was", ["decision"])


def test_a_later_version_of_a_row_is_restored(
    postmortem: Postmortem, facilitator: User, add: AddRow, restore: Any
) -> None:
    lesson = add("lessons", text="First")
    change_row(postmortem, "lessons", lesson, facilitator, text="Second")
    added = postmortem.history.get(part="row:lessons", what="added")
    history.restore_change(
        postmortem.pk, added.pk, side="after", by=facilitator, at=NOW
    )
    assert postmortem.lessons.get().text == "First"
    restore("row:lessons", "after", what="changed")
    assert postmortem.lessons.get().text == "Second"


def test_restoring_makes_a_new_version(
    postmortem: Postmortem, facilitator: User, add: AddRow, restore: Any
) -> None:
    lesson = add("lessons", text="First")
    change_row(postmortem, "lessons", lesson, facilitator, text="Second")
    restore("row:lessons")
    last = postmortem.history.latest("id")
    assert last.what == Change.What.RESTORED
    assert postmortem.history.filter(part="row:lessons").count() == 3
    assert postmortem.lessons.get().version > 2


def test_a_deleted_row_is_restored(
    postmortem: Postmortem, facilitator: User, add: AddRow, restore: Any
) -> None:
    lesson = add("lessons", text="Worth keeping")
    rows.delete_row(kind("lessons"), postmortem.pk, lesson.pk, by=facilitator, at=NOW)
    restore("row:lessons")
    assert postmortem.lessons.present().get().text == "Worth keeping"


def test_a_move_is_restored(
    postmortem: Postmortem, facilitator: User, add: AddRow, restore: Any
) -> None:
    texts = ["one", "two", "three"]
    found = [add("follow_ups", text=text) for text in texts]
    rows.move_row(
        kind("follow_ups"), postmortem.pk, found[2].pk, before_id=found[0].pk,
        by=facilitator, at=NOW,
    )  # fmt: skip
    restore("row:follow_ups")
    in_order = postmortem.follow_ups.order_by("position", "pk")
    assert [row.text for row in in_order] == texts


def test_a_move_to_another_bone_is_restored(
    postmortem: Postmortem, facilitator: User, add: AddRow, restore: Any
) -> None:
    factor = add("factors", category="process")
    rows.move_row(
        kind("factors"), postmortem.pk, factor.pk, before_id=None,
        scope={"category": "tools"}, by=facilitator, at=NOW,
    )  # fmt: skip
    restore("row:factors")
    assert postmortem.factors.get().category == "process"


def test_a_deleted_factor_comes_back_with_its_actions(
    postmortem: Postmortem, facilitator: User, add: AddRow, restore: Any
) -> None:
    factor = add("factors")
    action = add("actions", factors=[factor])
    rows.delete_row(kind("factors"), postmortem.pk, factor.pk, by=facilitator, at=NOW)
    restore("row:factors")
    assert list(action.factors.present()) == [factor]  # type: ignore[attr-defined]


def test_what_an_action_addresses_is_restored(
    postmortem: Postmortem, facilitator: User, add: AddRow, restore: Any
) -> None:
    factors = [add("factors"), add("factors")]
    action = add("actions", factors=factors)
    change_row(postmortem, "actions", action, facilitator, factors=[])
    restore("row:actions")
    assert set(action.factors.all()) == set(factors)  # type: ignore[attr-defined]


def test_the_place_in_the_tree_of_whys_is_restored(
    postmortem: Postmortem, facilitator: User, add: AddRow, restore: Any
) -> None:
    root = add("whys", answer="It was stale")
    why = add("whys", answer="Nobody told it", parent_id=root.pk)
    change_row(postmortem, "whys", why, facilitator, parent_id=None)
    restore("row:whys")
    assert postmortem.whys.get(pk=why.pk).parent_id == root.pk


def test_the_same_request_restores_once(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    lesson = add("lessons", text="First")
    change_row(postmortem, "lessons", lesson, facilitator, text="Second")
    change = postmortem.history.latest("id")
    before = fresh(postmortem).revision
    for _time in range(2):
        history.restore_change(
            postmortem.pk, change.pk, side="before", by=facilitator, at=NOW,
            key=RequestKey("abc", "a fingerprint"),
        )  # fmt: skip
    assert fresh(postmortem).revision == before + 1


def test_what_was_deleted_for_good_cannot_be_restored(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    lesson = add("lessons")
    rows.delete_row(kind("lessons"), postmortem.pk, lesson.pk, by=facilitator, at=NOW)
    change = postmortem.history.latest("id")
    trash.delete_for_good(before=NOW + timedelta(days=1))
    with pytest.raises(policies.NotReady, match="for good"):
        history.restore_change(
            postmortem.pk, change.pk, side="before", by=facilitator, at=NOW
        )


def test_a_step_has_no_text_to_restore(
    postmortem: Postmortem, facilitator: User
) -> None:
    change = postmortem.history.get(part="report")
    with pytest.raises(policies.NotReady, match="no text"):
        history.restore_change(
            postmortem.pk, change.pk, side="after", by=facilitator, at=NOW
        )


def test_a_published_text_is_not_restored_over(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    lesson = add("lessons", text="First")
    change_row(postmortem, "lessons", lesson, facilitator, text="Second")
    change = postmortem.history.latest("id")
    publish(postmortem, facilitator)
    with pytest.raises(policies.Frozen):
        history.restore_change(
            postmortem.pk, change.pk, side="before", by=facilitator, at=NOW
        )
