"""The mails that let people in: what they say and where their links lead.

Links start with PUBLIC_URL, never with the host of a request (BAR C12).
"""

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import organisation
from accounts.models import Invitation, PasswordReset, User


def public(path: str) -> str:
    """The address of a page as people outside this server reach it."""
    return f"{settings.PUBLIC_URL}{path}"


def invitation_mail(invitation: Invitation) -> EmailMultiAlternatives:
    path = reverse("accounts:accept-invitation", args=[invitation.token])
    return _mail(
        "invitation",
        to=invitation.email,
        subject=_("Your invitation to Afterword at %(organisation)s")
        % {"organisation": organisation().name},
        key=f"invitation-{invitation.pk}",
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
    return _mail(
        "password_reset",
        to=user.email,
        subject=_("Reset your password for Afterword"),
        key=f"password-reset-{reset.pk}",
        context={"user": user, "address": public(path)},
    )


def _mail(
    template: str, *, to: str, subject: str, key: str, context: dict[str, Any]
) -> EmailMultiAlternatives:
    """`key` makes the same Message-ID each time, so that a repeat is seen as one."""
    context |= {"organisation": organisation(), "home": public("/")}
    host = settings.PUBLIC_URL.partition("://")[2].partition(":")[0]
    mail = EmailMultiAlternatives(
        # One line: a name with a line break must not become a header (BAR T30).
        subject=" ".join(subject.split()),
        body=render_to_string(f"emails/{template}.txt", context).strip() + "\n",
        to=[to],
        headers={"Message-ID": f"<{key}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    html = render_to_string(f"emails/{template}.html", context | {"subject": subject})
    mail.attach_alternative(html, "text/html")
    return mail
