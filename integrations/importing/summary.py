"""Reads section 1: the title, the times, the impact, who and what took part."""

import re
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from config.limits import LIMITS
from integrations.importing import words
from integrations.importing.blocks import Block, blocks_of
from integrations.importing.findings import (
    MOST_ROWS,
    Findings,
    is_asked,
    unknown,
    unplaced,
)
from integrations.importing.sections import Part, Section
from integrations.importing.values import (
    measure_in,
    names_in,
    services_in,
    severity_in,
    time_in,
)
from postmortems.document import (
    Measure,
)
from postmortems.exporters import grammar
from postmortems.exporters.grammar import unplain
from postmortems.vocabulary import (
    Kind,
    Milestone,
    Place,
)

_TITLE_PREFIX = re.compile(
    r"(?:post-?mortem(?: report)?|incident (?:report|review)):[ \t]*", re.IGNORECASE
)
_COMPUTED = frozenset(
    {
        "duration",
        "time to detect",
        "time to acknowledge",
        "time to mitigate",
        "time to resolve",
    }
)
_PROSE = {
    "impact": "impact",
    "summary": "summary",
    "tl;dr": "tldr",
    "tldr": "tldr",
    "what surprised us": "surprise",
}
_ACTION_LABELS = frozenset(
    {
        "owner",
        "due date",
        "due",
        "type",
        "types",
        "priority",
        "status",
        "reason",
        "evidence",
        "done date",
        "done",
        "addresses",
    }
)


class SummaryReader:
    """Collects the values of section 1 under the names of their Document fields."""

    def __init__(self, found: Findings) -> None:
        self.found = found
        self.values: dict[str, Any] = {}
        self.lines: dict[str, int] = {}
        """Where in the text each value stands."""
        self.prose: dict[str, list[str]] = defaultdict(list)
        self.measures: list[Measure] = []
        self._by_label: dict[str, Callable[[Block, Block], None]] = {
            "incident id": self._read_reference,
            "title": self._read_title_item,
            "incident title": self._read_title_item,
            "kind": self._read_kind,
            "status": self._read_status,
            "visibility": self._read_visibility,
            "measured impact": self._read_measures,
            "affected systems/services": self._read_services,
            "affected systems": self._read_services,
            "affected services": self._read_services,
            "services": self._read_services,
            "severity": self._read_severity,
            "facilitators": self._read_facilitators,
            "facilitator": self._read_facilitators,
            "contributors": self._read_contributors,
        }

    def read(self, block: Block, part: Part) -> None:
        if part.section == Section.SUMMARY:
            self._read_item(block)
        else:
            # A heading of its own: impact, surprise.
            self._prose(part.section.value, block)

    def likely_day(self) -> date | None:
        """The day of the start, else of the detection."""
        for milestone in (Milestone.STARTED, Milestone.DETECTED):
            time = self.values.get(milestone.value)
            if time is not None:
                at: datetime = time.at
                return at.date()
        return None

    def finish(self, heading: str | None, line: int) -> dict[str, Any]:
        """All values, with the title and reference of the first heading."""
        for name, texts in self.prose.items():
            self.values[name] = "\n\n".join(texts)
        self.values["measures"] = tuple(self.measures)
        self._read_title(heading, line)
        return self.values

    def _prose(self, name: str, value: Block) -> None:
        """A prose field; a second one is put below the first."""
        text = self.found.text(value)
        if text:
            self.prose[name].append(text)
            self.lines.setdefault(name, self.found.line_at(value.number))

    def _set(self, name: str, value: Any, block: Block) -> None:
        if self.values.get(name) not in (None, "", (), value):
            self.found.keep(block, Place.SUMMARY, _("This is given twice."))
        elif value not in ("", ()):
            self.values[name] = value
            self.lines[name] = self.found.line_at(block.number)

    def _read_title(self, heading: str | None, line: int) -> None:
        reference = self.values.get("reference", "")
        title = ""
        self.lines.setdefault("title", self.found.line_at(line))
        self.lines.setdefault("reference", self.found.line_at(line))
        if heading is not None:
            prefix = _TITLE_PREFIX.match(heading)
            title = heading[prefix.end() :] if prefix else heading
            first, _separator, rest = title.partition(" - ")
            if first == reference or (not reference and _is_reference(first)):
                reference, title = first, rest
            elif is_asked(first):
                title = rest
            if is_asked(title):
                title = ""
        if reference:
            self.values["reference"] = reference
        title = unplain(title.strip()) or self.values.pop("title", "")
        self.values["title"] = title or _first_words(self.values)
        if not self.values["title"]:
            self.found.tell(line, _("The report has no title."), "error")
        elif len(self.values["title"]) > LIMITS.title:
            self.found.tell(
                line,
                _("The title has more than %(limit)s characters.")
                % {"limit": LIMITS.title},
                "error",
            )

    def _read_item(self, block: Block) -> None:
        label = block.label.casefold()
        if not block.marker:
            self._prose("summary", block)
        elif label in _COMPUTED:
            return
        elif label in _PROSE:
            self._prose(_PROSE[label], block.value())
        elif label in words.MILESTONES:
            self._read_milestone(words.MILESTONES[label], block)
        elif label in self._by_label:
            self._by_label[label](block, block.value())
        elif label.startswith("date and time") or label in {"times", "date"}:
            self._read_times(block)
        else:
            self.found.keep(block, Place.SUMMARY, unplaced(block))

    def _read_times(self, block: Block) -> None:
        value = block.value()
        if value.lines[0].strip():
            self.found.keep(block, Place.SUMMARY, _("No times could be read here."))
            return
        for inner in blocks_of(value.lines[1:], block.number + 1):
            self._read_item(inner)

    def _read_milestone(self, milestone: Milestone, block: Block) -> None:
        text = block.value().line()
        if self.found.asked(block, text):
            return
        time = time_in(text)
        if time is None:
            why = _("No time could be read here: %(text)s") % {"text": text[:80]}
            self.found.keep(block, Place.SUMMARY, why)
        elif time.at is not None:
            self._set(milestone.value, time, block)

    def _read_reference(self, block: Block, value: Block) -> None:
        text = value.line()
        if not text or self.found.asked(block, text):
            return
        if _is_reference(text):
            self._set("reference", text, block)
        else:
            why = _("This is not a reference of Afterword; it gives a new one.")
            self.found.keep(block, Place.SUMMARY, why)

    def _read_title_item(self, block: Block, value: Block) -> None:
        if not self.found.asked(block, value.line()):
            self._set("title", unplain(value.line()), block)

    def _read_word(
        self, name: str, known: dict[str, Any], block: Block, value: Block
    ) -> None:
        text = value.line()
        word = text.casefold().rstrip(".")
        if not text or self.found.asked(block, text):
            return
        if word in known:
            self._set(name, known[word], block)
        else:
            self.found.keep(block, Place.SUMMARY, unknown(text))

    def _read_kind(self, block: Block, value: Block) -> None:
        known = {"near miss": Kind.NEAR_MISS, "incident": Kind.INCIDENT}
        self._read_word("kind", known, block, value)

    def _read_status(self, block: Block, value: Block) -> None:
        self._read_word("status", words.STATUSES, block, value)

    def _read_visibility(self, block: Block, value: Block) -> None:
        self._read_word("restricted", {"restricted": True}, block, value)

    def _read_measures(self, block: Block, value: Block) -> None:
        for inner in blocks_of(["", *value.lines[1:]], block.number):
            self._read_measure(inner)
        if value.lines[0].strip():
            self._read_measure(Block(block.number, [value.lines[0]], "*"))

    def _read_measure(self, block: Block) -> None:
        if self.found.asked(block, block.line()):
            return
        measure = measure_in(block.line())
        if measure is None or not measure.unit:
            why = _("A measure is a number and a unit: %(text)s")
            self.found.keep(block, Place.SUMMARY, why % {"text": block.line()[:80]})
        elif self.found.has_room("measures", self.measures, MOST_ROWS, block.number):
            self.lines[f"measures[{len(self.measures)}]"] = self.found.line_at(
                block.number
            )
            self.measures.append(measure)

    def _read_services(self, block: Block, value: Block) -> None:
        if not self.found.asked(block, value.line()):
            text = value.lines[0].strip() and value.line()
            if not text:
                inner = blocks_of(value.lines[1:], block.number + 1)
                text = ", ".join(item.line() for item in inner)
            self._set("services", services_in(text), block)

    def _read_severity(self, block: Block, value: Block) -> None:
        if not self.found.asked(block, value.line()):
            severity = severity_in(value.line())
            if severity:
                self._set("severity", severity, block)

    def _read_facilitators(self, block: Block, value: Block) -> None:
        self._set("facilitators", names_in(value.line()), block)

    def _read_contributors(self, block: Block, value: Block) -> None:
        self._set("contributors", names_in(value.line()), block)


def _is_reference(text: str) -> bool:
    return grammar.REFERENCE.fullmatch(text) is not None


def _first_words(values: dict[str, Any]) -> str:
    """A title for a report whose heading was left as the template has it."""
    text = values.get("tldr") or values.get("impact") or values.get("summary") or ""
    sentence = re.split(r"[.,;:!?\n]", text, maxsplit=1)[0].strip()
    return sentence if len(sentence) <= LIMITS.title else sentence[:80].rstrip()
