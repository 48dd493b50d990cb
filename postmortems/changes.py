"""Lines of the history in words: which part it was, what stood there, what stands now.

Everything is plain text as people wrote it; templates escape it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Model
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from postmortems.comparing import Budget, Piece, compare, shorten
from postmortems.durations import duration_in_words
from postmortems.markup import to_plain
from postmortems.models import Change, Section
from postmortems.versions import (
    Names,
    is_default,
    kind_of,
    label_of,
    target_of,
    version_in_words,
)

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*\+00:00", re.ASCII)

NAME_LENGTH = 80
MOST_SHOWN = 600
"""Characters of an added or deleted text in a list of changes."""

KINDS: dict[str, str | Promise] = {
    "timeline": lazy("Timeline"),
    "factors": lazy("Contributing factors"),
    "whys": lazy("5 Whys"),
    "lessons": lazy("Lessons"),
    "actions": lazy("Action items"),
    "follow_ups": lazy("Follow-ups"),
    "measures": lazy("Measured impact"),
}
"""The parts of a report that consist of rows, as the history names them."""

PROSE = {"text", "note", "answer", "description", "reason", "evidence", "body", "tldr"}
"""Columns that are compared word by word."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of a change: in pieces, or as it was and as it is."""

    label: str
    before: str = ""
    after: str = ""
    pieces: list[Piece] = field(default_factory=list)
    shift: str = ""
    """How far a time was moved: “10 min earlier”."""


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the history in words."""

    change: Change
    what: str
    """“Changed”; empty where the fields say it."""
    area: str
    """“Timeline”, “Summary”."""
    name: str
    """Which of them: the beginning of its text; empty where there is one only."""
    fields: list[FieldChange]
    only_moved: bool


def tell(
    changes: Sequence[Change], names: Names, *, seconds: float, whole: bool = False
) -> list[Told]:
    """The changes in words; comparing takes `seconds` at most, for all of them.

    `whole` keeps long stretches in which nothing changed.
    """
    budget = Budget(seconds)
    return [_told(change, names, budget, whole=whole) for change in changes]


def ids_in(changes: Iterable[Change]) -> dict[type[Model], set[int]]:
    """The rows, teams and people that versions name by their id."""
    found: dict[type[Model], set[int]] = {}
    for change in changes:
        kind = kind_of(change)
        if kind is None:
            continue
        for version in (change.before, change.after):
            for name, value in (version or {}).items():
                target = target_of(kind, name)
                if target is not None and value:
                    ids = value if isinstance(value, list) else [value]
                    found.setdefault(target, set()).update(ids)
    return found


# --- One change -----------------------------------------------------------------------


def _told(change: Change, names: Names, budget: Budget, *, whole: bool) -> Told:
    before, after = _version(change, change.before), _version(change, change.after)
    was = version_in_words(change, before, names)
    is_now = version_in_words(change, after, names)
    fields = [
        replace(
            _field_change(
                name, was.get(name, ""), is_now.get(name, ""), budget, whole=whole
            ),
            shift=shift_between(before.get(name), after.get(name)),
        )
        for name in _in_order(change, {*was, *is_now})
        if was.get(name, "") != is_now.get(name, "")
        and ((before and after) or not is_default(change, name, (before | after)[name]))
    ]
    return Told(
        change=change,
        what="" if change.part in {"status", "people"} else change.get_what_display(),
        area=_area(change),
        name=_name(change, after or before),
        fields=fields,
        only_moved=change.what == Change.What.MOVED and not fields,
    )


def _in_order(change: Change, names: set[str]) -> list[str]:
    """As the forms have them; JSON keeps no order."""
    kind = kind_of(change)
    order = list(kind.fields) if kind is not None else ["heading", "body"]
    last = len(order)
    return sorted(names, key=lambda n: (order.index(n) if n in order else last, n))


def _field_change(
    name: str, was: str, is_now: str, budget: Budget, *, whole: bool
) -> FieldChange:
    label = label_of(name)
    if name not in PROSE or not (was and is_now):
        shown = (was, is_now) if whole else (_beginning(was), _beginning(is_now))
        return FieldChange(label, *shown)
    pieces = compare(was, is_now, budget)
    return FieldChange(label, pieces=pieces if whole else shorten(pieces))


def shift_between(before: Any, after: Any) -> str:
    """How far a time was moved, in words; empty for what is no time, or was none."""
    was, is_now = _moment_in(before), _moment_in(after)
    if was is None or is_now is None or was == is_now:
        return ""
    length = duration_in_words(abs(is_now - was))
    if is_now < was:
        return _("%(length)s earlier") % {"length": length}
    return _("%(length)s later") % {"length": length}


def _moment_in(value: Any) -> datetime | None:
    """The time of a milestone, or of a column with a time; other text is none."""
    text = value.get("at") if isinstance(value, dict) else value
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        return None
    return parse_datetime(text)


def _beginning(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def _version(change: Change, version: Any) -> dict[str, Any]:
    """A version as named values; a single field has one, named like the field."""
    if version is None:
        return {}
    if change.part.startswith("field:") or change.part == "status":
        return {change.part.removeprefix("field:"): version}
    return dict(version)


def _area(change: Change) -> str:
    area, _colon, name = change.part.partition(":")
    if area == "row":
        return str(KINDS.get(name, name))
    if area == "section":
        return str(Section.Key(name).label) if name in Section.Key else name
    if area == "field":
        return label_of(name)
    return {
        "status": _("Report state"),
        "people": _("People"),
        "report": _("Report"),
        "file": _("Evidence file"),
        "follow_through": _("Follow-through"),
    }.get(area, area)


def _name(change: Change, version: Mapping[str, Any]) -> str:
    """The first words of a row, or the heading of a section."""
    words = next(
        (version[key] for key in ("text", "answer", "description") if version.get(key)),
        version.get("heading") or version.get("name") or "",
    )
    if change.part == "row:measures":
        words = f"{version.get('quantity', '')} {version.get('unit', '')}"
    plain = " ".join(to_plain(str(words)[:1_000]).split())
    return plain if len(plain) <= NAME_LENGTH else f"{plain[:NAME_LENGTH]}…"
