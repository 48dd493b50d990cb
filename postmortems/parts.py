"""The kinds of rows that a report consists of, so that one engine serves them all.

Add, change, move, delete, bring back and restore are the same for a timeline entry and
for a lesson (operations/rows.py). What differs is said here: the model, the columns
that make up a version, what scopes the order, and how many there may be. `actions`
registers its own kind when it starts; nothing here knows it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from config.limits import LIMITS
from postmortems.models import (
    Change,
    ContributingFactor,
    FollowUp,
    ImpactMeasure,
    Lesson,
    Postmortem,
    Row,
    TimelineEntry,
    Why,
)
from postmortems.models.rows import RowQuerySet

if TYPE_CHECKING:
    from postmortems.operations.desk import Desk

Snapshot = dict[str, Any]
Changed = Callable[["Desk", Any, Snapshot, Mapping[str, Any], Change.What], str]
"""Told of a row that has its new values, how it stood, what was given, and why.

Gives the note with which the history keeps it; empty for none.
"""


@dataclass(frozen=True)
class RowKind:
    name: str
    """In addresses, history and events: "timeline"."""
    model: type[Row]
    related_name: str
    """The reverse name on Postmortem."""
    fields: tuple[str, ...]
    """The columns that make up a version, besides the position."""
    limit: int
    anchor: str
    """Prefix of the stable address on the page: "entry" for #entry-12."""
    scope: tuple[str, ...] = ()
    """Rows that agree in these columns are ordered among themselves."""
    links: tuple[str, ...] = ()
    """Many-to-many columns, kept in a version as lists of ids."""
    tree: bool = False
    """Whether rows hang below one another by `parent_id`."""
    search: Callable[[Any], str] = field(default=str)
    changed: Changed | None = None
    """Writes what else a change of a row means, or refuses it; in its transaction."""

    def rows(self, postmortem: Postmortem) -> RowQuerySet[Any]:
        manager: RowQuerySet[Any] = getattr(postmortem, self.related_name).all()
        return manager

    def snapshot(self, row: Row) -> Snapshot:
        """The row's version as plain JSON, its links and position included."""
        values = self.plain(row)
        for link in self.links:
            values[link] = sorted(getattr(row, link).values_list("pk", flat=True))
        return values

    def plain(self, row: Row) -> Snapshot:
        """The same without links; it costs no query."""
        values: Snapshot = {name: _plain(getattr(row, name)) for name in self.fields}
        values["position"] = row.position
        return values

    def assign(self, row: Row, values: Mapping[str, Any]) -> None:
        """Set columns from cleaned or stored values; links are set by the operation.

        Raises ValidationError for a value that the column cannot hold.
        """
        for name in (*self.fields, "position"):
            if name in values:
                column: Any = self.model._meta.get_field(name.removesuffix("_id"))
                value = values[name]
                if value is not None and not column.is_relation:
                    value = column.to_python(value)
                setattr(row, name, value)

    def anchor_of(self, row: Row) -> str:
        return f"{self.anchor}-{row.pk}"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value


def _entry_text(entry: TimelineEntry) -> str:
    words = [entry.text, *(actor["name"] for actor in entry.actors)]
    for item in entry.evidence:
        words += [item.get("label", ""), item.get("trace_id", ""), item.get("text", "")]
    return "\n".join(filter(None, words))


TIMELINE = RowKind(
    name="timeline",
    model=TimelineEntry,
    related_name="timeline",
    fields=(
        "occurred_at",
        "ended_at",
        "precision",
        "recorded_at",
        "text",
        "markers",
        "actors",
        "evidence",
        "known",
        "importance",
    ),
    limit=LIMITS.timeline_entries,
    anchor="entry",
    scope=("occurred_at",),
    search=_entry_text,
)
FACTORS = RowKind(
    name="factors",
    model=ContributingFactor,
    related_name="factors",
    fields=("text", "category", "note", "same_as", "earlier_id"),
    limit=LIMITS.rows,
    anchor="factor",
    search=lambda row: "\n".join(filter(None, (row.text, row.note))),
)
WHYS = RowKind(
    name="whys",
    model=Why,
    related_name="whys",
    fields=("parent_id", "question", "answer", "primary"),
    limit=LIMITS.rows,
    anchor="why",
    scope=("parent_id",),
    tree=True,
    search=lambda row: "\n".join(filter(None, (row.question, row.answer))),
)
LESSONS = RowKind(
    name="lessons",
    model=Lesson,
    related_name="lessons",
    fields=("kind", "text"),
    limit=LIMITS.rows,
    anchor="lesson",
    scope=("kind",),
)
FOLLOW_UPS = RowKind(
    name="follow_ups",
    model=FollowUp,
    related_name="follow_ups",
    fields=("text",),
    limit=LIMITS.rows,
    anchor="follow-up",
)
MEASURES = RowKind(
    name="measures",
    model=ImpactMeasure,
    related_name="measures",
    fields=("quantity", "unit", "who", "estimated"),
    limit=LIMITS.rows,
    anchor="measure",
    search=lambda row: f"{row} {row.who}",
)

_KINDS: dict[str, RowKind] = {
    kind.name: kind for kind in (TIMELINE, FACTORS, WHYS, LESSONS, FOLLOW_UPS, MEASURES)
}


def register(kind: RowKind) -> None:
    """Add a kind of row that an app above this one brings."""
    _KINDS[kind.name] = kind


def row_kind(name: str) -> RowKind | None:
    return _KINDS.get(name)


def row_kinds() -> tuple[RowKind, ...]:
    return tuple(_KINDS.values())
