import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.json_input import BadJson, parse_json
from config.limits import LIMITS


def test_plain_json_is_read() -> None:
    raw = '{"title": "Café 💥", "rows": [1, 2.5, null, true, "a\\nb"]}'.encode()
    assert parse_json(raw) == {"title": "Café 💥", "rows": [1, 2.5, None, True, "a\nb"]}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe{",
        b"\xef\xbb\xbf{}",
        b'{"a": 1, "a": 2}',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"1e999",
        b'"\\u0000"',
        b'"\\u001b"',
        b'{"\\u0000": 1}',
        b'"\\ud800"',
        b"[" * 100_000,
        b"[" * 5_000 + b"]" * 5_000,
        b"1" * 5_000,
        b"nul",
    ],
    ids=lambda raw: repr(raw[:20]),
)
def test_what_would_break_later_is_refused_with_a_sentence(raw: bytes) -> None:
    with pytest.raises(BadJson) as refused:
        parse_json(raw)
    assert refused.value.status == 400
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(("levels", "fits"), [(63, True), (64, True), (65, False)])
def test_depth_has_a_limit(levels: int, fits: bool) -> None:
    raw = b"[" * levels + b"]" * levels
    assert _taken(raw) is fits


@pytest.mark.parametrize(
    ("count", "fits"), [(999, True), (1_000, True), (1_001, False)]
)
def test_keys_have_a_limit(count: int, fits: bool) -> None:
    assert _taken(json.dumps({str(n): n for n in range(count)}).encode()) is fits


@pytest.mark.parametrize(("extra", "fits"), [(-1, True), (0, True), (1, False)])
def test_strings_have_a_limit(extra: int, fits: bool) -> None:
    assert _taken(json.dumps("a" * (LIMITS.json_string + extra)).encode()) is fits


def test_a_document_over_the_limit_is_too_large_and_not_read() -> None:
    with pytest.raises(BadJson) as refused:
        parse_json(b" " * (LIMITS.json_body + 1))
    assert refused.value.status == 413


@given(st.binary(max_size=200))
def test_bytes_are_read_or_refused(raw: bytes) -> None:
    _taken(raw)


def _taken(raw: bytes) -> bool:
    try:
        parse_json(raw)
    except BadJson:
        return False
    return True
