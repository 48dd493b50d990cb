"""The only writers of people, teams, invitations and the organisation."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from accounts import permissions
from accounts.addresses import normal_address
from accounts.models import (
    Invitation,
    Organisation,
    PasswordReset,
    Role,
    Team,
    User,
)
from accounts.policies import (
    Gone,
    HasAccount,
    IsDeactivated,
    LastAdministrator,
    NameTaken,
)
from accounts.tokens import hash_of, matches, new_token

INVITATION_DAYS = 7
FIRST_RETRY = timedelta(minutes=1)
RESET_MAIL_HOURS = 1

# --- The first administrator ----------------------------------------------------------


@transaction.atomic
def new_first_run_token() -> str:
    """A token for the first administrator; Gone once there is an account.

    Only its hash is kept, and an earlier token stops working.
    """
    organisation = _locked_organisation()
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
    organisation = _locked_organisation()
    if User.objects.exists() or not first_run_token_matches(token, organisation):
        raise Gone
    organisation.first_run_token_hash = ""
    organisation.default_time_zone = time_zone
    organisation.save(update_fields=["first_run_token_hash", "default_time_zone"])
    return User.objects.create_user(
        email, password, name=name, role=Role.ADMINISTRATOR, time_zone=time_zone
    )


def _locked_organisation() -> Organisation:
    Organisation.objects.get_or_create(pk=1)
    return Organisation.objects.select_for_update().get(pk=1)


# --- Invitations ----------------------------------------------------------------------


@transaction.atomic
def invite(
    email: str, *, role: str, team: Team | None, by: User, at: datetime
) -> Invitation:
    """Write the intent to mail a link; an earlier link to the address stops working."""
    permissions.check_administers(by)
    address = normal_address(email)
    account = User.objects.filter(email=address).first()
    if account is not None:
        raise HasAccount if account.active else IsDeactivated
    # One at a time, so that two administrators do not leave two links for one address.
    _locked_organisation()
    Invitation.objects.outstanding().filter(email=address).update(
        withdrawn_at=at, token=""
    )
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


# --- Mails ----------------------------------------------------------------------------
#
# The row is the intent (BAR 2.7). A worker claims it, which counts the attempt and puts
# the next one off, then talks to the mail server outside any transaction, then notes
# that the mail is sent. A worker that dies in between leaves a mail that is tried again
# later: sent twice at worst, never lost, never more than MOST_ATTEMPTS times.


def claim_invitation(at: datetime) -> Invitation | None:
    """The next invitation to mail; no other worker gets it before the next attempt."""
    still_wanted = Invitation.objects.open(at).select_related("invited_by")
    claimed: Invitation | None = _claim(still_wanted, at)
    return claimed


def claim_password_reset(at: datetime) -> PasswordReset | None:
    fresh = at - timedelta(hours=RESET_MAIL_HOURS)
    claimed: PasswordReset | None = _claim(
        PasswordReset.objects.filter(asked_at__gt=fresh), at
    )
    return claimed


@transaction.atomic
def _claim(letters: Any, at: datetime) -> Any:
    letter = (
        letters.to_send(at)
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("due_at", "pk")
        .first()
    )
    if letter is not None:
        letter.attempts += 1
        letter.due_at = at + FIRST_RETRY * 5 ** (letter.attempts - 1)
        letter.save(update_fields=["attempts", "due_at"])
    return letter


def note_invitation_sent(invitation: Invitation, *, at: datetime) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(sent_at=at, token="")


def note_password_reset_sent(reset: PasswordReset, *, at: datetime) -> None:
    PasswordReset.objects.filter(pk=reset.pk).update(sent_at=at)


def ask_for_password_reset(email: str, *, at: datetime) -> None:
    """Write the wish down, whoever's address it is; the worker sees to the rest."""
    PasswordReset.objects.create(email=normal_address(email), asked_at=at, due_at=at)


def forget_password_resets(*, before: datetime) -> None:
    PasswordReset.objects.filter(asked_at__lt=before).delete()


# --- People ---------------------------------------------------------------------------


@transaction.atomic
def change_role(user: User, role: str, *, by: User) -> None:
    """Give another role; LastAdministrator where nobody would be left to administer."""
    administrators = _locked_administrators(by)
    if role != Role.ADMINISTRATOR:
        _check_not_last(user, administrators)
    User.objects.filter(pk=user.pk).update(role=role)


@transaction.atomic
def deactivate(user: User, *, by: User) -> None:
    """Sign them out everywhere and let them in no more; what they wrote stays."""
    _check_not_last(user, _locked_administrators(by))
    User.objects.filter(pk=user.pk).update(active=False)


@transaction.atomic
def reactivate(user: User, *, by: User) -> None:
    permissions.check_administers(by)
    User.objects.filter(pk=user.pk).update(active=True)


def _locked_administrators(by: User) -> set[int]:
    """Who administers, held still; asks again whether `by` is one of them.

    Two administrators who demote one another at once are told apart here: the second
    waits for the lock, and then is none any more.
    """
    found = set(
        User.objects.filter(active=True, role=Role.ADMINISTRATOR)
        .order_by("pk")
        .select_for_update()
        .values_list("pk", flat=True)
    )
    permissions.check_administers(User.objects.get(pk=by.pk))
    return found


def _check_not_last(user: User, administrators: set[int]) -> None:
    if administrators == {user.pk}:
        raise LastAdministrator


def save_profile(
    user: User, *, name: str, time_zone: str, theme: str, shortcuts: bool
) -> None:
    User.objects.filter(pk=user.pk).update(
        name=name, time_zone=time_zone, theme=theme, shortcuts=shortcuts
    )


def choose_theme(user: User, theme: str) -> None:
    User.objects.filter(pk=user.pk).update(theme=theme)


# --- Teams ----------------------------------------------------------------------------


@transaction.atomic
def save_team(
    team: Team | None,
    *,
    name: str,
    description: str,
    lead: User | None,
    manager: User | None,
    members: Iterable[User],
    by: User,
) -> Team:
    """A new team, or this one changed; NameTaken where another is called so."""
    permissions.check_administers(by)
    team = team or Team()
    team.name, team.description = name, description
    team.lead, team.manager = lead, manager
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as error:
        raise NameTaken from error
    _set_members(team, members)
    return team


@transaction.atomic
def set_members(team: Team, members: Iterable[User], *, by: User) -> None:
    permissions.check_can_edit_members(by, team)
    _set_members(team, members)


def _set_members(team: Team, members: Iterable[User]) -> None:
    """Deactivated members are not offered for choice, and stay what they were."""
    asleep = team.members.filter(active=False)
    team.members.set([*members, *asleep])


@transaction.atomic
def archive_team(team: Team, *, by: User, at: datetime) -> None:
    """Offer it no longer; reports and actions keep it."""
    permissions.check_administers(by)
    Team.objects.filter(pk=team.pk, archived_at=None).update(archived_at=at)


@transaction.atomic
def restore_team(team: Team, *, by: User) -> None:
    permissions.check_administers(by)
    Team.objects.filter(pk=team.pk).update(archived_at=None)


# --- The organisation -----------------------------------------------------------------


@transaction.atomic
def save_organisation(*, name: str, default_time_zone: str, by: User) -> None:
    permissions.check_administers(by)
    _locked_organisation()
    Organisation.objects.filter(pk=1).update(
        name=name, default_time_zone=default_time_zone
    )
