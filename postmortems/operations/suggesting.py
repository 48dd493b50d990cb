"""Suggest a change of a report without writing it, and withdraw that again."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from copy import copy
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from accounts.models import User
from config.limits import LIMITS
from postmortems import permissions, policies
from postmortems.contents import value_of
from postmortems.models import Postmortem, Row, Suggestion
from postmortems.operations import fields, rows, writing
from postmortems.operations.desk import (
    Desk,
    Repeated,
    RequestKey,
    beside,
)
from postmortems.parts import RowKind, Snapshot
from postmortems.wordings import Wording, wording_of

PART = "suggestions"
"""What open pages are told to fetch again."""

Kind, State = Suggestion.Kind, Suggestion.State


class NothingNew(policies.Refusal):
    """What is suggested is what stands there."""


class Decided(policies.Refusal):
    """Somebody decided on the suggestion before."""


def suggest_row(
    kind: RowKind,
    postmortem_id: int,
    row_id: int | None,
    values: Mapping[str, Any],
    *,
    by: User,
    at: datetime,
    reason: str = "",
    version: int = 0,
    key: RequestKey | None = None,
) -> Suggestion:
    """Suggest a new row, or other values over `version` of one that is there.

    Raises Stale or Gone where the row is another one meanwhile.
    """
    try:
        with _in_hand(postmortem_id, by=by, at=at, key=key) as desk:
            row = None if row_id is None else rows.present_row(desk, kind, row_id)
            if row is not None and row.version != version:
                raise rows.Stale(row)
            suggestion = Suggestion(
                kind=Kind.ENTRY if row is None else Kind.CORRECTION,
                part=rows.part_of(kind),
                object_id=row_id,
                made_from=0 if row is None else row.version,
                stood=None if row is None else _stands(kind, row),
                proposed=_proposed(kind, row, values),
                reason=reason,
            )
            return _keep(desk, suggestion)
    except Repeated as repeated:
        return repeated_one(repeated)


def suggest_field(
    postmortem_id: int,
    name: str,
    value: Any,
    *,
    by: User,
    at: datetime,
    version: int,
    reason: str = "",
    key: RequestKey | None = None,
) -> Suggestion:
    """Suggest another value of a single field, as its form cleans it. Raises Stale."""
    try:
        with _in_hand(postmortem_id, by=by, at=at, key=key) as desk:
            fields.check_version(desk, name, version)
            suggestion = Suggestion(
                kind=Kind.CORRECTION,
                part=f"field:{name}",
                made_from=version,
                stood=value_of(desk.postmortem, name),
                proposed=fields.as_version(value),
                reason=reason,
            )
            return _keep(desk, suggestion)
    except Repeated as repeated:
        return repeated_one(repeated)


def suggest_wording(
    postmortem_id: int,
    section_id: int,
    *,
    stood: str,
    wanted: str,
    by: User,
    at: datetime,
    reason: str = "",
    key: RequestKey | None = None,
) -> Suggestion:
    """Suggest other words for the piece of a section in which the two texts differ.

    `stood` is the text that the suggestion was made from.
    """
    try:
        with _in_hand(postmortem_id, by=by, at=at, key=key) as desk:
            section = writing.present_section(desk, section_id)
            wording = _wording(stood, wanted)
            suggestion = Suggestion(
                kind=Kind.WORDING,
                part=f"section:{section.key}",
                object_id=section.pk,
                made_from=section.version,
                stood={"body": wording.stood},
                proposed={"body": wording.words},
                around=[wording.before, wording.behind],
                reason=reason,
            )
            return _keep(desk, suggestion)
    except Repeated as repeated:
        return repeated_one(repeated)


def withdraw(
    postmortem_id: int,
    suggestion_id: int,
    *,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> Suggestion:
    """Take one's own suggestion back, also once the report is published."""
    try:
        with _in_hand(postmortem_id, by=by, at=at, key=key, frozen_too=True) as desk:
            suggestion = open_one(desk, suggestion_id)
            if suggestion.by_id != by.pk:
                raise PermissionDenied(
                    _("Only whoever suggested a change may withdraw it.")
                )
            decide(desk, suggestion, State.WITHDRAWN)
            return suggestion
    except Repeated as repeated:
        return repeated_one(repeated)


def open_one(desk: Desk, suggestion_id: int) -> Suggestion:
    """One that waits for a decision. Raises Decided."""
    suggestion: Suggestion = desk.postmortem.suggestions.select_related(
        "by", "decided_by"
    ).get(pk=suggestion_id)
    check_open(suggestion)
    return suggestion


def check_open(suggestion: Suggestion) -> None:
    """Raise Decided where somebody decided on it."""
    if not suggestion.is_open:
        raise Decided(
            _("%(name)s decided on this already: %(state)s.")
            % {
                "name": suggestion.decided_by.name if suggestion.decided_by else "",
                "state": suggestion.get_state_display().lower(),
            }
        )


def decide(desk: Desk, suggestion: Suggestion, state: Suggestion.State) -> None:
    """Close it, and let open pages know."""
    suggestion.state = state
    suggestion.decided_by, suggestion.decided_at = desk.by, desk.at
    suggestion.save(
        update_fields=["state", "decided_by", "decided_at", "decision_note", "became"]
    )
    desk.announce(PART)
    desk.outcome["suggestion"] = suggestion.pk


def repeated_one(repeated: Repeated) -> Suggestion:
    found: Suggestion = Suggestion.objects.select_related("by", "decided_by").get(
        pk=repeated.outcome["suggestion"]
    )
    return found


# --- How ------------------------------------------------------------------------------


def _in_hand(
    postmortem_id: int,
    *,
    by: User,
    at: datetime,
    key: RequestKey | None,
    frozen_too: bool = False,
) -> AbstractContextManager[Desk]:
    """Lock the report for somebody who may not write it."""

    def may(user: User, postmortem: Postmortem) -> None:
        if not (frozen_too and postmortem.frozen):
            permissions.check_can_suggest(user, postmortem)

    return beside(postmortem_id, PART, may=may, by=by, at=at, key=key)


def _keep(desk: Desk, suggestion: Suggestion) -> Suggestion:
    if suggestion.stood == suggestion.proposed:
        raise NothingNew(_("That is what stands there already."))
    _check_room(desk)
    suggestion.postmortem, suggestion.by, suggestion.at = (
        desk.postmortem,
        desk.by,
        desk.at,
    )
    suggestion.save(force_insert=True)
    desk.outcome["suggestion"] = suggestion.pk
    return suggestion


def _check_room(desk: Desk) -> None:
    waiting = desk.postmortem.suggestions.filter(state=State.OPEN)
    if waiting.filter(by=desk.by).count() >= LIMITS.open_suggestions_of_a_person:
        raise policies.TooMany(
            _("%(limit)s of your suggestions wait here already, which is the limit.")
            % {"limit": LIMITS.open_suggestions_of_a_person}
        )
    if waiting.count() >= LIMITS.open_suggestions:
        raise policies.TooMany(
            _("%(limit)s suggestions wait in this report, which is the limit.")
            % {"limit": LIMITS.open_suggestions}
        )


def _stands(kind: RowKind, row: Row) -> Snapshot:
    snapshot = kind.snapshot(row)
    del snapshot["position"]  # a suggestion says nothing about the place
    return snapshot


def _proposed(kind: RowKind, row: Row | None, values: Mapping[str, Any]) -> Snapshot:
    """The version that the row would be; nothing is written."""
    proposed = copy(row) if row is not None else kind.model()
    kind.assign(proposed, values)
    snapshot = _stands(kind, row) if row is not None else {}
    snapshot |= kind.plain(proposed)
    del snapshot["position"]
    for link in kind.links:
        if link in values:
            snapshot[link] = sorted(one.pk for one in values[link])
    return snapshot


def _wording(stood: str, wanted: str) -> Wording:
    wording = wording_of(stood, wanted)
    if wording is None:
        raise NothingNew(_("That is what stands there already."))
    if max(len(wording.stood), len(wording.words)) > LIMITS.suggested_wording:
        raise policies.TooMany(
            _("Suggest other words for one piece at a time: %(limit)s characters.")
            % {"limit": LIMITS.suggested_wording}
        )
    return wording
