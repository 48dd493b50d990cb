"""Says while somebody types a time what will be stored of it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts.http import UserRequest
from postmortems import access
from postmortems.models import Postmortem
from postmortems.moments import (
    AmbiguousMoment,
    BadMoment,
    check_range,
    parse_moment,
)
from postmortems.parts import TIMELINE
from postmortems.views.replies import this_second

LONGEST = 200
"""Characters of a typed time that are read at all."""
LONGEST_ID = 18


@require_safe
def preview(request: UserRequest) -> HttpResponse:
    """The moment that `text` names, typed in `zone`; relative ones count from `after`.

    200 with the moment in UTC, 422 with the sentence that says what is the matter, and
    both moments where the clock went back and the time was there twice.
    """
    now = this_second()
    after = _typed(request.GET.get("after", ""), _zone(request), now)
    return _reply(request, reference=after or now, after=after, now=now)


@require_safe
def preview_in_report(request: UserRequest, reference: str) -> HttpResponse:
    """The same within a report: the day is the incident's, `after_id` an entry."""
    postmortem = access.postmortem(request.user, reference)
    incident = postmortem.incident
    day = incident.started_at or incident.detected_at or incident.created_at
    after = _entry_moment(request, postmortem)
    return _reply(request, reference=after or day, after=after, now=this_second())


def _reply(
    request: UserRequest, *, reference: datetime, after: datetime | None, now: datetime
) -> HttpResponse:
    text = request.GET.get("text", "")[:LONGEST]
    if not text.strip():
        return HttpResponse()
    zone = _zone(request)
    template = "postmortems/_moment_preview.html"
    try:
        moment = parse_moment(
            text, zone=zone, reference=reference, after=after, now=now
        )
        check_range(moment.at, now=now)
    except AmbiguousMoment as ambiguous:
        context = {"sentence": str(ambiguous), "choices": ambiguous.choices}
        return render(request, template, context, status=422)
    except BadMoment as problem:
        return render(request, template, {"sentence": str(problem)}, status=422)
    local = moment.at.astimezone(zone) if zone.key != "UTC" else None
    return render(request, template, {"moment": moment, "local": local, "zone": zone})


def _typed(text: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The moment in another field of the form; None where it is not one yet."""
    if not text.strip():
        return None
    try:
        return parse_moment(
            text[:LONGEST], zone=zone, reference=now, after=None, now=now
        ).at
    except (BadMoment, AmbiguousMoment):
        return None


def _entry_moment(request: UserRequest, postmortem: Postmortem) -> datetime | None:
    """What relative times count from: the entry named, the last one, or the start."""
    typed = request.GET.get("after_id", "")
    entries = TIMELINE.rows(postmortem).present()
    if typed.isascii() and typed.isdigit() and len(typed) <= LONGEST_ID:
        entries = entries.filter(pk=int(typed))
    last = entries.order_by("-occurred_at", "-position", "-pk").first()
    return last.occurred_at if last else postmortem.incident.started_at


def _zone(request: UserRequest) -> ZoneInfo:
    """The zone chosen in the form; UTC where there is none of that name."""
    try:
        return ZoneInfo(request.GET.get("zone", "") or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


urlpatterns = [
    path("moment/", preview, name="moment-preview"),
    path("<str:reference>/moment/", preview_in_report, name="report-moment"),
]
