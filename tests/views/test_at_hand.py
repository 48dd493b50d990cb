"""Forms that a page keeps for when there is no connection: as the real ones are."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.access import organisation
from accounts.models import User
from config.limits import LIMITS
from postmortems.models import Postmortem
from postmortems.views import at_hand
from tests.drafting import KINDS, Writer, at, html, writer
from tests.fixtures import NINE, SMALLEST, AddRow
from tests.submitting import Form, form_for

EVERYTHING: dict[str, dict[str, Any]] = {
    "timeline": {
        "occurred_at": NINE + timedelta(minutes=4, seconds=5),
        "ended_at": NINE + timedelta(days=1),
        "text": "Alert “fired” <b>&</b>\n\nTwice",
        "markers": ["detected", "mitigated"],
        "actors": [{"kind": "system", "name": "CI"}, {"kind": "role", "name": "Lead"}],
        "evidence": [
            {"uid": "a1", "kind": "log", "label": "Log", "text": "one\ntwo"},
            {"uid": "a2", "kind": "", "url": "https://e.org/?a=1&b=2"},
        ],
        "known": "later",
        "importance": "background",
    },
    "factors": {"category": "tools", "note": "Seen before", "same_as": "INC-1"},
    "whys": {"question": "Why then?", "primary": True},
    "measures": {"quantity": "15.5", "who": "EU", "estimated": True},
    "actions": {
        "owner_team_name": "Web",
        "owner_person_name": "Pia",
        "due_on": NINE.date(),
        "types": ["preventative"],
        "status": "done",
        "evidence": "Deployed",
    },
}
"""Something in every field that a form shows."""


@pytest.fixture
def maren(facilitator: User, postmortem: Postmortem) -> Writer:
    return writer(facilitator, postmortem)


def blanks(answer: Any) -> dict[str, str]:
    found = re.findall(
        r'<template data-blank="([^"]+)"[^>]*>(.*?)</template>', html(answer), re.DOTALL
    )
    return dict(found)


def held(answer: Any) -> Any:
    """What is known of each row, by kind and id."""
    (text,) = re.findall(r'id="rows-at-hand"[^>]*>(.*?)</script>', html(answer))
    return json.loads(text)


def filled(values: list[list[str]]) -> dict[str, list[str]]:
    """As a browser would send them."""
    sent: dict[str, list[str]] = {}
    for name, value in values:
        sent.setdefault(name, []).append(value)
    return sent


def said_in(form: Form) -> dict[str, list[str]]:
    """What a form says of its row, without what every form of the kind says."""
    others = {"csrfmiddlewaretoken", "request_key", "near", "zone", "after_id"}
    values = {name: value for name, value in form.values.items() if name not in others}
    return {name: value for name, value in values.items() if any(value)}


@pytest.mark.parametrize("name", KINDS)
def test_the_values_at_hand_are_those_of_the_rows_form(
    name: str, maren: Writer, add: AddRow
) -> None:
    row = add(name, **EVERYTHING.get(name, {}))
    form = maren.open(at(row, name))
    known = held(maren.get("forms/"))[name][str(row.pk)]
    pairs = {key: value for key, value in filled(known["values"]).items() if any(value)}
    expected = said_in(form)
    for key in [key for key in expected if key.startswith("evidence_")]:
        expected[key] = expected[key][:-1]  # the empty line at the end
    assert pairs == expected


def test_an_action_at_hand_names_the_factors_it_addresses(
    maren: Writer, add: AddRow
) -> None:
    factor = add("factors")
    row = add("actions", factors=[factor.pk])
    known = held(maren.get("forms/"))["actions"][str(row.pk)]
    assert ["factors", str(factor.pk)] in known["values"]


@pytest.mark.parametrize("name", KINDS)
def test_the_blank_form_of_a_row_has_the_fields_of_its_own_form(
    name: str, maren: Writer, add: AddRow
) -> None:
    row = add(name)
    answer = maren.get("forms/")
    nobody = re.search(r'data-nobodys="(\d+)"', html(answer))
    assert nobody is not None
    address = maren.address(f"rows/{name}/{nobody[1]}/edit/")
    blank = form_for(blanks(answer)[f"{name}/edit"], address)
    own = maren.open(at(row, name))
    assert set(blank.kinds) == set(own.kinds)


@pytest.mark.parametrize("name", KINDS)
def test_the_blank_form_of_a_new_row_is_the_one_that_adds(
    name: str, maren: Writer
) -> None:
    address = maren.address(f"rows/{name}/add/")
    blank = form_for(blanks(maren.get("forms/"))[f"{name}/add"], address)
    own = maren.open(f"rows/{name}/add/")
    assert said_in(blank) == said_in(own)
    assert set(blank.kinds) == set(own.kinds)


def test_a_row_is_called_as_its_form_is(maren: Writer, add: AddRow) -> None:
    row = add("timeline")
    known = held(maren.get("forms/"))["timeline"][str(row.pk)]
    assert known["label"] == "Entry 09:00:00"


def test_only_entries_of_one_time_can_be_moved(maren: Writer, add: AddRow) -> None:
    first, second = add("timeline"), add("timeline")
    alone = add("timeline", occurred_at=NINE + timedelta(hours=1))
    known = held(maren.get("forms/"))["timeline"]
    movable = {pk: row["movable"] for pk, row in known.items()}
    assert movable == {str(first.pk): True, str(second.pk): True, str(alone.pk): False}


def test_what_is_deleted_is_not_at_hand(maren: Writer, add: AddRow) -> None:
    row = add("lessons")
    maren.post(at(row, "lessons", "delete/"))
    assert held(maren.get("forms/"))["lessons"] == {}


def test_no_more_rows_are_at_hand_than_the_limit(
    maren: Writer, add: AddRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(at_hand, "LIMITS", replace(LIMITS, rows_at_hand=1))
    add("lessons")
    newest = add("lessons")
    assert [*held(maren.get("forms/"))["lessons"]] == [str(newest.pk)]


def test_forms_cost_the_same_however_many_rows_there_are(
    maren: Writer, add: AddRow
) -> None:
    organisation()  # it is made when it is first asked for
    counts = []
    for _ in range(2):
        for name in SMALLEST:
            add(name)
        add("actions", factors=[add("factors").pk])
        with CaptureQueriesContext(connection) as queries:
            maren.get("forms/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 30
