"""Actions as a table for spreadsheets (CSV, RFC 4180), formulas made harmless."""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from io import StringIO
from typing import Any
from unicodedata import normalize

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from actions.models import ActionItem, Verdict
from postmortems.templatetags.report import action_types
from postmortems.vocabulary import ActionPriority, ActionStatus

PIECE = 1_000
"""Actions that are read at once."""
BOM = "\ufeff"

# What programs take for the beginning of a formula, also behind blanks, quotes or
# separators; full-width forms become these by NFKC (BAR E1).
_FORMULA = re.compile(r"[\s\"';,|\u200b\ufeff]*[=+\-@]|[\t\r\n]")

COLUMNS = (
    "description",
    "types",
    "priority",
    "status",
    "owner_team__name",
    "owner_team_name",
    "owner_person__name",
    "owner_person_name",
    "due_on",
    "done_on",
    "evidence",
    "reason",
    "created_at",
    "follow_through__promised_on",
    "follow_through__verdict",
    "postmortem__incident__reference",
    "postmortem__incident__title",
    "postmortem__incident__severity__label",
)


def csv_of(
    visible: QuerySet[ActionItem],
    pks: list[int],
    *,
    today: date,
    address: str,
    bom: bool,
) -> Iterator[bytes]:
    """These actions in this order, piece by piece.

    Each piece is read when it is its turn, from what is visible then. `address` is
    that of a report, with {} for its reference.
    """
    yield ((BOM if bom else "") + _lines([_headings()])).encode()
    for first in range(0, len(pks), PIECE):
        piece = pks[first : first + PIECE]
        rows = _read(visible, piece)
        yield _lines(
            _cells(rows[pk], today, address) for pk in piece if pk in rows
        ).encode()


def _read(visible: QuerySet[ActionItem], pks: list[int]) -> dict[int, Any]:
    found = (
        visible.filter(pk__in=pks)
        .order_by()
        .annotate(moves=Count("date_moves"))
        .values_list("pk", *COLUMNS, "moves", named=True)
    )
    return {row.pk: row for row in found}


def _headings() -> list[str]:
    return [
        _("Action"),
        _("Type"),
        _("Priority"),
        _("Status"),
        _("Team"),
        _("Owner"),
        _("Due"),
        _("Days late"),
        _("First promised"),
        _("Times moved"),
        _("Done on"),
        _("What shows that it is done"),
        _("Why it won’t be done"),
        _("Did it work?"),
        _("Recorded on"),
        _("Reference"),
        _("Incident"),
        _("Severity"),
        _("Address"),
    ]


def _cells(row: Any, today: date, address: str) -> list[str | int]:
    open_ = row.status in {ActionStatus.OPEN, ActionStatus.IN_PROGRESS}
    late = (today - row.due_on).days if open_ and row.due_on else 0
    verdict = row.follow_through__verdict
    reference = row.postmortem__incident__reference
    return [
        harmless(row.description),
        harmless(action_types(row.types)),
        str(ActionPriority(row.priority).label),
        str(ActionStatus(row.status).label),
        harmless(row.owner_team__name or row.owner_team_name),
        harmless(row.owner_person__name or row.owner_person_name),
        _day(row.due_on),
        max(0, late),
        _day(row.follow_through__promised_on),
        row.moves,
        _day(row.done_on),
        harmless(row.evidence),
        harmless(row.reason),
        str(Verdict(verdict).label) if verdict else "",
        _day(row.created_at),
        harmless(reference),
        harmless(row.postmortem__incident__title),
        harmless(row.postmortem__incident__severity__label or ""),
        address.replace("{}", reference),
    ]


def harmless(text: str) -> str:
    """The text, behind an apostrophe where a program might take it for a formula."""
    if _FORMULA.match(normalize("NFKC", text)):
        return f"'{text}"
    return text


def _day(on: date | datetime | None) -> str:
    if isinstance(on, datetime):
        on = on.date()
    return on.isoformat() if on else ""


def _lines(rows: Iterable[list[Any]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
