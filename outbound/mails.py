"""A message as a mail: text and HTML, and headers that mail programs act upon."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.mails import mail_of, one_line, public
from outbound import unsubscribing
from outbound.composing import Message
from outbound.models import Delivery


def digest_mail(delivery: Delivery, message: Message) -> EmailMultiAlternatives:
    """The same Message-ID for the same delivery, however often it is tried."""
    user = delivery.recipient
    assert user is not None  # noqa: S101  mails go to people
    ends = unsubscribing.address(user, message.kinds)
    mail = mail_of(
        "digest",
        to=user.email,
        subject=message.subject,
        key=delivery.key,
        thread=message.thread,
        context={
            "user": user,
            "message": message,
            "address": message.only.address if message.only else public("/"),
            "told": public(reverse("outbound:told")),
            "settings": public(reverse("outbound:settings")),
            "unsubscribe": ends,
        },
    )
    mail.extra_headers |= {
        "List-Unsubscribe": f"<{ends}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": one_line(f"{_('Notices of Afterword')} <{list_id(delivery.kind)}>"),
    }
    return mail


def list_id(kind: str) -> str:
    """A name that filters can use, for each kind of notice."""
    return f"{kind.replace('_', '-')}.{urlsplit(settings.PUBLIC_URL).hostname}"
