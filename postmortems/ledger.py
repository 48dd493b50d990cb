"""The rows of the incidents list: what one page of it shows, in few queries.

Rows are read as plain values; the names of services and the counts of actions are
asked for these rows only.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from math import sqrt
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Count, Q, QuerySet, Value
from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from postmortems.models import Incident
from postmortems.search import Excerpt, Highlighter
from postmortems.vocabulary import ActionStatus, Status

MOST_COUNTED = 1_000
STRIP_WIDTH = 88
"""Per cent of its cell that the longest strip of a page takes."""
SHORTEST_SCALE = timedelta(hours=1)
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


@dataclass(slots=True)
class LedgerRow:
    pk: int
    reference: str
    address: str
    title: SafeString | str
    severity: SafeString
    """The severity's bars and label, or a word where it is not set."""
    when: str
    iso: str
    state: SafeString
    strip: SafeString
    length: str
    detected: str
    restricted: bool
    near_miss: bool
    services: str = ""
    actions: str = ""
    found: list[tuple[str, str, SafeString]] = field(default_factory=list)
    """Excerpts of a search: address, name of the part, text."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a row says of the tables beside it."""

    services: tuple[str, ...]
    done: int
    agreed: int
    """Action items, without those that were given up."""


def read_rows(incidents: QuerySet[Incident], *columns: str) -> list[Any]:
    """Plain values of the incidents, in their order; `columns` are asked for as well."""
    return list(incidents.values_list(*COLUMNS, *columns, named=True))


def ledger(
    visible: QuerySet[Incident],
    found: Sequence[Any],
    *,
    now: datetime,
    highlighter: Highlighter | None = None,
) -> list[LedgerRow]:
    """Rows as drawn; `visible` is what the reader may see, `found` one page of it."""
    longest = max((_length(row) or timedelta() for row in found), default=timedelta())
    scale = max(longest, SHORTEST_SCALE)
    beside = read_beside(visible, [row.pk for row in found]) if found else {}
    return [_row(row, scale, now, beside.get(row.pk), highlighter) for row in found]


def _row(
    row: Any,
    scale: timedelta,
    now: datetime,
    beside: Beside | None,
    highlighter: Highlighter | None,
) -> LedgerRow:
    length = _length(row)
    unseen = _unseen(row)
    return LedgerRow(
        pk=row.pk,
        reference=row.reference,
        address=reverse("postmortems:read", args=[row.reference]),
        title=highlighter.mark(row.title) if highlighter else row.title,
        severity=severity_mark(row.severity__label, row.severity__rank),
        when=moment_words(row.sorts_at, now),
        iso=row.sorts_at.isoformat(),
        state=state_mark(row.postmortem__status),
        strip=mini_strip(length, unseen, scale),
        length=duration_words(length) if length is not None else "",
        detected=duration_words(unseen) if unseen is not None else "",
        restricted=row.restricted,
        near_miss=row.kind == "near_miss",
        services=_named(beside.services) if beside else "",
        actions=_done_words(beside) if beside and beside.agreed else "",
    )


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


def bounded_counts(queries: Mapping[str, QuerySet[Incident]]) -> dict[str, int]:
    """How many each would find, in one query, counting no further than the limit + 1."""
    parts, params = [], []
    for query in queries.values():
        if query.query.is_empty():
            parts.append("0")
            continue
        sql, values = (
            query.order_by().values("pk")[: MOST_COUNTED + 1].query.sql_with_params()
        )
        parts.append(f"(SELECT count(*) FROM ({sql}) AS counted)")
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


def duration_words(length: timedelta) -> str:
    """“30 min”, “2 h 15 min”, “3 days”: the two largest units, never decimals."""
    seconds = int(length.total_seconds())
    if seconds < 60:
        return _("%(count)s s") % {"count": seconds}
    minutes = round(seconds / 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours < 24:
        return _hours(hours, minutes_left)
    days, hours_left = divmod(round(seconds / 3600), 24)
    words = ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    return f"{words} {_hours(hours_left, 0)}" if hours_left else words


def _hours(hours: int, minutes: int) -> str:
    if not hours:
        return _("%(count)s min") % {"count": minutes}
    if not minutes:
        return _("%(count)s h") % {"count": hours}
    return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}


def moment_words(at: datetime, now: datetime) -> str:
    """“5 Mar, 09:00:00”, and the year only where it is not this one."""
    return date_format(at, "j M, H:i:s" if at.year == now.year else "j M Y, H:i:s")


def severity_mark(label: str | None, rank: int | None) -> SafeString:
    """Bars and label: the more severe, the more bars; a word where it is not set."""
    return _severity_mark(label, rank, get_language())


@lru_cache(maxsize=256)
def _severity_mark(
    label: str | None, rank: int | None, _language: str | None
) -> SafeString:
    if label is None or rank is None:
        return format_html('<span class="muted">{}</span>', _("Not set"))
    step = min(rank, 4)
    bars = format_html_join(
        "", "<b{}></b>", ((_ON if bar < 5 - step else "",) for bar in range(4))
    )
    return format_html(
        '<span class="sev" data-sev="{}"><i aria-hidden="true">{}</i>{}</span>',
        step,
        bars,
        label,
    )


_ON = SafeString(" class=on")


def state_mark(status: str) -> SafeString:
    return _state_mark(status, get_language())


@lru_cache(maxsize=64)
def _state_mark(status: str, _language: str | None) -> SafeString:
    known = Status(status)
    mark = MARKS[known]
    data = format_html(' data-is="{}"', mark) if mark else ""
    return format_html(
        '<span class="state"><span class="mark"{} aria-hidden="true"></span>{}</span>',
        data,
        known.label,
    )


def mini_strip(
    length: timedelta | None, unseen: timedelta | None, scale: timedelta
) -> SafeString | str:
    """The strip of a row, on the square-root scale that all rows share."""
    if length is None:
        return ""
    whole = sqrt(length / scale) * STRIP_WIDTH
    share = min(unseen / length, 1) if unseen and length else 0
    return format_html(
        '<span class="ministrip" aria-hidden="true"><span data-phase="unseen"'
        ' style="--w:{}"></span><span data-phase="respond" style="--w:{}"></span>'
        '<span data-phase="recover"></span></span>',
        f"{whole * share:.1f}",
        f"{whole * (1 - share):.1f}",
    )


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
    return {
        "tldr": _("TL;DR"),
        "summary": _("Summary"),
        "impact": _("Impact"),
        "root_cause": _("Primary root cause"),
        "surprise": _("What surprised us"),
        "entry": _("Timeline"),
        "factor": _("Contributing factor"),
        "why": _("5 Whys"),
        "lesson": _("Lessons"),
        "action": _("Action item"),
        "follow-up": _("Follow-up"),
        "measure": _("Impact"),
    }.get(kind, _("Report"))
