"""Who is told of an action, by the rules of docs/follow-through.md.

Asked for many actions at once, in a constant number of queries. Only active people are
named, and only those who may see the report: the rule of `IncidentQuerySet.visible_to`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q

from accounts.models import Role, Team, User
from actions.models import ActionItem
from postmortems.models import Participation

FACILITATOR = Participation.Part.FACILITATOR


class As(StrEnum):
    """As what somebody is told."""

    OWNER = "owner"
    LEAD = "lead"
    MEMBER = "member"
    MANAGER = "manager"
    FACILITATOR = "facilitator"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Told:
    user: User
    role: As
    team: Team | None = None
    """Whose lead, member or manager they are."""


@dataclass(frozen=True, slots=True)
class Recipients:
    owners: tuple[Told, ...] = ()
    """Whoever is reminded of it: the owner, or who stands in where there is none."""
    lead: Told | None = None
    """Whom an escalation reaches first; never one of `owners`."""
    manager: Told | None = None

    def owned(self, by: User) -> bool:
        return by.pk in {told.user.pk for told in self.owners}

    def above(self, by: User) -> bool:
        return by.pk in {told.user.pk for told in (self.lead, self.manager) if told}


def recipients_of(actions: Sequence[ActionItem]) -> dict[int, Recipients]:
    """By the action's id. Actions have their report and its incident at hand."""
    known = _Known(actions)
    return {action.pk: known.recipients(action) for action in actions}


def may_see(pairs: Iterable[tuple[int, ActionItem]]) -> set[tuple[int, int]]:
    """Those pairs of a person's and an action's id where the person may see it.

    One query. Whether the person is active is asked elsewhere.
    """
    given = list(pairs)
    invited = _invited([action for _user, action in given])
    return {
        (user_id, action.pk)
        for user_id, action in given
        if _visible(action, user_id, invited)
    }


class _Known:
    """Everybody who may come into question, for one batch of actions."""

    def __init__(self, actions: Sequence[ActionItem]) -> None:
        self.first_teams = _first_teams(actions)
        owning = {one.owner_team_id for one in actions if one.owner_team_id}
        self.teams = Team.objects.in_bulk({*owning, *self.first_teams.values()})
        self.members = _members(owning)
        self.facilitators: dict[int, list[int]] = {}
        self.invited: set[tuple[int, int]] = set()
        self._take_parts(actions)
        administrators = User.objects.filter(role=Role.ADMINISTRATOR, active=True)
        self.administrators = list(administrators.order_by("pk"))
        self.users = self._users(actions)

    def _take_parts(self, actions: Sequence[ActionItem]) -> None:
        for report, user, part in _parts(actions):
            self.invited.add((report, user))
            if part == FACILITATOR:
                self.facilitators.setdefault(report, []).append(user)

    def _users(self, actions: Sequence[ActionItem]) -> dict[int, User]:
        wanted = {one.owner_person_id for one in actions}
        wanted |= {team.lead_id for team in self.teams.values()}
        wanted |= {team.manager_id for team in self.teams.values()}
        for ids in (*self.members.values(), *self.facilitators.values()):
            wanted.update(ids)
        return User.objects.filter(active=True).in_bulk(wanted - {None})

    def recipients(self, action: ActionItem) -> Recipients:
        owners = next(filter(None, self._levels(action)), ())
        team = self.teams.get(
            action.owner_team_id or self.first_teams.get(action.owner_person_id or 0, 0)
        )
        if team is None:
            return Recipients(owners)
        own = {told.user.pk for told in owners}
        above = [
            next((one for one in found if one.user.pk not in own), None)
            for found in (
                self._told(action, [team.lead_id], As.LEAD, team),
                self._told(action, [team.manager_id], As.MANAGER, team),
            )
        ]
        return Recipients(owners, *above)

    def _levels(self, action: ActionItem) -> Iterator[tuple[Told, ...]]:
        """Who might be an owner; each level stands in for those before it."""
        yield self._told(action, [action.owner_person_id], As.OWNER)
        team = self.teams.get(action.owner_team_id or 0)
        if team is not None:
            yield self._told(action, [team.lead_id], As.LEAD, team)
            yield self._told(action, self.members.get(team.pk, []), As.MEMBER, team)
            yield self._told(action, [team.manager_id], As.MANAGER, team)
        report = action.postmortem_id
        yield self._told(action, self.facilitators.get(report, []), As.FACILITATOR)
        yield tuple(
            Told(user, As.ADMINISTRATOR)
            for user in self.administrators
            if _visible(action, user.pk, self.invited)
        )

    def _told(
        self,
        action: ActionItem,
        ids: Iterable[int | None],
        role: As,
        team: Team | None = None,
    ) -> tuple[Told, ...]:
        return tuple(
            Told(self.users[pk], role, team)
            for pk in ids
            if pk in self.users and _visible(action, pk, self.invited)
        )


def _first_teams(actions: Sequence[ActionItem]) -> dict[int, int]:
    """Of people who own without a team: their first one in use, by name."""
    alone = {
        one.owner_person_id
        for one in actions
        if one.owner_person_id and not one.owner_team_id
    }
    belonging = Team.members.through.objects.filter(
        user_id__in=alone, team__archived_at=None
    ).values_list("user_id", "team__name", "team_id")
    return {user: team for user, _name, team in sorted(belonging, reverse=True)}


def _members(teams: Iterable[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    belonging = Team.members.through.objects.filter(team_id__in=list(teams))
    for team, user in belonging.order_by("user_id").values_list("team_id", "user_id"):
        found.setdefault(team, []).append(user)
    return found


def _parts(actions: Sequence[ActionItem]) -> Iterable[tuple[int, int, str]]:
    """Who facilitates these reports, and who is invited to the restricted ones."""
    reports = {one.postmortem_id for one in actions}
    found = Participation.objects.filter(
        Q(part=FACILITATOR) | Q(postmortem__incident__restricted=True),
        postmortem_id__in=reports,
    )
    return found.order_by("pk").values_list("postmortem_id", "user_id", "part")


def _invited(actions: Sequence[ActionItem]) -> set[tuple[int, int]]:
    return {(report, user) for report, user, _part in _parts(actions)}


def _visible(action: ActionItem, user_id: int, invited: set[tuple[int, int]]) -> bool:
    incident = action.postmortem.incident
    if incident.deleted_at is not None:
        return False
    return not incident.restricted or (action.postmortem_id, user_id) in invited
