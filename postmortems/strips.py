"""What the time strip and the fishbone show, from a loaded Report or a Document."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from postmortems.document import Document
from postmortems.durations import duration_in_words
from postmortems.report import Report
from postmortems.vocabulary import Category, Importance, Milestone

MARGIN = 0.06
"""Room on either side of what is drawn, as a share of its length."""
FLIP_FROM = 80
"""From this percentage on a label stands to the left of its tick."""
APART = 9
"""Percent that two labels need between them; the later one is left out."""
NOTE_FROM = 8
"""Percent that a phase needs so that its length can be written below it."""


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    clock: str
    label: str
    keep: bool
    flip: bool


@dataclass(frozen=True, slots=True)
class Segment:
    phase: str
    begin: float
    end: float
    note: str
    words: str

    @property
    def width(self) -> float:
        return round(self.end - self.begin, 2)


@dataclass(frozen=True, slots=True)
class Strip:
    """Positions are percentages of the strip's width."""

    ticks: list[Tick]
    segments: list[Segment]
    ends_at: float | None
    first_at: float | None
    words: str


def strip_of(source: Any) -> Strip | None:
    """The strip, or None while there is nothing to draw."""
    times = _times(source)
    started, resolved = times.get("started"), times.get("resolved")
    first = _first_entry(source)
    shown = sorted({at for at in (*times.values(), first) if at is not None})
    if started is None or len(shown) < 2:  # noqa: PLR2004  a line has two ends
        return None
    length = max(shown[-1] - shown[0], timedelta(seconds=1))
    left, span = shown[0] - length * MARGIN, length * (1 + 2 * MARGIN)

    def place(at: datetime) -> float:
        return round((at - left) / span * 100, 2)

    before = first if first is not None and first < started else None
    labels = _labels(times, before)
    return Strip(
        ticks=_ticks(labels, place),
        segments=_segments(times, before, place),
        ends_at=place(resolved) if resolved else None,
        first_at=place(before) if before else None,
        words=" ".join(f"{label} {at:%H:%M}." for at, label, _keep in labels),
    )


def _times(source: Any) -> dict[str, datetime]:
    holder = source.incident.moment if isinstance(source, Report) else source.time
    found = {milestone.value: holder(milestone).at for milestone in Milestone}
    return {name: at for name, at in found.items() if at is not None}


def _first_entry(source: Any) -> datetime | None:
    """The first that is in the story: background of months ago would fill the strip."""
    story = [entry for entry in source.timeline if entry.importance == Importance.STORY]
    return min((entry.occurred_at for entry in story), default=None)


def _labels(
    times: dict[str, datetime], before: datetime | None
) -> list[tuple[datetime, str, bool]]:
    """(moment, label, always shown), one label for milestones of the same moment."""
    labels = [(before, _("First sign"), False)] if before else []
    for name in ("started", "detected", "mitigated", "resolved"):
        at = times.get(name)
        if at is not None and not (name == "mitigated" and at == times.get("resolved")):
            labels.append((at, str(Milestone(name).label), name != "mitigated"))
    return sorted(labels, key=lambda label: label[0])


def _ticks(labels: list[tuple[datetime, str, bool]], place: Any) -> list[Tick]:
    ticks: list[Tick] = []
    for at, label, keep in labels:
        where = place(at)
        if ticks and where - ticks[-1].at < APART:
            if not keep or ticks[-1].keep:
                continue
            ticks.pop()
        ticks.append(Tick(where, f"{at:%H:%M}", label, keep, where > FLIP_FROM))
    return ticks


def _segments(
    times: dict[str, datetime], before: datetime | None, place: Any
) -> list[Segment]:
    started = times["started"]
    detected, resolved = times.get("detected"), times.get("resolved")
    seen = detected if detected is not None and detected >= started else None
    until = resolved or seen
    segments = []
    if before is not None:
        segments.append(Segment("before", place(before), place(started), "", ""))
    if until is None or until < started:
        return segments
    turn = min(seen or until, until)
    if turn > started:
        segments.append(_phase("unseen", started, turn, place, _("unseen")))
    if until > turn:
        segments.append(_phase("respond", turn, until, place, _("responding")))
    return segments


def _phase(
    phase: str, begin: datetime, end: datetime, place: Any, words: str
) -> Segment:
    wide = place(end) - place(begin) >= NOTE_FROM
    note = duration_in_words(end - begin) if wide else ""
    return Segment(phase, place(begin), place(end), note, words)


def factors_on(source: Any, bone: Category | None) -> list[dict[str, Any]]:
    """The factors of a bone, each with whether an action addresses it."""
    if isinstance(source, Document):
        covered = {index for action in source.actions for index in action.addresses}
        return [
            {"text": factor.text, "anchor": factor.ref, "covered": index in covered}
            for index, factor in enumerate(source.factors)
            if factor.category == bone
        ]
    return [
        {
            "pk": factor.pk,
            "text": factor.text,
            "anchor": f"factor-{factor.pk}",
            "covered": factor.pk in source.covered_factor_ids,
        }
        for factor in source.factors_of(bone or "")
    ]


def title_of(source: Any) -> str:
    title: str = source.title if isinstance(source, Document) else source.incident.title
    return title
