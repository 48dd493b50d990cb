"""What an import would write, in short: facts, and the first rows of each part."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from integrations.importing.findings import Problem
from integrations.importing.reader import Reading
from postmortems import access
from postmortems.document import Document, Entry, Severity, Time, Why
from postmortems.markup import to_plain
from postmortems.operations.incidents import is_taken
from postmortems.vocabulary import Certainty, Milestone, Precision

MOST_ROWS = 20
"""Rows of a part that are shown, and problems that are listed times ten."""
LONGEST = 160
"""Characters shown of one text."""
UNSURE = {Precision.APPROXIMATE, Precision.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Row:
    lead: str
    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """The first rows of one part of the report."""

    name: str
    count: int
    rows: Sequence[Row]

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A problem with the line of the text that it is about."""

    problem: Problem
    source: str


@dataclass(frozen=True, slots=True)
class Preview:
    document: Document
    facts: Sequence[tuple[str, str]]
    parts: Sequence[Part]
    troubles: Sequence[Trouble]
    more_troubles: int


def preview_of(reading: Reading, text: str) -> Preview:
    """`text` is what was read; problems are shown with its lines."""
    document = reading.document
    parts = [part for part in _parts(document) if part.count]
    lines = text.split("\n")
    troubles = [
        Trouble(problem, _short(lines[problem.line - 1]) if problem.line else "")
        for problem in reading.problems[: 10 * MOST_ROWS]
        if problem.line <= len(lines)
    ]
    more = len(reading.problems) - len(troubles)
    return Preview(document, list(_facts(document)), parts, troubles, more)


def _facts(document: Document) -> Iterator[tuple[str, str]]:
    yield _("Reference"), _reference_words(document.reference)
    yield _("Status"), str(document.status.label)
    yield _("Severity"), _severity_words(document.severity)
    yield _("Kind"), str(document.kind.label)
    for milestone in Milestone:
        yield str(milestone.label), _time_words(document.time(milestone))
    if document.services:
        named = ", ".join(service.name for service in document.services)
        yield _("Affected services"), _short(named)
    if document.facilitators:
        yield _("Facilitators"), _short(", ".join(document.facilitators))
    if document.contributors:
        yield _("Contributors"), _short(", ".join(document.contributors))


def _reference_words(reference: str) -> str:
    if not reference:
        return _("Given on import")
    if is_taken(reference):
        return _("%(reference)s is taken; it gets the next free number of its day") % {
            "reference": reference
        }
    return reference


def _severity_words(severity: Severity | None) -> str:
    if severity is None:
        return _("Not set")
    if access.all_severities().filter(label__iexact=severity.label).exists():
        return severity.label
    return _("%(label)s, which is not on the scale here") % {"label": severity.label}


def _time_words(time: Time) -> str:
    if time.at is None:
        return _("Not recorded")
    about = time.certainty == Certainty.APPROXIMATE
    return _moment_words(time.at, about=about)


def _moment_words(at: datetime, *, about: bool = False, seconds: bool = True) -> str:
    moment = date_format(at, "j M Y, H:i:s" if seconds else "j M Y, H:i")
    return _("about %(moment)s") % {"moment": moment} if about else moment


def _parts(document: Document) -> Iterator[Part]:
    yield _part(_("Texts"), _texts(document))
    yield _part(
        _("Measured impact"),
        [Row("", f"{m.quantity} {m.unit}", m.who) for m in document.measures],
    )
    yield _part(_("Timeline"), [_entry(entry) for entry in document.timeline])
    yield _part(
        _("Contributing factors"),
        [
            Row(str(factor.category.label) if factor.category else "", factor.text)
            for factor in document.factors
        ],
    )
    yield _part(_("5 Whys"), list(_whys(document.whys)))
    yield _part(
        _("Lessons"), [Row(str(row.kind.label), row.text) for row in document.lessons]
    )
    yield _part(
        _("Action items"),
        [
            Row(
                date_format(action.due_on, "j M Y") if action.due_on else "",
                action.description,
                ", ".join(filter(None, (action.owner_team, action.owner_person))),
            )
            for action in document.actions
        ],
    )
    yield _part(_("Follow-ups"), [Row("", row.text) for row in document.follow_ups])
    yield _part(
        _("Free sections"),
        [Row(row.heading, row.body) for row in document.free_sections],
    )


def _part(name: str, rows: Sequence[Row]) -> Part:
    shown = [
        Row(_short(row.lead), _short(_plain(row.text)), _short(row.note))
        for row in islice(rows, MOST_ROWS)
    ]
    return Part(name, len(rows), shown)


def _texts(document: Document) -> list[Row]:
    texts = {
        _("TL;DR"): document.tldr,
        _("Summary"): document.summary,
        _("Impact"): document.impact,
        _("What surprised us"): document.surprise,
        _("Primary root cause"): document.root_cause,
    }
    return [Row(name, text) for name, text in texts.items() if text]


def _entry(entry: Entry) -> Row:
    when = _moment_words(
        entry.occurred_at,
        about=entry.precision in UNSURE,
        seconds=entry.precision != Precision.MINUTE,
    )
    return Row(when, entry.text, ", ".join(actor.name for actor in entry.actors))


def _whys(whys: Iterable[Why]) -> Iterator[Row]:
    for why in whys:
        yield Row(why.question or _("Why?"), why.answer)
        yield from _whys(why.because)


def _plain(markdown: str) -> str:
    """The beginning of a text without its markup; the page shows no more of it."""
    return to_plain(markdown[: 4 * LONGEST])


def _short(text: str) -> str:
    line = " ".join(text[: 2 * LONGEST].split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST].rstrip()} …"
