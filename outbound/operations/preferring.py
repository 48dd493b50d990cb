"""What people want to be told: written as they say it, and taken back by one click."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.operations.people import save_hours
from outbound.models import Channel, Preference


@transaction.atomic
def save_preferences(
    user: User, *, wishes: Mapping[tuple[str, str], bool], hours: Mapping[str, Any]
) -> None:
    _write(
        user.pk,
        [(kind, channel, wanted) for (kind, channel), wanted in wishes.items()],
    )
    save_hours(user, **hours)


def end_mails(user_id: int, kinds: Iterable[str]) -> None:
    """No more mails of these kinds to this person; other ways stay."""
    _write(user_id, [(kind, Channel.MAIL, False) for kind in kinds])


def _write(user_id: int, wishes: list[tuple[str, str, bool]]) -> None:
    Preference.objects.bulk_create(
        [
            Preference(user_id=user_id, kind=kind, channel=channel, wanted=wanted)
            for kind, channel, wanted in wishes
        ],
        update_conflicts=True,
        unique_fields=["user", "kind", "channel"],
        update_fields=["wanted"],
    )
