"""The one door to action items (BAR §2.1): whoever may see the report may see them."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import (
    BooleanField,
    F,
    Func,
    Min,
    Prefetch,
    Q,
    QuerySet,
    Value,
)
from django.http import Http404

from accounts.access import teams
from accounts.models import Team, User
from accounts.tokens import hash_of
from actions.models import (
    SETTLED,
    ActionItem,
    BulkChange,
    CalendarFeed,
    DayOff,
    FollowThrough,
    Policy,
    PolicySubject,
    Subscription,
    Subtask,
)
from actions.models.follow_through import PLAN_ANEW
from postmortems import access
from postmortems.models import AffectedService, Postmortem, Service, Thread
from postmortems.vocabulary import ActionStatus

MOST_HIDDEN = 1_000
"""Reports that a query names one by one to leave them out."""


def actions(user: User) -> QuerySet[ActionItem]:
    """Every action that exists for `user`, without those in the trash."""
    return (
        ActionItem.objects.present()
        .exclude(postmortem__in=access.hidden_reports(user).values("pk"))
        .select_related("postmortem__incident__severity", "owner_team", "owner_person")
    )


def actions_of_page(user: User) -> QuerySet[ActionItem]:
    """The same, for a page that asks many times: hidden reports are looked up once."""
    hidden = access.hidden_reports(user).values_list("pk", flat=True)
    pks = list(hidden[: MOST_HIDDEN + 1])
    if len(pks) > MOST_HIDDEN:
        return actions(user)
    # As one array: a list would be taken apart for each count of the page.
    others = Func(
        F("postmortem_id"),
        Value(f"{{{','.join(map(str, pks))}}}"),
        template="%(expressions)s::bigint[])",
        arg_joiner=" <> ALL(",
        output_field=BooleanField(),
    )
    return ActionItem.objects.present().filter(others)


def action(user: User, pk: int) -> ActionItem:
    """Raises Http404 where it does not exist for `user`."""
    found = actions(user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def thread(action: ActionItem, pk: int) -> Thread:
    """A thread about that very action."""
    found = access.thread(action.postmortem, pk)
    if (found.part, found.object_id) != ("row:actions", action.pk):
        raise Http404
    return found


def subtask(action: ActionItem, pk: int) -> Subtask:
    """A step of that very action, deleted or not."""
    found = action.subtasks.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def promised_reports(user: User, found: Iterable[ActionItem]) -> set[int]:
    """Ids of the reports of these actions that were published once."""
    pks = [action.pk for action in found]
    published = actions(user).filter(pk__in=pks, postmortem__publications__isnull=False)
    return set(published.order_by().values_list("postmortem_id", flat=True))


def bulk_change(user: User, pk: int) -> BulkChange:
    """One that `user` made; Http404 for another's."""
    found = BulkChange.objects.filter(by=user, pk=pk).first()
    if found is None:
        raise Http404
    return found


def bulk_change_of(user: User, key: str) -> BulkChange | None:
    """What a form that is sent again was the first time, if anything."""
    return BulkChange.objects.filter(by=user, key=key).first()


def own_teams(user: User) -> QuerySet[Team]:
    """Teams in use that `user` is in, leads or manages."""
    theirs = Q(members=user) | Q(lead=user) | Q(manager=user)
    return teams().filter(theirs).distinct()


def policies(subject: PolicySubject) -> QuerySet[Policy]:
    """In their order, each with its conditions at hand; everybody may know them."""
    return (
        Policy.objects.filter(subject=subject)
        .prefetch_related("severities", "teams", "services")
        .order_by("position", "pk")
    )


def enabled_policies(subject: PolicySubject) -> QuerySet[Policy]:
    return policies(subject).filter(enabled=True)


def days_off() -> frozenset[date]:
    return frozenset(DayOff.objects.values_list("on", flat=True))


def policy(pk: int) -> Policy:
    """For administrators, to change it."""
    found = Policy.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def day_off(pk: int) -> DayOff:
    """Raises Http404 where it is gone."""
    found = DayOff.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def list_of_days_off() -> QuerySet[DayOff]:
    return DayOff.objects.order_by("on")


def actions_to_try(user: User, since: date) -> QuerySet[ActionItem]:
    """What somebody might have been reminded of since then, the latest first; of what
    `user` may see, so that no count tells of a restricted report.
    """
    unsettled = ~Q(status__in=SETTLED)
    settled_later = Q(status=ActionStatus.DONE, done_on__gte=since)
    return (
        actions(user)
        .filter(unsettled | settled_later, due_on__isnull=False)
        .defer("description", "reason", "evidence")
        .order_by("-pk")
    )


def incidents_of_services(services: Collection[int]) -> QuerySet[Any]:
    """Ids of the incidents that touched one of them; for what is asked of actions."""
    affected = AffectedService.objects.filter(service__in=services)
    return affected.values("incident")


def subscriptions(user: User) -> QuerySet[Subscription]:
    """One's own."""
    return _subscriptions().filter(user=user)


def all_subscriptions() -> QuerySet[Subscription]:
    """Everybody's who can be told, for administrators and for the planning."""
    return _subscriptions().filter(user__active=True)


def subscription(user: User, pk: int) -> Subscription:
    """One's own; for administrators anybody's."""
    found = all_subscriptions() if user.administers else subscriptions(user)
    one = found.filter(pk=pk).first()
    if one is None:
        raise Http404
    return one


def _subscriptions() -> QuerySet[Subscription]:
    return Subscription.objects.select_related(
        "user", "view__owner", "hook", "made_by"
    ).order_by("user__name", "rhythm", "pk")


def managed_teams() -> QuerySet[Team]:
    """Teams in use with a manager who can be told."""
    return teams().filter(manager__active=True).select_related("manager")


def oldest_to_plan(now: datetime) -> datetime | None:
    """Since when reminders of an action wait to be planned. What changed waits for the
    next tick, and names no time.
    """
    waiting = FollowThrough.objects.filter(
        next_at__lte=now,
        next_at__gt=PLAN_ANEW,
        action__postmortem__incident__restricted=False,
    )
    oldest: datetime | None = waiting.aggregate(oldest=Min("next_at"))["oldest"]
    return oldest


def reports_to_try(user: User, since: datetime) -> QuerySet[Postmortem]:
    """What facilitators might have been reminded of since then, the latest first; with
    `published_at`, when it was published first.
    """
    services = Service.objects.select_related("owner").order_by("name")
    return (
        Postmortem.objects.filter(incident__in=access.incidents(user))
        .annotate(published_at=Min("publications__published_at"))
        .filter(Q(published_at=None) | Q(published_at__gte=since))
        .select_related("incident__severity")
        .prefetch_related(Prefetch("incident__services", services))
        .order_by("-pk")
    )


def open_of(user: User, team: Team | None) -> QuerySet[ActionItem]:
    """What a person has to settle, or a team, of what exists for `user`.

    A person's are their own; a team's are all that it owns, whoever took them over.
    """
    whose = Q(owner_team=team) if team else Q(owner_person=user)
    return actions(user).filter(whose).exclude(status__in=SETTLED)


def feed(user: User, team: Team | None) -> CalendarFeed | None:
    return CalendarFeed.objects.filter(user=user, team=team).first()


def feed_of_token(token: str) -> CalendarFeed:
    """The one list that this token lets in to. Raises Http404, also where its person
    has been deactivated.
    """
    found = (
        CalendarFeed.objects.filter(token_hash=hash_of(token), user__active=True)
        .select_related("user", "team")
        .first()
    )
    if found is None:
        raise Http404
    return found


def in_calendar(feed: CalendarFeed) -> QuerySet[ActionItem]:
    """Soonest first, by the rights that its person has now; nothing restricted."""
    found = open_of(feed.user, feed.team)
    return found.filter(
        due_on__isnull=False, postmortem__incident__restricted=False
    ).order_by("due_on", "pk")


def services_of(user: User, team: Team) -> QuerySet[Service]:
    return access.services(user).filter(owner=team)
