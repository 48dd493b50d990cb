"""The settings of the one organisation of this installation."""

from django.db import transaction

from accounts import permissions
from accounts.models import Organisation, User


def locked_organisation() -> Organisation:
    """Its row, held until the transaction ends: the lock for what happens once."""
    Organisation.objects.get_or_create(pk=1)
    return Organisation.objects.select_for_update().get(pk=1)


@transaction.atomic
def save_organisation(*, name: str, default_time_zone: str, by: User) -> None:
    permissions.check_administers(by)
    locked_organisation()
    Organisation.objects.filter(pk=1).update(
        name=name, default_time_zone=default_time_zone
    )
