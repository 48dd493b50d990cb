"""Teams: what they are called, who leads them, who is in them."""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts import permissions
from accounts.models import Team, User
from accounts.policies import ArchivedNameTaken, NameTaken


@transaction.atomic
def add_team(
    *,
    name: str,
    description: str = "",
    lead: User | None = None,
    manager: User | None = None,
    members: Iterable[User] = (),
    by: User,
) -> Team:
    """A new team. Saying exactly the same again gives the team that is there."""
    permissions.check_administers(by)
    team = Team(name=name, description=description, lead=lead, manager=manager)
    if twin := _twin(team):
        return twin
    _save(team)
    team.members.add(*members)
    return team


@transaction.atomic
def change_team(
    team: Team,
    *,
    name: str,
    description: str,
    lead: User | None,
    manager: User | None,
    by: User,
) -> None:
    permissions.check_administers(by)
    team.name, team.description = name, description
    team.lead, team.manager = lead, manager
    _save(team)


def _save(team: Team) -> None:
    """NameTaken where another team is called so. Whoever leads a team is in it."""
    namesake = Team.objects.filter(name__iexact=team.name).exclude(pk=team.pk).first()
    if namesake is not None:
        raise ArchivedNameTaken if namesake.archived_at else NameTaken
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as error:
        raise NameTaken from error
    if team.lead is not None:
        team.members.add(team.lead)


def _twin(team: Team) -> Team | None:
    return Team.objects.filter(
        name=team.name,
        description=team.description,
        lead=team.lead,
        manager=team.manager,
        archived_at=None,
    ).first()


@transaction.atomic
def add_member(team: Team, person: User, *, by: User) -> None:
    permissions.check_can_edit_members(by, team)
    team.members.add(person)


@transaction.atomic
def remove_member(team: Team, person: User, *, by: User) -> None:
    """Take somebody out of the team; whoever led it leads it no longer."""
    permissions.check_can_edit_members(by, team)
    team.members.remove(person)
    Team.objects.filter(pk=team.pk, lead=person).update(lead=None)


@transaction.atomic
def archive_team(team: Team, *, by: User, at: datetime) -> None:
    """Offer it no longer; reports and actions keep it."""
    permissions.check_administers(by)
    Team.objects.filter(pk=team.pk, archived_at=None).update(archived_at=at)


@transaction.atomic
def restore_team(team: Team, *, by: User) -> None:
    permissions.check_administers(by)
    Team.objects.filter(pk=team.pk).update(archived_at=None)
