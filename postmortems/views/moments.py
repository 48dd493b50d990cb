"""Says while somebody types a time what will be stored of it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.dateparse import parse_datetime
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
from postmortems.views.replies import number_in, this_second

LONGEST = 200
"""Characters of a typed time that are read at all."""


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
    """The same within a report: `near` gives the day, else the incident's beginning.

    Relative times count from `after`, another field of the form; else from the entry
    above: the one named by `after_id`, the one before `row`, or the last; and from the
    start where there is none.
    """
    postmortem = access.postmortem(request.user, reference)
    incident = postmortem.incident
    now = this_second()
    beginning = incident.started_at or incident.detected_at or incident.created_at
    typed = _typed(request.GET.get("after", ""), _zone(request), now)
    began = incident.started_at or incident.detected_at
    after = typed or _entry_moment(request, postmortem) or began
    return _reply(request, reference=_near(request) or beginning, after=after, now=now)


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


def _near(request: UserRequest) -> datetime | None:
    """Where the incident began when the form was opened, if it says so."""
    try:
        near = parse_datetime(request.GET.get("near", "")[:LONGEST])
    except ValueError:
        return None
    return near if near and near.tzinfo else None


def _entry_moment(request: UserRequest, postmortem: Postmortem) -> datetime | None:
    """The entry that relative times count from."""
    entries = TIMELINE.rows(postmortem).present()
    above, row = _id(request, "after_id"), _id(request, "row")
    if above is not None:
        entries = entries.filter(pk=above)
    elif row is not None:
        own = entries.filter(pk=row).values_list("occurred_at", flat=True).first()
        entries = entries.filter(occurred_at__lt=own) if own else entries
    last: datetime | None = (
        entries.order_by("-occurred_at", "-position", "-pk")
        .values_list("occurred_at", flat=True)
        .first()
    )
    return last


def _id(request: UserRequest, name: str) -> int | None:
    return number_in(request.GET.get(name, ""))


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
