"""A Document as JSON: by the published schema, there and back."""

import dataclasses
import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator, FormatChecker

from integrations.importing.json_reader import read_json
from postmortems.document import Document, FollowUp
from postmortems.exporters.json import (
    SCHEMA_PATH,
    NotADocument,
    from_data,
    to_data,
    to_json,
)
from tests.documents import FULL, documents

SCHEMA = json.loads(SCHEMA_PATH.read_text())
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker())
relaxed = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@relaxed
@given(documents)
def test_a_document_survives_json(document: Document) -> None:
    assert read_json(to_json(document).encode()).document == document


@relaxed
@given(documents)
def test_a_document_survives_plain_data(document: Document) -> None:
    assert from_data(json.loads(json.dumps(to_data(document)))) == document


@relaxed
@given(documents)
def test_every_export_is_valid_by_the_schema(document: Document) -> None:
    VALIDATOR.validate(json.loads(to_json(document)))


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_names_every_key() -> None:
    data = json.loads(to_json(FULL))
    assert list(SCHEMA["properties"]) == list(data)


def test_json_begins_with_its_format_and_version() -> None:
    assert list(json.loads(to_json(FULL)).items())[:2] == [
        ("format", "afterword-report"),
        ("version", 1),
    ]


def test_json_is_the_same_each_time() -> None:
    assert to_json(FULL) == to_json(from_data(to_data(FULL)))


def test_anchors_stay_in_plain_data() -> None:
    document = Document("T", follow_ups=(FollowUp("x", ref="follow-up-3"),))
    assert from_data(to_data(document)).follow_ups[0].ref == "follow-up-3"


def test_anchors_are_left_out_of_json() -> None:
    assert '"ref"' not in to_json(FULL)


def changed(**changes: Any) -> bytes:
    return json.dumps({**json.loads(to_json(FULL)), **changes}).encode()


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"", "JSON"),
        (b"[]", "format"),
        (b"{}", "format"),
        (b'{"format": "afterword-report", "version": 2}', "version 1"),
        (b'{"format": "afterword-report", "version": 1}', "title"),
        (changed(title=""), "title"),
        (changed(title=3), "title"),
        (changed(title="\x00"), "control"),
        (changed(kind="accident"), "kind"),
        (changed(restricted="yes"), "restricted"),
        (changed(started={"at": None, "certainty": "recorded"}), "started"),
        (changed(started={"at": "yesterday", "certainty": "recorded"}), "started.at"),
        (changed(timeline={}), "timeline"),
        (changed(timeline=[{}]), "timeline[0]"),
        (changed(timeline=[{"occurred_at": "2026-03-05T09:30:00"}]), "timeline[0]"),
        (changed(factors=[]), "actions[0].addresses"),
        (changed(follow_ups=[{"text": "x"}] * 501), "follow_ups"),
        (b"[" * 10_000, "nested"),
    ],
)
def test_what_is_wrong_is_named_with_its_path(raw: bytes, path: str) -> None:
    (problem,) = read_json(raw).problems
    assert path in problem.text
    assert problem.severity == "error"


def test_an_unknown_key_is_named_and_left_out() -> None:
    reading = read_json(changed(mood="calm"))
    assert reading.document == FULL
    assert "mood" in reading.problems[0].text


def test_keys_that_are_missing_get_their_defaults() -> None:
    assert from_data({"title": "T"}) == Document("T")


def test_a_wrong_value_has_a_path() -> None:
    data = to_data(FULL)
    data["whys"][0]["because"][1]["answer"] = None
    with pytest.raises(NotADocument) as caught:
        from_data(data)
    assert caught.value.path == "whys[0].because[1].answer"


def test_200_entries_are_read_quickly() -> None:
    document = dataclasses.replace(FULL, timeline=FULL.timeline * 50)
    data = to_data(document)
    from_data(data)
    began = time.process_time()
    from_data(data)
    # The aim is 5 ms; the rest is room for a busy machine.
    assert time.process_time() - began < 0.05
