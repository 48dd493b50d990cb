"""The one door to connections, what they sent, and the issues of actions."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Exists, Min, OuterRef, Prefetch, Q, QuerySet
from django.http import Http404

from accounts.models import User
from actions.models import ActionItem
from integrations.models import (
    Connection,
    InboundEvent,
    IssueLink,
    PersonLink,
    ProjectMapping,
)
from integrations.models.issue import NEEDS_SOMEBODY
from postmortems import permissions
from postmortems.access import incidents

LAST_EVENTS = 20
PEOPLE_AT_ONCE = 100


def connections(user: User) -> QuerySet[Connection]:
    """All that were not removed, for administrators; raises PermissionDenied."""
    permissions.check_administers(user)
    return Connection.objects.present().order_by("name", "pk")


def connections_with_counts(user: User) -> QuerySet[Connection]:
    """With `linked`, how many issues of reports that `user` may see there are, and
    `has_dead`, whether events wait for somebody (BAR J13).
    """
    seen = Q(issue_links__action__postmortem__incident__in=incidents(user))
    linked = Count("issue_links", filter=seen & ~Q(issue_links__state="cut"))
    dead = InboundEvent.objects.dead().filter(connection=OuterRef("pk"))
    return connections(user).annotate(linked=linked, has_dead=Exists(dead))


def connection(user: User, pk: int) -> Connection:
    found = connections(user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def mappings(of: Connection) -> QuerySet[ProjectMapping]:
    return of.mappings.select_related("team", "service").order_by(
        "service__name", "team__name", "pk"
    )


def mapping(of: Connection, pk: int) -> ProjectMapping:
    found = mappings(of).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def people(of: Connection) -> QuerySet[PersonLink]:
    """Those who wait to be confirmed first."""
    return of.people.select_related("user").order_by("confirmed_at", "name", "pk")


def person(of: Connection, pk: int) -> PersonLink:
    found = people(of).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def events(of: Connection) -> QuerySet[InboundEvent]:
    """The newest first, without what they said."""
    return of.events.defer("raw").order_by("-received_at", "-pk")


def event(of: Connection, pk: int) -> InboundEvent:
    found = events(of).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def dead_events(of: Connection) -> QuerySet[InboundEvent]:
    return InboundEvent.objects.dead().filter(connection=of)


def open_questions(user: User, of: Connection) -> QuerySet[IssueLink]:
    """Links at which somebody has to do something, of reports that `user` may see."""
    return (
        of.issue_links.filter(
            action__postmortem__incident__in=incidents(user),
            state__in=NEEDS_SOMEBODY,
        )
        .select_related("action__postmortem__incident")
        .order_by("-created_at", "-pk")
    )


def links_that_ask(action_ids: Iterable[int]) -> QuerySet[IssueLink]:
    """Of actions whose readers are known, those that need somebody."""
    return (
        IssueLink.objects.filter(action__in=list(action_ids), state__in=NEEDS_SOMEBODY)
        .select_related("connection")
        .order_by("created_at", "pk")
    )


def hooked(token: str) -> Connection | None:
    """The connection whose webhooks come to this address; removed ones, too."""
    return Connection.objects.filter(hook_token=token).first()


def waiting_events(of: Connection) -> int:
    return of.events.filter(processed_at=None, dead_at=None).count()


def is_about_us(of: Connection, remote_ids: list[str]) -> bool:
    """Whether any of these issues stands for an action."""
    return of.issue_links.present().filter(remote_id__in=remote_ids).exists()


def links_of(action: ActionItem) -> QuerySet[IssueLink]:
    """Of an action that the reader may see."""
    return (
        IssueLink.objects.present()
        .filter(action=action)
        .select_related("connection", "action")
        .order_by("created_at", "pk")
    )


def usable(now: datetime) -> QuerySet[Connection]:
    """Trackers to which issues can go, each with its mappings at hand."""
    return (
        Connection.objects.in_use()
        .filter(created_at__lte=now)
        .prefetch_related(Prefetch("mappings"))
        .order_by("name", "pk")
    )


def oldest_to_sync(now: datetime) -> datetime | None:
    """Since when an issue waits to be brought in step; of restricted reports none."""
    waiting = IssueLink.objects.to_sync(now).filter(
        action__postmortem__incident__restricted=False
    )
    oldest: datetime | None = waiting.aggregate(oldest=Min("due_at"))["oldest"]
    return oldest
