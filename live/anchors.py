"""Where some words of a shared text are now, whatever was written around them.

A page names the first and the last character of what was marked, as Yjs' relative
positions. pycrdt reads those, too, but counts bytes where Yjs counts UTF-16 units, and
so is wrong from the first “é” on. Here the merge itself finds the place: a mark is put
behind each character, in a copy of the document that is thrown away.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from live import crdt, log, updates

_OF_A_CHARACTER = 0
_ASSOCIATIONS = {b"\x00", b"\x41"}
"""Of Yjs: 0, sticks to what follows; -1, to what stands before."""
_STRING_BEHIND = 0x84
"""A struct: a string, with what stands before it named."""
_US = 0
"""The client that marks: nobody comes before it, so it stands at the very place."""
_PRIVATE = range(0x100000, 0x10FFFE)
_UNITS = 2
"""UTF-16 units of one of those."""

Character = tuple[int, int]
"""Who wrote it, and as their how manieth."""


@dataclass(frozen=True, slots=True)
class Anchor:
    key: str
    """The name of the shared text."""
    start: bytes
    end: bytes


def read(position: bytes) -> Character:
    """The character that a relative position is tied to; Malformed if to none."""
    reader = updates.Reader(position)
    if reader.number() != _OF_A_CHARACTER:
        raise updates.Malformed("it is tied to no character")
    character = reader.number(), reader.number()
    if position[reader.at :] not in _ASSOCIATIONS:
        raise updates.Malformed("it is tied to no side")
    return character


def words_at(topic: str, anchors: Sequence[Anchor]) -> list[str]:
    """The words that stand there now; empty where they are gone."""
    document = log.find(topic) if anchors else None
    if document is None:
        return [""] * len(anchors)
    folded = log.fold(document).document
    found: dict[Anchor, str] = {}
    for key in sorted({anchor.key for anchor in anchors}):
        of_text = [anchor for anchor in anchors if anchor.key == key]
        found |= _words(folded, key, of_text)
    return [found[anchor] for anchor in anchors]


def _words(
    document: crdt.Document, key: str, anchors: Sequence[Anchor]
) -> dict[Anchor, str]:
    ends = {a: (read(a.start), read(a.end)) for a in anchors}
    places = _places(document, key, {one for pair in ends.values() for one in pair})
    text = places.text
    standing = {
        first: _deleted(document, key, first)
        for first in {first for first, _last in ends.values()}
    }
    words = {}
    for anchor, (first, last) in ends.items():
        start, end = places.behind.get(first), places.behind.get(last)
        if start is None or end is None:
            words[anchor] = ""
        else:
            words[anchor] = text[start - standing[first] : end]
    return words


@dataclass(frozen=True, slots=True)
class _Places:
    text: str
    behind: Mapping[Character, int]
    """Right behind each character, or where it once stood."""


def _places(document: crdt.Document, key: str, wanted: set[Character]) -> _Places:
    known = crdt.state_of(document)
    text = crdt.text(document, key)
    unused = (mark for mark in map(chr, _PRIVATE) if mark not in text)
    marks: dict[str, Character] = {}
    for client, clock in sorted(wanted):
        if clock < known.get(client, 0):
            mark = next(unused)
            crdt.apply(document, _mark(mark, len(marks) * _UNITS, client, clock))
            marks[mark] = client, clock
    return _Places(text, _found(crdt.text(document, key), marks))


def _found(text: str, marks: Mapping[str, Character]) -> dict[Character, int]:
    if not marks:
        return {}
    every = re.finditer(f"[{''.join(marks)}]", text)
    return {marks[one[0]]: one.start() - before for before, one in enumerate(every)}


def _mark(mark: str, at: int, client: int, clock: int) -> bytes:
    """An update that writes a mark right behind a character."""
    numbers = map(updates.number, (1, 1, _US, at))
    behind = bytes([_STRING_BEHIND]), updates.number(client), updates.number(clock)
    text = updates.piece(mark.encode())
    return updates.join([*numbers, *behind, text, updates.number(0)])


def _deleted(document: crdt.Document, key: str, character: Character) -> bool:
    """Delete a character; whether it was there until now."""
    client, clock = character
    if clock >= crdt.state_of(document).get(client, 0):
        return False
    before = len(crdt.text(document, key))
    numbers = (0, 1, client, 1, clock, 1)
    crdt.apply(document, updates.join(map(updates.number, numbers)))
    return len(crdt.text(document, key)) < before
