"""What changed between two texts, in words, within a time that a page can wait for.

Texts are compared as people wrote them; whoever shows the pieces escapes them (BAR
D20). First line by line, then word by word within lines that differ. What would take
too long, or has too little in common to be read word by word, is shown whole: as it
was, and as it is now.
"""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from typing import Literal

Kind = Literal["same", "gone", "new", "left_out"]

MOST_PAIRS = 1_000_000
"""Pairs of equal words that one comparison may look at; about a quarter of a second."""
LEAST_IN_COMMON = 0.25
"""Share of words in common from which a comparison word by word helps to read."""
CONTEXT = 90
"""Characters of unchanged text that are kept on either side of a change."""

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; "left_out" stands for unchanged text that is not shown."""

    kind: Kind
    text: str


class TooLong(Exception):
    """The time is up; what is left is shown whole."""


class Budget:
    """Seconds that all comparisons of one page share."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def check(self) -> None:
        if time.monotonic() > self._until:
            raise TooLong


def compare(before: str, after: str, budget: Budget) -> list[Piece]:
    """The two texts as one, in pieces; joined, they give either of them."""
    if before == after:
        return [Piece("same", before)] if before else []
    old, new = _LINES.findall(before), _LINES.findall(after)
    pieces: list[Piece] = []
    for tag, was, is_now in _steps(old, new, budget):
        if tag == "equal":
            pieces.append(Piece("same", was))
        else:
            pieces += _by_words(was, is_now, budget)
    return _joined(pieces)


def shorten(pieces: Sequence[Piece], context: int = CONTEXT) -> list[Piece]:
    """The same without long stretches in which nothing changed."""
    short: list[Piece] = []
    last = len(pieces) - 1
    for index, piece in enumerate(pieces):
        if piece.kind != "same" or len(piece.text) <= 3 * context:
            short.append(piece)
            continue
        if index > 0:
            short.append(Piece("same", _head(piece.text, context)))
        short.append(Piece("left_out", ""))
        if index < last:
            short.append(Piece("same", _tail(piece.text, context)))
    return short


def _by_words(was: str, is_now: str, budget: Budget) -> list[Piece]:
    old, new = _WORDS.findall(was), _WORDS.findall(is_now)
    steps = list(_steps(old, new, budget))
    common = sum(len(text) for tag, text, _now in steps if tag == "equal")
    if common < LEAST_IN_COMMON * min(len(was), len(is_now)):
        steps = [("replace", was, is_now)]
    pieces = []
    for tag, gone, arrived in steps:
        if tag == "equal":
            pieces.append(Piece("same", gone))
        else:
            pieces += [Piece("gone", gone), Piece("new", arrived)]
    return pieces


def _steps(
    old: list[str], new: list[str], budget: Budget
) -> Iterator[tuple[str, str, str]]:
    """(what, text before, text after), whole where comparing would take too long."""
    first, last = _shared_ends(old, new)
    if first:
        yield "equal", "".join(old[:first]), ""
    middle = old[first : len(old) - last], new[first : len(new) - last]
    if any(middle):
        yield from _differing(*middle, budget)
    if last:
        yield "equal", "".join(old[-last:]), ""


def _differing(
    old: list[str], new: list[str], budget: Budget
) -> Iterator[tuple[str, str, str]]:
    try:
        matcher = _Timed(old, new, budget)
        steps = matcher.get_opcodes()
    except TooLong:
        yield "replace", "".join(old), "".join(new)
        return
    for tag, i1, i2, j1, j2 in steps:
        yield tag, "".join(old[i1:i2]), "".join(new[j1:j2])


def _shared_ends(old: list[str], new: list[str]) -> tuple[int, int]:
    """How many items both begin with, and how many both end with."""
    shortest = min(len(old), len(new))
    first = 0
    while first < shortest and old[first] == new[first]:
        first += 1
    last = 0
    while last < shortest - first and old[-1 - last] == new[-1 - last]:
        last += 1
    return first, last


class _Timed(SequenceMatcher[str]):
    """Gives up with TooLong; `difflib` itself can take minutes for long texts."""

    def __init__(self, old: list[str], new: list[str], budget: Budget) -> None:
        budget.check()
        self._budget = budget
        super().__init__(None, old, new)
        places = self.b2j  # type: ignore[attr-defined]  # documented, not in the stubs
        if sum(len(places.get(word, ())) for word in old) > MOST_PAIRS:
            raise TooLong

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        self._budget.check()
        return super().find_longest_match(alo, ahi, blo, bhi)


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Neighbours of a kind as one; spaces between two changes belong to both."""
    joined: list[Piece] = []
    gone = new = ""
    for index, piece in enumerate(pieces):
        if piece.kind == "gone":
            gone += piece.text
        elif piece.kind == "new":
            new += piece.text
        elif (gone or new) and piece.text.isspace() and _is_changed(pieces, index + 1):
            gone, new = gone + piece.text, new + piece.text
        else:
            joined += _changed(gone, new)
            gone = new = ""
            joined.append(piece)
    joined += _changed(gone, new)
    return joined


def _is_changed(pieces: Sequence[Piece], index: int) -> bool:
    return index < len(pieces) and pieces[index].kind != "same"


def _changed(gone: str, new: str) -> list[Piece]:
    pair = (Piece("gone", gone), Piece("new", new))
    return [piece for piece in pair if piece.text]


def _head(text: str, length: int) -> str:
    end = text.rfind(" ", 0, length)
    return text[: end if end > 0 else length]


def _tail(text: str, length: int) -> str:
    begin = text.find(" ", len(text) - length)
    return text[begin + 1 if begin >= 0 else -length :]


def apart(base: str, mine: str, theirs: str) -> bool:
    """Whether two texts made from one differ from it in different lines."""
    return not _lines_changed(base, mine) & _lines_changed(base, theirs)


def _lines_changed(base: str, text: str) -> set[int]:
    """Numbers of the lines that are other ones; one put in counts for its place."""
    before, after = base.splitlines(), text.splitlines()
    found: set[int] = set()
    for what, first, last, _s, _e in SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        if what != "equal":
            found.update(range(first, max(last, first + 1)))
    return found
