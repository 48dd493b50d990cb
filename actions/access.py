"""The one door to action items (BAR §2.1): whoever may see the report may see them."""

from datetime import date

from django.db.models import Q, QuerySet
from django.http import Http404

from accounts.access import teams
from accounts.models import Team, User
from actions.models import ActionItem, DayOff, Policy, PolicySubject
from postmortems import access


def actions(user: User) -> QuerySet[ActionItem]:
    """Every action that exists for `user`, without those in the trash."""
    return (
        ActionItem.objects.present()
        .filter(postmortem__incident__in=access.incidents(user))
        .select_related("postmortem__incident__severity", "owner_team", "owner_person")
    )


def action(user: User, pk: int) -> ActionItem:
    """Raises Http404 where it does not exist for `user`."""
    found = actions(user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


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
