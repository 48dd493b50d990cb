"""How accounts begin: the first administrator, then invitations."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts import permissions
from accounts.addresses import normal_address
from accounts.models import Invitation, Organisation, Role, Team, User
from accounts.operations.organisations import locked_organisation
from accounts.policies import Gone, HasAccount, IsDeactivated
from accounts.tokens import hash_of, matches, new_token

INVITATION_DAYS = 7
SAME_WISH = timedelta(minutes=1)


@transaction.atomic
def new_first_run_token() -> str:
    """A token for the first administrator; Gone once there is an account.

    Only its hash is kept, and an earlier token stops working.
    """
    organisation = locked_organisation()
    if User.objects.exists():
        raise Gone
    token = new_token()
    organisation.first_run_token_hash = hash_of(token)
    organisation.save(update_fields=["first_run_token_hash"])
    return token


def first_run_token_matches(token: str, organisation: Organisation) -> bool:
    return matches(token, organisation.first_run_token_hash)


@transaction.atomic
def create_first_administrator(
    token: str, *, email: str, name: str, password: str, time_zone: str
) -> User:
    """The one account that nobody invited; Gone with a wrong token or any account.

    The organisation's row is the lock: of two at once, the second finds an account.
    """
    organisation = locked_organisation()
    if User.objects.exists() or not first_run_token_matches(token, organisation):
        raise Gone
    organisation.first_run_token_hash = ""
    organisation.default_time_zone = time_zone
    organisation.save(update_fields=["first_run_token_hash", "default_time_zone"])
    return User.objects.create_user(
        email, password, name=name, role=Role.ADMINISTRATOR, time_zone=time_zone
    )


@transaction.atomic
def invite(
    email: str, *, role: str, team: Team | None, by: User, at: datetime
) -> Invitation:
    """Write the intent to mail a link; an earlier link to the address stops working.

    The same wish within a minute is a form that was sent twice, and changes nothing.
    """
    permissions.check_administers(by)
    # One at a time, so that two administrators do not leave two links for one address.
    locked_organisation()
    address = normal_address(email)
    account = User.objects.filter(email=address).first()
    if account is not None:
        raise HasAccount if account.active else IsDeactivated
    outstanding = Invitation.objects.outstanding().filter(email=address)
    same = outstanding.filter(role=role, team=team, created_at__gt=at - SAME_WISH)
    sent_twice: Invitation | None = same.first()
    if sent_twice is not None:
        return sent_twice
    outstanding.update(withdrawn_at=at, token="")
    token = new_token()
    return Invitation.objects.create(
        email=address,
        role=role,
        team=team,
        token=token,
        token_hash=hash_of(token),
        invited_by=by,
        created_at=at,
        due_at=at,
        expires_at=at + timedelta(days=INVITATION_DAYS),
    )


def invite_again(invitation: Invitation, *, by: User, at: datetime) -> Invitation:
    """A new link for the same address, role and team, for another seven days."""
    team = invitation.team
    return invite(
        invitation.email,
        role=invitation.role,
        team=team if team is not None and team.archived_at is None else None,
        by=by,
        at=at,
    )


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, by: User, at: datetime) -> None:
    """The link stops working. Saying it twice changes nothing."""
    permissions.check_administers(by)
    Invitation.objects.outstanding().filter(pk=invitation.pk).update(
        withdrawn_at=at, token=""
    )


@transaction.atomic
def accept_invitation(
    token: str, *, name: str, password: str, time_zone: str, at: datetime
) -> User:
    """The account that the invitation was for; Gone unless the link still works."""
    invitation = (
        Invitation.objects.open(at)
        .select_for_update(of=("self",))
        .select_related("team")
        .filter(token_hash=hash_of(token))
        .first()
    )
    if invitation is None or User.objects.filter(email=invitation.email).exists():
        raise Gone
    user = User.objects.create_user(
        invitation.email, password, name=name, role=invitation.role, time_zone=time_zone
    )
    if invitation.team is not None and invitation.team.archived_at is None:
        invitation.team.members.add(user)
    invitation.accepted_at = at
    invitation.token = ""
    invitation.save(update_fields=["accepted_at", "token"])
    return user
