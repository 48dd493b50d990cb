"""Two people at one row: late saves, both versions, and what was deleted meanwhile."""

from typing import Any

import pytest

from accounts.models import User
from postmortems.models import Postmortem
from tests.drafting import CHANGED, KINDS, Writer, at, html, only, said, writer
from tests.fixtures import AddRow, fresh
from tests.submitting import form_for


@pytest.fixture
def maren(facilitator: User, postmortem: Postmortem) -> Writer:
    return writer(facilitator, postmortem)


@pytest.fixture
def priya(responder: User, postmortem: Postmortem) -> Writer:
    return writer(responder, postmortem)


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
