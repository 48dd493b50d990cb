"""The aside of the list of actions: it costs more than the list, so it comes later."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts.http import UserRequest
from actions import access
from actions.ageing import by_team, done_lately
from postmortems.views.replies import this_second

MOST_BESIDE = 12
"""Teams in the aside; the page shows them all."""


@require_safe
def ageing(request: UserRequest) -> HttpResponse:
    """Open actions by team and how late they are; for htmx without a page around."""
    today = this_second().astimezone(request.user.zone).date()
    visible = access.actions(request.user)
    teams = by_team(visible, today)
    beside = bool(request.htmx)
    context = {
        "teams": teams[:MOST_BESIDE] if beside else teams,
        "more": max(0, len(teams) - MOST_BESIDE) if beside else 0,
        "lately": done_lately(visible, today),
    }
    template = "actions/_ageing.html" if beside else "actions/ageing.html"
    response = render(request, template, context)
    response.headers["Vary"] = "Cookie, HX-Request"
    return response


urlpatterns = [path("actions/ageing/", ageing, name="ageing")]
