"""Reads a report in JSON (postmortems/exporters/report.schema.json) into a Document."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from config.json_input import BadJson, parse_json
from config.limits import LIMITS
from config.plaintext import BadText, clean_text
from integrations.importing.reader import Problem, Reading
from postmortems.document import Document, Time
from postmortems.exporters.json import FORMAT, VERSION, NotADocument, from_data
from postmortems.vocabulary import Certainty, Milestone

# A whole report may be longer than the body of a request to the API.
_JSON_LIMITS = dataclasses.replace(
    LIMITS, json_body=LIMITS.upload_body, json_string=LIMITS.document, json_depth=256
)
_MOST = {"timeline": LIMITS.timeline_entries, "actions": LIMITS.action_items}
# Their line ends and indentation mean something; everything else is one line.
_SEVERAL_LINES = frozenset(
    {
        "tldr",
        "summary",
        "impact",
        "surprise",
        "root_cause",
        "text",
        "note",
        "answer",
        "description",
        "reason",
        "evidence",
        "body",
    }
)
_ONE_LINE = frozenset({"Service.note"})


def read_json(raw: bytes) -> Reading:
    """The report, or an empty Document and the one problem that stands in the way.

    Texts are cleaned like any other that comes from outside. Problems have line 1: JSON
    is written by programs, so they name the path instead (`timeline[3].occurred_at`).
    """
    try:
        data = parse_json(raw, _JSON_LIMITS)
        _check_format(data)
        document = _cleaned(from_data(data))
        _check_whole(document)
    except (BadJson, BadText, NotADocument) as error:
        return Reading(Document(""), (Problem(1, str(error), "error"),))
    return Reading(document, tuple(_unknown_keys(data)))


def _check_format(data: Any) -> None:
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise NotADocument(
            _("This is not a report: “format” has to be “%(format)s”.")
            % {"format": FORMAT}
        )
    if data.get("version") != VERSION:
        raise NotADocument(
            _("Only version %(version)s of the format is read.") % {"version": VERSION}
        )


def _unknown_keys(data: dict[str, Any]) -> Iterator[Problem]:
    known = {field.name for field in dataclasses.fields(Document)}
    for key in data.keys() - known - {"format", "version"}:
        yield Problem(1, _("“%(key)s” is not known and left out.") % {"key": key[:80]})


def _check_whole(document: Document) -> None:
    if not document.title:
        raise _at(_("The report has no title."), "title")
    for field in dataclasses.fields(Document):
        rows = getattr(document, field.name)
        most = _MOST.get(field.name, LIMITS.rows)
        if isinstance(rows, tuple) and len(rows) > most:
            text = _("More than %(most)s are not taken.") % {"most": most}
            raise _at(text, field.name)
    for milestone in Milestone:
        time: Time = document.time(milestone)
        if (time.at is None) != (time.certainty == Certainty.NOT_RECORDED):
            raise _at(
                _("A time is there exactly when it is recorded."), milestone.value
            )
    for index, action in enumerate(document.actions):
        if any(not 0 <= to < len(document.factors) for to in action.addresses):
            raise _at(_("There is no such factor."), "addresses", index, "actions")


def _at(reason: str, *steps: str | int) -> NotADocument:
    problem = NotADocument(reason)
    problem.steps.extend(steps)
    return problem


def _cleaned(value: Any) -> Any:
    """The Document with every text by the rule of plaintext.py, and no anchors."""
    changes: dict[str, Any] = {}
    owner = type(value).__name__
    for field in dataclasses.fields(value):
        old = getattr(value, field.name)
        if field.name == "ref":
            new: Any = ""
        elif type(old) is str:
            lines = field.name in _SEVERAL_LINES and (
                f"{owner}.{field.name}" not in _ONE_LINE
            )
            new = _clean(old, field.name, lines=lines)
        elif type(old) is tuple:
            new = tuple(
                _cleaned(item)
                if dataclasses.is_dataclass(item)
                else _clean(item, field.name, lines=False)
                if type(item) is str
                else item
                for item in old
            )
        elif dataclasses.is_dataclass(old):
            new = _cleaned(old)
        else:
            new = old
        if new != old:
            changes[field.name] = new
    return dataclasses.replace(value, **changes) if changes else value


def _clean(text: str, name: str, *, lines: bool) -> str:
    try:
        return clean_text(text, limit=LIMITS.document, lines=lines)
    except BadText as error:
        raise _at(str(error), name) from None
