"""The order of rows by hand: within their list, and into another one."""

from typing import Any

import pytest

from accounts.models import User
from postmortems.models import Postmortem, Why
from tests.drafting import Writer, at, events, html, order, writer
from tests.fixtures import AddRow, open_report


@pytest.fixture
def maren(facilitator: User, postmortem: Postmortem) -> Writer:
    return writer(facilitator, postmortem)


@pytest.fixture
def priya(responder: User, postmortem: Postmortem) -> Writer:
    return writer(responder, postmortem)


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
