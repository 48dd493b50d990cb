"""Suggestions in words: what stood there, what is suggested, and what became of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from postmortems.changes import Told, ids_in, tell
from postmortems.models import Change, Suggestion
from postmortems.parts import row_kind

UNSAID = frozenset({"recorded_at", "done_on"})
"""Columns that the forms fill in by themselves."""
SECONDS = 0.25
"""How long comparing may take before texts are shown whole."""

Ids = Mapping[type[Model], set[int]]
Names = Callable[[Ids], Mapping[type[Model], Mapping[int, str]]]


@dataclass(frozen=True, slots=True)
class Shown:
    suggestion: Suggestion
    told: Told

    @property
    def anchor(self) -> str:
        return anchor_of(self.suggestion)


def anchor_of(suggestion: Suggestion) -> str:
    """The place on the page that it is about."""
    area, _colon, name = suggestion.part.partition(":")
    pk = suggestion.became or suggestion.object_id
    if area == "field":
        return f"field-{name}"
    if area == "section":
        return f"section-{pk}"
    kind = row_kind(name)
    return f"{kind.anchor}-{pk}" if kind is not None and pk else _LISTS.get(name, "")


_LISTS = {
    "timeline": "timeline",
    "factors": "factors",
    "whys": "whys",
    "lessons": "lessons",
    "actions": "actions",
    "follow_ups": "follow",
    "measures": "facts",
}
"""Where the rows of a kind stand on the page."""


def show(suggestions: Sequence[Suggestion], names_of: Names) -> list[Shown]:
    """Each in words; `names_of` looks up what the ids in it stand for."""
    changes = [_as_change(suggestion) for suggestion in suggestions]
    told = tell(changes, names_of(ids_in(changes)), seconds=SECONDS)
    return [
        Shown(suggestion, line)
        for suggestion, line in zip(suggestions, told, strict=True)
    ]


def _as_change(suggestion: Suggestion) -> Change:
    """The change that it would be; not saved."""
    new = suggestion.kind == Suggestion.Kind.ENTRY
    return Change(
        what=Change.What.ADDED if new else Change.What.CHANGED,
        part=suggestion.part,
        object_id=suggestion.object_id,
        before=_said(suggestion.stood),
        after=_said(suggestion.proposed),
    )


def _said(version: Any) -> Any:
    if not isinstance(version, dict):
        return version
    return {name: value for name, value in version.items() if name not in UNSAID}
