"""The list of actions: who promised what, what is late, what is proven."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from psycopg.errors import QueryCanceled

from accounts.http import UserRequest
from actions import access
from actions.choosing import SETTLED_SHOWS, Days, Reader, filtered, in_view, ordered
from actions.filters import SHOWS, ActionFilters, ActionOptions
from actions.ledger import ActionRow, Group, draw, group_of, grouped, of_groups, read
from actions.models import ActionItem
from postmortems.access import saved_views
from postmortems.ledger import MOST_COUNTED, bounded_counts, count_words
from postmortems.models import SavedView
from postmortems.search import Highlighter, Terms, read_terms
from postmortems.views.listing import Chip
from postmortems.views.replies import this_second

PAGE_SIZE = 50
MOST_PAGES = MOST_COUNTED // PAGE_SIZE
"""Pages that can be leafed through; beyond, a filter is the way to find something."""

CHIPS = (
    ("team", lazy("Team")),
    ("owner", lazy("Owner")),
    ("type", lazy("Type")),
    ("priority", lazy("Priority")),
    ("progress", lazy("Status")),
    ("incident", lazy("Incident")),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who looks at which actions, and when."""

    request: UserRequest
    filters: ActionFilters
    reader: Reader
    visible: QuerySet[ActionItem]

    @property
    def days(self) -> Days:
        return self.reader.days

    @property
    def chosen(self) -> dict[str, Any]:
        return self.filters.cleaned_data

    def found(self, terms: Terms | None) -> QuerySet[ActionItem]:
        return filtered(self.visible, self.chosen, terms, self.reader)

    @property
    def in_groups(self) -> bool:
        """Whether rows stand under headings by date."""
        chosen = self.chosen
        return chosen["sort"] == "due" and chosen["show"] not in SETTLED_SHOWS


def asked(request: UserRequest, data: Any) -> Asked:
    """The filters of an address, not yet checked."""
    filters = ActionFilters(data, options=ActionOptions(request.user))
    user = request.user
    reader = Reader.at(user, this_second())
    return Asked(request, filters, reader, access.actions_of_page(user))


@require_safe
def ledger(request: UserRequest) -> HttpResponse:
    """The list; for htmx its results alone."""
    about = asked(request, request.GET)
    if not about.filters.is_valid():
        return refused(about)
    try:
        with limited(about.chosen["q"]):
            context = _results(about)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        about.filters.add_error("q", _("This took too long. Try fewer or rarer words."))
        return refused(about)
    return _reply(about, context)


def limited(text: str) -> AbstractContextManager[Any]:
    """A search runs in a transaction, within which its time is limited."""
    return transaction.atomic() if text else nullcontext()


def _results(about: Asked) -> dict[str, Any]:
    text = about.chosen["q"]
    terms = read_terms(text) if text else None
    found = about.found(terms)
    number = min(about.chosen["page"] or 1, MOST_PAGES)
    first = (number - 1) * PAGE_SIZE
    in_order = ordered(found, about.chosen)
    values = read(about.visible, in_order, first, PAGE_SIZE + 1)
    more, values = len(values) > PAGE_SIZE, values[:PAGE_SIZE]
    highlighter = Highlighter(terms) if terms else None
    rows = draw(about.visible, values, about.days.today, highlighter)
    counts = _counts(about, found, rows)
    return {
        "groups": _groups(about, rows, counts),
        "counts": counts,
        "found_count": count_words(counts["found"]),
        "shown": _shown_words(counts, rows),
        "nothing_but_common_words": terms is not None and terms.empty,
        "previous_address": _page(about, number - 1),
        "next_address": _page(about, number + 1) if more else "",
        "is_last": more and number == MOST_PAGES,
    }


def _groups(
    about: Asked, rows: list[ActionRow], counts: Mapping[str, int]
) -> list[Group]:
    if not rows:
        return []
    if not about.in_groups:
        return [Group("", "", rows)]
    words = {
        key.removeprefix("group_"): count_words(count)
        for key, count in counts.items()
        if key.startswith("group_")
    }
    return grouped(rows, about.days, words)


def _counts(
    about: Asked, found: QuerySet[ActionItem], rows: list[ActionRow]
) -> dict[str, int]:
    """Of the views, of what was found, and of the headings on this page."""
    days = about.days
    queries = {
        show: in_view(about.visible, show, about.reader) for show, _name in SHOWS[1:]
    }
    soon = in_view(about.visible, "soon", about.reader)
    queries["overdue"] = soon.filter(due_on__lt=days.today)
    queries["due"] = soon.filter(due_on__gte=days.today)
    queries["found"] = found
    if about.in_groups:
        here = {group_of(row.values.due_on, days) for row in rows}
        queries |= {
            f"group_{key}": found.filter(belongs)
            for key, belongs in of_groups(days).items()
            if key in here
        }
    counts = bounded_counts(queries)
    return counts | {"soon": counts["overdue"] + counts["due"]}


def _shown_words(counts: Mapping[str, int], rows: list[ActionRow]) -> str:
    return _("%(count)s of %(all)s shown") % {
        "count": len(rows),
        "all": count_words(counts["found"]),
    }


# --- How it is shown ------------------------------------------------------------------


def _reply(about: Asked, context: dict[str, Any], status: int = 200) -> HttpResponse:
    request, filters = about.request, about.filters
    valid = filters.is_valid()
    current = filters.query_string(without="sort") if valid else None
    views = saved_views(request.user, SavedView.Page.ACTIONS)
    context |= {
        "filters": filters,
        "chips": _chips(filters),
        "tabs": _tabs(filters, context.get("counts")),
        "saved_views": list(views.select_related("owner")),
        "current": current,
        "can_save": valid and filters.on,
        "reader": request.user,
        "sort_words": filters.chosen_words("sort").lower() if valid else "",
        "headline": _headline(about, context.get("counts")),
        "carried": filters.query_string() if valid else "",
    }
    fragment = request.htmx and not request.htmx.history_restore_request
    if not fragment:
        context |= _choices(filters)
    template = "actions/ledger_answer.html" if fragment else "actions/ledger.html"
    response = render(request, template, context, status=status)
    if fragment and status == HTTPStatus.OK:
        response.headers["HX-Push-Url"] = address_of(filters.query_string())
    response.headers["Vary"] = "Cookie, HX-Request"
    return response


def refused(about: Asked) -> HttpResponse:
    """422 with the messages of the filters; 400 for a filter that does not exist."""
    context = {"groups": [], "shown": _("Nothing is shown.")}
    return _reply(about, context, status=400 if about.filters.unknown else 422)


def _choices(filters: ActionFilters) -> dict[str, Any]:
    """What the panels offer; a fragment leaves them as they are."""
    boxes = {
        f"{name}_boxes": filters.boxes_html(name)
        for name in ("type", "priority", "status", "severity")
    }
    options = {
        f"{name}_options": filters.options_html(name)
        for name in ("team", "owner", "age", "service", "sort")
    }
    return boxes | options


def _chips(filters: ActionFilters) -> list[Chip]:
    valid = filters.is_valid()
    return [
        Chip(
            name=name,
            label=str(label),
            words=filters.words_of(name) if valid else "",
            without=address_of(filters.query_string(without=name)) if valid else "",
        )
        for name, label in CHIPS
    ]


def _tabs(
    filters: ActionFilters, counts: Mapping[str, int] | None
) -> list[tuple[str, str, str, bool]]:
    """Address, name, count and whether it is the one that is looked at."""
    plain = filters.is_valid() and not filters.on
    show = filters.cleaned_data.get("show") if filters.is_valid() else None
    return [
        (
            address_of("" if key == "soon" else f"show={key}"),
            str(name),
            count_words(counts[key]) if counts else "",
            plain and key == show,
        )
        for key, name in SHOWS
    ]


def _headline(about: Asked, counts: Mapping[str, int] | None) -> dict[str, str]:
    """“Monday 23 March 2026. 4 overdue, the oldest by 41 days. 5 due in …”"""
    days = about.days
    words = {"today": date_format(days.today, "l j F Y"), "late": "", "oldest": ""}
    if counts is None:
        return words
    if counts["overdue"]:
        words["late"] = _("%(count)s overdue") % {
            "count": count_words(counts["overdue"])
        }
        words["oldest"] = _oldest(about)
    words["due"] = _("%(count)s due in the next 21 days.") % {
        "count": count_words(counts["due"])
    }
    return words


def _oldest(about: Asked) -> str:
    late = in_view(about.visible, "soon", about.reader)
    first = late.order_by("due_on").values_list("due_on", flat=True).first()
    if first is None:
        return ""
    days = (about.days.today - first).days
    return ngettext(
        "the oldest by %(count)s day", "the oldest by %(count)s days", days
    ) % {"count": days}


def address_of(query: str) -> str:
    address = reverse("actions:ledger")
    return f"{address}?{query}" if query else address


def _page(about: Asked, number: int) -> str:
    """The address of another page; "" where there is none."""
    if not 1 <= number <= MOST_PAGES:
        return ""
    more = {"page": str(number)} if number > 1 else {}
    return address_of(about.filters.query_string(**more))


urlpatterns = [path("actions/", ledger, name="ledger")]
