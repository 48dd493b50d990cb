"""Reads a report in Markdown (docs/markdown-format.md) into a Document.

Reads what Afterword exports without loss, and what people write in that structure by
hand. Never raises, whatever the text: what has no place is named with its line and kept
as it was written, in a free section behind the part it stood in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from config.limits import LIMITS
from config.plaintext import BadText, clean_text
from integrations.importing.blocks import Block, blocks_of
from integrations.importing.causes import CauseReader
from integrations.importing.findings import (
    MOST_ROWS,
    OTHER_NOTES,
    Findings,
    Problem,
)
from integrations.importing.lessons import LessonReader
from integrations.importing.sections import Part, Section, outline_of
from integrations.importing.summary import SummaryReader
from integrations.importing.timeline import TimelineReader
from postmortems.document import Document, FreeSection
from postmortems.exporters import grammar
from postmortems.exporters.grammar import unplain
from postmortems.vocabulary import Place

__all__ = ["Problem", "Reading", "read"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read, and what in the text a person should look at, by line."""

    document: Document
    problems: tuple[Problem, ...]
    lines: Mapping[str, int] = field(default_factory=dict)
    """Where single values stand, by path ("severity", "measures[0]"); rows say it in
    their `ref` ("line-12")."""


def read(text: str) -> Reading:
    """The report in a Markdown text, and what in it a person should look at."""
    try:
        cleaned = clean_text(text.lstrip("\ufeff"), limit=LIMITS.document, lines=True)
    except BadText as error:
        problem = Problem(1, str(error), "error")
        return Reading(Document(""), (problem,))
    return _ReportReader(Findings(_lines_cut(text))).read(cleaned)


def _lines_cut(text: str) -> int:
    """How many empty lines cleaning takes off the beginning."""
    begin = text.lstrip("\ufeff")
    blank = begin[: len(begin) - len(begin.lstrip())]
    return blank.replace("\r\n", "\n").replace("\r", "\n").count("\n")


class _PartReader(Protocol):
    def read(self, block: Block, part: Part, /) -> None: ...


class _ReportReader:
    """Gives each part to whoever reads it, and puts the answers together."""

    def __init__(self, found: Findings) -> None:
        self.found = found
        self.summary = SummaryReader(found)
        self.timeline = TimelineReader(found, self.summary.likely_day)
        self.causes = CauseReader(found)
        self.lessons = LessonReader(found)
        self.free: list[FreeSection] = []

    def read(self, text: str) -> Reading:
        outline = outline_of(text.split("\n"))
        for part in outline.parts:
            self._read_part(part)
        summary = self.summary.finish(outline.title, outline.title_number)
        causes = self.causes.finish()
        lessons = self.lessons.finish(self.causes)
        document = Document(
            **summary,
            timeline=self.timeline.finish(),
            **causes,
            **lessons,
            free_sections=self._free_sections(),
        )
        problems = sorted(self.found.problems, key=lambda problem: problem.line)
        lines = {**self.summary.lines, **self.causes.lines}
        return Reading(document, tuple(problems), lines)

    def _read_part(self, part: Part) -> None:
        if part.section == Section.FREE:
            self._read_free(part)
            return
        readers: dict[Place, _PartReader] = {
            Place.SUMMARY: self.summary,
            Place.TIMELINE: self.timeline,
            Place.CAUSE: self.causes,
            Place.LESSONS: self.lessons,
            Place.FOLLOW_UPS: self.lessons,
        }
        reader = readers[part.place]
        self.causes.begin()
        for block in blocks_of(part.lines, part.number):
            if block.marker or not all(map(grammar.is_rule, block.lines)):
                reader.read(block, part)

    def _read_free(self, part: Part) -> None:
        body = grammar.unguard_section(grammar.trimmed("\n".join(part.lines)))
        heading = unplain(" ".join(part.heading.split()))
        if (heading or body) and self.found.has_room(
            "sections", self.free, MOST_ROWS, part.number
        ):
            ref = self.found.ref_at(part.number - 1)
            heading = heading or OTHER_NOTES
            self.free.append(FreeSection(heading, body, part.place, ref))

    def _free_sections(self) -> tuple[FreeSection, ...]:
        sections: list[FreeSection] = []
        for place in Place:
            sections += [section for section in self.free if section.after == place]
            sections += self.found.kept(place)
        return tuple(sections)
