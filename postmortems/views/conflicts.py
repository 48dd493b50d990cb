"""Two versions of one thing: compared, shown side by side, and put together.

Nothing is lost by any of the three ways out: what is kept is saved, what is not kept
stays in the history, and a field that cannot hold both says what the other one was.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any, TypeVar
from uuid import uuid4

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from accounts.models import User
from postmortems.fields import CleanText
from postmortems.forms.base import VersionedForm, ZoneField
from postmortems.models import Change, Postmortem

MINE, THEIRS, BOTH = "mine", "theirs", "both"
BRING_BACK, AS_NEW = "bring-back", "new"

LONGEST = 9
"""Digits of a version."""
MOST_WORDS = 3_000
"""Longer texts are shown without marking the words that differ: it takes too long."""

AnyForm = TypeVar("AnyForm", bound=VersionedForm)
Build = Callable[[QueryDict | None], AnyForm]
"""Makes the form of what stands now, bound to some data or to none."""
Pieces = list[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class Pair:
    """One field in two versions, as people read it."""

    label: str
    mine: str
    theirs: str
    fits_both: bool

    @property
    def mine_in_pieces(self) -> Pieces:
        """The text in order, each piece with whether the other version differs."""
        return _pieces(self.mine, self.theirs)

    @property
    def theirs_in_pieces(self) -> Pieces:
        return _pieces(self.theirs, self.mine)


@dataclass(frozen=True, slots=True)
class Conflict:
    what: str
    """What there are two versions of: “Summary”, “Entry 10:15:00”."""
    pairs: list[Pair]
    by: User | None
    at: datetime | None
    whose: str
    newest: int
    """The version that stands; yours is saved over this one if it is chosen."""

    @property
    def first_name(self) -> str:
        return self.by.name.split()[0] if self.by else ""


@dataclass(frozen=True, slots=True)
class Joined:
    """Both versions in one form; `apart` did not fit, and mine stands there."""

    apart: list[Pair]


def two_versions(typed: AnyForm, build: Build[AnyForm]) -> tuple[AnyForm, AnyForm]:
    """What was typed, still at its old version, and what stands now."""
    return build(_retyped(typed)), build(None)


def version_to_save(request: HttpRequest, form: VersionedForm) -> int:
    """Over which version: the newest that was shown where somebody chose theirs."""
    newest = request.POST.get("newest", "")
    chosen = request.POST.get("resolution") == MINE
    if chosen and newest.isascii() and newest.isdigit() and len(newest) <= LONGEST:
        return int(newest)
    version: int = form.cleaned_data["version"]
    return version


def compare(
    mine: VersionedForm,
    theirs: VersionedForm,
    *,
    what: str,
    last: Change | None,
    reader: User,
) -> Conflict:
    by = last.by if last else None
    if by == reader:
        by, whose = None, _("Yours, from another window")
    else:
        whose = by.name if by else _("Theirs")
    return Conflict(
        what=what,
        pairs=list(differences(mine, theirs)),
        by=by,
        at=last.at if last else None,
        whose=whose,
        newest=theirs["version"].value(),
    )


def last_change(
    postmortem: Postmortem, part: str, object_id: int | None = None
) -> Change | None:
    changes = postmortem.history.filter(part=part)
    if object_id is not None:
        changes = changes.filter(object_id=object_id)
    return changes.select_related("by").order_by("-id").first()


def differences(mine: VersionedForm, theirs: VersionedForm) -> Iterator[Pair]:
    for name in _compared(mine):
        my_text, their_text = _shown(mine[name]), _shown(theirs[name])
        if my_text != their_text:
            label = str(mine.fields[name].label)
            yield Pair(label, my_text, their_text, _fits_both(mine, name))
    for label, my_text, their_text in mine.more_to_compare(theirs):
        yield Pair(label, my_text, their_text, fits_both=True)


def put_both_in(
    mine: AnyForm, theirs: AnyForm, build: Build[AnyForm]
) -> tuple[AnyForm, Joined]:
    """A form with everything of both, to be edited before it is saved."""
    data = _data_of(mine)
    for name in _compared(mine):
        if isinstance(mine.fields[name], _SEVERAL):
            chosen = [*(theirs[name].value() or []), *(mine[name].value() or [])]
            data.setlist(name, list(dict.fromkeys(str(value) for value in chosen)))
        elif _fits_both(mine, name):
            my_text, their_text = _text(mine, name), _text(theirs, name)
            if name in mine.lists:
                data[name] = _listed(my_text, their_text, mine.lists[name])
            else:
                lines = mine.fields[name].several_lines  # type: ignore[attr-defined]
                data[name] = _together(my_text, their_text, lines=lines)
    mine.join_more(theirs, data)
    data["version"] = str(theirs["version"].value())
    apart = [pair for pair in differences(mine, theirs) if not pair.fits_both]
    return build(data), Joined(apart)


_SEVERAL = (forms.MultipleChoiceField, forms.ModelMultipleChoiceField)


def _retyped(typed: VersionedForm) -> QueryDict:
    """What was typed, in the one way we show it, with a fresh key."""
    data = _data_of(typed)
    for name, field in typed.fields.items():
        value = typed.cleaned_data.get(name)
        if isinstance(field, CleanText) and isinstance(value, str):
            data[name] = value
    for name, text in typed.as_typed().items():
        data[name] = text
    data["request_key"] = uuid4().hex
    return data


def _data_of(form: VersionedForm) -> QueryDict:
    data: Any = form.data
    copy: QueryDict = data.copy()
    return copy


def _compared(form: VersionedForm) -> list[str]:
    return [
        name
        for name, field in form.fields.items()
        if not isinstance(field.widget, forms.HiddenInput)
        and not isinstance(field, ZoneField)
    ]


def _fits_both(form: VersionedForm, name: str) -> bool:
    field = form.fields[name]
    several_texts = isinstance(field, CleanText) and name not in form.apart
    return several_texts or isinstance(field, _SEVERAL)


def _text(form: VersionedForm, name: str) -> str:
    return str(form[name].value() or "").strip()


def _shown(field: Any) -> str:
    """What a field says, in words."""
    value = field.value()
    if isinstance(field.field, forms.BooleanField):
        return _("Yes") if value else _("No")
    choices: Any = getattr(field.field, "choices", None)
    if choices is not None:
        values = value if isinstance(value, list | tuple) else [value or ""]
        chosen = {str(item) for item in values}
        words = [str(label) for key, label in choices if str(key) in chosen]
        return ", ".join(words)
    return "" if value is None else str(value).strip()


def _listed(mine: str, theirs: str, between: str) -> str:
    items = [*theirs.split(between), *mine.split(between)]
    return between.join(dict.fromkeys(item for item in items if item.strip()))


def _together(mine: str, theirs: str, *, lines: bool) -> str:
    """Both texts, theirs first; what they have in common stands once."""
    if not mine or mine in theirs:
        return theirs
    if not theirs or theirs in mine:
        return mine
    return _prose_together(mine, theirs) if lines else f"{theirs} / {mine}"


def _prose_together(mine: str, theirs: str) -> str:
    their_parts, my_parts = theirs.split("\n\n"), mine.split("\n\n")
    matcher = SequenceMatcher(None, their_parts, my_parts, autojunk=False)
    both: list[str] = []
    for same, begin, end, my_begin, my_end in matcher.get_opcodes():
        both += their_parts[begin:end]
        if same != "equal":
            both += my_parts[my_begin:my_end]
    return "\n\n".join(both)


def _pieces(text: str, other: str) -> Pieces:
    words, other_words = re.split(r"(\s+)", text), re.split(r"(\s+)", other)
    if len(words) + len(other_words) > MOST_WORDS:
        return [(text, False)] if text else []
    matcher = SequenceMatcher(None, words, other_words, autojunk=False)
    pieces = [
        ("".join(words[begin:end]), same != "equal")
        for same, begin, end, _from, _to in matcher.get_opcodes()
    ]
    return [(piece, differs) for piece, differs in pieces if piece]
