"""Rows of a report through their forms: added, changed, moved, deleted, restored."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from postmortems.models import Postmortem, Row, Why
from postmortems.parts import TIMELINE
from tests.drafting import CHANGED, Writer, events, html, writer
from tests.fixtures import NINE, SMALLEST, AddRow, fresh, kind, open_report
from tests.publishing import publish
from tests.submitting import form_for

KINDS = sorted(SMALLEST)
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


def at(row: Row, name: str, verb: str = "edit/") -> str:
    return f"rows/{name}/{row.pk}/{verb}"


def said(name: str, text: str) -> dict[str, Any]:
    """The field that says what the row is, with this text."""
    return {CHANGED[name][0]: text}


def only(report: Postmortem, name: str) -> Any:
    return kind(name).rows(report).present().get()


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


# --- Two versions ---------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_a_late_save_shows_both_versions(
    name: str, maren: Writer, priya: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    row = add(name)
    field, new = CHANGED[name]
    form = maren.open(at(row, name))
    priya.save(at(row, name), **said(name, f"{new}, by Priya"))
    answer = maren.send(at(row, name), form, **said(name, f"{new}, by Maren"))
    assert answer.status_code == 409
    (pair,) = answer.context["conflict"].pairs
    assert (pair.mine, pair.theirs) == (f"{new}, by Maren", f"{new}, by Priya")
    assert "Keep Priya’s" in html(answer)
    assert getattr(only(postmortem, name), field) == f"{new}, by Priya"


@pytest.fixture
def stood(maren: Writer, priya: Writer, add: AddRow) -> tuple[str, Any]:
    """Where a lesson of two versions is, and Maren's form with the two in it."""
    row = add("lessons")
    path = at(row, "lessons")
    form = maren.open(path)
    priya.save(path, text="Priya wrote this")
    answer = maren.send(path, form, text="Maren wrote this")
    return path, answer


def in_conflict(maren: Writer, path: str, answer: Any, way: str) -> Any:
    form = form_for(html(answer), maren.address(path))
    return maren.send(path, form, resolution=way)


def test_keeping_yours_saves_yours(
    maren: Writer, stood: tuple[str, Any], postmortem: Postmortem
) -> None:
    in_conflict(maren, *stood, way="mine")
    assert postmortem.lessons.get().text == "Maren wrote this"
    change = postmortem.history.order_by("id").last()
    assert change is not None
    assert change.before == {**change.after, "text": "Priya wrote this"}  # type: ignore[dict-item]


def test_keeping_theirs_leaves_theirs(
    maren: Writer, stood: tuple[str, Any], postmortem: Postmortem
) -> None:
    answer = in_conflict(maren, *stood, way="theirs")
    assert postmortem.lessons.get().text == "Priya wrote this"
    assert "Priya wrote this" in html(answer)
    saved_at = fresh(postmortem).changed_at
    assert answer.headers["X-Saved-At"] == f"{saved_at:%H:%M:%S}"


def test_putting_both_in_joins_them_to_be_edited(
    maren: Writer, stood: tuple[str, Any], postmortem: Postmortem
) -> None:
    path, _answer = stood
    answer = in_conflict(maren, *stood, way="both")
    form = form_for(html(answer), maren.address(path))
    assert form.shows("text") == "Priya wrote this\n\nMaren wrote this"
    assert postmortem.lessons.get().text == "Priya wrote this"
    maren.send(path, form)
    assert postmortem.lessons.get().text == "Priya wrote this\n\nMaren wrote this"


def test_saving_again_without_a_choice_asks_again(
    maren: Writer, stood: tuple[str, Any], postmortem: Postmortem
) -> None:
    assert in_conflict(maren, *stood, way="").status_code == 409
    assert postmortem.lessons.get().text == "Priya wrote this"


def test_a_third_version_is_not_overwritten_by_keeping_yours(
    maren: Writer, priya: Writer, stood: tuple[str, Any], postmortem: Postmortem
) -> None:
    path, _answer = stood
    priya.save(path, text="Priya went on")
    answer = in_conflict(maren, *stood, way="mine")
    assert answer.status_code == 409
    assert "Priya went on" in html(answer)
    assert postmortem.lessons.get().text == "Priya went on"


def both_of(
    maren: Writer,
    priya: Writer,
    path: str,
    mine: dict[str, Any],
    theirs: dict[str, Any],
) -> Any:
    """Two people save the same row; the form that puts both in."""
    form = maren.open(path)
    priya.save(path, **theirs)
    return in_conflict(maren, path, maren.send(path, form, **mine), way="both")


def test_both_versions_of_actors_markers_and_evidence_are_put_in(
    maren: Writer, priya: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    path = at(add("timeline"), "timeline")
    answer = both_of(
        maren,
        priya,
        path,
        {
            "actors": "SRE on call, Dev Team B",
            "markers": ["detected"],
            "evidence_uid": [""],
            "evidence_kind": ["graph"],
            "evidence_label": ["Freshness"],
            "evidence_what": ["https://graphs.example/freshness"],
        },
        {
            "actors": "Monitoring, SRE on call",
            "markers": ["acknowledged"],
            "evidence_uid": [""],
            "evidence_kind": ["log"],
            "evidence_label": ["Log"],
            "evidence_what": ["no message for 30 min"],
        },
    )
    maren.send(path, form_for(html(answer), maren.address(path)))
    entry = postmortem.timeline.get()
    assert [actor["name"] for actor in entry.actors] == [
        "Monitoring",
        "SRE on call",
        "Dev Team B",
    ]
    assert set(entry.markers) == {"detected", "acknowledged"}
    assert {item["label"] for item in entry.evidence} == {"Freshness", "Log"}


def test_a_field_that_holds_one_value_says_what_the_other_was(
    maren: Writer, priya: Writer, add: AddRow
) -> None:
    path = at(add("timeline"), "timeline")
    answer = both_of(maren, priya, path, {"occurred": "09:10"}, {"occurred": "09:20"})
    assert 'value="09:10:00"' in html(answer)
    assert "Time: 09:20:00" in html(answer)


def test_both_versions_of_an_action_are_put_in(
    maren: Writer, priya: Writer, add: AddRow
) -> None:
    factor, other = add("factors"), add("factors", text="No alert")
    path = at(add("actions"), "actions")
    answer = both_of(
        maren,
        priya,
        path,
        {"types": ["corrective"], "priority": "high", "factors": [factor.pk]},
        {"types": ["detective"], "priority": "low", "factors": [other.pk]},
    )
    form = form_for(html(answer), maren.address(path))
    assert set(form.values["types"]) == {"corrective", "detective"}
    assert set(form.values["factors"]) == {str(factor.pk), str(other.pk)}
    assert form.shows("priority") == "high"
    assert "Priority: Low" in html(answer)


def test_the_same_time_typed_in_another_way_is_no_difference(
    maren: Writer, priya: Writer, add: AddRow
) -> None:
    path = at(add("timeline"), "timeline")
    form = maren.open(path)
    priya.save(path, text="Priya wrote this")
    answer = maren.send(
        path, form, occurred="10:00:00", zone="Europe/Berlin", text="Maren wrote this"
    )
    assert [pair.label for pair in answer.context["conflict"].pairs] == [
        "What happened"
    ]


def test_two_windows_of_one_person_are_told_apart(maren: Writer, add: AddRow) -> None:
    path = at(add("lessons"), "lessons")
    form = maren.open(path)
    maren.save(path, text="In the first window")
    answer = maren.send(path, form, text="In the second")
    assert "Yours, from another window" in html(answer)


# --- Deleted meanwhile ----------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_what_was_typed_into_a_deleted_row_stays(
    name: str, maren: Writer, priya: Writer, add: AddRow
) -> None:
    row = add(name)
    _field, new = CHANGED[name]
    form = maren.open(at(row, name))
    priya.post(at(row, name, "delete/"))
    answer = maren.send(at(row, name), form, **said(name, new))
    assert answer.status_code == 409
    assert new in html(answer)


@pytest.mark.parametrize("name", KINDS)
def test_a_deleted_row_is_brought_back_with_your_text(
    name: str, maren: Writer, priya: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    row = add(name)
    field, new = CHANGED[name]
    form = maren.open(at(row, name))
    priya.post(at(row, name, "delete/"))
    maren.send(at(row, name), form, **said(name, new), resolution="bring-back")
    assert only(postmortem, name).pk == row.pk
    assert getattr(only(postmortem, name), field) == new


@pytest.mark.parametrize("name", KINDS)
def test_your_text_of_a_deleted_row_can_become_a_new_one(
    name: str, maren: Writer, priya: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    row = add(name)
    field, new = CHANGED[name]
    form = maren.open(at(row, name))
    priya.post(at(row, name, "delete/"))
    maren.send(at(row, name), form, **said(name, new), resolution="new")
    assert only(postmortem, name).pk != row.pk
    assert getattr(only(postmortem, name), field) == new


# --- Order ----------------------------------------------------------------------------


def order(report: Postmortem, name: str) -> list[int]:
    rows = kind(name).rows(report).present().order_by("position", "pk")
    return list(rows.values_list("pk", flat=True))


@pytest.mark.parametrize("name", ["lessons", "actions", "follow_ups", "measures"])
def test_a_row_is_put_before_another(
    name: str, maren: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    first, second, third = (add(name) for _row in range(3))
    maren.post(at(third, name, "move/"), before=first.pk)
    assert order(postmortem, name) == [third.pk, first.pk, second.pk]


@pytest.mark.parametrize(("direction", "place"), [("up", 0), ("down", 2)])
def test_a_row_goes_one_place(
    direction: str, place: int, maren: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    rows = [add("lessons") for _row in range(3)]
    answer = maren.post(at(rows[1], "lessons", "move/"), direction=direction)
    assert order(postmortem, "lessons")[place] == rows[1].pk
    assert events(answer)["focusing"] == {"id": f"lesson-{rows[1].pk}"}


def test_a_moved_row_is_not_late_for_whoever_has_it_open(
    maren: Writer, priya: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    row, _other = add("lessons"), add("lessons")
    form = maren.open(at(row, "lessons"))
    priya.post(at(row, "lessons", "move/"), direction="down")
    answer = maren.send(at(row, "lessons"), form, text="Written anew")
    assert answer.status_code == 200
    assert postmortem.lessons.get(pk=row.pk).text == "Written anew"


@pytest.mark.parametrize(("place", "direction"), [(0, "up"), (-1, "down")])
def test_the_ends_stay_where_they_are(
    place: int, direction: str, maren: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    rows = [add("lessons") for _row in range(3)]
    maren.post(at(rows[place], "lessons", "move/"), direction=direction)
    assert order(postmortem, "lessons") == [row.pk for row in rows]


def test_a_lesson_moves_to_another_column(
    maren: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    row = add("lessons")
    maren.post(at(row, "lessons", "move/"), kind="went_wrong", before="")
    assert postmortem.lessons.get().kind == "went_wrong"


def test_a_factor_moves_to_another_bone(
    maren: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    row = add("factors", category="people")
    maren.post(at(row, "factors", "move/"), category="process", before="")
    assert postmortem.factors.get().category == "process"


def test_an_answer_moves_below_another(
    maren: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    first, second = add("whys"), add("whys", answer="Nothing checks it")
    maren.post(at(second, "whys", "move/"), parent_id=first.pk, before="")
    assert Why.objects.get(pk=second.pk).parent_id == first.pk


def test_an_answer_does_not_move_below_itself(
    maren: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    first = add("whys")
    second = add("whys", answer="Nothing checks it", parent_id=first.pk)
    answer = maren.post(at(first, "whys", "move/"), parent_id=second.pk, before="")
    assert answer.status_code == 409
    assert "Nothing was changed." in html(answer)


def test_an_answer_does_not_move_into_another_report(
    maren: Writer, add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    other = open_report(facilitator, "Another one")
    far = writer(facilitator, other)
    far.save("rows/whys/add/", answer="Elsewhere")
    row = add("whys")
    answer = maren.post(
        at(row, "whys", "move/"), parent_id=other.whys.get().pk, before=""
    )
    assert answer.status_code == 409
    assert Why.objects.get(pk=row.pk).parent_id is None


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("lessons", {"kind": "elsewhere"}),
        ("factors", {"category": "elsewhere"}),
        ("whys", {"parent_id": "²"}),
        ("whys", {"parent_id": "-1"}),
    ],
)
def test_a_place_that_is_none_is_refused(
    name: str, values: dict[str, Any], maren: Writer, add: AddRow
) -> None:
    row = add(name)
    assert maren.post(at(row, name, "move/"), **values).status_code == 422


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
