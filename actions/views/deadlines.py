"""The due date that is offered for an action, while its form is filled in."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts.http import UserRequest
from actions.deadlines import offer_for
from actions.forms import read_owner
from config.limits import LIMITS
from postmortems import access
from postmortems.views.replies import this_second


@require_safe
def offer(request: UserRequest, reference: str) -> HttpResponse:
    """The sentence for an owner, types and a priority as they are typed."""
    incident = access.postmortem(request.user, reference, need="edit").incident
    owner = request.GET.get("owner", "")[: LIMITS.name * 2]
    found = offer_for(
        incident,
        by=request.user,
        today=this_second().astimezone(request.user.zone).date(),
        types=request.GET.getlist("types"),
        priority=request.GET.get("priority", ""),
        team=read_owner(owner)["owner_team_id"],
    )
    return render(request, "actions/_due_offer.html", {"offer": found})


urlpatterns = [
    path("incidents/<str:reference>/actions/due/", offer, name="due-offer"),
]
