"""Messages that are due: claimed, asked about anew, put into words, handed over."""

import logging
import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from smtplib import (
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPServerDisconnected,
)

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.translation import gettext as _

from live import broadcast
from outbound import access, chats
from outbound.composing import Message, compose
from outbound.mails import digest_mail
from outbound.models import Channel, Delivery, Notice
from outbound.operations import delivering
from outbound.telling import kinds_of, teller_of

logger = logging.getLogger("afterword.outbound")

LONGEST_RUN = 120.0
"""Seconds after which a run ends; the next begins within ten."""
MOST_ON_A_CONNECTION = 100
"""Mails that go by one connection to the mail server, which may count them."""
MOST_REFUSALS = 3
"""After so many mails in a row for which the server was not there, the run ends."""
PERMANENT = 500


class NotSent(Exception):
    """What became of an attempt; the sentence is for the operations page."""

    def __init__(self, reason: str, *, permanent: bool, away: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.permanent = reason, permanent
        self.away = away
        """Whether it is the server, and the next mail would fare no better."""


def send_due(now: datetime, channels: Collection[str] = tuple(Channel.values)) -> int:
    """Send what is due until nothing is; how many deliveries were worked on."""
    began = time.monotonic()
    worked = 0
    with MailServer() as server:
        while server.refusals < MOST_REFUSALS:
            elapsed = time.monotonic() - began
            at = now + timedelta(seconds=elapsed)
            if elapsed > LONGEST_RUN:
                break
            delivery = delivering.claim(at, channels)
            if delivery is None:
                break
            _send(delivery, server, at)
            worked += 1
    return worked


def _send(delivery: Delivery, server: "MailServer", at: datetime) -> None:
    message = compose(delivery, _still(delivery, at), at)
    if message is None:
        delivering.note_dropped(delivery, at=at)
        logger.info("delivery %s dropped: nothing is left to say", delivery.pk)
        return
    try:
        _ways(server)[Channel(delivery.channel)](delivery, message)
    except NotSent as problem:
        delivering.note_failed(
            delivery, error=problem.reason, permanent=problem.permanent, at=at
        )
        logger.warning("delivery %s not sent: %s", delivery.pk, problem.reason)
    except chats.NotDelivered as problem:
        delivering.note_failed(
            delivery,
            error=problem.reason,
            permanent=False,
            at=at,
            wait=problem.wait,
            gone=problem.gone,
        )
        logger.warning("delivery %s not sent: %s", delivery.pk, problem.reason)
    else:
        delivering.note_sent(delivery, at=at)


def _still(delivery: Delivery, at: datetime) -> list[Notice]:
    """Those that are still wanted, needed and allowed at this moment (BAR R10, R11)."""
    notices = access.notices_in(delivery)
    if delivery.recipient is not None:
        notices = _wanted(delivery, notices)
    kept: set[int] = set()
    for kind, some in kinds_of(notices).items():
        teller = teller_of(kind)
        if teller is not None and some:
            kept |= {notice.pk for notice in teller.still(some, at)}
    return [notice for notice in notices if notice.pk in kept]


def _wanted(delivery: Delivery, notices: list[Notice]) -> list[Notice]:
    if delivery.recipient is None or not delivery.recipient.active:
        return []
    wanted = access.wanted([delivery.recipient.pk])
    return [
        one
        for one in notices
        if wanted(delivery.recipient.pk, one.kind, delivery.channel)
    ]


Way = Callable[[Delivery, Message], None]


def _ways(server: "MailServer") -> dict[Channel, Way]:
    return {
        Channel.MAIL: lambda delivery, message: server.send(
            digest_mail(delivery, message)
        ),
        Channel.CHAT: _post,
        Channel.PAGE: _show,
    }


def _post(delivery: Delivery, message: Message) -> None:
    hook = delivery.hook
    if hook is None or hook.disabled_at is not None:
        raise NotSent(_("The chat is switched off."), permanent=True)
    chats.post(hook, message)


def _show(delivery: Delivery, message: Message) -> None:
    """To whatever page is open; all of it stays in "What you were told"."""
    first = message.items[0]
    assert delivery.recipient is not None  # noqa: S101  pages belong to people
    broadcast.to_person(
        delivery.recipient.pk,
        {
            "t": "notice",
            "id": delivery.pk,
            "text": first.title if message.only else message.subject,
            "more": first.due if message.only else "",
            "address": first.address if message.only else "",
        },
    )


class MailServer:
    """One connection for many mails; opened anew after whatever went wrong."""

    def __init__(self) -> None:
        self._connection: BaseEmailBackend | None = None
        self._sent = 0
        self.refusals = 0
        """Mails in a row for which the server was not there."""

    def __enter__(self) -> "MailServer":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def send(self, mail: EmailMultiAlternatives) -> None:
        """NotSent where the server did not say that it took it."""
        try:
            self._open().send_messages([mail])
        except (OSError, SMTPException, ValueError) as error:
            self._close()
            problem = what_it_means(error)
            self.refusals = self.refusals + 1 if problem.away else 0
            raise problem from None
        self.refusals = 0
        self._sent += 1

    def _open(self) -> BaseEmailBackend:
        if self._connection is None or self._sent >= MOST_ON_A_CONNECTION:
            self._close()
            self._connection = get_connection()
            self._connection.open()
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._sent = None, 0


def what_it_means(error: Exception) -> NotSent:
    """Whether it makes sense to try again, and whether others fare the same."""
    match error:
        case SMTPRecipientsRefused(recipients=recipients):
            codes = [code for code, _said in recipients.values()]
            code = min(codes, default=0)
            return NotSent(
                _("The mail server refused the recipient (%(code)s).") % {"code": code},
                permanent=code >= PERMANENT,
            )
        case SMTPDataError(smtp_code=code):
            return NotSent(
                _("The mail server refused the mail (%(code)s).") % {"code": code},
                permanent=code >= PERMANENT,
            )
        case SMTPServerDisconnected():
            return NotSent(
                _("The connection to the mail server broke."),
                permanent=False,
                away=True,
            )
        case ValueError():
            return NotSent(_("The mail cannot be written."), permanent=True)
    return NotSent(
        _("The mail server does not answer, or not as expected."),
        permanent=False,
        away=True,
    )
