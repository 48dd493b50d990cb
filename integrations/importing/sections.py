"""Where the parts of a report begin and end: its headings.

The numbered headings of the format win. Where one is missing, shorter names and other
levels count as well; any other heading begins a free section.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from postmortems.exporters import grammar
from postmortems.exporters.grammar import Fences
from postmortems.vocabulary import LessonKind, Place


class Section(StrEnum):
    SUMMARY = "summary"
    IMPACT = "impact"
    SURPRISE = "surprise"
    TIMELINE = "timeline"
    CAUSE = "cause"
    ROOT_CAUSE = "root_cause"
    FACTORS = "factors"
    WHYS = "whys"
    FISHBONE = "fishbone"
    LESSONS = "lessons"
    WENT_WELL = "went_well"
    WENT_WRONG = "went_wrong"
    GOT_LUCKY = "got_lucky"
    ACTIONS = "actions"
    FOLLOW_UPS = "follow_ups"
    FREE = "free"


PLACE_OF = {
    Section.SUMMARY: Place.SUMMARY,
    Section.IMPACT: Place.SUMMARY,
    Section.SURPRISE: Place.SUMMARY,
    Section.TIMELINE: Place.TIMELINE,
    Section.CAUSE: Place.CAUSE,
    Section.ROOT_CAUSE: Place.CAUSE,
    Section.FACTORS: Place.CAUSE,
    Section.WHYS: Place.CAUSE,
    Section.FISHBONE: Place.CAUSE,
    Section.LESSONS: Place.LESSONS,
    Section.WENT_WELL: Place.LESSONS,
    Section.WENT_WRONG: Place.LESSONS,
    Section.GOT_LUCKY: Place.LESSONS,
    Section.ACTIONS: Place.LESSONS,
    Section.FOLLOW_UPS: Place.FOLLOW_UPS,
}
_NUMBERED = {
    heading: Section(place.value) for place, heading in grammar.SECTIONS.items()
}
_NAMED = {
    grammar.WHYS: Section.WHYS,
    grammar.FISHBONE: Section.FISHBONE,
    grammar.LESSONS[LessonKind.WENT_WELL]: Section.WENT_WELL,
    grammar.LESSONS[LessonKind.WENT_WRONG]: Section.WENT_WRONG,
    grammar.LESSONS[LessonKind.GOT_LUCKY]: Section.GOT_LUCKY,
    grammar.ACTIONS: Section.ACTIONS,
}
_NAMED_LEVEL = 3
_ALIASES = {
    name: section
    for section, names in {
        Section.SUMMARY: "incident summary|summary|overview",
        Section.IMPACT: "impact",
        Section.SURPRISE: "what surprised us",
        Section.TIMELINE: "timeline of events|timeline|incident timeline",
        Section.CAUSE: "root cause analysis|causes|analysis",
        Section.ROOT_CAUSE: "primary root cause|root cause",
        Section.FACTORS: "contributing factors|factors",
        Section.WHYS: "5 whys|five whys|the 5 whys|the five whys",
        Section.FISHBONE: "fishbone|fishbone diagram|ishikawa|ishikawa diagram",
        Section.LESSONS: (
            "lessons learned and action items|lessons learned|lessons"
            "|lessons and actions|lessons learned and actions|lessons and action items"
        ),
        Section.WENT_WELL: "what went well",
        Section.WENT_WRONG: "what went wrong|what went badly|what went poorly",
        Section.GOT_LUCKY: "where we got lucky|what went lucky|luck",
        Section.ACTIONS: "action items|actions",
        Section.FOLLOW_UPS: (
            "future work/follow-ups|future work|follow-ups|follow ups|followups"
            "|future work and follow-ups"
        ),
    }.items()
    for name in names.split("|")
}
_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)")
_NUMBER = re.compile(r"\d{1,3}[.)]?[ \t]+")


@dataclass(slots=True)
class Part:
    """The lines below one heading; the first of them is line `number` of the text."""

    section: Section
    place: Place
    heading: str
    level: int
    number: int
    lines: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Outline:
    title: str | None
    title_number: int
    parts: list[Part]


def outline_of(lines: list[str]) -> Outline:
    """The parts of a report in order, beginning with what stands before the first
    heading as a part of the summary."""
    fences = Fences(lines)
    strict = _outline(lines, fences, missing=frozenset())
    missing = frozenset(Section) - {part.section for part in strict.parts[1:]}
    if missing.isdisjoint({*_NUMBERED.values(), *_NAMED.values()}):
        return strict
    return _outline(lines, fences, missing=missing)


def _outline(
    lines: list[str], fences: Fences, *, missing: frozenset[Section]
) -> Outline:
    part = Part(Section.SUMMARY, Place.SUMMARY, "", 0, 1)
    outline = Outline(None, 1, [part])
    index = 0
    while index < len(lines):
        line = lines[index]
        if part.section == Section.FREE or line.startswith(("`", "~")):
            end = fences.end(index)
            if end is not None:
                part.lines += lines[index:end]
                index = end
                continue
        index += 1
        heading = _heading_of(line)
        section = _section_of(heading, part, missing) if heading else None
        if heading is None or section is None:
            part.lines.append(line)
        elif section == Section.FREE and heading[0] == 1 and outline.title is None:
            outline.title, outline.title_number = heading[1], index
            part.lines.append("")
        else:
            place = PLACE_OF.get(section, part.place)
            part = Part(section, place, heading[1], heading[0], index + 1)
            outline.parts.append(part)
    return outline


def _heading_of(line: str) -> tuple[int, str] | None:
    """Level and text of a heading at the margin."""
    found = _HEADING.match(line)
    if not found:
        return None
    text = line[found.end() :].strip(" \t")
    open_text = text.rstrip("#")
    if open_text != text and (not open_text or open_text[-1] in " \t"):
        text = open_text.rstrip(" \t")
    return len(found[1]), text


def _section_of(
    heading: tuple[int, str], part: Part, missing: frozenset[Section]
) -> Section | None:
    """What a heading begins; None where it belongs to the text of a free section."""
    level, text = heading
    if part.section == Section.FREE and level > max(2, part.level):
        return None
    if text in _NUMBERED:
        return _NUMBERED[text]
    if level == _NAMED_LEVEL and text in _NAMED:
        return _NAMED[text]
    alias = _ALIASES.get(_common_name(text))
    inside = level >= _NAMED_LEVEL and part.section != Section.FREE and part.level
    if alias and (inside or _is_free_to_name(alias, missing)):
        return alias
    return Section.FREE


def _is_free_to_name(alias: Section, missing: frozenset[Section]) -> bool:
    """Whether the heading that the format has for it is not there."""
    own = {*_NUMBERED.values(), *_NAMED.values()}
    return (alias if alias in own else Section(PLACE_OF[alias].value)) in missing


def _common_name(text: str) -> str:
    name = " ".join(text.replace("*", "").replace("&", "and").split()).casefold()
    name = _NUMBER.sub("", name, count=1) if not name.startswith("5 whys") else name
    return name.rstrip("?:.! ")
