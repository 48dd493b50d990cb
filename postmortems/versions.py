"""A version of a part, as the history keeps it, in words that people would use.

Everything is plain text; ids are named through `Names`, which the caller has looked up.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist
from django.db.models import BooleanField, DateField, DateTimeField, Model
from django.utils.dateformat import format as date_format
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from postmortems.models import Change, Participation
from postmortems.parts import RowKind, row_kind
from postmortems.vocabulary import (
    ActorKind,
    Certainty,
    EvidenceKind,
    Kind,
    Milestone,
    Place,
    Status,
)

Names = Mapping[type[Model], Mapping[int, str]]
"""What the ids in versions stand for."""

HIDDEN = {"position", "earlier_id"}
"""Columns that say nothing to people; an earlier factor is named by `same_as`."""

LABELS: dict[str, str | Promise] = {
    "title": lazy("Title"),
    "tldr": lazy("TL;DR"),
    "severity": lazy("Severity"),
    "services": lazy("Affected services"),
    "restricted": lazy("Restricted"),
    "occurred_at": lazy("Time"),
    "ended_at": lazy("Until"),
    "precision": lazy("How exact"),
    "recorded_at": lazy("Written down"),
    "text": lazy("Text"),
    "markers": lazy("Marks"),
    "actors": lazy("Who or what"),
    "evidence": lazy("Evidence"),
    "known": lazy("When it was known"),
    "importance": lazy("Importance"),
    "category": lazy("Category"),
    "note": lazy("Note"),
    "same_as": lazy("Same as"),
    "parent_id": lazy("Follows from"),
    "question": lazy("Question"),
    "answer": lazy("Answer"),
    "primary": lazy("Primary root cause"),
    "kind": lazy("Kind"),
    "quantity": lazy("Quantity"),
    "unit": lazy("Unit"),
    "who": lazy("Who or where"),
    "estimated": lazy("Estimated"),
    "description": lazy("What needs to be done"),
    "owner_team_id": lazy("Owner team"),
    "owner_person_id": lazy("Owner"),
    "owner_team_name": lazy("Owner team"),
    "owner_person_name": lazy("Owner"),
    "due_on": lazy("Due"),
    "types": lazy("Type"),
    "priority": lazy("Priority"),
    "status": lazy("Status"),
    "reason": lazy("Reason"),
    "done_on": lazy("Done on"),
    "factors": lazy("Addresses"),
    "snoozed_until": lazy("No reminders before"),
    "snooze_reason": lazy("Why it can wait"),
    "verdict": lazy("Did it work?"),
    "verdict_note": lazy("What shows it"),
    "heading": lazy("Heading"),
    "body": lazy("Text"),
    "after": lazy("Stands behind"),
    "name": lazy("Name"),
    "part": lazy("Part"),
    "reference": lazy("Reference"),
    "wanted_reference": lazy("Reference in the file"),
}


def version_in_words(
    change: Change, version: Mapping[str, Any], names: Names
) -> dict[str, str]:
    """Each value of a version as people would say it; empty for what is not set."""
    kind = kind_of(change)
    return {
        name: _value_in_words(kind, name, value, names)
        for name, value in version.items()
        if name not in HIDDEN
    }


def _value_in_words(kind: RowKind | None, name: str, value: Any, names: Names) -> str:
    if value is None or value in ("", []):
        return ""
    if kind is not None:
        return _column_in_words(kind, name, value, names)
    return _single_in_words(name, value)


def _single_in_words(name: str, value: Any) -> str:
    """The value of a single field, a section, a step or a part that somebody takes."""
    if name in Milestone:
        return _milestone_in_words(value)
    if name == "services":
        return ", ".join(f"{name} ({note})" if note else name for name, note in value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    choices: dict[str, Any] = {
        "kind": Kind,
        "status": Status,
        "after": Place,
        "part": Participation.Part,
    }
    words = dict(choices[name].choices) if name in choices else {}
    return str(words.get(value, value))


def _milestone_in_words(value: Mapping[str, Any]) -> str:
    at = parse_datetime(value["at"]) if value.get("at") else None
    if at is None:
        return _("not recorded")
    words = _moment(at)
    approximate = value.get("certainty") == Certainty.APPROXIMATE
    return _("about %(moment)s") % {"moment": words} if approximate else words


def _column_in_words(kind: RowKind, name: str, value: Any, names: Names) -> str:
    target = target_of(kind, name)
    if target is not None:
        ids = value if isinstance(value, list) else [value]
        known = names.get(target, {})
        return ", ".join(known.get(pk, _("since deleted")) for pk in ids)
    if name == "actors":
        return ", ".join(f"{a['name']} ({ActorKind(a['kind']).label})" for a in value)
    if kind.name == "timeline" and name == "evidence":
        return "\n".join(_evidence_in_words(item) for item in value)
    return _plain_in_words(column_of(kind, name), value)


def _plain_in_words(column: Any, value: Any) -> str:
    if isinstance(column, ArrayField):
        words = dict(column.base_field.flatchoices)
        return ", ".join(str(words.get(item, item)) for item in value)
    if isinstance(column, BooleanField):
        return _("yes") if value else _("no")
    if isinstance(column, DateTimeField):
        at = parse_datetime(value)
        return _moment(at) if at else str(value)
    if isinstance(column, DateField):
        on = parse_date(value)
        return date_format(on, "j F Y") if on else str(value)
    words = dict(column.flatchoices) if column is not None else {}
    return str(words.get(value, value))


def _evidence_in_words(item: Mapping[str, str]) -> str:
    kind = EvidenceKind(item.get("kind") or EvidenceKind.OTHER).label
    parts = [item.get(name, "") for name in ("label", "url", "trace_id", "text")]
    return f"{kind}: {' '.join(part for part in parts if part)}"


def _moment(at: datetime) -> str:
    return f"{date_format(at, 'j F Y, H:i:s')} UTC"


# --- Columns --------------------------------------------------------------------------


def label_of(name: str) -> str:
    return str(LABELS.get(name) or _milestone_label(name))


def is_default(change: Change, name: str, value: Any) -> bool:
    """Whether a new row has this value without anybody having chosen it."""
    kind = kind_of(change)
    column = column_of(kind, name) if kind is not None else None
    return (
        column is not None
        and not column.is_relation
        and (value == column.get_default())
    )


def _milestone_label(name: str) -> str:
    return str(Milestone(name).label) if name in Milestone else name


def kind_of(change: Change) -> RowKind | None:
    area, _colon, name = change.part.partition(":")
    return row_kind(name) if area == "row" else None


def column_of(kind: RowKind, name: str) -> Any:
    try:
        return kind.model._meta.get_field(name.removesuffix("_id"))
    except FieldDoesNotExist:
        return None


def target_of(kind: RowKind, name: str) -> type[Model] | None:
    """What the ids of this column name; None for a column without ids."""
    if name in HIDDEN or not (name.endswith("_id") or name in kind.links):
        return None
    column = column_of(kind, name)
    target: type[Model] | None = column.related_model if column is not None else None
    return target
