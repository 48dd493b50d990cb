"""What a person or a team has promised: on a page, and as a calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import any_team
from accounts.http import UserRequest
from accounts.mails import public
from accounts.middleware import open_to_all
from accounts.models import Team
from accounts.tokens import hash_of
from actions import access
from actions.calendars import calendar_of
from actions.choosing import Days
from actions.ledger import ActionRow, draw, grouped, read
from actions.models import SETTLED, ActionItem, Verdict
from actions.operations import feeds
from config.limits import LIMITS
from postmortems.views.replies import this_second
from postmortems.vocabulary import ActionStatus

MINUTE = 60
LATELY = 20
"""What was settled last, on the page of a team."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Some of the actions that a reader may see, under headings by date."""

    groups: list[Any]
    more: bool
    """Whether there are more than are shown."""


@require_safe
def mine(request: UserRequest) -> HttpResponse:
    """The reader's own actions, and those of their teams."""
    visible = access.actions(request.user)
    own = access.open_of(request.user, None)
    teams = access.own_teams(request.user)
    of_teams = (
        visible.filter(owner_team__in=teams.order_by().values("pk"))
        .exclude(status__in=SETTLED)
        .exclude(owner_person=request.user)
    )
    context = {
        "own": _listed(request, visible, own),
        "of_teams": _listed(request, visible, of_teams),
        "teams": list(teams),
        **_counted(request, visible.filter(owner_person=request.user)),
    }
    return _page(request, "actions/mine.html", None, context)


@require_safe
def team(request: UserRequest, pk: int) -> HttpResponse:
    """Who is in it, what it owns, and what it has promised, of what one may see."""
    found = any_team(pk)
    visible = access.actions(request.user)
    owned = visible.filter(owner_team=found)
    settled = owned.filter(status=ActionStatus.DONE)
    newest = settled.order_by(F("done_on").desc(nulls_last=True), "-pk")
    lately = read(visible, newest, 0, LATELY)
    context = {
        "team": found,
        "members": found.members.all(),
        "services": list(access.services_of(request.user, found)),
        "listed": _listed(request, visible, access.open_of(request.user, found)),
        "lately": draw(visible, lately, _days(request).today),
        **_counted(request, owned),
    }
    return _page(request, "actions/team.html", found, context)


def _page(
    request: UserRequest, template: str, team: Team | None, context: dict[str, Any]
) -> HttpResponse:
    whole = {
        "feed": access.feed(request.user, team),
        "feed_reset": _address("feed-reset", team),
        "feed_remove": _address("feed-remove", team),
        **context,
    }
    return render(request, template, whole)


# --- Calendars ------------------------------------------------------------------------


@require_POST
def reset_own_feed(request: UserRequest) -> HttpResponse:
    """A new address, which is shown this once."""
    token = feeds.reset_feed(request.user, None, at=this_second())
    return _shown_once(request, None, token)


@require_POST
def reset_team_feed(request: UserRequest, pk: int) -> HttpResponse:
    found = any_team(pk)
    token = feeds.reset_feed(request.user, found, at=this_second())
    return _shown_once(request, found, token)


@require_POST
def remove_own_feed(request: UserRequest) -> HttpResponse:
    feeds.remove_feed(request.user, None)
    return _shown_once(request, None, "")


@require_POST
def remove_team_feed(request: UserRequest, pk: int) -> HttpResponse:
    found = any_team(pk)
    feeds.remove_feed(request.user, found)
    return _shown_once(request, found, "")


def _shown_once(request: UserRequest, team: Team | None, token: str) -> HttpResponse:
    context = {
        "team": team,
        "back": _address("mine", None) if team is None else _address("team", team),
        "feed": access.feed(request.user, team),
        "feed_reset": _address("feed-reset", team),
        "feed_remove": _address("feed-remove", team),
        "feed_address": public(reverse("actions:feed", args=[token])) if token else "",
    }
    return render(request, "actions/calendar.html", context)


@require_safe
@open_to_all
def feed(request: HttpRequest, feed_token: str) -> HttpResponse:
    """The calendar that this token lets in to, by its person's rights of today."""
    if _too_often(feed_token):
        return HttpResponse(status=429, headers={"Retry-After": str(MINUTE)})
    found = access.feed_of_token(feed_token)
    actions = list(access.in_calendar(found)[: LIMITS.calendar_events])
    name = _("Actions of %(whom)s") % {"whom": found.team or found.user}
    body = calendar_of(name, actions)
    etag = f'"{sha256(body).hexdigest()}"'
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response.headers["ETag"] = etag
    response.headers["Content-Disposition"] = 'inline; filename="actions.ics"'
    answer = get_conditional_response(request, etag=etag, response=response)
    return answer or response


# --- How ------------------------------------------------------------------------------


def _too_often(token: str) -> bool:
    """Counted by the address and the minute, whoever fetches it and from where."""
    key = f"calendar:{hash_of(token)}:{this_second():%H%M}"
    cache.add(key, 0, timeout=2 * MINUTE)
    return cache.incr(key) > LIMITS.calendar_fetches


def _address(name: str, team: Team | None) -> str:
    if team is None:
        return reverse(f"actions:{name}")
    known = {"feed-reset": "team-feed-reset", "feed-remove": "team-feed-remove"}
    return reverse(f"actions:{known.get(name, name)}", args=[team.pk])


def _days(request: UserRequest) -> Days:
    return Days(this_second().astimezone(request.user.zone).date())


def _listed(
    request: UserRequest,
    visible: QuerySet[ActionItem],
    found: QuerySet[ActionItem],
) -> Listed:
    """The most overdue first; undated ones last."""
    ordered = found.order_by(F("due_on").asc(nulls_last=True), "pk")
    values = read(visible, ordered, 0, LIMITS.page_size + 1)
    days = _days(request)
    rows: Sequence[ActionRow] = draw(visible, values[: LIMITS.page_size], days.today)
    return Listed(grouped(rows, days, {}), len(values) > LIMITS.page_size)


def _counted(
    request: UserRequest, owned: QuerySet[ActionItem]
) -> dict[str, dict[str, int]]:
    """How many are open, late, done, and proven; one query."""
    unsettled = ~Q(status__in=SETTLED)
    today = _days(request).today
    return {
        "counted": owned.order_by().aggregate(
            open=Count("pk", filter=unsettled),
            overdue=Count("pk", filter=unsettled & Q(due_on__lt=today)),
            done=Count("pk", filter=Q(status=ActionStatus.DONE)),
            proven=Count(
                "pk",
                filter=Q(
                    status=ActionStatus.DONE,
                    follow_through__verdict=Verdict.EFFECTIVE,
                ),
            ),
        )
    }


urlpatterns = [
    path("actions/mine/", mine, name="mine"),
    path("actions/mine/calendar/", reset_own_feed, name="feed-reset"),
    path("actions/mine/calendar/remove/", remove_own_feed, name="feed-remove"),
    path("actions/teams/<int:pk>/", team, name="team"),
    path("actions/teams/<int:pk>/calendar/", reset_team_feed, name="team-feed-reset"),
    path(
        "actions/teams/<int:pk>/calendar/remove/",
        remove_team_feed,
        name="team-feed-remove",
    ),
    path("feeds/actions/<str:feed_token>.ics", feed, name="feed"),
]
