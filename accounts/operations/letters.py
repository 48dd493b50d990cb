"""Mails that wait to be sent: claimed by one worker, tried again, never forgotten.

The row is the intent (BAR 2.7). A worker claims it, which counts the attempt and puts
the next one off, then talks to the mail server outside any transaction, then notes
that the mail is sent. A worker that dies in between leaves a mail that is tried again
later: sent twice at worst, never lost, never more than MOST_ATTEMPTS times.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.addresses import normal_address
from accounts.models import Invitation, PasswordReset

FIRST_RETRY = timedelta(minutes=1)
RESET_MAIL_HOURS = 1


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
