"""Who takes part, who is invited, and the report's way into the trash."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.access import people as all_people
from accounts.access import somebody
from accounts.http import UserRequest
from postmortems import access, permissions, policies
from postmortems.models import Participation, Postmortem
from postmortems.operations import incidents
from postmortems.views.replies import number_in, refused, this_second


@require_safe
def people(request: UserRequest, reference: str) -> HttpResponse:
    """Who takes part in the report, and as what."""
    postmortem = access.postmortem(request.user, reference)
    return _page(request, postmortem)


@require_POST
def set_part(request: UserRequest, reference: str) -> HttpResponse:
    """Invite somebody, change their part, or take it away."""
    postmortem = access.postmortem(request.user, reference, need="facilitate")
    pk, part = number_in(request.POST.get("user", "")), request.POST.get("part")
    if pk is None or part not in ["", *Participation.Part.values]:
        return _page(request, postmortem, status=422, unknown_person=True)
    user = somebody(pk)
    try:
        incidents.set_part(
            postmortem.pk, user, part or None, by=request.user, at=this_second()
        )
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    if user == request.user and not part and postmortem.incident.restricted:
        return redirect("postmortems:list")
    return redirect("postmortems:people", reference)


@require_POST
def restrict(request: UserRequest, reference: str) -> HttpResponse:
    """Let only invited people see the report, or everybody again."""
    postmortem = access.postmortem(request.user, reference, need="facilitate")
    restricted = request.POST.get("restricted")
    if restricted not in {"on", "off"}:  # never opened by what is left out
        return _page(request, postmortem, status=422)
    incidents.set_restricted(
        postmortem.pk,
        restricted=restricted == "on",
        by=request.user,
        at=this_second(),
    )
    return redirect("postmortems:people", reference)


@require_http_methods(["GET", "HEAD", "POST"])
def trash(request: UserRequest, reference: str) -> HttpResponse:
    """Say what putting the report in the trash does; then do it."""
    postmortem = access.postmortem(request.user, reference, need="facilitate")
    if request.method != "POST":
        return render(
            request,
            "postmortems/trash.html",
            {"postmortem": postmortem, "incident": postmortem.incident},
        )
    incidents.trash_incident(postmortem.pk, by=request.user, at=this_second())
    return redirect("postmortems:trash-list")


@require_safe
def trash_list(request: UserRequest) -> HttpResponse:
    """Reports in the trash that this person may bring back."""
    found = access.trashed_incidents(request.user).order_by("-deleted_at", "-pk")[:100]
    return render(request, "postmortems/trash_list.html", {"incidents": found})


@require_POST
def bring_back(request: UserRequest, reference: str) -> HttpResponse:
    postmortem = access.trashed_postmortem(request.user, reference)
    incidents.bring_back_incident(postmortem.pk, by=request.user, at=this_second())
    return redirect("postmortems:read", reference)


def _page(
    request: UserRequest, postmortem: Postmortem, *, status: int = 200, **extra: Any
) -> HttpResponse:
    taking_part = list(
        postmortem.participations.select_related("user").order_by("joined_at", "pk")
    )
    known = {one.user_id for one in taking_part}
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "participations": taking_part,
        "parts": Participation.Part.choices,
        "others": [person for person in all_people() if person.pk not in known],
        "can_facilitate": permissions.can_facilitate(request.user, postmortem),
        "can_join": permissions.can_join(request.user, postmortem),
        **extra,
    }
    return render(request, "postmortems/people.html", context, status=status)


urlpatterns = [
    path("trash/", trash_list, name="trash-list"),
    path("<str:reference>/people/", people, name="people"),
    path("<str:reference>/people/set/", set_part, name="people-set"),
    path("<str:reference>/restrict/", restrict, name="restrict"),
    path("<str:reference>/trash/", trash, name="trash"),
    path("<str:reference>/bring-back/", bring_back, name="bring-back"),
]
