"""Rows of a report through their forms: added, changed, deleted, brought back."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from postmortems.models import Postmortem
from postmortems.parts import TIMELINE
from tests.drafting import (
    CHANGED,
    KINDS,
    Writer,
    at,
    events,
    html,
    only,
    said,
    writer,
)
from tests.fixtures import NINE, AddRow, fresh, kind, open_report
from tests.publishing import publish

TYPED: dict[str, dict[str, Any]] = {
    "timeline": {"occurred": "09:30:15", "text": "Alert fired"},
    "factors": {"text": "No validation before deploy", "category": "process"},
    "whys": {"answer": "The cache was not told"},
    "lessons": {"kind": "went_well", "text": "The alert was acknowledged at once"},
    "follow_ups": {"text": "Ask support how many asked"},
    "measures": {"quantity": "15", "unit": "% of users"},
    "actions": {"description": "Validate variables", "due": "2026-03-20"},
}


@pytest.fixture
def maren(facilitator: User, postmortem: Postmortem) -> Writer:
    return writer(facilitator, postmortem)


@pytest.fixture
def priya(responder: User, postmortem: Postmortem) -> Writer:
    return writer(responder, postmortem)


# --- Without a script -----------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_a_row_is_added_by_a_plain_form(
    name: str, maren: Writer, postmortem: Postmortem
) -> None:
    answer = maren.save(f"rows/{name}/add/", htmx=False, **TYPED[name])
    row = only(postmortem, name)
    anchor = kind(name).anchor_of(row)
    assert answer.headers["Location"] == f"{maren.address('edit/')}#{anchor}"
    field, _new = CHANGED[name]
    assert str(getattr(row, field)) == TYPED[name][field]


@pytest.mark.parametrize("name", KINDS)
def test_a_row_is_changed_by_a_plain_form(
    name: str, maren: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    row = add(name)
    field, new = CHANGED[name]
    answer = maren.save(at(row, name), htmx=False, **said(name, new))
    assert answer.status_code == 302
    assert getattr(only(postmortem, name), field) == new


@pytest.mark.parametrize("name", KINDS)
def test_a_row_is_deleted_and_brought_back_by_plain_forms(
    name: str, maren: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    row = add(name)
    maren.post(at(row, name, "delete/"), htmx=False)
    assert not kind(name).rows(postmortem).present().exists()
    page = html(maren.get("edit/"))
    assert f'action="{maren.address(at(row, name, "restore/"))}"' in page
    maren.post(at(row, name, "restore/"), htmx=False)
    assert only(postmortem, name).pk == row.pk


@pytest.mark.parametrize("name", KINDS)
def test_a_row_is_moved_by_plain_buttons(
    name: str, maren: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    rows = [add(name) for _row in range(3)]
    form = maren.open(at(rows[0], name))
    maren.send(
        at(rows[0], name, "move/"), form, htmx=False, direction="down", request_key=""
    )
    order = (
        kind(name).rows(postmortem).order_by("position").values_list("pk", flat=True)
    )
    assert list(order) == [rows[1].pk, rows[0].pk, rows[2].pk]


# --- In place -------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_an_added_row_is_told_with_the_moment_of_its_save(
    name: str, maren: Writer, postmortem: Postmortem
) -> None:
    answer = maren.save(f"rows/{name}/add/", **TYPED[name])
    anchor = kind(name).anchor_of(only(postmortem, name))
    assert answer.headers["X-Saved-At"]
    assert "outline" in events(answer)["changed"]["parts"]
    assert events(answer)["focusing"] == {"id": anchor}


@pytest.mark.parametrize("name", [name for name in KINDS if name != "factors"])
def test_a_changed_row_comes_back_in_place_of_its_form(
    name: str, maren: Writer, add: AddRow
) -> None:
    row = add(name)
    _field, new = CHANGED[name]
    answer = maren.save(at(row, name), **said(name, new))
    assert new in html(answer)
    assert f'id="{kind(name).anchor_of(row)}"' in html(answer)
    assert "<form" not in html(answer)


@pytest.mark.parametrize("name", KINDS)
def test_a_closed_form_shows_the_row_as_it_stands(
    name: str, maren: Writer, add: AddRow
) -> None:
    row = add(name)
    answer = maren.get(at(row, name, ""), htmx=True)
    assert str(row).splitlines()[0] in html(answer)


@pytest.mark.parametrize("name", KINDS)
def test_a_deletion_offers_to_be_undone(name: str, maren: Writer, add: AddRow) -> None:
    row = add(name)
    undo = events(maren.post(at(row, name, "delete/")))["undo"]
    assert undo["url"] == maren.address(at(row, name, "restore/"))
    assert undo["sentence"].startswith("Deleted: ")


def test_deleting_twice_is_deleting(maren: Writer, add: AddRow) -> None:
    row = add("lessons")
    for _time in range(2):
        answer = maren.post(at(row, "lessons", "delete/"))
        assert answer.status_code == 200


def test_the_saved_entry_shows_the_phase_that_its_marker_makes(
    maren: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    row = add("timeline")
    answer = maren.save(at(row, "timeline"), markers=["resolved"])
    assert 'data-phase="last"' in html(answer)
    assert fresh(postmortem).incident.resolved_at == NINE


@pytest.mark.parametrize("name", KINDS)
def test_a_wrong_value_is_said_beside_its_field_and_all_is_kept(
    name: str, maren: Writer, postmortem: Postmortem
) -> None:
    field, _new = CHANGED[name]
    typed = {**TYPED[name], field: "a" * 30_000}
    answer = maren.save(f"rows/{name}/add/", **typed)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in html(answer)
    for value in typed.values():
        assert str(value) in html(answer)
    assert not kind(name).rows(postmortem).exists()


def test_wrong_evidence_keeps_every_piece(
    maren: Writer, postmortem: Postmortem
) -> None:
    answer = maren.save(
        "rows/timeline/add/",
        occurred="09:30",
        text="Alert fired",
        evidence_uid=["", ""],
        evidence_kind=["graph", ""],
        evidence_label=["Freshness", "Page"],
        evidence_what=["https://user:secret@graphs.example/1", "trace of the page"],
    )
    assert answer.status_code == 422
    assert "This is not a web address that can be linked." in html(answer)
    assert "trace of the page" in html(answer)
    assert not postmortem.timeline.exists()


def test_a_time_that_was_there_twice_offers_both(maren: Writer) -> None:
    answer = maren.save(
        "rows/timeline/add/",
        occurred="2025-10-26 02:30",
        zone="Europe/Berlin",
        text="The clock went back",
    )
    assert answer.status_code == 422
    assert html(answer).count("data-moment-choice") == 2
    assert "The clock went back" in html(answer)


def test_a_time_is_read_in_the_zone_that_is_chosen(
    maren: Writer, postmortem: Postmortem
) -> None:
    maren.save(
        "rows/timeline/add/", occurred="10:30", zone="Europe/Berlin", text="Alert fired"
    )
    assert f"{only(postmortem, 'timeline').occurred_at:%H:%M}" == "09:30"


def test_a_relative_time_counts_from_the_entry_above(
    maren: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    add("timeline", occurred_at=NINE.replace(hour=11))
    first = add("timeline")
    maren.save(f"rows/timeline/add/?after_id={first.pk}", occurred="+15m", text="Seen")
    found = postmortem.timeline.get(text="Seen")
    assert f"{found.occurred_at:%H:%M}" == "09:15"


def test_a_time_without_a_day_keeps_the_day_it_was_typed_for(
    maren: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    row = add("timeline")
    form = maren.open(at(row, "timeline"))
    maren.save("fields/started/edit/", value="2026-03-04 23:00")
    maren.send(at(row, "timeline"), form, text="Written anew")
    assert only(postmortem, "timeline").occurred_at == NINE


def test_the_same_form_sent_twice_adds_one_row(
    maren: Writer, postmortem: Postmortem
) -> None:
    form = maren.open("rows/lessons/add/?kind=went_well")
    for _time in range(2):
        answer = maren.send("rows/lessons/add/?kind=went_well", form, text="Once")
        assert answer.headers["X-Saved-At"]
    assert postmortem.lessons.count() == 1


def test_a_used_form_with_another_text_is_kept_to_be_sent_again(
    maren: Writer, postmortem: Postmortem
) -> None:
    path = "rows/lessons/add/?kind=went_well"
    form = maren.open(path)
    maren.send(path, form, text="First")
    answer = maren.send(path, form, text="Second")
    assert answer.status_code == 409
    assert "Second" in html(answer)
    assert form.values["request_key"][0] not in html(answer)


def test_a_full_list_says_so_and_keeps_what_was_typed(
    maren: Writer, add: AddRow, postmortem: Postmortem, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("lessons")
    monkeypatch.setitem(kind("lessons").__dict__, "limit", 1)
    answer = maren.save("rows/lessons/add/?kind=went_well", text="One too many")
    assert answer.status_code == 422
    assert "One too many" in html(answer)
    assert "which is the limit" in html(answer)


def test_a_published_report_says_so_and_keeps_what_was_typed(
    maren: Writer, add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    row = add("lessons")
    form = maren.open(at(row, "lessons"))
    publish(postmortem, facilitator)
    answer = maren.send(at(row, "lessons"), form, text="Too late")
    assert answer.status_code == 409
    assert "Too late" in html(answer)
    assert "This report is published" in html(answer)


# --- Who, and how much it costs -------------------------------------------------------


@pytest.mark.parametrize("verb", ["edit/", "", "move/", "delete/", "restore/"])
def test_rows_of_a_restricted_report_do_not_exist_for_strangers(
    verb: str, restricted: Postmortem, facilitator: User, member: User
) -> None:
    mine = writer(facilitator, restricted)
    mine.save("rows/lessons/add/?kind=went_well", text="Secret")
    row = restricted.lessons.get()
    stranger = writer(member, restricted)
    path = at(row, "lessons", verb)
    got = stranger.get(path) if verb in {"", "edit/"} else stranger.post(path)
    assert got.status_code == 404


def test_a_row_of_another_report_does_not_exist_here(
    maren: Writer, facilitator: User, add: AddRow
) -> None:
    row = add("lessons")
    elsewhere = writer(facilitator, open_report(facilitator, "Another one"))
    for verb in ("", "edit/"):
        assert elsewhere.get(at(row, "lessons", verb)).status_code == 404
    for verb in ("edit/", "move/", "delete/", "restore/"):
        assert elsewhere.post(at(row, "lessons", verb)).status_code == 404


def test_whoever_has_not_joined_is_refused(
    member: User, viewer: User, postmortem: Postmortem, add: AddRow
) -> None:
    row = add("lessons")
    for user in (member, viewer):
        outside = writer(user, postmortem)
        assert outside.get(at(row, "lessons")).status_code == 403
        assert outside.post(at(row, "lessons"), text="Hello").status_code == 403
        assert outside.post("rows/lessons/add/", text="Hello").status_code == 403
        assert outside.post(at(row, "lessons", "delete/")).status_code == 403
        assert outside.get(at(row, "lessons", "")).status_code == 200


def test_a_save_costs_the_same_in_a_long_timeline(
    maren: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    row = add("timeline")
    counts = []
    for _round in range(2):
        form = maren.open(at(row, "timeline"))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            maren.send(at(row, "timeline"), form, text=f"Round {_round}")
        counts.append(len(queries))
        for minute in range(20):
            add("timeline", occurred_at=NINE.replace(minute=minute))
    assert counts[0] == counts[1]
    assert counts[0] <= 30
    assert TIMELINE.rows(postmortem).count() == 41
