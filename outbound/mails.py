"""A message as a mail: text and HTML, and headers that mail programs act upon."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.mails import mail_of, one_line, public
from accounts.models import User
from outbound import unsubscribing
from outbound.composing import Message
from outbound.models import Delivery


def digest_mail(delivery: Delivery, message: Message) -> EmailMultiAlternatives:
    """The same Message-ID for the same delivery, however often it is tried."""
    user = delivery.recipient
    assert user is not None  # noqa: S101  mails go to people
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
            "unsubscribe": unsubscribing.address(user, message.kinds),
        },
    )
    mail.extra_headers |= list_headers(user, delivery.kind, message.kinds)
    return mail


def list_headers(user: User, kind: str, kinds: Sequence[str] = ()) -> dict[str, str]:
    """Mail programs sort mails by them, and end kinds with a click (RFC 8058)."""
    ends = unsubscribing.address(user, kinds or [kind])
    host = urlsplit(settings.PUBLIC_URL).hostname
    name = one_line(_("Notices of Afterword"))
    return {
        "List-Unsubscribe": f"<{ends}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"{name} <{kind.replace('_', '-')}.{host}>",
    }
