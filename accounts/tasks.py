"""Mails and housekeeping that wait for no request. Each may run twice, or at once.

No request hands a mail to the broker: a broker that is away would hold the request for
20 seconds (BAR T20). The row is written with the change, and the next tick sends it,
within a minute.
"""

import logging
from datetime import timedelta
from smtplib import SMTPException

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from accounts import mails
from accounts.access import people
from accounts.operations import letters

logger = logging.getLogger(__name__)


@shared_task
def send_invitations(**_: object) -> None:
    """Mail every invitation whose turn has come."""
    now = timezone.now()
    while invitation := letters.claim_invitation(now):
        if sent(mails.invitation_mail(invitation), f"invitation {invitation.pk}"):
            letters.note_invitation_sent(invitation, at=timezone.now())


@shared_task
def send_password_resets(**_: object) -> None:
    """Mail a link to each account that asked; nothing to an address without one."""
    now = timezone.now()
    while reset := letters.claim_password_reset(now):
        user = people().filter(email=reset.email).first()
        if user is None or sent(
            mails.password_reset_mail(reset, user), f"password reset {reset.pk}"
        ):
            letters.note_password_reset_sent(reset, at=timezone.now())


@shared_task
def forget_sessions(**_: object) -> None:
    """Delete sessions that have run out, and old wishes for a password."""
    SessionStore.clear_expired()
    letters.forget_password_resets(before=timezone.now() - timedelta(days=1))


def sent(mail: EmailMultiAlternatives, name: str) -> bool:
    """Whether the mail server took it. What went wrong is logged without addresses."""
    try:
        mail.send()
    except (OSError, SMTPException, ValueError) as error:
        logger.warning("%s not sent: %s", name, type(error).__name__)
        return False
    return True
