"""The list of incidents: filters in the address, search, pages that do not shift."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe
from psycopg.errors import QueryCanceled

from accounts.http import UserRequest
from postmortems import access
from postmortems.forms.filters import NO_SEVERITY, Cursor, Filters, Options
from postmortems.ledger import (
    LedgerRow,
    bounded_counts,
    count_words,
    ledger,
    read_rows,
    show_excerpts,
)
from postmortems.models import Incident, SavedView
from postmortems.search import Highlighter, Terms, matching, read_terms
from postmortems.views.replies import this_second

PAGE_SIZE = 50
NEWEST_FIRST = ("-sorts_at", "-pk")
OLDEST_FIRST = ("sorts_at", "pk")

BUILT_IN = (
    ("all", lazy("All"), ""),
    ("writing", lazy("Being written"), "status=drafting&status=gathering"),
    ("review", lazy("In review"), "status=in_review"),
    ("published", lazy("Published"), "status=closed&status=published"),
    ("mine", lazy("Mine"), "mine=on"),
)
"""Views that everybody has: key, name, filters as `query_string` writes them."""

CHIPS = (
    ("dates", lazy("Started")),
    ("severity", lazy("Severity")),
    ("report", lazy("Report")),
    ("service", lazy("Service")),
    ("team", lazy("Team")),
)


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter as a sentence: “Severity SEV-1, SEV-2”, and the address without it."""

    name: str
    label: str
    words: str
    without: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list, newest or oldest first, and what lies on either side."""

    rows: list[Any]
    newer: Cursor | None
    older: Cursor | None


@require_safe
def incidents(request: UserRequest) -> HttpResponse:
    """The list; for htmx its results alone. An exact reference leads to its report."""
    now = this_second()
    filters = Filters(
        request.GET,
        options=Options(request.user),
        today=now.astimezone(request.user.zone).date(),
    )
    if not filters.is_valid():
        return _refused(request, filters)
    before, after = _cursors(request)
    visible = access.incidents(request.user)
    text = filters.cleaned_data["q"]
    if not request.htmx and (address := _exact(visible, text)):
        return redirect(address)
    try:
        with _limited(text):
            context = _results(request, visible, filters, before, after, now)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        filters.add_error("q", _("This took too long. Try fewer or rarer words."))
        return _refused(request, filters)
    return _reply(request, filters, context)


def _results(
    request: UserRequest,
    visible: QuerySet[Incident],
    filters: Filters,
    before: Cursor | None,
    after: Cursor | None,
    now: datetime,
) -> dict[str, Any]:
    text = filters.cleaned_data["q"]
    terms = read_terms(text) if text else None
    found = filtered(visible, filters.cleaned_data, terms, request)
    newest_first = filters.cleaned_data["order"] != "oldest"
    parts = ("postmortem__search_text__parts",) if terms else ()
    page = page_of(
        found, newest_first=newest_first, before=before, after=after, columns=parts
    )
    highlighter = Highlighter(terms) if terms else None
    rows = ledger(visible, page.rows, now=now, highlighter=highlighter)
    if highlighter:
        texts = {row.pk: row.postmortem__search_text__parts for row in page.rows}
        show_excerpts(visible, rows, texts, highlighter)
    queries = _built_in_counts(visible, request)
    counts = bounded_counts(queries | {"found": found} if filters.on else queries)
    return {
        "rows": rows,
        "counts": counts,
        "newest_first": newest_first,
        "shown": _shown_words(counts, rows, filters),
        "nothing_but_common_words": terms is not None and terms.empty,
        "newer_address": _address(filters, after=page.newer),
        "older_address": _address(filters, before=page.older),
        "other_order_address": _other_order(filters, newest_first=newest_first),
    }


# --- Which incidents ------------------------------------------------------------------


def filtered(
    visible: QuerySet[Incident],
    chosen: dict[str, Any],
    terms: Terms | None,
    request: UserRequest,
) -> QuerySet[Incident]:
    """Those of the visible incidents that every filter lets through."""
    simple = {
        "postmortem__status__in": chosen["status"],
        "kind": chosen["kind"],
        "affected__service": chosen["service"],
        "postmortem__participations__user": request.user if chosen["mine"] else None,
        "sorts_at__gte": _midnight(chosen["from"]),
        "sorts_at__lt": _midnight(chosen["to"], days=1),
    }
    found = visible.filter(**{name: value for name, value in simple.items() if value})
    if chosen["severity"]:
        found = found.filter(_of_severity(chosen["severity"]))
    if chosen["team"]:
        found = found.filter(_concerns(visible, int(chosen["team"])))
    return matching(found, terms) if terms else found


def _of_severity(chosen: list[str]) -> Q:
    steps = Q(severity__in=[int(pk) for pk in chosen if pk != NO_SEVERITY])
    return steps | Q(severity=None) if NO_SEVERITY in chosen else steps


def _concerns(visible: QuerySet[Incident], team: int) -> Q:
    """The team owns an affected service, or an action that was agreed."""
    services = visible.order_by().filter(affected__service__owner=team).values("pk")
    actions = (
        visible.order_by()
        .filter(
            postmortem__action_items__owner_team=team,
            postmortem__action_items__deleted_at=None,
        )
        .values("pk")
    )
    return Q(pk__in=services) | Q(pk__in=actions)


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    """The beginning of a day in UTC, or of one some days later."""
    if day is None:
        return None
    return datetime.combine(day + timedelta(days=days), time(), UTC)


def page_of(
    found: QuerySet[Incident],
    *,
    newest_first: bool,
    before: Cursor | None,
    after: Cursor | None,
    columns: Sequence[str] = (),
) -> Page:
    """The rows next to a cursor: older than `before`, or newer than `after`.

    Rows that are added meanwhile neither repeat nor hide another one.
    """
    towards_newer = after is not None or (before is None and not newest_first)
    cursor = after or before
    if cursor is not None:
        found = found.filter(_beyond(cursor, newer=towards_newer))
    order = OLDEST_FIRST if towards_newer else NEWEST_FIRST
    rows = read_rows(found.order_by(*order)[: PAGE_SIZE + 1], *columns)
    more = len(rows) > PAGE_SIZE
    rows = rows[:PAGE_SIZE]
    if towards_newer == newest_first:
        rows.reverse()
    if not rows:
        return Page([], None, None)
    newest, oldest = (rows[0], rows[-1]) if newest_first else (rows[-1], rows[0])
    has_newer = more if towards_newer else cursor is not None
    has_older = cursor is not None if towards_newer else more
    return Page(
        rows,
        Cursor(newest.sorts_at, newest.pk) if has_newer else None,
        Cursor(oldest.sorts_at, oldest.pk) if has_older else None,
    )


def _beyond(cursor: Cursor, *, newer: bool) -> Q:
    if newer:
        return Q(sorts_at__gte=cursor.at) & (
            Q(sorts_at__gt=cursor.at) | Q(pk__gt=cursor.pk)
        )
    return Q(sorts_at__lte=cursor.at) & (
        Q(sorts_at__lt=cursor.at) | Q(pk__lt=cursor.pk)
    )


def _cursors(request: UserRequest) -> tuple[Cursor | None, Cursor | None]:
    """`before` and `after` of the address; Http404 for what we have not given out."""
    before, after = (request.GET.getlist(name) for name in Filters.PLACES)
    if len(before) + len(after) > 1:
        raise Http404
    read = [Cursor.read(text) if text else None for text in (*before, *after)]
    if any(cursor is None for cursor in read):
        raise Http404
    cursor = read[0] if read else None
    return (cursor, None) if before else (None, cursor)


def _exact(visible: QuerySet[Incident], text: str) -> str:
    """The address of the one report whose reference was typed in full."""
    reference = Terms(text or "").reference
    if not reference or not visible.filter(reference=reference).exists():
        return ""
    return reverse("postmortems:read", args=[reference])


def _limited(text: str) -> AbstractContextManager[Any]:
    """A search runs in a transaction, within which its time is limited."""
    return transaction.atomic() if text else nullcontext()


# --- How it is shown ------------------------------------------------------------------


def _reply(
    request: UserRequest, filters: Filters, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    current = filters.query_string(without="order") if filters.is_valid() else None
    context |= {
        "filters": filters,
        "chips": _chips(filters),
        "tabs": _tabs(context.get("counts"), current),
        "saved_views": list(
            access.saved_views(request.user, SavedView.Page.INCIDENTS).select_related(
                "owner"
            )
        ),
        "current": current,
        "can_save": current and current not in {query for _k, _n, query in BUILT_IN},
        "reader": request.user,
    }
    fragment = request.htmx and not request.htmx.history_restore_request
    template = "list_answer.html" if fragment else "list.html"
    if not fragment:
        context |= _choices(filters)
    response = render(request, f"postmortems/{template}", context, status=status)
    if fragment and status == HTTPStatus.OK:
        response.headers["HX-Push-Url"] = _address_of(filters.query_string())
    response.headers["Vary"] = "Cookie, HX-Request"
    return response


def _choices(filters: Filters) -> dict[str, Any]:
    """What the panels offer; a fragment leaves them as they are."""
    boxes = {
        f"{name}_boxes": filters.boxes_html(name) for name in ("severity", "status")
    }
    options = {
        f"{name}_options": filters.options_html(name)
        for name in ("service", "team", "kind")
    }
    return boxes | options


def _refused(request: UserRequest, filters: Filters) -> HttpResponse:
    """422 with the messages of the filters; 400 for a filter that does not exist."""
    context = {"rows": [], "shown": _("Nothing is shown."), "newest_first": True}
    return _reply(request, filters, context, status=400 if filters.unknown else 422)


def _chips(filters: Filters) -> list[Chip]:
    valid = filters.is_valid()
    return [
        Chip(
            name=name,
            label=str(label),
            words=filters.words_of(name) if valid else "",
            without=_address_of(filters.query_string(without=name)) if valid else "",
        )
        for name, label in CHIPS
    ]


def _tabs(
    counts: dict[str, int] | None, current: str | None
) -> list[tuple[str, str, str, bool]]:
    return [
        (
            _address_of(query),
            str(name),
            count_words(counts[key]) if counts else "",
            query == current,
        )
        for key, name, query in BUILT_IN
    ]


def _built_in_counts(
    visible: QuerySet[Incident], request: UserRequest
) -> dict[str, QuerySet[Incident]]:
    written = visible.filter(postmortem__status__in=["drafting", "gathering"])
    published = visible.filter(postmortem__status__in=["closed", "published"])
    return {
        "all": visible,
        "writing": written,
        "review": visible.filter(postmortem__status="in_review"),
        "published": published,
        "mine": visible.filter(postmortem__participations__user=request.user),
    }


def _shown_words(
    counts: dict[str, int], rows: list[LedgerRow], filters: Filters
) -> str:
    if filters.on:
        return _("%(found)s of %(all)s shown") % {
            "found": count_words(counts["found"]),
            "all": count_words(counts["all"]),
        }
    if counts["all"] > len(rows):
        return _("%(count)s of %(all)s shown") % {
            "count": len(rows),
            "all": count_words(counts["all"]),
        }
    return ""


def _address_of(query: str) -> str:
    address = reverse("postmortems:list")
    return f"{address}?{query}" if query else address


def _address(filters: Filters, **place: Cursor | None) -> str:
    """The list beyond a cursor; "" where nothing lies there."""
    there = {name: str(cursor) for name, cursor in place.items() if cursor}
    return _address_of(filters.query_string(**there)) if there else ""


def _other_order(filters: Filters, *, newest_first: bool) -> str:
    more = {"order": "oldest"} if newest_first else {}
    return _address_of(filters.query_string(without="order", **more))


urlpatterns = [path("", incidents, name="list")]
