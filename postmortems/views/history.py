"""Who changed what, and when; earlier versions; and what was deleted."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import UserRequest
from postmortems import access, policies
from postmortems.changes import KINDS, Told, ids_in, tell
from postmortems.comparing import Budget, Piece, compare, shorten
from postmortems.exporters.json import from_data
from postmortems.exporters.markdown import render as as_markdown
from postmortems.forms.history import HistoryFilter
from postmortems.models import Change, Postmortem
from postmortems.operations import history as operations
from postmortems.views.replies import (
    past_context,
    refused,
    request_key,
    this_second,
)

PAGE = 30
"""Changes on one page."""
SECONDS_FOR_A_PAGE = 0.5
SECONDS_FOR_ONE = 1.0
"""How long comparing may take before texts are shown whole."""
SIDES = ("before", "after")


@require_safe
def history(request: UserRequest, reference: str) -> HttpResponse:
    """The changes of a report, newest first; of one part where the address says so."""
    postmortem = access.postmortem(request.user, reference)
    wanted = HistoryFilter(request.GET)
    found = list(_filtered(postmortem, wanted)[: PAGE + 1])
    shown = found[:PAGE]
    context = {
        **past_context(request, postmortem),
        "lines": _lines(postmortem, shown, seconds=SECONDS_FOR_A_PAGE),
        "filter": wanted,
        "older": wanted.address(before=shown[-1].pk) if len(found) > PAGE else "",
        "newest": wanted.address() if wanted.before_id else "",
        "publications": list(access.publications(postmortem)),
    }
    return render(request, "postmortems/history/page.html", context)


@require_safe
def change(request: UserRequest, reference: str, change_id: int) -> HttpResponse:
    """One change at an address of its own, with both texts in full."""
    postmortem = access.postmortem(request.user, reference)
    found = access.change(postmortem, change_id)
    lines = _lines(postmortem, [found], seconds=SECONDS_FOR_ONE, whole=True)
    context = {**past_context(request, postmortem), "line": lines[0]}
    return render(request, "postmortems/history/change.html", context)


@require_POST
def restore(request: UserRequest, reference: str, change_id: int) -> HttpResponse:
    """Make what stood before or after a change stand again."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    found = access.change(postmortem, change_id)
    side = request.POST.get("side", "")
    if side not in SIDES:
        return HttpResponse(status=422)
    try:
        operations.restore_change(
            postmortem.pk,
            found.pk,
            side=side,
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    messages.info(request, _("The earlier version stands again, as a new one."))
    return redirect("postmortems:history", reference)


@require_safe
def deleted(request: UserRequest, reference: str) -> HttpResponse:
    """Rows and sections in the trash of a report, where they stay for 30 days."""
    postmortem = access.postmortem(request.user, reference)
    rows = access.deleted_rows(postmortem)
    context = {
        **past_context(request, postmortem),
        "rows": [(kind, KINDS.get(kind.name, kind.name), row) for kind, row in rows],
        "sections": access.deleted_sections(postmortem),
        "files": access.deleted_files(postmortem),
    }
    return render(request, "postmortems/history/deleted.html", context)


@require_safe
def publication_changes(
    request: UserRequest, reference: str, number: int
) -> HttpResponse:
    """What a publication changed in the text of the one before it."""
    postmortem = access.postmortem(request.user, reference)
    publication = access.publication(postmortem, number)
    pieces: list[Piece] = []
    if number > 1:
        earlier = access.publication(postmortem, number - 1)
        before = as_markdown(from_data(earlier.document))
        after = as_markdown(from_data(publication.document))
        pieces = shorten(compare(before, after, Budget(SECONDS_FOR_ONE)))
    context = {
        **past_context(request, postmortem),
        "publication": publication,
        "pieces": pieces,
        "differs": any(piece.kind in {"gone", "new"} for piece in pieces),
    }
    return render(request, "postmortems/history/publication.html", context)


def _filtered(postmortem: Postmortem, wanted: HistoryFilter) -> Any:
    changes = access.changes(postmortem).filter(wanted.condition())
    return changes.filter(pk__lt=wanted.before_id) if wanted.before_id else changes


def _lines(
    postmortem: Postmortem, shown: list[Change], *, seconds: float, whole: bool = False
) -> list[dict[str, Any]]:
    """Each change in words, with the versions of it that can be restored."""
    names = access.names_of(postmortem, ids_in(shown))
    newest = access.newest_of_parts(postmortem, shown)
    told = tell(shown, names, seconds=seconds, whole=whole)
    return [{"told": line, "sides": _sides(line, newest)} for line in told]


def _sides(line: Told, newest: set[int]) -> list[str]:
    """Versions to restore: not the one that stands now, and none that is none."""
    change = line.change
    stands = {"after"} if change.pk in newest else set()
    return [
        side
        for side in SIDES
        if side not in stands
        and operations.version_of(change, side) is not operations.NOTHING
    ]


urlpatterns = [
    path("<str:reference>/history/", history, name="history"),
    path("<str:reference>/history/deleted/", deleted, name="deleted"),
    path("<str:reference>/history/<int:change_id>/", change, name="change"),
    path(
        "<str:reference>/history/<int:change_id>/restore/",
        restore,
        name="change-restore",
    ),
    path(
        "<str:reference>/published/<int:number>/changes/",
        publication_changes,
        name="publication-changes",
    ),
]
