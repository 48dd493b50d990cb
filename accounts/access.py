"""The one door to people, teams and the organisation.

Everybody signed in may know the people and teams; only administrators change them.
"""

from datetime import datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
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


def teams_with_people() -> QuerySet[Team]:
    """Teams in use, with lead, manager and active members at hand."""
    return teams().select_related("lead", "manager").prefetch_related(_active_members())


def archived_teams() -> QuerySet[Team]:
    return Team.objects.exclude(archived_at=None).order_by("name", "pk")


def team(pk: int) -> Team:
    found = teams_with_people().filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def archived_team(pk: int) -> Team:
    found = archived_teams().filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def team_named(name: str) -> Team | None:
    """The team of this name in any case, archived ones included."""
    return Team.objects.filter(name__iexact=name).first()


def _active_members() -> Any:
    return Prefetch("members", queryset=people())


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
