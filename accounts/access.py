"""The one door to people, teams and the organisation.

Everybody signed in may know the people and teams; only administrators change them.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import Http404

from accounts.models import Invitation, Organisation, Team, User
from accounts.tokens import hash_of


def organisation() -> Organisation:
    """The settings of this installation; made when they are first asked for."""
    found = Organisation.objects.filter(pk=1).first()
    return found or Organisation.objects.get_or_create(pk=1)[0]


def people() -> QuerySet[User]:
    return User.objects.filter(active=True).order_by("name", "pk")


def everybody() -> QuerySet[User]:
    """All accounts, deactivated ones included; for administrators."""
    return User.objects.order_by("name", "pk")


def people_or(somebody: User | None) -> QuerySet[User]:
    """Active people, and this person in any case."""
    return everybody().filter(Q(active=True) | Q(pk=getattr(somebody, "pk", None)))


def not_in(team: Team) -> QuerySet[User]:
    return people().exclude(teams=team)


def called(users: QuerySet[User], wanted: str) -> QuerySet[User]:
    """Those of `users` whose name or address contains this."""
    if not wanted:
        return users
    return users.filter(Q(name__icontains=wanted) | Q(email__icontains=wanted))


def with_teams(users: QuerySet[User]) -> QuerySet[User]:
    """The same people, each with the teams in use that they belong to."""
    return users.prefetch_related(Prefetch("teams", queryset=teams()))


def somebody(pk: int) -> User:
    user = everybody().filter(pk=pk).first()
    if user is None:
        raise Http404
    return user


def nobody_yet() -> bool:
    """True on an empty installation, before the first account exists."""
    return not User.objects.exists()


def teams() -> QuerySet[Team]:
    return Team.objects.filter(archived_at=None).order_by("name", "pk")


def teams_with_size() -> QuerySet[Team]:
    """Teams in use, each with `size`: how many active people are in it."""
    return (
        teams()
        .select_related("lead", "manager")
        .annotate(size=Count("members", filter=Q(members__active=True)))
    )


def names_of_teams(pks: Iterable[int | None]) -> dict[int, str]:
    """Archived ones included, since reports and actions go on naming them."""
    return dict(Team.objects.filter(pk__in=_known(pks)).values_list("pk", "name"))


def names_of_people(pks: Iterable[int | None]) -> dict[int, str]:
    """Deactivated ones included."""
    return dict(User.objects.filter(pk__in=_known(pks)).values_list("pk", "name"))


def _known(pks: Iterable[int | None]) -> list[int]:
    return [pk for pk in pks if pk is not None]


def archived_teams() -> QuerySet[Team]:
    return Team.objects.exclude(archived_at=None).order_by("name", "pk")


def any_team(pk: int) -> Team:
    """Also an archived one, with lead, manager and active members at hand."""
    found = (
        Team.objects.select_related("lead", "manager")
        .prefetch_related(Prefetch("members", queryset=people()))
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


def team(pk: int) -> Team:
    """A team in use; an archived one is not changed any more."""
    found = any_team(pk)
    if found.archived_at is not None:
        raise Http404
    return found


def invitations() -> QuerySet[Invitation]:
    return Invitation.objects.select_related("invited_by", "team").order_by(
        "-created_at", "-pk"
    )


def invitation(pk: int) -> Invitation:
    found = invitations().filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def open_invitation(token: str, *, now: datetime) -> Invitation | None:
    """The invitation that this link still opens."""
    return (
        Invitation.objects.open(now)
        .select_related("invited_by", "team")
        .filter(token_hash=hash_of(token))
        .first()
    )
