"""Reads section 2: when what happened, who did it, and what shows it."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from django.utils.translation import gettext as _

from config.limits import LIMITS
from integrations.importing.blocks import Block, parts_of
from integrations.importing.findings import (
    MOST_ROWS,
    Findings,
    unknown,
)
from integrations.importing.sections import Part
from integrations.importing.values import (
    actors_in,
    evidence_in,
    moment_in,
    tail_of,
    when_in,
)
from postmortems.document import (
    Actor,
    Entry,
    Evidence,
)
from postmortems.exporters import grammar
from postmortems.vocabulary import (
    Importance,
    Known,
    Marker,
    Place,
)

_ENTRY = re.compile(r"\*\*([^*]+)\*\*[ \t]*:?[ \t]*(.*)$")
_BARE_ENTRY = re.compile(
    r"((?:about )?\d{4}-\d\d-\d\d[T ]\d{1,2}:\d\d(?::\d\d)?(?: ?UTC|Z)?)"
    r"[ \t]*[:–—-][ \t]+(.*)$"
)


class TimelineReader:
    """Collects the entries of section 2."""

    def __init__(self, found: Findings, likely_day: Callable[[], date | None]) -> None:
        self.found = found
        self.likely_day = likely_day
        self.entries: list[Entry] = []

    def finish(self) -> tuple[Entry, ...]:
        """Sorted by time; those of one moment in the order in which they are told."""
        entries = self.entries
        newest_first = entries and entries[0].occurred_at > entries[-1].occurred_at
        told = reversed(entries) if newest_first else entries
        return tuple(sorted(told, key=lambda entry: entry.occurred_at))

    def read(self, block: Block, _part: Part) -> None:
        first = block.lines[0]
        if not block.marker:
            if not first.startswith("(Ordered chronologically"):
                self.found.keep(block, Place.TIMELINE, _("This is not an entry."))
            return
        found = _ENTRY.match(first) or _BARE_ENTRY.match(first)
        when_text = found[1].strip() if found else first
        if self.found.asked(block, when_text.rstrip(":").strip()):
            return
        when = when_in(when_text, self.likely_day()) if found else None
        if found is None or when is None:
            why = _("No time could be read here: %(text)s") % {"text": when_text[:80]}
            self.found.keep(block, Place.TIMELINE, why)
            return
        if not self.found.has_room(
            "entries", self.entries, LIMITS.timeline_entries, block.number
        ):
            return
        if when.day_assumed:
            self.found.tell(
                block.number, _("The entry gives no day; the start’s is taken.")
            )
        entry = Entry(
            when.occurred_at,
            "",
            when.precision,
            when.ended_at,
            ref=self.found.ref_at(block.number),
        )
        body = Block(block.number, [found[2], *block.lines[1:]])
        self.entries.append(self._entry(entry, body))

    def _entry(self, entry: Entry, body: Block) -> Entry:
        parts = parts_of(body, grammar.ENTRY_FIELDS)
        markers: tuple[Marker, ...] = ()
        sentence = grammar.MARKER_SENTENCE.match(parts.text.lines[0])
        if sentence:
            markers = tuple(Marker(word.lower()) for word in sentence[1].split(", "))
            parts.text.lines[0] = parts.text.lines[0][sentence.end() :]
        text = parts.text.text()
        actors: tuple[Actor, ...] | None = None
        evidence: list[Evidence] = []
        for item in parts.fields:
            label, value = item.label.casefold(), item.value()
            if label.startswith("actor"):
                line = value.line()
                actors = () if line == grammar.NOT_RECORDED else actors_in(line)
            elif label == "evidence":
                evidence += self._evidence(value)
            else:
                entry = self._entry_detail(entry, label, item, value)
        if actors is None:
            text, actors, links = tail_of(text)
            evidence = [*links, *evidence]
        text = self.found.unguarded(parts.text, text, grammar.ENTRY_FIELDS)
        if not text and sentence:
            text = sentence[0].strip()
        if not text:
            self.found.tell(
                body.number, _("This entry does not say what happened."), "error"
            )
        return replace(
            entry,
            text=text,
            markers=tuple(dict.fromkeys(markers)),
            actors=actors,
            evidence=tuple(evidence[:MOST_ROWS]),
        )

    def _entry_detail(
        self, entry: Entry, label: str, item: Block, value: Block
    ) -> Entry:
        text = value.line()
        if label == "recorded" and moment_in(text):
            return replace(entry, recorded_at=moment_in(text))
        if label == "known" and "later" in text.casefold():
            return replace(entry, known=Known.LATER)
        if label == "importance" and text.casefold() == grammar.BACKGROUND:
            return replace(entry, importance=Importance.BACKGROUND)
        if text.casefold() not in {"then", "known then", "in the story", "story"}:
            self.found.keep(item, Place.TIMELINE, unknown(text))
        return entry

    def _evidence(self, value: Block) -> tuple[Evidence, ...]:
        first, rest = value.lines[0], value.lines[1:]
        fences = grammar.Fences(rest)
        opening = next((i for i, line in enumerate(rest) if line.strip()), None)
        end = fences.end(opening) if opening is not None else None
        if opening is None or end is None:
            return evidence_in(value.line(), "")
        snippet = "\n".join(rest[opening + 1 : end - 1])
        more = "\n".join(rest[end:]).strip()
        return evidence_in(first, f"{snippet}\n{more}" if more else snippet)
