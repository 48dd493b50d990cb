"""Who wrote which words of a shared text, read off the log.

The log says whose each update is, as the server knew them; replayed, it says whose each
character is. What is older than the log, or than the version that somebody asks from,
was written earlier: by whom is not told.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pycrdt import Text

from live import crdt, log
from live.models import LiveDocument

logger = logging.getLogger("afterword.live")

SECONDS = 0.8
"""How long one replay may take."""
MOST_AUTHORS = 255
"""People who are told apart in one text; who comes after them counts as earlier."""
EARLIER = 0


class TooLong(Exception):
    """The log is too long to be replayed while somebody waits."""


@dataclass(frozen=True, slots=True)
class Span:
    text: str
    author: int | None
    """The account that wrote it; None: written earlier."""


@dataclass(frozen=True, slots=True)
class Written:
    """One update of the log."""

    payload: bytes
    author: int | None


def spans_of(
    topic: str,
    keys: Sequence[str],
    *,
    after: int = 0,
    upto: int | None = None,
    seconds: float = SECONDS,
) -> dict[str, list[Span]]:
    """The texts as of `upto` (else now), with the author of what came behind `after`.

    Empty where nobody has written together. Raises TooLong.
    """
    document = log.find(topic)
    if document is None:
        return {}
    until = time.monotonic() + seconds
    upto = document.version if upto is None else upto
    after = _first_known(document, after)
    state = log.fold(document, min(after, upto)).document
    replay = Replay(state, keys)
    for author, updates in groupby(_updates(document, after, upto), lambda u: u.author):
        replay.apply(author, [update.payload for update in updates])
        if time.monotonic() > until:
            raise TooLong
    return {key: replay.spans(key) for key in keys}


def _first_known(document: LiveDocument, after: int) -> int:
    """From where on the log says who wrote; the text that a document began with was
    written earlier.
    """
    oldest = document.updates.order_by("version").values_list("version", flat=True)
    first = oldest.first()
    known = document.version if first is None else first - 1
    return max(after, known, document.began_after + 1)


def _updates(document: LiveDocument, after: int, upto: int) -> Iterator[Written]:
    rows = document.updates.filter(version__gt=after, version__lte=upto)
    found = rows.order_by("version").values_list("payload", "authors")
    for payload, authors in found.iterator(chunk_size=1_000):
        # Of several people, as one commit was once stored, nobody is named.
        yield Written(bytes(payload), authors[0] if len(authors) == 1 else None)


class Replay:
    """A document to which updates are applied, while each text notes whose they are."""

    def __init__(self, document: crdt.Document, keys: Iterable[str]) -> None:
        self._document = document
        self._texts = {key: document.get(key, type=Text) for key in keys}
        self._owners = {key: bytearray(len(text)) for key, text in self._texts.items()}
        """By text: for each byte, the place of its author in `_authors`."""
        self._authors: list[int | None] = [None]
        self._author = EARLIER
        # A subscription ends when nobody holds it.
        self._subscriptions = [
            text.observe(self._noting(key)) for key, text in self._texts.items()
        ]

    def apply(self, author: int | None, payloads: Sequence[bytes]) -> None:
        """One person's updates in a row; at once, for that is ten times as fast."""
        self._author = self._place_of(author)
        with self._document.transaction():
            for payload in payloads:
                try:
                    crdt.apply(self._document, payload)
                except Exception as error:  # noqa: BLE001  one bad update stops no other
                    logger.warning("passed over: %s", type(error).__name__)

    def spans(self, key: str) -> list[Span]:
        text, owners = str(self._texts[key]).encode(), self._owners[key]
        found, start = [], 0
        for owner, run in groupby(owners):
            end = start + sum(1 for _byte in run)
            found.append(Span(text[start:end].decode(), self._authors[owner]))
            start = end
        return found

    def _place_of(self, author: int | None) -> int:
        if author not in self._authors:
            if len(self._authors) > MOST_AUTHORS:
                return EARLIER
            self._authors.append(author)
        return self._authors.index(author)

    def _noting(self, key: str) -> Any:
        owners = self._owners[key]

        def note(event: Any) -> None:
            at = 0
            for step in event.delta:
                if "retain" in step:
                    at += step["retain"]
                elif "delete" in step:
                    del owners[at : at + step["delete"]]
                else:
                    size = len(step["insert"].encode())
                    owners[at:at] = bytes([self._author]) * size
                    at += size

        return note
