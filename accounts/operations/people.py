"""Roles, deactivation, passwords, and what people settle for themselves."""

import logging
from datetime import time

from django.db import transaction

from accounts import permissions
from accounts.models import Role, User
from accounts.policies import LastAdministrator
from accounts.waking import wake

security = logging.getLogger("afterword.security")


@transaction.atomic
def change_role(user: User, role: str, *, by: User) -> None:
    """Give another role; LastAdministrator where nobody would be left to administer."""
    administrators = _locked_administrators(by)
    if role != Role.ADMINISTRATOR:
        _check_not_last(user, administrators)
    User.objects.filter(pk=user.pk).update(role=role)
    security.info("account %s is %s now, by %s", user.pk, role, by.pk)


@transaction.atomic
def deactivate(user: User, *, by: User) -> None:
    """Sign them out everywhere and let them in no more; what they wrote stays."""
    _check_not_last(user, _locked_administrators(by))
    User.objects.filter(pk=user.pk).update(active=False)
    security.info("account %s deactivated by %s", user.pk, by.pk)


@transaction.atomic
def reactivate(user: User, *, by: User) -> None:
    permissions.check_administers(by)
    User.objects.filter(pk=user.pk).update(active=True)
    security.info("account %s reactivated by %s", user.pk, by.pk)


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


@transaction.atomic
def save_profile(
    user: User, *, name: str, time_zone: str, theme: str, shortcuts: bool
) -> None:
    User.objects.filter(pk=user.pk).update(
        name=name, time_zone=time_zone, theme=theme, shortcuts=shortcuts
    )
    if time_zone != user.time_zone:
        wake(user.pk)


@transaction.atomic
def save_hours(
    user: User,
    *,
    morning: time,
    quiet_from: time,
    working_days: list[int],
    holidays: str,
) -> None:
    """When somebody may be told something; what is planned for them begins anew."""
    User.objects.filter(pk=user.pk).update(
        morning=morning,
        quiet_from=quiet_from,
        working_days=working_days,
        holidays=holidays,
    )
    wake(user.pk)


def choose_theme(user: User, theme: str) -> None:
    User.objects.filter(pk=user.pk).update(theme=theme)


def set_password(user: User, password: str) -> None:
    """Ends every session of this account: each carries a hash of its password.

    Writes that one column, so that a role taken away meanwhile stays away.
    """
    user.set_password(password)
    User.objects.filter(pk=user.pk).update(password=user.password)
    security.info("password of account %s changed", user.pk)
