"""Give a calendar its address, a new one, or none."""

from datetime import datetime

from django.db import transaction

from accounts.models import Team, User
from accounts.tokens import hash_of, new_token
from actions.models import CalendarFeed


@transaction.atomic
def reset_feed(user: User, team: Team | None, *, at: datetime) -> str:
    """The token of a new address; the one before lets nobody in any more.

    It is given here once: only its hash is kept.
    """
    token = new_token()
    CalendarFeed.objects.update_or_create(
        user=user, team=team, defaults={"token_hash": hash_of(token), "created_at": at}
    )
    return token


def remove_feed(user: User, team: Team | None) -> None:
    CalendarFeed.objects.filter(user=user, team=team).delete()
