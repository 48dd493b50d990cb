"""A Document as plain data and as JSON, by the schema in report.schema.json.

The dataclasses of `document.py` are the one description: keys are their field names,
enumerations their values, moments ISO 8601 in UTC (`2026-03-05T09:30:00Z`). Every key
is written, in the order of the fields.
"""

import dataclasses
import json
import types
import typing
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postmortems.document import Document

FORMAT = "afterword-report"
VERSION = 1
SCHEMA_PATH = Path(__file__).with_name("report.schema.json")

Encode = Callable[[Any], Any]
Decode = Callable[[Any], Any]


class NotADocument(ValueError):
    """This data is not a Document; `path` says where, `str()` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.steps: list[str | int] = []

    @property
    def path(self) -> str:
        """Where in the data: `timeline[3].occurred_at`; empty for the whole."""
        path = ""
        for step in reversed(self.steps):
            path += f"[{step}]" if isinstance(step, int) else f".{step}"
        return path.removeprefix(".")

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.steps else self.reason


def to_json(document: Document) -> str:
    """The report as JSON text, without what belongs to one installation (`ref`)."""
    data = {"format": FORMAT, "version": VERSION, **to_data(document, refs=False)}
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def to_data(document: Document, *, refs: bool = True) -> dict[str, Any]:
    """Plain values that JSON can hold; with `refs`, the anchors of its parts too."""
    data: dict[str, Any] = _encoder(Document, refs=refs)(document)
    return data


def from_data(data: Any) -> Document:
    """The Document of what `to_data` gave; missing keys get their defaults and unknown
    ones are passed over. Raises NotADocument.
    """
    document: Document = _decoder(Document)(data)
    return document


# -- Writing ---------------------------------------------------------------------------


@cache
def _encoder(kind: Any, *, refs: bool) -> Encode:
    if dataclasses.is_dataclass(kind):
        return _object_encoder(kind, refs=refs)
    kind, optional = _without_none(kind)
    if optional:
        encode = _encoder(kind, refs=refs)
        return lambda value: None if value is None else encode(value)
    if typing.get_origin(kind) is tuple:
        encode_item = _encoder(typing.get_args(kind)[0], refs=refs)
        return lambda value: [encode_item(item) for item in value]
    return _single_encoder(kind)


def _single_encoder(kind: type) -> Encode:
    if kind is datetime:
        return _encode_moment
    if kind is date:
        return date.isoformat
    if issubclass(kind, Enum):
        return lambda value: value.value
    return lambda value: value


def _object_encoder(kind: Any, *, refs: bool) -> Encode:
    encoders: list[tuple[str, Encode]] = []

    def encode(value: Any) -> dict[str, Any]:
        return {name: write(getattr(value, name)) for name, write in encoders}

    def encode_later(value: Any) -> dict[str, Any]:
        # The fields are looked at with the first value: a Why holds Whys.
        if not encoders:
            encoders.extend(
                (name, _encoder(hint, refs=refs))
                for name, hint in _fields(kind).items()
                if refs or name != "ref"
            )
        return encode(value)

    return encode_later


def _encode_moment(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


# -- Reading ---------------------------------------------------------------------------


@cache
def _decoder(kind: Any) -> Decode:
    if dataclasses.is_dataclass(kind):
        return _object_decoder(kind)
    kind, optional = _without_none(kind)
    if optional:
        decode = _decoder(kind)
        return lambda value: None if value is None else decode(value)
    if typing.get_origin(kind) is tuple:
        return _list_decoder(_decoder(typing.get_args(kind)[0]))
    return _single_decoder(kind)


def _single_decoder(kind: type) -> Decode:
    if kind is datetime:
        return _decode_moment
    if kind is date:
        return _decode_day
    if issubclass(kind, Enum):
        return _word_decoder(kind)
    return _plain_decoder(kind)


def _object_decoder(kind: Any) -> Decode:
    decoders: list[tuple[str, Decode]] = []
    required = {
        field.name
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING
    }

    def decode(data: Any) -> Any:
        if not isinstance(data, dict):
            raise NotADocument(_("This has to be an object."))
        if not decoders:
            decoders.extend(
                (name, _decoder(hint)) for name, hint in _fields(kind).items()
            )
        values = {}
        for name, read in decoders:
            if name in data:
                try:
                    values[name] = read(data[name])
                except NotADocument as problem:
                    problem.steps.append(name)
                    raise
        missing = required - values.keys()
        if missing:
            raise NotADocument(_("“%(key)s” is missing.") % {"key": min(missing)})
        return kind(**values)

    return decode


def _list_decoder(decode_item: Decode) -> Decode:
    def decode(data: Any) -> tuple[Any, ...]:
        if not isinstance(data, list):
            raise NotADocument(_("This has to be a list."))
        items = []
        for index, item in enumerate(data):
            try:
                items.append(decode_item(item))
            except NotADocument as problem:
                problem.steps.append(index)
                raise
        return tuple(items)

    return decode


def _decode_moment(data: Any) -> datetime:
    try:
        at = datetime.fromisoformat(data).replace(microsecond=0)
        moment = at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise NotADocument(_("This is not a time.")) from None
    if at.tzinfo is None:
        raise NotADocument(_("The time has no zone: %(time)s") % {"time": data[:40]})
    return moment


def _decode_day(data: Any) -> date:
    try:
        return date.fromisoformat(data)
    except (TypeError, ValueError):
        raise NotADocument(_("This is not a day.")) from None


def _word_decoder(kind: type[Enum]) -> Decode:
    words = {member.value: member for member in kind}

    def decode(data: Any) -> Enum:
        word = words.get(data) if isinstance(data, str) else None
        if word is None:
            listed = ", ".join(words)
            raise NotADocument(
                _("This has to be one of: %(words)s.") % {"words": listed}
            )
        return word

    return decode


def _plain_decoder(kind: type) -> Decode:
    wanted = {
        str: gettext_lazy("This has to be a text."),
        int: gettext_lazy("This has to be a whole number."),
        bool: gettext_lazy("This has to be true or false."),
    }[kind]

    def decode(data: Any) -> Any:
        # Not isinstance: true is no number.
        if type(data) is not kind:
            raise NotADocument(str(wanted))
        return data

    return decode


# -- Types -----------------------------------------------------------------------------


@cache
def _fields(kind: Any) -> dict[str, Any]:
    """The fields of a dataclass with their types, in order."""
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _without_none(kind: Any) -> tuple[Any, bool]:
    """`X | None` as (X, True); anything else as itself."""
    if typing.get_origin(kind) not in (types.UnionType, typing.Union):
        return kind, False
    (inner,) = (arg for arg in typing.get_args(kind) if arg is not types.NoneType)
    return inner, True
