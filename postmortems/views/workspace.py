"""The workspace in which a report is drafted: whole, or the parts that changed."""

from datetime import datetime
from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from accounts.access import organisation
from accounts.http import UserRequest
from config.limits import LIMITS
from postmortems import access, permissions, policies, presenting, suggested
from postmortems.models import Postmortem
from postmortems.operations import incidents, settings
from postmortems.report import Report
from postmortems.views.lifecycle import steps_context
from postmortems.views.notes import panel_context
from postmortems.views.replies import (
    PARTS_OF_KIND,
    base_address,
    edit_address,
    refused,
    saved,
    this_second,
)
from postmortems.vocabulary import LessonKind, Place, Status

PARTS = (
    "facts",
    "checklist",
    "summary",
    "timeline",
    "cause",
    "lessons",
    "follow",
    "files",
    "timeline_free",
    "outline",
    "suggestions",
    "comments",
)


@require_safe
def edit(request: UserRequest, reference: str) -> HttpResponse:
    """The whole workspace; people who may not write are taken to the report."""
    postmortem = access.postmortem(request.user, reference)
    if not permissions.can_edit(request.user, postmortem):
        return redirect("postmortems:read", reference)
    context = page_context(request, postmortem)
    return render(request, "postmortems/workspace.html", context)


@require_safe
def parts(request: UserRequest, reference: str) -> HttpResponse:
    """Parts of the workspace by name, for a page that was told they have changed."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    names = request.GET.getlist("part")
    if not names or len(names) > len(PARTS) or not set(names) <= set(PARTS):
        raise Http404
    context = page_context(request, postmortem)
    return render(
        request, "postmortems/parts.html", {**context, "names": dict.fromkeys(names)}
    )


@require_POST
def join(request: UserRequest, reference: str) -> HttpResponse:
    """Become a contributor, and start writing."""
    postmortem = access.postmortem(request.user, reference)
    incidents.join_report(postmortem.pk, by=request.user, at=this_second())
    return redirect(edit_address(postmortem))


@require_POST
def tick(request: UserRequest, reference: str, item_id: int) -> HttpResponse:
    """Tick a source off the checklist, or take the tick back."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    item = next(
        (i for i in access.checklist(postmortem.incident.kind) if i.pk == item_id), None
    )
    if item is None:
        raise Http404
    try:
        settings.tick(
            postmortem,
            item,
            ticked=request.POST.get("ticked") == "on",
            by=request.user,
            at=this_second(),
        )
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    return saved(request, postmortem, kind="checklist", anchor="checklist")


def page_context(request: UserRequest, postmortem: Postmortem) -> dict[str, Any]:
    """All that the workspace shows, from one loaded report."""
    now = this_second()
    report = access.report(postmortem)
    incident = postmortem.incident
    checklist = _checklist(postmortem)
    return {
        "postmortem": postmortem,
        "incident": incident,
        "report": report,
        "now": now,
        "today": now.astimezone(request.user.zone).date(),
        "saved_today": postmortem.changed_at.date() == now.date(),
        "editing": True,
        "base": base_address(postmortem),
        "can_facilitate": permissions.can_facilitate(request.user, postmortem),
        "parts_of_kind": PARTS_OF_KIND,
        "readiness": policies.readiness(
            report, now=now, settings=organisation().readiness
        ),
        "marks": presenting.outline_marks(report),
        "facts": presenting.facts_of(report),
        "facts_day": incident.started_at or incident.detected_at,
        "checklist": checklist,
        "files": list(access.evidence_files(postmortem)),
        "ticked_count": sum(ticked for _item, ticked in checklist),
        "statuses": _statuses(postmortem),
        **_parts_context(request, report, now),
        **_suggestions(postmortem),
        # A page with scripts has the editor, which finds marked words itself.
        **panel_context(request, postmortem, find_words=not request.htmx),
        **steps_context(request.user, postmortem),
    }


def _parts_context(
    request: UserRequest, report: Report, now: datetime
) -> dict[str, Any]:
    """Rows and sections by where they stand."""
    newest_first = request.GET.get("order") == "newest"
    lines = presenting.timeline_lines(report, now=now)
    return {
        "lines": lines[::-1] if newest_first else lines,
        "newest_first": newest_first,
        "lesson_columns": [(kind, report.lessons_of(kind)) for kind in LessonKind],
        "free": {place.value: report.free_sections(place) for place in Place},
        "fixed": {
            section.key: section for section in report.sections if section.key != "free"
        },
    }


def _suggestions(postmortem: Postmortem) -> dict[str, Any]:
    """What others would write, the oldest first."""
    waiting = access.open_suggestions(postmortem)
    found = [*waiting[: LIMITS.page_size]]
    full = len(found) == LIMITS.page_size
    return {
        "suggestions": suggested.show(found, partial(access.names_of, postmortem)),
        "suggestion_count": waiting.count() if full else len(found),
    }


def _checklist(postmortem: Postmortem) -> list[tuple[Any, bool]]:
    """The sources to ask while data is gathered, each with whether it is ticked."""
    if postmortem.status != Status.GATHERING:
        return []
    ticked = set(postmortem.ticks.values_list("item_id", flat=True))
    return [
        (item, item.pk in ticked) for item in access.checklist(postmortem.incident.kind)
    ]


def _statuses(postmortem: Postmortem) -> list[tuple[Status, str]]:
    """Every status in order, with its mark: done, current or still to come."""
    order = list(Status)
    here = order.index(Status(postmortem.status))
    return [
        (status, "full" if at < here else "half" if at == here else "")
        for at, status in enumerate(order)
    ]


urlpatterns = [
    path("<str:reference>/edit/", edit, name="edit"),
    path("<str:reference>/parts/", parts, name="parts"),
    path("<str:reference>/join/", join, name="join"),
    path("<str:reference>/checklist/<int:item_id>/", tick, name="tick"),
]
