"""Turns a loaded report into what the page shows: phases, gaps, marks, what is odd."""

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

    @property
    def marker_words(self) -> str:
        words = [
            str(Marker(marker).label).lower()
            for marker in Marker
            if marker in self.entry.markers
        ]
        sentence = ", ".join(words)
        return f"{sentence[:1].upper()}{sentence[1:]}" if sentence else ""


def timeline_lines(report: Report, *, now: datetime) -> list[Line]:
    """The timeline oldest first, each entry with what the page says of it."""
    gaps = {gap.before_pk: gap for gap in policies.gaps(report)}
    lines = []
    day = None
    for entry in report.timeline:
        lines.append(line_of(entry, report, now=now, gap=gaps.get(entry.pk), day=day))
        day = entry.occurred_at.date()
    return lines


def line_of(
    entry: TimelineEntry,
    report: Report,
    *,
    now: datetime,
    gap: policies.Gap | None = None,
    day: object = None,
) -> Line:
    return Line(
        entry=entry,
        phase=phase_of(entry, report.incident),
        glyph=next(
            (
                marker
                for marker in ("started", "detected", "resolved")
                if marker in entry.markers
            ),
            "",
        ),
        problems=policies.entry_problems(entry, report, now),
        gap=gap,
        new_day=day is not None and day != entry.occurred_at.date(),
    )


def phase_of(entry: TimelineEntry, incident: Incident) -> str:
    """before | unseen | respond | last: how the line beside the entry is drawn."""
    at = entry.occurred_at
    if incident.started_at is None or at < incident.started_at:
        return "before"
    if incident.resolved_at is not None and at >= incident.resolved_at:
        return "last"
    if incident.detected_at is None or at < incident.detected_at:
        return "unseen"
    return "respond"


@dataclass(frozen=True, slots=True)
class Fact:
    """A milestone among the facts: when, and how long after the start."""

    milestone: Milestone
    at: datetime | None
    approximate: bool
    since_start: timedelta | None
    disagrees: bool


def facts_of(report: Report) -> list[Fact]:
    disagreeing = {milestone for milestone, _at, _entry in report.disagreements()}
    return [
        Fact(
            milestone=milestone,
            at=report.incident.moment(milestone).at,
            approximate=report.incident.moment(milestone).certainty == "approximate",
            since_start=report.incident.since_start(milestone),
            disagrees=milestone in disagreeing,
        )
        for milestone in Milestone
    ]


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
