"""What changed between two texts, word by word and in time."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems.comparing import Budget, Piece, compare, shorten


def marked(before: str, after: str) -> str:
    """The pieces as one line: -gone- and +new+."""
    signs = {"same": "", "gone": "-", "new": "+", "left_out": "…"}
    return "".join(
        f"{signs[piece.kind]}{piece.text}{signs[piece.kind]}"
        for piece in compare(before, after, Budget(5))
    )


def test_a_changed_word_is_shown_in_its_sentence() -> None:
    before, after = "The cache was stale.", "The cache was empty."
    assert marked(before, after) == "The cache was -stale-+empty+."


def test_words_that_change_side_by_side_are_shown_together() -> None:
    before, after = "It was seen at nine sharp.", "It was noticed before ten sharp."
    assert marked(before, after) == ("It was -seen at nine-+noticed before ten+ sharp.")


def test_an_added_paragraph_leaves_the_others_alone() -> None:
    assert marked("One.\n\nTwo.\n", "One.\n\nNew.\n\nTwo.\n") == (
        "One.\n\n+New.\n\n+Two.\n"
    )


def test_texts_with_little_in_common_are_shown_whole() -> None:
    before, after = "Nobody was paged at all", "Two replicas ran out of disk space"
    assert marked(before, after) == f"-{before}-+{after}+"


def test_equal_texts_have_no_change() -> None:
    assert compare("Same", "Same", Budget(1)) == [Piece("same", "Same")]
    assert compare("", "", Budget(1)) == []


@given(st.text("ab .\n", max_size=60), st.text("ab .\n", max_size=60))
def test_the_pieces_give_either_text_again(before: str, after: str) -> None:
    pieces = compare(before, after, Budget(5))
    assert "".join(p.text for p in pieces if p.kind != "new") == before
    assert "".join(p.text for p in pieces if p.kind != "gone") == after


@pytest.mark.parametrize("words", [1, 300, 80_000])
def test_two_huge_texts_are_compared_within_the_time(words: int) -> None:
    chance = random.Random(7)  # noqa: S311  not a secret

    def text(prefix: str) -> str:
        found = [f"{prefix}{chance.randrange(words)}" for _word in range(80_000)]
        return " ".join(found)[:500_000]

    began = time.monotonic()
    pieces = compare(text("a"), text("b"), Budget(1))
    assert time.monotonic() - began < 3  # the machine may be busy
    assert {piece.kind for piece in pieces} >= {"gone", "new"}


def test_two_huge_texts_of_the_same_words_are_compared_within_the_time() -> None:
    chance = random.Random(7)  # noqa: S311  not a secret
    words = [f"word{chance.randrange(400)}" for _word in range(70_000)]
    before = " ".join(words)
    chance.shuffle(words)
    began = time.monotonic()
    compare(before, "\n".join(words), Budget(1))
    assert time.monotonic() - began < 3  # the machine may be busy


def test_what_is_left_when_the_time_is_up_is_shown_whole() -> None:
    pieces = compare("one two three", "one 2 three", Budget(-1))
    assert pieces == [
        Piece("same", "one "),
        Piece("gone", "two"),
        Piece("new", "2"),
        Piece("same", " three"),
    ]


def test_long_stretches_without_a_change_are_left_out() -> None:
    filler = "nothing happened here " * 40
    pieces = compare(f"{filler}stale{filler}", f"{filler}empty{filler}", Budget(5))
    kinds = [piece.kind for piece in shorten(pieces)]
    assert kinds == ["left_out", "same", "gone", "new", "same", "left_out"]
    assert sum(len(piece.text) for piece in shorten(pieces)) < 400
