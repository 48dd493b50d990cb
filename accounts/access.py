"""The one door to people, teams and the organisation.

Everybody signed in may know the people and teams; only administrators change them.
"""

from django.db.models import QuerySet
from django.http import Http404

from accounts.models import Invitation, Organisation, Team, User


def organisation() -> Organisation:
    """The settings of this installation; made when they are first asked for."""
    found = Organisation.objects.filter(pk=1).first()
    return found or Organisation.objects.get_or_create(pk=1)[0]


def people() -> QuerySet[User]:
    return User.objects.filter(active=True).order_by("name", "pk")


def everybody() -> QuerySet[User]:
    """All accounts, deactivated ones included; for administrators."""
    return User.objects.order_by("name", "pk")


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


def team(pk: int) -> Team:
    found = teams().select_related("lead", "manager").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def invitations() -> QuerySet[Invitation]:
    return Invitation.objects.select_related("invited_by", "team").order_by(
        "-created_at", "-pk"
    )
