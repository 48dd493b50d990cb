"""The mails that let people in: what they say and where their links lead.

Links start with PUBLIC_URL, never with the host of a request (BAR C12).
"""

import unicodedata
from typing import Any
from urllib.parse import urlsplit

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import organisation
from accounts.models import Invitation, PasswordReset, User

UNSEEN = {"Cc", "Cf", "Cs"}
"""Unicode's categories of controls, formats (bidirectional ones too) and surrogates."""
JOINERS = "\u200c\u200d"
"""Formats that emoji and some scripts are written with."""


def public(path: str) -> str:
    """The address of a page as people outside this server reach it."""
    return f"{settings.PUBLIC_URL}{path}"


def invitation_mail(invitation: Invitation) -> EmailMultiAlternatives:
    path = reverse("accounts:accept-invitation", args=[invitation.token])
    return mail_of(
        "invitation",
        to=invitation.email,
        subject=_("Your invitation to Afterword at %(organisation)s")
        % {"organisation": organisation().name},
        key=f"invitation-{invitation.token_hash[:16]}",
        context={"invitation": invitation, "address": public(path)},
    )


def password_reset_mail(reset: PasswordReset, user: User) -> EmailMultiAlternatives:
    """To the address of the account, whatever was typed."""
    path = reverse(
        "account_reset_password_from_key",
        kwargs={
            "uidb36": user_pk_to_url_str(user),
            "key": default_token_generator.make_token(user),
        },
    )
    return mail_of(
        "password_reset",
        to=user.email,
        subject=_("Reset your password for Afterword"),
        key=f"password-reset-{reset.pk}-{reset.asked_at.timestamp():.0f}",
        context={"user": user, "address": public(path)},
    )


def one_line(text: str, *, limit: int = 200) -> str:
    """For a header: no line break starts another (BAR T30), nothing is unseen."""
    shown = "".join(
        character
        for character in " ".join(text.split())
        if character in JOINERS or unicodedata.category(character) not in UNSEEN
    )
    return shown[:limit].strip()


def mail_of(
    template: str,
    *,
    to: str,
    subject: str,
    key: str,
    context: dict[str, Any],
    thread: str = "",
) -> EmailMultiAlternatives:
    """`key` makes the same Message-ID each time, so that a repeat is seen as one;
    mails of one `thread` are shown together.
    """
    context |= {"organisation": organisation(), "home": public("/")}
    mail = EmailMultiAlternatives(
        subject=one_line(subject),
        body=render_to_string(f"emails/{template}.txt", context).strip() + "\n",
        to=[to],
        headers={
            "Message-ID": _message_id(key),
            **({"References": _message_id(thread)} if thread else {}),
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    html = render_to_string(f"emails/{template}.html", context | {"subject": subject})
    mail.attach_alternative(html, "text/html")
    return mail


def _message_id(key: str) -> str:
    return f"<{key}@{urlsplit(settings.PUBLIC_URL).hostname}>"
