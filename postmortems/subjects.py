"""What people comment on: words of a section, a row, a single fact, or the whole."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from postmortems.contents import FIELDS
from postmortems.models import Postmortem, Row, Section, Thread
from postmortems.parts import RowKind, row_kind
from postmortems.vocabulary import Milestone

WHOLE = "report"
ANCHORS = {
    "summary": "summary",
    "impact": "impact",
    "root_cause": "cause",
    "surprise": "surprise",
}
"""Where a fixed section stands, in the workspace as on the page that is read."""


@dataclass(frozen=True, slots=True)
class Subject:
    part: str
    """As the history calls it: "section:summary", "row:timeline", "field:title"."""
    object_id: int | None
    name: str
    """What people call it: “Summary”, “Severity”; a row by its words."""
    section: Section | None = None

    @property
    def on(self) -> str:
        """How an address names it."""
        kind = "section" if self.section is not None else self.part
        return kind if self.object_id is None else f"{kind}:{self.object_id}"


def subject_named(postmortem: Postmortem, on: str) -> Subject | None:
    """The subject of that very report; None where there is none of that name."""
    kind, _colon, rest = on.partition(":")
    if on == WHOLE:
        return Subject(WHOLE, None, _("The report as a whole"))
    if kind == "field":
        return _field(rest)
    if kind == "section":
        pk = _number(rest)
        sections = postmortem.sections.filter(deleted_at=None)
        found = sections.filter(pk=pk).first() if pk else None
        return _section(found) if found else None
    if kind == "row":
        return _row(postmortem, rest)
    return None


def anchor_of(thread: Thread) -> str:
    """The id of what it is about, on the page; empty for the whole report."""
    kind, _colon, name = thread.part.partition(":")
    if kind == "section":
        return ANCHORS.get(name, f"section-{thread.object_id}")
    if kind == "row":
        found = row_kind(name)
        return f"{found.anchor}-{thread.object_id}" if found else ""
    return "facts" if kind == "field" else ""


def anchor_of_section(section: Section) -> str:
    return ANCHORS.get(section.key, f"section-{section.pk}")


def words_of_row(kind: RowKind, row: Row) -> str:
    """How a note names a row: an entry by its clock, anything else by its words."""
    if kind.name == "timeline":
        return f"{row.occurred_at:%H:%M:%S}"  # type: ignore[attr-defined]
    return str(row)


def facts() -> list[Subject]:
    """The single facts that may be commented on."""
    return [found for name in FIELDS if (found := _field(name))]


def _field(name: str) -> Subject | None:
    if name not in FIELDS:
        return None
    labels = {
        "title": _("Title"),
        "tldr": _("TL;DR"),
        "severity": _("Severity"),
        "kind": _("Kind"),
        "services": _("Affected services"),
    }
    label = labels[name] if name in labels else str(Milestone(name).label)
    return Subject(f"field:{name}", None, label)


def _section(section: Section) -> Subject:
    return Subject(f"section:{section.key}", section.pk, str(section), section)


def _row(postmortem: Postmortem, rest: str) -> Subject | None:
    name, _colon, digits = rest.partition(":")
    kind, pk = row_kind(name), _number(digits)
    row = kind.rows(postmortem).present().filter(pk=pk).first() if kind and pk else None
    if kind is None or row is None:
        return None
    return Subject(f"row:{name}", row.pk, words_of_row(kind, row))


def _number(text: str) -> int | None:
    whole = text.isascii() and text.isdigit() and len(text) <= 18  # noqa: PLR2004  bigint
    return int(text) if whole else None
