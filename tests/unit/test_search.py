"""The query's words, and the excerpts that show them."""

import pytest

from postmortems.search import Highlighter, Terms, read_terms


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("customers", {"custom", "customers"}),
        ("the of and", set()),
        ("deliveries -kafka", {"deliveri", "deliveries"}),
        ('"cache flush"', {"cach", "cache", "flush"}),
        ("!(((", set()),
        ("", set()),
    ],
)
def test_a_query_comes_down_to_its_stems(text: str, words: set[str]) -> None:
    assert set(read_terms(text).words) == words


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("inc-2026-03", "INC-2026-03"),
        ("INC-2026-03-05-001", "INC-2026-03-05-001"),
        ("INC-", ""),
        ("incident", ""),
        ("INC-2026 kafka", ""),
    ],
)
def test_the_beginning_of_a_reference_is_seen(text: str, reference: str) -> None:
    assert Terms(text).reference == reference


@pytest.mark.parametrize(
    ("stem", "text"),
    [
        ("deliveri", "Delivery failed"),
        ("deliveri", "deliveries failed"),
        ("stale", "staling data"),
        ("custom", "EU customers"),
    ],
)
def test_a_stem_is_found_in_the_words_that_have_it(stem: str, text: str) -> None:
    assert "<mark>" in Highlighter(Terms(stem, (stem,))).mark(text)


def test_marking_keeps_the_text_and_escapes_it() -> None:
    marked = Highlighter(Terms("b", ("bold",))).mark("<b>bold</b> & 'quoted'")
    assert marked == ("&lt;b&gt;<mark>bold</mark>&lt;/b&gt; &amp; &#x27;quoted&#x27;")


def test_the_part_with_most_of_the_words_comes_first() -> None:
    highlighter = Highlighter(Terms("kafka lag", ("kafka", "lag")))
    parts = {"entry-1": "Kafka was down", "factor-2": "lag on Kafka", "action-3": "no"}
    found = highlighter.excerpts(parts)
    assert [excerpt.part for excerpt in found] == ["factor-2", "entry-1"]


def test_what_the_row_shows_anyway_is_no_excerpt() -> None:
    parts = {"title": "Kafka", "reference": "Kafka", "services": "Kafka"}
    assert Highlighter(Terms("kafka", ("kafka",))).excerpts(parts) == []


def test_an_excerpt_is_cut_at_words_around_the_first_one_found() -> None:
    text = "word " * 100 + "kafka " + "after " * 100
    (excerpt,) = Highlighter(Terms("kafka", ("kafka",))).excerpts({"entry-1": text})
    assert excerpt.html.startswith("… word")
    assert "<mark>kafka</mark>" in excerpt.html
    assert excerpt.html.endswith("after …")
    assert len(excerpt.html) < 260


def test_a_word_without_any_space_is_cut_too() -> None:
    text = "x" * 5_000 + " kafka" + "y" * 5_000
    (excerpt,) = Highlighter(Terms("kafka", ("kafka",))).excerpts({"entry-1": text})
    assert "<mark>" in excerpt.html


def test_words_are_taken_literally_in_the_pattern() -> None:
    assert Highlighter(Terms("a.*", ("a.*",))).mark("abc") == "abc"
