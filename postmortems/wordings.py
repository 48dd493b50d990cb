"""Another wording for a piece of a text, which is found again after others wrote on.

The piece is the smallest stretch of whole words in which two texts differ. It is known
by its words and by what stands around them, so that edits elsewhere in the text, even
in the same sentence, do not matter.
"""

import re
from dataclasses import dataclass
from itertools import takewhile

AROUND = 60
"""Characters of text that are kept on either side of the piece."""
MOST_PLACES = 1_000
"""Places that are looked at where the words of the piece stand often."""
ENOUGH = 0.5
"""Share of the text around that must stand there still; the piece itself counts."""

_SPACES = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Wording:
    stood: str
    words: str
    before: str
    behind: str


def wording_of(text: str, wanted: str) -> Wording | None:
    """The piece of `text` that `wanted` words otherwise; None where they are equal."""
    if text == wanted:
        return None
    first = _in_common(text, wanted)
    rest = min(len(text), len(wanted)) - first
    last = min(rest, _in_common(text[::-1], wanted[::-1]))
    first, last = _whole_words(text, wanted, first, last)
    end = len(text) - last
    if first == end:  # nothing is taken away: known by the words before it
        first = _word_begins(text, first)
    return Wording(
        stood=text[first:end],
        words=wanted[first : len(wanted) - last],
        before=text[max(0, first - AROUND) : first],
        behind=text[end : end + AROUND],
    )


def put_in(text: str, wording: Wording) -> str | None:
    """The text with the piece worded anew; None where the piece is not there now."""
    if not wording.stood:
        return _put_beside(text, wording)
    at = _place_of(text, wording)
    if at is None:
        return None
    return text[:at] + wording.words + text[at + len(wording.stood) :]


def _put_beside(text: str, wording: Wording) -> str:
    """Where nothing stood: before or behind all that was written since."""
    if not text.strip() or (wording.behind and text.startswith(wording.before)):
        first = len(wording.before)
        return wording.before + wording.words + (text[first:] or wording.behind)
    return f"{text.rstrip()}\n\n{wording.words.lstrip()}"


def _place_of(text: str, wording: Wording) -> int | None:
    """Where most of what stood around the piece stands around its words."""
    places = [match.start() for match in _found(text, wording.stood)]
    if not places:
        return None
    around = len(wording.before) + len(wording.behind)
    kept, place = max((_kept_around(text, at, wording), -at) for at in places)
    enough = kept + len(wording.stood) >= ENOUGH * min(around, AROUND)
    return -place if enough else None


def _found(text: str, words: str) -> list[re.Match[str]]:
    matches = re.finditer(f"(?={re.escape(words)})", text)
    return [match for match, _n in zip(matches, range(MOST_PLACES), strict=False)]


def _kept_around(text: str, at: int, wording: Wording) -> int:
    """Characters next to a place that are those of the wording."""
    before = text[max(0, at - AROUND) : at]
    behind = text[at + len(wording.stood) :][:AROUND]
    kept_before = _in_common(before[::-1], wording.before[::-1])
    return kept_before + _in_common(behind, wording.behind)


def _in_common(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _whole_words(text: str, wanted: str, first: int, last: int) -> tuple[int, int]:
    """The same for both ends where words begin and end, in both texts."""
    first = _word_begins(text, first, inside=True)
    while last and not _SPACES.match(text[len(text) - last]):
        last -= 1
    return first, last


def _word_begins(text: str, at: int, *, inside: bool = False) -> int:
    """Where the word before `at` begins; `inside`: only if it goes on behind `at`."""
    if not inside:
        at = len(text[:at].rstrip())
    while at and not _SPACES.match(text[at - 1]):
        at -= 1
    return at
