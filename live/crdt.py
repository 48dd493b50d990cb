"""The one place that knows pycrdt. Positions in it are bytes of UTF-8 (BAR T23)."""

import re
import zlib
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Any

from pycrdt import Doc, Text, merge_updates

from live import updates

Document = Doc[Any]
WORTH_COMPARING = 2_000
"""Words, or lines, between first and last difference that are compared one by one."""
_WORD = re.compile(r"\w+|\s+|[^\w\s]")


def blank() -> Document:
    return Doc()


def apply(document: Document, update: bytes) -> None:
    """Raises ValueError or RuntimeError where it does not apply."""
    document.apply_update(update)


def state_of(document: Document) -> dict[int, int]:
    return updates.read_state(document.get_state())


def encoded(document: Document) -> bytes:
    return bytes(document.get_update())


def missing(document: Document, state: bytes) -> bytes:
    """What somebody with that state vector lacks."""
    return bytes(document.get_update(state))


def merged(payloads: Sequence[bytes]) -> bytes:
    """One update of a few; the time grows with the square of their number."""
    return payloads[0] if len(payloads) == 1 else bytes(merge_updates(*payloads))


def texts(document: Document) -> dict[str, str]:
    return {key: text(document, key) for key in list(document.keys())}


def text(document: Document, key: str) -> str:
    return str(document.get(key, type=Text))


def checksum(document: Document) -> int:
    """CRC-32 of what stands in it, by which a page finds out that it differs."""
    found = sorted((key, value) for key, value in texts(document).items() if value)
    return zlib.crc32("".join(f"{key}\0{value}\0" for key, value in found).encode())


def sizes(document: Document) -> dict[str, int]:
    """Bytes of each of its texts."""
    return {key: len(document.get(key, type=Text)) for key in list(document.keys())}


def written(texts: dict[str, str]) -> bytes:
    """An update that writes these texts into an empty document."""
    document = blank()
    for key, value in texts.items():
        if value:
            document.get(key, type=Text).insert(0, value)
    return encoded(document)


def replace(document: Document, key: str, new: str) -> bytes:
    """Make the text `new` with the smallest edits, and return them as an update.

    Empty (b"") where nothing differs.
    """
    shared = document.get(key, type=Text)
    old = str(shared)
    if old == new:
        return b""
    gathered: list[bytes] = []
    subscription = document.observe(lambda event: gathered.append(bytes(event.update)))
    with document.transaction():
        # From the end, so that positions before an edit stay what they were.
        for start, end, put in reversed(list(edits(old, new))):
            first = len(old[:start].encode())
            last = first + len(old[start:end].encode())
            if last > first:
                del shared[first:last]
            if put:
                shared.insert(first, put)
    document.unobserve(subscription)
    return merged(gathered)


def edits(old: str, new: str) -> Iterable[tuple[int, int, str]]:
    """What to put in place of old[start:end], from front to back; few and small."""
    start = _shared(old, new)
    most = min(len(old), len(new)) - start
    tail = min(_shared(old[::-1], new[::-1]), most)
    old_middle, new_middle = old[start : len(old) - tail], new[start : len(new) - tail]
    for split in (_words, _lines):
        parts, new_parts = split(old_middle), split(new_middle)
        if max(len(parts), len(new_parts)) <= WORTH_COMPARING:
            yield from _between(parts, new_parts, start)
            return
    yield start, start + len(old_middle), new_middle


def _between(
    old: list[str], new: list[str], offset: int
) -> Iterable[tuple[int, int, str]]:
    places = [offset]
    for part in old:
        places.append(places[-1] + len(part))
    compared = SequenceMatcher(None, old, new, autojunk=False)
    for what, first, last, start, end in compared.get_opcodes():
        if what != "equal":
            yield places[first], places[last], "".join(new[start:end])


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    if one == other:
        return len(one)
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
