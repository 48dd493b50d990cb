"""What the reading page shows, worked out from a Document: plain values, no queries."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import zip_longest

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from postmortems.document import Action, Document, Entry, Factor
from postmortems.durations import duration_in_words
from postmortems.markup import to_plain
from postmortems.presenting import glyph_of, marker_words, phase_at
from postmortems.vocabulary import (
    ActionPriority,
    ActionStatus,
    ActionType,
    Certainty,
    Milestone,
)

SHORT_IMPACT = 200
"""Characters up to which the impact stands among the facts."""


def without_text(document: Document) -> Document:
    """The same report with what its head, facts and actions need, and no more."""
    return replace(
        document,
        summary="",
        surprise="",
        root_cause="",
        timeline=(),
        whys=(),
        lessons=(),
        follow_ups=(),
        free_sections=(),
    )


# --- Timeline -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline as drawn."""

    entry: Entry
    phase: str
    below: str
    """The phase of the line underneath, where it is read upwards."""
    glyph: str
    marker_words: str
    new_day: bool


def timeline_lines(document: Document, *, newest_first: bool = False) -> list[Line]:
    """The timeline; a line says its day where the one above has another."""
    entries = document.timeline[::-1] if newest_first else document.timeline
    phases = [_phase(entry, document) for entry in entries]
    lines = []
    day: date | None = None
    below = zip_longest(phases, phases[1:], fillvalue="")
    for entry, (phase, next_phase) in zip(entries, below, strict=True):
        lines.append(
            Line(
                entry=entry,
                phase=phase,
                below=next_phase,
                glyph=glyph_of(entry.markers),
                marker_words=marker_words(entry.markers),
                new_day=_is_new(entry, day, document),
            )
        )
        day = entry.occurred_at.date()
    return lines


def _phase(entry: Entry, document: Document) -> str:
    return phase_at(
        entry.occurred_at,
        started=document.started.at,
        detected=document.detected.at,
        resolved=document.resolved.at,
    )


def _is_new(entry: Entry, day: date | None, document: Document) -> bool:
    """The first line says its day only where the report's head says another."""
    begun = day_of(document)
    return entry.occurred_at.date() != (day or (begun.date() if begun else None))


def day_of(document: Document) -> datetime | None:
    """The moment whose day stands at the head of the report."""
    return document.started.at or document.detected.at


# --- Facts ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Span:
    """How long something took from the start."""

    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Moment:
    label: str
    at: datetime | None
    approximate: bool


def spans(document: Document) -> list[Span]:
    """Duration and time to detect always; to acknowledge and mitigate where known."""
    wanted = (
        (Milestone.RESOLVED, _("Duration"), True),
        (Milestone.DETECTED, _("Time to detect"), True),
        (Milestone.ACKNOWLEDGED, _("Time to acknowledge"), False),
        (Milestone.MITIGATED, _("Time to mitigate"), False),
    )
    found = []
    for milestone, label, always in wanted:
        length = since_start(document, milestone)
        if length is not None:
            found.append(Span(label, _about(document, milestone, length)))
        elif always:
            found.append(Span(label, _("not known")))
    return found


def since_start(document: Document, milestone: Milestone) -> timedelta | None:
    """None while either is not recorded, or where they are out of order."""
    started, at = document.started.at, document.time(milestone).at
    if started is None or at is None or at < started:
        return None
    return at - started


def _about(document: Document, milestone: Milestone, length: timedelta) -> str:
    times = (document.started, document.time(milestone))
    approximate = any(time.certainty == Certainty.APPROXIMATE for time in times)
    words = duration_in_words(length)
    return _("about %(duration)s") % {"duration": words} if approximate else words


def moments(document: Document) -> list[Moment]:
    """The five times, in their usual order."""
    return [
        Moment(
            label=str(milestone.label),
            at=document.time(milestone).at,
            approximate=document.time(milestone).certainty == Certainty.APPROXIMATE,
        )
        for milestone in Milestone
    ]


def short_impact(document: Document) -> str:
    """The impact as one fact; empty where it is too long for that."""
    words = to_plain(document.impact)
    return words if len(words) <= SHORT_IMPACT and "\n" not in words else ""


# --- Actions --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActionLine:
    """An action item as of today."""

    action: Action
    mark: str
    state: str
    """What the mark says, in words: “overdue”, “in progress”."""
    due: str
    """“3 days overdue”, “in 4 days”, “Done”."""
    on: date | None
    owner: str
    types: str
    priority: str
    """Named where it is not the usual one."""
    addresses: list[Factor]


def action_lines(document: Document, *, today: date) -> list[ActionLine]:
    return [_action_line(action, document, today) for action in document.actions]


def count_done(document: Document) -> int:
    return sum(action.status == ActionStatus.DONE for action in document.actions)


def _action_line(action: Action, document: Document, today: date) -> ActionLine:
    mark, state = _state(action, today)
    due, on = _due(action, today)
    return ActionLine(
        action=action,
        mark=mark,
        state=state,
        due=due,
        on=on,
        owner=" / ".join(filter(None, (action.owner_team, action.owner_person))),
        types=_types(action),
        priority=_("%(priority)s priority") % {"priority": action.priority.label}
        if action.priority != ActionPriority.MEDIUM
        else "",
        addresses=[document.factors[index] for index in _known(action, document)],
    )


def _known(action: Action, document: Document) -> Iterator[int]:
    return (index for index in action.addresses if index < len(document.factors))


def _types(action: Action) -> str:
    words = [str(ActionType(kind).label) for kind in action.types]
    return ", ".join([*words[:1], *(word.lower() for word in words[1:])])


def _state(action: Action, today: date) -> tuple[str, str]:
    if action.status == ActionStatus.DONE:
        return "full", _("done")
    if action.status == ActionStatus.WONT_DO:
        return "full", _("won’t be done")
    if action.due_on is not None and action.due_on < today:
        return "late", _("overdue")
    if action.status == ActionStatus.IN_PROGRESS:
        return "half", _("in progress")
    return "", _("open")


def _due(action: Action, today: date) -> tuple[str, date | None]:
    """What is said of the date, and the date itself."""
    if action.status == ActionStatus.DONE:
        return _("Done"), action.done_on
    if action.status == ActionStatus.WONT_DO:
        return _("Won’t do"), None
    if action.due_on is None:
        return _("no date set"), None
    days = (action.due_on - today).days
    if days < 0:
        late = ngettext("%(n)s day overdue", "%(n)s days overdue", -days)
        return late % {"n": -days}, action.due_on
    if days == 0:
        return _("today"), action.due_on
    return ngettext("in %(n)s day", "in %(n)s days", days) % {"n": days}, action.due_on
