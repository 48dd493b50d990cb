"""The rows of the incidents list: what one page of it shows, in few queries.

Rows are read as plain values; the names of services and the counts of actions are
asked for these rows only.
"""

from collections import namedtuple
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, Q, QuerySet, Value
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from postmortems.durations import duration_in_words
from postmortems.models import Incident
from postmortems.search import Excerpt, Highlighter
from postmortems.templatetags.report import mark, mini_strip, severity_badge
from postmortems.vocabulary import ActionStatus, Status

MOST_COUNTED = 1_000
MOST_SERVICES_NAMED = 4
AGREED = (ActionStatus.OPEN, ActionStatus.IN_PROGRESS, ActionStatus.DONE)

MARKS = {
    Status.GATHERING: "",
    Status.DRAFTING: "half",
    Status.IN_REVIEW: "half",
    Status.PUBLISHED: "full",
    Status.CLOSED: "full",
}

COLUMNS = (
    "pk",
    "reference",
    "title",
    "kind",
    "restricted",
    "sorts_at",
    "started_at",
    "detected_at",
    "resolved_at",
    "severity__label",
    "severity__rank",
    "postmortem__status",
)
Plain: Any = namedtuple("Plain", COLUMNS)  # type: ignore[misc]  # one list of names


class Cells(NamedTuple):
    """The parts of a row that are the same until the report changes."""

    lead: SafeString
    under: SafeString
    """Tags, reference and services, under the title."""
    rest: SafeString


@dataclass(slots=True)
class LedgerRow:
    """One row: plain values of the incident, and what is drawn of them."""

    values: Any
    address: str
    cells: Cells
    title: SafeString | str
    found: list[tuple[str, str, SafeString]] = field(default_factory=list)
    """Excerpts of a search: address, name of the part, text."""

    @property
    def excerpts(self) -> SafeString:
        return format_html_join(
            "",
            '<span class="sub excerpt"><a href="{}">{}</a> {}</span>',
            self.found,
        )

    @property
    def pk(self) -> int:
        pk: int = self.values.pk
        return pk

    @property
    def reference(self) -> str:
        reference: str = self.values.reference
        return reference

    @property
    def restricted(self) -> bool:
        return bool(self.values.restricted)

    @property
    def severity(self) -> SafeString:
        return severity_mark(self.values.severity__label, self.values.severity__rank)

    @property
    def state(self) -> SafeString:
        return state_mark(self.values.postmortem__status)

    @property
    def strip(self) -> SafeString | str:
        return strip_of(self.values)

    @property
    def length(self) -> str:
        """How long it lasted, in words; "" while that is not recorded."""
        length = _length(self.values)
        return duration_in_words(length) if length is not None else ""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a row says of the tables beside it."""

    services: tuple[str, ...]
    done: int
    agreed: int
    """Action items, without those that were given up."""


NOTHING_BESIDE = Beside((), 0, 0)


def read_rows(incidents: QuerySet[Incident], *columns: str) -> list[Any]:
    """Plain values of the incidents, in their order; `columns` as well."""
    return list(incidents.values_list(*COLUMNS, *columns, named=True))


def ledger(
    visible: QuerySet[Incident],
    found: Sequence[Any],
    *,
    now: datetime,
    highlighter: Highlighter | None = None,
) -> list[LedgerRow]:
    """Rows as drawn; `visible` is what the reader may see, `found` one page of it."""
    beside = read_beside(visible, [row.pk for row in found]) if found else {}
    # An address takes as long as the rest of a row, and they differ in one word only.
    before, _reference, after = reverse("postmortems:read", args=["0"]).partition("0")
    rows = []
    for values in found:
        besides = beside.get(values.pk, NOTHING_BESIDE)
        plain = tuple(values[: len(COLUMNS)])
        rows.append(
            LedgerRow(
                values=values,
                address=f"{before}{values.reference}{after}",
                cells=_cells(plain, besides, now.year, get_language()),
                title=highlighter.mark(values.title) if highlighter else values.title,
            )
        )
    return rows


@lru_cache(maxsize=4096)
def _cells(
    plain: tuple[Any, ...],
    beside: Beside,
    year: int,
    _language: str | None,
) -> Cells:
    """Drawn once for the same values: drawing is what a page of rows costs."""
    row: Any = Plain(*plain)
    length, unseen = _length(row), _unseen(row)
    context = {
        "row": row,
        "severity": severity_mark(row.severity__label, row.severity__rank),
        "when": moment_words(row.sorts_at, year),
        "state": state_mark(row.postmortem__status),
        "strip": strip_of(row),
        "length": duration_in_words(length) if length is not None else "",
        "detected": duration_in_words(unseen) if unseen is not None else "",
        "services": _named(beside.services),
        "actions": _done_words(beside) if beside.agreed else "",
    }
    lead, under, rest = (
        render_to_string(f"postmortems/_incident_cells.html#{part}", context)
        for part in Cells._fields
    )
    return Cells(lead, under, rest)


def _done_words(beside: Beside) -> str:
    return _("%(done)s of %(all)s") % {"done": beside.done, "all": beside.agreed}


def _length(row: Any) -> timedelta | None:
    return _between(row.started_at, row.resolved_at)


def _unseen(row: Any) -> timedelta | None:
    return _between(row.started_at, row.detected_at)


def _between(start: datetime | None, end: datetime | None) -> timedelta | None:
    """None while either is not recorded, or they stand in the wrong order."""
    if start is None or end is None or end < start:
        return None
    return end - start


def read_beside(visible: QuerySet[Incident], pks: Sequence[int]) -> dict[int, Beside]:
    """Services and counts of actions for these rows, in one query."""
    status = "postmortem__action_items__status"
    present = Q(postmortem__action_items__deleted_at=None)
    agreed = Q(**{f"{status}__in": AGREED})
    done = Q(**{status: ActionStatus.DONE})
    rows = (
        visible.filter(pk__in=pks)
        .order_by()
        .values("pk")
        .annotate(
            names=ArrayAgg(
                "affected__service__name",
                filter=Q(affected__isnull=False),
                order_by=("affected__position", "affected__pk"),
                default=Value([]),
            ),
            agreed=Count(
                "postmortem__action_items", filter=present & agreed, distinct=True
            ),
            done=Count(
                "postmortem__action_items", filter=present & done, distinct=True
            ),
        )
    )
    return {
        row["pk"]: Beside(
            # Each name comes once for each action.
            tuple(dict.fromkeys(row["names"])),
            row["done"],
            row["agreed"],
        )
        for row in rows
    }


def bounded_counts(queries: Mapping[str, QuerySet[Any]]) -> dict[str, int]:
    """How many each would find, in one query; none is counted past the limit + 1."""
    parts: list[str] = []
    params: list[Any] = []
    for query in queries.values():
        bounded = query.order_by().values("pk")[: MOST_COUNTED + 1]
        try:
            sql, values = bounded.query.sql_with_params()
        except EmptyResultSet:  # Django knows without asking
            parts.append("0")
            continue
        counted = f"(SELECT count(*) FROM ({sql}) AS c)"  # noqa: S608  compiled by Django
        parts.append(counted)
        params += values
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        counts = cursor.fetchone()
    return dict(zip(queries, counts, strict=True))


def count_words(count: int) -> str:
    """A counted number; “more than 1000” where counting stopped."""
    if count > MOST_COUNTED:
        return _("more than %(count)s") % {"count": MOST_COUNTED}
    return str(count)


# --- Words and marks ------------------------------------------------------------------


def moment_words(at: datetime, year: int) -> str:
    """“5 Mar, 09:00:00”, and the year only where it is not `year`."""
    return date_format(at, "j M, H:i:s" if at.year == year else "j M Y, H:i:s")


def severity_mark(label: str | None, rank: int | None) -> SafeString:
    """Bars and label; a word where the severity is not set."""
    if label is None or rank is None:
        return format_html('<span class="muted">{}</span>', _("Not set"))
    return severity_badge(Step(rank, label))


class Step(NamedTuple):
    """A step of the severity scale, as it is drawn."""

    rank: int
    label: str


def state_mark(status: str) -> SafeString:
    """The little square and the word for where a report stands."""
    known = Status(status)
    return format_html(
        '<span class="state">{}{}</span>', mark(MARKS[known]), known.label
    )


def strip_of(row: Any) -> SafeString | str:
    """The strip of a row; nothing while start or end are not recorded."""
    length, unseen = _length(row), _unseen(row)
    if length is None:
        return ""
    seconds = unseen.total_seconds() if unseen is not None else 0
    return mini_strip(length.total_seconds(), seconds)


def _named(names: Sequence[str]) -> str:
    shown = list(names[:MOST_SERVICES_NAMED])
    if len(names) > len(shown):
        more = len(names) - len(shown)
        shown.append(
            ngettext("%(count)s more", "%(count)s more", more) % {"count": more}
        )
    return ", ".join(shown)


# --- Where excerpts stand -------------------------------------------------------------

SECTION_ANCHORS = {
    "summary": "summary",
    "impact": "impact",
    "root_cause": "cause",
    "surprise": "surprise",
}
"""The anchors of the sections that every report has; free ones have their own."""

PART_NAMES = {
    "tldr": lazy("TL;DR"),
    "summary": lazy("Summary"),
    "impact": lazy("Impact"),
    "root_cause": lazy("Primary root cause"),
    "surprise": lazy("What surprised us"),
    "entry": lazy("Timeline"),
    "factor": lazy("Contributing factor"),
    "why": lazy("5 Whys"),
    "lesson": lazy("Lessons"),
    "action": lazy("Action item"),
    "follow-up": lazy("Follow-up"),
    "measure": lazy("Impact"),
}


def show_excerpts(
    visible: QuerySet[Incident],
    rows: Sequence[LedgerRow],
    parts: Mapping[int, Mapping[str, str]],
    highlighter: Highlighter,
) -> None:
    """Put the excerpts on the rows, each linked to its place in the report."""
    found = {row.pk: highlighter.excerpts(parts.get(row.pk) or {}) for row in rows}
    keys = _section_keys(visible, found.values())
    for row in rows:
        for excerpt in found[row.pk]:
            anchor, name = _place(excerpt.part, keys)
            row.found.append((f"{row.address}#{anchor}", name, excerpt.html))


def _section_keys(
    visible: QuerySet[Incident], found: Iterable[list[Excerpt]]
) -> dict[str, tuple[str, str]]:
    pks = list(_section_pks(found))
    if not pks:
        return {}
    rows = (
        visible.filter(postmortem__sections__in=pks)
        .order_by()
        .values_list(
            "postmortem__sections__pk",
            "postmortem__sections__key",
            "postmortem__sections__heading",
        )
    )
    return {f"section-{pk}": (key, heading) for pk, key, heading in rows}


def _section_pks(found: Iterable[list[Excerpt]]) -> Iterator[int]:
    for excerpts in found:
        for excerpt in excerpts:
            kind, _dash, number = excerpt.part.rpartition("-")
            if kind == "section" and number.isdigit():
                yield int(number)


def _place(part: str, keys: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    """Anchor and name of the part that was found."""
    if part in keys:
        key, heading = keys[part]
        return SECTION_ANCHORS.get(key, part), heading or _part_name(key)
    kind = part.rpartition("-")[0] or part
    return part, _part_name(kind)


def _part_name(kind: str) -> str:
    return str(PART_NAMES.get(kind, lazy("Report")))
