"""Weekly and monthly reports: who is sent which, once for each week or month.

The key of a notice names the week or month by its first day, so that neither a change
of the clocks nor one of somebody's time zone makes two. Runs with each tick.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import people
from accounts.models import Role, User
from accounts.operations.organisations import locked_organisation
from accounts.permissions import check_administers
from actions import access
from actions.cases import Calendars
from actions.models import Rhythm, Scope, Subscription
from actions.reports import begins
from actions.schedule import Hours
from config.limits import LIMITS
from outbound.models import ChatHook, Notice
from outbound.operations.noticing import NoticeDraft, note
from postmortems.models import SavedView
from postmortems.policies import Refusal, TooMany

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """That somebody is sent a report: by themselves, or as what they are."""

    rhythm: str
    about: str
    user: User
    team: int = 0
    hook: int = 0


def about_team(pk: int) -> str:
    return f"team:{pk}"


def about(subscription: Subscription) -> str:
    if subscription.scope == Scope.VIEW:
        return f"view:{subscription.view_id}"
    return f"scope:{subscription.scope}"


def wanted() -> Iterator[Wanted]:
    """Every report that goes out, each once for a person. Three queries."""
    for team in access.managed_teams():
        assert team.manager is not None  # noqa: S101  access asks for those with one
        yield Wanted(Rhythm.WEEKLY, about_team(team.pk), team.manager, team=team.pk)
    for user in people().filter(role=Role.ADMINISTRATOR):
        yield Wanted(Rhythm.MONTHLY, f"scope:{Scope.EVERYTHING}", user)
    for one in access.all_subscriptions():
        yield Wanted(one.rhythm, about(one), one.user, hook=one.hook_id or 0)


def plan(now: datetime, until: float) -> bool:
    """Note the reports whose day has come. `until` is long: there are never many."""
    calendars = Calendars()
    due = [
        (one, begin)
        for one in wanted()
        if (begin := due_for(one.rhythm, calendars.hours(one.user), now))
    ]
    note(_not_noted(due, now), now)
    return True


def due_for(rhythm: str, hours: Hours, now: datetime) -> date | None:
    """The first day of the week or month whose report is to be sent now, if any.

    It goes out on the first working day of it, or on the next one where no tick came.
    """
    if not hours.open(now):
        return None
    today = hours.day(now)
    begin = begins(rhythm, today)
    first = hours.days.roll(begin)
    return begin if today in {first, hours.days.roll(first + ONE_DAY)} else None


def _not_noted(due: list[tuple[Wanted, date]], now: datetime) -> list[NoticeDraft]:
    """One draft for each key; a chat that one of several names is told as well."""
    if not due:
        return []
    noted = set(
        Notice.objects.filter(
            kind__in=Rhythm.values, day__in={begin for _one, begin in due}
        ).values_list("kind", "about", "recipient_id", "day")
    )
    drafts: dict[tuple[str, str, int, date], NoticeDraft] = {}
    for one, begin in due:
        key = (str(one.rhythm), one.about, one.user.pk, begin)
        if key not in noted and (key not in drafts or one.hook):
            drafts[key] = NoticeDraft(
                kind=one.rhythm,
                about=one.about,
                recipient_id=one.user.pk,
                day=begin,
                due_at=now,
                why=_why(one),
            )
    return list(drafts.values())


def _why(one: Wanted) -> dict[str, object]:
    chats = {"team": one.team, "hook": one.hook}
    return {name: pk for name, pk in chats.items() if pk}


# --- Who subscribes -------------------------------------------------------------------


class NotYours(Refusal):
    """A chat or a view that the person may not use."""


@transaction.atomic(durable=True)
def subscribe(
    user: User,
    *,
    rhythm: str,
    scope: str,
    view: SavedView | None = None,
    hook: ChatHook | None = None,
    by: User,
    at: datetime,
) -> Subscription:
    """Send `user` a report from now on. Saying it twice changes the chat alone.

    Raises PermissionDenied where somebody names another and does not administer;
    NotYours for a view that `user` cannot use; TooMany.
    """
    if by != user:
        check_administers(by)
    locked_organisation()
    if view is not None and not (view.shared or view.owner_id == user.pk):
        raise NotYours(_("This view is not shared with them."))
    own = Subscription.objects.filter(user=user)
    same = own.filter(rhythm=rhythm, scope=scope, view=view).first()
    if same is None and own.count() >= LIMITS.subscriptions:
        raise TooMany(_("There are 20 such reports already. End one first."))
    found = same or Subscription(
        user=user, rhythm=rhythm, scope=scope, view=view, made_by=by, created_at=at
    )
    found.hook = hook
    found.save()
    return found


@transaction.atomic(durable=True)
def unsubscribe(subscription: Subscription, *, by: User) -> None:
    if by.pk != subscription.user_id:
        check_administers(by)
    Subscription.objects.filter(pk=subscription.pk).delete()
