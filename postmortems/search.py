"""Finds reports by their words: the query, and the excerpts that show why.

PostgreSQL decides what matches (`SearchText.vector`, kept by the database). Which part
of a report it was in is worked out here, and only for the rows of one page, from the
query's stems: good enough to point at the place, and it costs no second parsing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from postmortems.models import Incident

CONFIG = "english"
SHORTEST_PREFIX = 3
"""Characters from which the last word also finds longer words that begin with it."""
LONGEST_MS = 2_000
"""Milliseconds that the statements of one search may take."""
MOST_EXCERPTS = 2
"""Excerpts shown for one report."""
CONTEXT = 64
"""Characters of an excerpt on either side of the first word that was found."""
LONGEST_SCAN = 20_000
"""Characters of one part that are looked at for an excerpt."""

_REFERENCE = re.compile(r"INC-[\d-]{1,20}", re.IGNORECASE)
_WORDS_ONLY = re.compile(r"\w+(?: \w+)*")
_WORD = re.compile(r"\w+")
_NEGATED = re.compile(r'(?:^|\s)-(?:"[^"]*"?|\S+)')
_SHOWN_ANYWAY = frozenset({"title", "reference", "services"})


@dataclass(frozen=True, slots=True)
class Terms:
    """A query as typed, and what it comes down to."""

    text: str
    words: tuple[str, ...] = ()
    """Stems and words to show in excerpts; none where all words are too common."""

    @property
    def reference(self) -> str:
        """The beginning of a reference, where the query is one."""
        return self.text.upper() if _REFERENCE.fullmatch(self.text) else ""

    @property
    def empty(self) -> bool:
        """True where nothing is left to look for, as with stop words only."""
        return not self.words and not self.reference


def read_terms(text: str) -> Terms:
    """Ask the database what the words come down to; one query, none for no text.

    Within a transaction this also limits how long its statements may take.
    """
    wanted = _NEGATED.sub(" ", text)
    if not wanted.strip():
        return Terms(text)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tsvector_to_array(to_tsvector(%s::regconfig, %s)),"
            " set_config('statement_timeout', %s, true)",
            [CONFIG, wanted, str(LONGEST_MS)],
        )
        stems: list[str] = cursor.fetchone()[0]
    if not stems:
        return Terms(text)
    typed = {word.lower() for word in _WORD.findall(wanted)}
    kept = {word for word in typed if _is_of(word, stems)}
    return Terms(text, tuple(sorted(kept | set(stems), key=len, reverse=True)))


def matching(incidents: QuerySet[Incident], terms: Terms) -> QuerySet[Incident]:
    """Those of the incidents that the words, or the beginning of a reference, find."""
    if terms.empty:
        return incidents.none()
    found = Q(postmortem__search_text__vector=query_of(terms.text))
    if not terms.reference:
        return incidents.filter(found)
    mentioned = incidents.order_by().filter(found).values("pk")
    return incidents.filter(
        Q(reference__startswith=terms.reference) | Q(pk__in=mentioned)
    )


def query_of(text: str) -> SearchQuery:
    """What people know from web search; the last word may still be being typed."""
    query = SearchQuery(text, config=CONFIG, search_type="websearch")
    last = text.rpartition(" ")[2]
    if len(last) >= SHORTEST_PREFIX and _WORDS_ONLY.fullmatch(text):
        begun = f"{' & '.join(text.split())}:*"
        query |= SearchQuery(begun, config=CONFIG, search_type="raw")
    return query


def _is_of(word: str, stems: Sequence[str]) -> bool:
    return any(word.startswith(_trunk(stem)) for stem in stems)


def _trunk(stem: str) -> str:
    """The part of a stem that its words share: deliver(i), but sky."""
    return stem[:-1] if len(stem) > SHORTEST_PREFIX and stem[-1] in "iye" else stem


# --- Excerpts -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Excerpt:
    part: str
    """Key of the part: "entry-12"."""
    html: SafeString
    """Escaped, with the words in <mark>."""


class Highlighter:
    """Shows where the words of a query stand in plain text."""

    def __init__(self, terms: Terms) -> None:
        self._trunks = tuple(dict.fromkeys(_trunk(word) for word in terms.words))
        forms = "|".join(re.escape(trunk) for trunk in self._trunks)
        self._pattern = re.compile(rf"\b(?:{forms})\w*", re.I) if forms else None

    def excerpts(self, parts: Mapping[str, str]) -> list[Excerpt]:
        """The parts in which most of the words stand, but for what the row shows."""
        if self._pattern is None:
            return []
        # Plain substrings sort out the many parts without a word; only what is left is
        # worth a pattern.
        scored = [
            (-score, index, key)
            for index, (key, text) in enumerate(parts.items())
            if key not in _SHOWN_ANYWAY and (score := self._score(text))
        ]
        candidates = (
            (key, self._pattern.search(parts[key], 0, LONGEST_SCAN))
            for _score, _index, key in sorted(scored)
        )
        found = ((key, match) for key, match in candidates if match)
        return [
            Excerpt(key, self._excerpt(match))
            for key, match in islice(found, MOST_EXCERPTS)
        ]

    def _score(self, text: str) -> int:
        """How many of the words may stand in the text."""
        lowered = text[:LONGEST_SCAN].lower()
        return sum(trunk in lowered for trunk in self._trunks)

    def mark(self, text: str) -> SafeString:
        """The whole text, escaped, with the words marked."""
        if self._pattern is None:
            return escape(text)
        pieces: list[str] = []
        end = 0
        for match in self._pattern.finditer(text):
            pieces.append(escape(text[end : match.start()]))
            pieces.append(f"<mark>{escape(match[0])}</mark>")
            end = match.end()
        pieces.append(escape(text[end:]))
        return mark_safe("".join(pieces))  # noqa: S308  every piece is escaped above

    def _excerpt(self, first: re.Match[str]) -> SafeString:
        text, middle = first.string, first.start()
        begin = max(0, middle - CONTEXT)
        if begin:
            begin = text.find(" ", begin, middle) + 1 or begin
        end = min(len(text), middle + 2 * CONTEXT)
        if end < len(text):
            end = max(text.rfind(" ", middle, end), min(first.end(), end))
        inner = self.mark(" ".join(text[begin:end].split()))
        before = "… " if begin else ""
        after = " …" if end < len(text) else ""
        return mark_safe(f"{before}{inner}{after}")  # noqa: S308  `mark` escapes
