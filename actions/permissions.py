"""Who may say what became of an action, hand it over, or move its date.

Its report's writers, whoever owns it, and the lead and the manager of its team. They
may do so before and after publishing; the words of a published report stay as they are.
"""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from actions.models import ActionItem
from postmortems import permissions as of_reports


def can_settle(user: User, action: ActionItem) -> bool:
    """Asked of an action with its report, incident and team at hand.

    Whoever cannot see the report may do nothing; a viewer owns and leads nothing.
    """
    report = action.postmortem
    if not user.may_write or not of_reports.may_see(user, report):
        return False
    return is_answerable(user, action) or of_reports.is_writer(user, report)


def is_answerable(user: User, action: ActionItem) -> bool:
    """Whether it is `user`'s own action, or one of a team that they answer for."""
    if action.owner_person_id == user.pk:
        return True
    team = action.owner_team
    return team is not None and user.pk in {team.lead_id, team.manager_id}


def check_can_settle(user: User, action: ActionItem) -> None:
    if not can_settle(user, action):
        raise PermissionDenied(_("Join this report to say what became of its actions."))


def settleable(user: User, actions: Sequence[ActionItem]) -> set[int]:
    """The ids of those that `user` may settle; one query for all of them."""
    of_reports.remember_parts(user, [one.postmortem for one in actions])
    return {one.pk for one in actions if can_settle(user, one)}
