"""What keeps a Document from being written: the forms' rules, asked of all of it.

Each is named with the line it was read from, or with its path where there are no lines
(JSON).
"""

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from config.limits import LIMITS
from config.plaintext import BadText, clean_text
from integrations.importing.findings import LINE_REF, Problem
from postmortems.document import Action, Document, Measure
from postmortems.moments import (
    EARLIEST,
    FURTHEST_DUE_YEARS,
    BadMoment,
    check_range,
)
from postmortems.report import DEEPEST
from postmortems.vocabulary import ActionStatus, Milestone

# Characters; what is not named here may be as long as a whole document.
_LENGTHS = {
    "Document.title": LIMITS.title,
    "Document.tldr": LIMITS.tldr,
    "Document.facilitators": LIMITS.name,
    "Document.contributors": LIMITS.name,
    "Severity.label": 50,
    "Severity.definition": 300,
    "Service.name": LIMITS.name,
    "Service.note": 200,
    "Measure.unit": LIMITS.name,
    "Measure.who": LIMITS.title,
    "Actor.name": LIMITS.name,
    "Evidence.label": LIMITS.name,
    "Evidence.trace_id": LIMITS.name,
    "Evidence.text": LIMITS.snippet,
    "Entry.text": LIMITS.entry,
    "Factor.text": LIMITS.line,
    "Factor.note": LIMITS.entry,
    "Factor.same_as": 600,
    "Why.question": 500,
    "Why.answer": LIMITS.line,
    "Lesson.text": LIMITS.line,
    "Action.description": LIMITS.line,
    "Action.owner_team": LIMITS.name,
    "Action.owner_person": LIMITS.name,
    "Action.reason": LIMITS.line,
    "Action.evidence": LIMITS.line,
    "FollowUp.text": LIMITS.line,
    "FreeSection.heading": LIMITS.title,
}
_REQUIRED = {
    "Document.title",
    "Severity.label",
    "Service.name",
    "Measure.unit",
    "Actor.name",
    "Entry.text",
    "Factor.text",
    "Why.answer",
    "Lesson.text",
    "Action.description",
    "FollowUp.text",
    "FreeSection.heading",
}
_MOST = {"timeline": LIMITS.timeline_entries, "actions": LIMITS.action_items}
_NAMES: dict[str, Promise | str] = {
    "title": lazy("Title"),
    "tldr": lazy("TL;DR"),
    "label": lazy("Label"),
    "definition": lazy("Definition"),
    "name": lazy("Name"),
    "note": lazy("Note"),
    "quantity": lazy("Quantity"),
    "unit": lazy("Unit"),
    "who": lazy("Who or where"),
    "occurred_at": lazy("Time"),
    "ended_at": lazy("Until"),
    "recorded_at": lazy("Recorded"),
    "trace_id": lazy("Trace"),
    "text": lazy("Text"),
    "same_as": lazy("Same as"),
    "question": lazy("Question"),
    "answer": lazy("Answer"),
    "description": lazy("Description"),
    "owner_team": lazy("Owner"),
    "owner_person": lazy("Owner"),
    "due_on": lazy("Due"),
    "done_on": lazy("Done"),
    "reason": lazy("Reason"),
    "evidence": lazy("Evidence"),
    "heading": lazy("Heading"),
    "timeline": lazy("Timeline"),
    "factors": lazy("Contributing factors"),
    "whys": lazy("5 Whys"),
    "lessons": lazy("Lessons"),
    "actions": lazy("Action items"),
    "follow_ups": lazy("Follow-ups"),
    "free_sections": lazy("Sections"),
    "facilitators": lazy("Facilitators"),
    "contributors": lazy("Contributors"),
    **{milestone.value: milestone.label for milestone in Milestone},
}
_QUANTITY = re.compile(r"\d{1,16}(?:\.\d{1,4})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Misfit:
    """Something that Afterword cannot hold: where it is, and why."""

    path: str
    """As in JSON: "timeline[3].text"."""
    line: int
    """The line it was read from; 0 where there is none."""
    why: str

    @property
    def problem(self) -> Problem:
        if not self.line:
            return Problem(1, f"{self.path}: {self.why}", "error")
        name = str(_NAMES.get(re.split(r"[.\[\]]+", self.path.strip("]"))[-1], ""))
        return Problem(self.line, f"{name}: {self.why}" if name else self.why, "error")


def misfits_of(
    document: Document, *, now: datetime, lines: Mapping[str, int] | None = None
) -> Iterator[Misfit]:
    """Everything in a Document that keeps it from being written."""
    return _Walk(now, lines or {}).through(document, "", 0)


class _Walk:
    """Goes through a Document with its parts, and asks each value what it must be."""

    def __init__(self, now: datetime, lines: Mapping[str, int]) -> None:
        self.now = now
        self.lines = lines

    def through(self, node: Any, path: str, line: int) -> Iterator[Misfit]:
        line = line_in(getattr(node, "ref", "")) or line
        for field in dataclasses.fields(node):
            where = f"{path}.{field.name}" if path else field.name
            at = self.lines.get(where, line)
            name = f"{type(node).__name__}.{field.name}"
            for why in self._objections(name, getattr(node, field.name)):
                yield Misfit(where, at, why)
            yield from self._inside(getattr(node, field.name), name, where, at)
        for name, why in _REASONS.get(type(node), _no_reasons)(node):
            yield Misfit(f"{path}.{name}".lstrip("."), line, why)

    def _inside(self, value: Any, name: str, path: str, line: int) -> Iterator[Misfit]:
        if dataclasses.is_dataclass(value):
            yield from self.through(value, path, line)
        elif isinstance(value, tuple) and path.count(".because") < DEEPEST:
            for index, item in enumerate(value):
                where = f"{path}[{index}]"
                at = self.lines.get(where, line)
                for why in self._objections(name, item):
                    yield Misfit(where, at, why)
                yield from self._inside(item, name, where, at)

    def _objections(self, name: str, value: Any) -> Iterator[str]:
        if isinstance(value, Enum):
            return
        if isinstance(value, str):
            yield from _about_text(name, value)
        elif isinstance(value, datetime):
            yield from self._about_moment(value)
        elif isinstance(value, date):
            yield from self._about_day(value)
        elif isinstance(value, tuple):
            yield from _about_count(name, len(value))

    def _about_moment(self, at: datetime) -> Iterator[str]:
        try:
            check_range(at, now=self.now)
        except BadMoment as error:
            yield str(error)

    def _about_day(self, day: date) -> Iterator[str]:
        last = self.now.date() + timedelta(days=365 * FURTHEST_DUE_YEARS + 2)
        if not EARLIEST.date() <= day <= last:
            yield _("A day lies between the year 2000 and five years ahead.")


def _about_text(name: str, text: str) -> Iterator[str]:
    if not text.strip() and name in _REQUIRED:
        yield _("This is missing.")
    try:
        clean_text(text, limit=_LENGTHS.get(name, LIMITS.document), lines=True)
    except BadText as error:
        yield str(error)


def _about_count(name: str, count: int) -> Iterator[str]:
    most = _MOST.get(name.removeprefix("Document."), LIMITS.rows)
    if count > most:
        yield _too_many(most, count)


def _too_many(most: int, count: int) -> str:
    return _("At most %(most)s; these are %(count)s.") % {"most": most, "count": count}


_Reasons = Iterator[tuple[str, str]]
"""Pairs of a field and what is wrong with it."""


def _measure_reasons(measure: Measure) -> _Reasons:
    if not _QUANTITY.fullmatch(measure.quantity):
        why = _("A number has at most 16 digits, and 4 behind the point.")
        yield "quantity", why


def _action_reasons(action: Action) -> _Reasons:
    if action.status == ActionStatus.WONT_DO and not action.reason.strip():
        yield "reason", _("Say why it won’t be done.")


def _tree_reasons(document: Document) -> _Reasons:
    level, levels, count = list(document.whys), 0, 0
    while level:
        levels, count = levels + 1, count + len(level)
        level = [branch for why in level for branch in why.because]
    if levels > DEEPEST:
        why = _("At most %(most)s answers below one another.")
        yield "whys", why % {"most": DEEPEST}
    if count > LIMITS.rows:
        yield "whys", _too_many(LIMITS.rows, count)


def _no_reasons(_node: Any) -> _Reasons:
    return iter(())


_REASONS: dict[type, Callable[[Any], _Reasons]] = {
    Document: _tree_reasons,
    Measure: _measure_reasons,
    Action: _action_reasons,
}


def line_in(ref: str) -> int:
    """The line that a row was read from; 0 where its `ref` says none."""
    number = ref.removeprefix(LINE_REF)
    return int(number) if number != ref and number.isdigit() else 0
