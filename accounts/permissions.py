"""Who may change people, teams and the organisation. Everybody signed in may read."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User


def check_administers(user: User) -> None:
    if not user.administers:
        raise PermissionDenied(_("Only an administrator may do this."))


def can_edit_members(user: User, team: Team) -> bool:
    """Administrators, and the team's lead; a viewer leads nothing."""
    if team.archived_at is not None:
        return False
    return user.administers or (user.may_write and team.lead_id == user.pk)


def check_can_edit_members(user: User, team: Team) -> None:
    if not can_edit_members(user, team):
        raise PermissionDenied(
            _("Only the lead of this team or an administrator may do this.")
        )
