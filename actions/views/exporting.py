"""The list of actions as a file."""

from typing import Any

from django.db import OperationalError
from django.http import HttpResponseBase
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from psycopg.errors import QueryCanceled

from accounts.http import UserRequest
from actions import access
from actions.choosing import ordered
from actions.exporting import csv_of
from actions.views.ledger import Asked, asked, limited, refused
from config.limits import LIMITS
from config.streaming import streamed
from postmortems.search import read_terms


@require_safe
def export(request: UserRequest) -> HttpResponseBase:
    """What the filters let through, in the order of the list; `bom=on` for Excel."""
    data = request.GET.copy()
    bom = "on" in data.pop("bom", [])
    about = asked(request, data)
    if not about.filters.is_valid():
        return refused(about)
    try:
        pks = _pks(about)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        about.filters.add_error("q", _("This took too long. Try fewer or rarer words."))
        return refused(about)
    today = about.days.today
    report = request.build_absolute_uri(reverse("postmortems:read", args=["0"]))
    before, _zero, after = report.rpartition("0")
    # Rights are asked anew for each piece, not taken from when the ids were read.
    lines = csv_of(
        access.actions(request.user),
        pks,
        today=today,
        address=f"{before}{{}}{after}",
        bom=bom,
    )
    return streamed(
        request, lines, content_type="text/csv; charset=utf-8", headers=_named(today)
    )


def _pks(about: Asked) -> list[int]:
    text = about.chosen["q"]
    with limited(text):
        terms = read_terms(text) if text else None
        found = ordered(about.found(terms), about.chosen)
        return list(found.values_list("pk", flat=True)[: LIMITS.exported_actions])


def _named(today: Any) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="actions-{today.isoformat()}.csv"'
    }


urlpatterns = [path("actions/export/", export, name="export")]
