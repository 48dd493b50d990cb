"""Take a suggestion over, or decline it.

What is taken over is written by the ordinary operations, over the version that it was
made from, in one transaction with the decision, and with the credit in the history.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from postmortems import policies
from postmortems.models import Row, Suggestion
from postmortems.operations import fields, rows, sharing, writing
from postmortems.operations.desk import Desk, Repeated, RequestKey, What, at_desk
from postmortems.operations.suggesting import decide, open_one, repeated_one
from postmortems.parts import RowKind, row_kind
from postmortems.wordings import Wording, put_in

State = Suggestion.State


class WordsGone(policies.Refusal):
    """The words that a wording is for do not stand there any more."""


def take_over(
    postmortem_id: int,
    suggestion_id: int,
    *,
    by: User,
    at: datetime,
    values: Any = None,
    version: int | None = None,
    key: RequestKey | None = None,
) -> Suggestion:
    """Write what is suggested, or `values` that were made of it, over `version`.

    `values` are what the form of that part cleans: of a row, a field or a wording.
    Raises Decided, WordsGone, Stale with what stands, or Gone.
    """
    sharing.bring_up_to_date(postmortem_id)
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
            suggestion = open_one(desk, suggestion_id)
            desk.credit = _("Suggested by %(name)s") % {"name": suggestion.by.name}
            suggestion.became = _write(desk, suggestion, values, version)
            decide(desk, suggestion, State.TAKEN)
            return suggestion
    except Repeated as repeated:
        return repeated_one(repeated)


def decline(
    postmortem_id: int,
    suggestion_id: int,
    *,
    note: str,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> Suggestion:
    """Leave the report as it is, with a reason for whoever suggested the change."""
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
            suggestion = open_one(desk, suggestion_id)
            suggestion.decision_note = note
            decide(desk, suggestion, State.DECLINED)
            return suggestion
    except Repeated as repeated:
        return repeated_one(repeated)


def _write(
    desk: Desk, suggestion: Suggestion, values: Any, version: int | None
) -> int | None:
    """Write it into the report; the id of the row or section that it became."""
    area, _colon, name = suggestion.part.partition(":")
    if area == "section":
        return _write_wording(desk, suggestion, values)
    if version is None:
        version = suggestion.made_from
    if area == "field":
        fields.check_version(desk, name, version)
        value = suggestion.proposed if values is None else fields.as_version(values)
        fields.write_version(desk, name, value)
        return None
    kind = row_kind(name)
    if kind is None:
        raise rows.Gone(_("There is no such part in this report."))
    if values is None:
        proposed: Any = suggestion.proposed
        values = rows.still_valid(desk, kind, proposed)
    return _write_row(desk, kind, suggestion.object_id, values, version)


def _write_row(
    desk: Desk,
    kind: RowKind,
    row_id: int | None,
    values: Mapping[str, Any],
    version: int,
) -> int:
    if row_id is None:
        return _id_of(rows.place_row(desk, kind, values))
    row = rows.present_row(desk, kind, row_id)
    if row.version != version:
        raise rows.Stale(row)
    rows.write_row(desk, kind, row, values, What.CHANGED)
    return _id_of(row)


def _id_of(row: Row) -> int:
    pk: int = row.pk
    return pk


def _write_wording(desk: Desk, suggestion: Suggestion, words: str | None) -> int:
    """Put the words in the text as it is now; what others type meanwhile stays."""
    section = writing.present_section(desk, suggestion.object_id or 0)
    body = put_in(section.body, _wording_of(suggestion, words))
    if body is None:
        raise WordsGone(_("The words that this is for are not there any more."))
    writing.write_section(desk, section, body=body, live_version=section.live_version)
    return section.pk


def _wording_of(suggestion: Suggestion, words: str | None) -> Wording:
    stood: Any = suggestion.stood
    proposed: Any = suggestion.proposed
    before, behind = suggestion.around
    words = proposed["body"] if words is None else words
    return Wording(stood["body"], words, before, behind)
