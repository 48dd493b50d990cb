import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.plaintext import BadText, clean_text
from postmortems.fields import CleanLine, CleanText


def line(value: str, limit: int = 200) -> str:
    return clean_text(value, limit=limit, lines=False)


def prose(value: str, limit: int = 100_000) -> str:
    return clean_text(value, limit=limit, lines=True)


@pytest.mark.parametrize("value", ["a\x00b", "\ud800", "a\udfff"])
def test_what_cannot_be_stored_is_refused(value: str) -> None:
    with pytest.raises(BadText, match="cannot be stored"):
        prose(value)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("\x1b[31mred\x1b[0m\x85", "[31mred[0m"),
        ("tab\tstays", "tab\tstays"),
        ("hard break  \nnext", "hard break  \nnext"),
        ("end  \n\n", "end"),
        ("\n \n    code\n", "    code"),
        ("e\u0301", "é"),
        ("\u202eprose keeps it\u202c", "\u202eprose keeps it\u202c"),
        ("a\u2028b\ufffe", "a\u2028b\ufffe"),
        ("  \n ", ""),
    ],
)
def test_prose_is_stored_by_one_rule(value: str, stored: str) -> None:
    assert prose(value) == stored


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("  two\n words\t here ", "two words here"),
        ("a\u2028b", "a b"),
        ("exe\u202egnp", "exegnp"),
        ("\u2066isolated\u2069", "isolated"),
        ("zero\u200bwidth\ufeff\u00ad", "zerowidth"),
        ("\u200d edge \u200c", "edge"),
        (
            "\U0001f469\u200d\U0001f469\u200d\U0001f467",
            "\U0001f469\u200d\U0001f469\u200d\U0001f467",
        ),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\x7fa\x01", "a"),
    ],
)
def test_a_line_loses_what_cannot_be_seen(value: str, stored: str) -> None:
    assert line(value) == stored


def test_marks_on_one_base_are_capped() -> None:
    assert line("a" + "\u0316" * 500 + "b") == "a" + "\u0316" * 20 + "b"


def test_long_texts_without_latin_letters_are_left_alone() -> None:
    text = "事故は午前九時に始まりました。" * 500
    assert prose(text) == text


@pytest.mark.parametrize("length", [9, 10])
def test_the_limit_counts_code_points(length: int) -> None:
    assert line("💥" * length, limit=10) == "💥" * length


def test_one_more_than_the_limit_is_refused_with_both_numbers() -> None:
    with pytest.raises(BadText) as refused:
        line("💥" * 12_345, limit=10)
    assert str(refused.value) == "At most 10 characters; this has 12\u00a0345."


@given(st.text(), st.booleans())
def test_cleaning_twice_changes_nothing(value: str, lines: bool) -> None:
    try:
        once = clean_text(value, limit=1000, lines=lines)
    except BadText:
        return
    assert clean_text(once, limit=1000, lines=lines) == once


@pytest.mark.parametrize(
    "pump",
    ["a", "\u0316\u0301", "e\u0301", "\r", " \n", "\u200d ", "\u202e", "漢", "\x01"],
)
def test_half_a_million_characters_take_less_than_a_second(pump: str) -> None:
    text = (pump * 500_000)[:500_000]
    started = time.thread_time()
    for lines in (True, False):
        clean_text(text, limit=500_000, lines=lines)
    assert time.thread_time() - started < 1.0


def test_a_line_field_cleans_and_limits() -> None:
    field = CleanLine(limit=5)
    assert field.clean(" a\nb ") == "a b"


def test_a_field_says_the_limit_and_keeps_what_was_typed() -> None:
    field = CleanText(limit=5)
    with pytest.raises(Exception, match="At most 5 characters; this has 6"):
        field.clean("abcdef")
    assert "maxlength" not in field.widget.attrs


def test_a_required_field_is_not_satisfied_by_invisible_text() -> None:
    with pytest.raises(Exception, match="required"):
        CleanLine(limit=5).clean("\u200b")
