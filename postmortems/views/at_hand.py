"""Forms that an open page keeps at hand, to go on without a connection."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import path
from django.views.decorators.http import require_safe

from accounts.access import people, teams
from accounts.http import UserRequest
from config.limits import LIMITS
from postmortems import access
from postmortems.forms.at_hand import pairs_of
from postmortems.forms.base import RowForm
from postmortems.forms.rows import form_of
from postmortems.models import Postmortem, Row
from postmortems.parts import RowKind, row_kinds
from postmortems.views.replies import base_address, this_second
from postmortems.views.row_editor import LABELS, label_of

NOBODYS = 900_000_000_000_001
"""Stands where a row's id will be; the page puts the id there."""


@require_safe
def forms(request: UserRequest, reference: str) -> HttpResponse:
    """A blank form of every kind, and what the form of each row would hold."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    names = {
        "team_names": _names(teams()),
        "person_names": _names(people()),
    }
    context = {
        "blanks": [
            (f"{kind.name}/{verb}", _blank(request, postmortem, kind, row, names))
            for kind in row_kinds()
            for verb, row in (("add", None), ("edit", _nobodys(postmortem, kind)))
        ],
        "nobodys": NOBODYS,
        "rows": {
            kind.name: dict(_held(request, postmortem, kind)) for kind in row_kinds()
        },
    }
    return render(request, "postmortems/rows/at_hand.html", context)


def _names(everybody: Any) -> list[str]:
    return list(everybody.values_list("name", flat=True)[: LIMITS.rows])


def _nobodys(postmortem: Postmortem, kind: RowKind) -> Row:
    """A row that there is none of, for a form with the tools of one."""
    row = kind.model(pk=NOBODYS, postmortem=postmortem)  # type: ignore[misc]
    if kind.name == "timeline":
        row.occurred_at = this_second()  # type: ignore[attr-defined]
    return row


def _form(
    request: UserRequest, postmortem: Postmortem, kind: RowKind, row: Row | None
) -> RowForm:
    return form_of(kind.name)(
        postmortem=postmortem,
        user=request.user,
        now=this_second(),
        row=row,
        editor=f"rows-{kind.name}-{NOBODYS}",
    )


def _blank(
    request: UserRequest,
    postmortem: Postmortem,
    kind: RowKind,
    row: Row | None,
    names: dict[str, list[str]],
) -> str:
    """The form as its own address would answer it, without an address."""
    base = base_address(postmortem)
    address = f"{base}rows/{kind.name}/{row.pk if row else 'add'}/"
    stands_there = row is not None and kind.name != "factors"
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "base": base,
        "kind": kind,
        "form": _form(request, postmortem, kind, row),
        "row": row,
        "movable": row is not None,
        "editor": f"rows-{kind.name}-{NOBODYS}",
        "action": f"{address}edit/" if row else address,
        "address": address,
        "shown_again": address if stands_there else "",
        "label": LABELS[kind.name][0 if row else 1],
        **names,
    }
    template = f"postmortems/rows/{kind.name}_form.html"
    return render_to_string(template, context, request)


def _held(
    request: UserRequest, postmortem: Postmortem, kind: RowKind
) -> Iterator[tuple[str, dict[str, Any]]]:
    """By id: what a row is called, whether it can be moved, and its form's values."""
    rows = _rows(postmortem, kind)
    form = _form(request, postmortem, kind, None)
    alone = _alone(rows) if kind.name == "timeline" else frozenset[int]()
    for row in rows:
        yield (
            str(row.pk),
            {
                "label": label_of(kind, row),
                "movable": row.pk not in alone,
                "values": pairs_of(form, row),
            },
        )


def _rows(postmortem: Postmortem, kind: RowKind) -> list[Row]:
    related = [name.removesuffix("_id") for name in kind.fields if name[-3:] == "_id"]
    rows = kind.rows(postmortem).present().prefetch_related(*kind.links)
    if related:
        rows = rows.select_related(*related)
    return list(rows.order_by("-pk")[: LIMITS.rows_at_hand])


def _alone(entries: Iterable[Any]) -> frozenset[int]:
    """Entries whose time no other one has: there is no order to change."""
    at = Counter(entry.occurred_at for entry in entries)
    return frozenset(entry.pk for entry in entries if at[entry.occurred_at] == 1)


urlpatterns = [path("<str:reference>/forms/", forms, name="forms")]
