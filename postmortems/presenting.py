"""Turns a loaded report into what the page shows: phases, gaps, marks, what is odd."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from postmortems import policies
from postmortems.models import Incident, TimelineEntry
from postmortems.report import Report
from postmortems.vocabulary import Marker, Milestone


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline as drawn: an entry, and the gap before it if any."""

    entry: TimelineEntry
    phase: str
    glyph: str
    """Which milestone its dot shows: started, detected, resolved or none."""
    problems: list[str]
    gap: policies.Gap | None
    new_day: bool
    shares_its_time: bool
    """Another entry has the same time, so that the two are ordered by hand."""

    @property
    def marker_words(self) -> str:
        return marker_words(self.entry.markers)


def timeline_lines(report: Report, *, now: datetime) -> list[Line]:
    """The timeline oldest first, each entry with what the page says of it."""
    gaps = {gap.before_pk: gap for gap in policies.gaps(report)}
    times = Counter(entry.occurred_at for entry in report.timeline)
    lines = []
    day = None
    for entry in report.timeline:
        gap, shared = gaps.get(entry.pk), times[entry.occurred_at] > 1
        lines.append(line_of(entry, report, now=now, gap=gap, day=day, shared=shared))
        day = entry.occurred_at.date()
    return lines


def line_of(
    entry: TimelineEntry,
    report: Report,
    *,
    now: datetime,
    gap: policies.Gap | None = None,
    day: object = None,
    shared: bool = False,
) -> Line:
    return Line(
        entry=entry,
        phase=phase_of(entry, report.incident),
        glyph=glyph_of(entry.markers),
        problems=policies.entry_problems(entry, report, now),
        gap=gap,
        new_day=day is not None and day != entry.occurred_at.date(),
        shares_its_time=shared,
    )


def phase_of(entry: TimelineEntry, incident: Incident) -> str:
    return phase_at(
        entry.occurred_at,
        started=incident.started_at,
        detected=incident.detected_at,
        resolved=incident.resolved_at,
    )


def phase_at(
    at: datetime,
    *,
    started: datetime | None,
    detected: datetime | None,
    resolved: datetime | None,
) -> str:
    """before | unseen | respond | last: how the line beside an entry is drawn."""
    if started is None or at < started:
        return "before"
    if resolved is not None and at >= resolved:
        return "last"
    if detected is None or at < detected:
        return "unseen"
    return "respond"


def glyph_of(markers: Collection[str]) -> str:
    """Which milestone the dot of an entry shows; none for most of them."""
    shown = ("started", "detected", "resolved")
    return next((marker for marker in shown if marker in markers), "")


def marker_words(markers: Collection[str]) -> str:
    """“Detected, acknowledged”: what an entry means, as the beginning of its line."""
    words = [str(m.label).lower() for m in Marker if m in markers]
    sentence = ", ".join(words)
    return f"{sentence[:1].upper()}{sentence[1:]}"


@dataclass(frozen=True, slots=True)
class Fact:
    """A milestone among the facts: when, and how long after the start."""

    milestone: Milestone
    at: datetime | None
    approximate: bool
    since_start: timedelta | None
    disagrees: bool
    another_day: bool
    """It is not on the day that stands above the facts."""


def facts_of(report: Report) -> list[Fact]:
    disagreeing = {milestone for milestone, _at, _entry in report.disagreements()}
    first = report.incident.started_at or report.incident.detected_at
    return [
        Fact(
            milestone=milestone,
            at=report.incident.moment(milestone).at,
            approximate=report.incident.moment(milestone).certainty == "approximate",
            since_start=report.incident.since_start(milestone),
            disagrees=milestone in disagreeing,
            another_day=_on_another_day(report.incident.moment(milestone).at, first),
        )
        for milestone in Milestone
    ]


def _on_another_day(at: datetime | None, first: datetime | None) -> bool:
    return at is not None and first is not None and at.date() != first.date()


@dataclass(frozen=True, slots=True)
class OutlineMarks:
    """Which parts are empty, begun and complete, for the outline's state marks."""

    facts: str
    summary: str
    timeline: str
    cause: str
    lessons: str
    follow_ups: str


def outline_marks(report: Report) -> OutlineMarks:
    """ "" empty, "half" begun, "full" complete, by what is there."""
    incident = report.incident
    return OutlineMarks(
        facts=_mark(
            incident.severity_id is not None,
            incident.started_at is not None,
            incident.detected_at is not None,
            incident.resolved_at is not None,
            bool(report.affected),
            bool(report.body("impact") or report.measures),
        ),
        summary=_mark(bool(report.body("summary")), bool(report.postmortem.tldr)),
        timeline=_mark(
            bool(report.timeline),
            bool(report.timeline) and all(entry.evidence for entry in report.timeline),
        ),
        cause=_mark(
            bool(report.body("root_cause")),
            bool(report.factors),
            bool(report.whys),
        ),
        lessons=_mark(bool(report.lessons), bool(report.actions)),
        follow_ups=_mark(bool(report.follow_ups)),
    )


def _mark(*there: bool) -> str:
    if all(there):
        return "full"
    return "half" if any(there) else ""
