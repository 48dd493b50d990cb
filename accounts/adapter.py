"""How allauth behaves here: nobody signs up, links are ours, limits count people."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.exceptions import (
    ImproperlyConfigured,
    PermissionDenied,
    ValidationError,
)
from django.forms import BaseForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from accounts import sessions
from accounts.addresses import normal_address
from accounts.models import User
from accounts.operations.people import set_password

security = logging.getLogger("afterword.security")

LONGEST_PATH = 2_000


def own_path(address: str) -> bool:
    """Whether this leads to a page of ours: a path from the root, no host (BAR A13)."""
    return (
        address.startswith("/")
        and not address.startswith("//")
        and len(address) <= LONGEST_PATH
        and address.isprintable()
        and "\\" not in address
        and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    )


class InvitedOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The address or the password is not right."),
        "too_many_login_attempts": _(
            "Too many attempts. Wait five minutes, then sign in again."
        ),
        "enter_current_password": _("This is not your current password."),
        "invalid_password_reset": _("This link no longer works."),
        "password_min_length": _("At least 10 characters."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: accounts come from invitations and from the first run."""
        return False

    def save_user(
        self,
        request: HttpRequest,
        user: User,
        form: BaseForm,
        commit: bool = True,  # noqa: FBT001, FBT002  allauth's signature
    ) -> User:
        raise PermissionDenied

    def is_safe_url(self, url: str) -> bool:
        return own_path(url)

    def is_ajax(self, request: HttpRequest) -> bool:
        """Never: pages are the one way in, so that there is one thing to guard."""
        return False

    def add_message(self, *_args: Any, **_kwargs: Any) -> None:
        """Nothing from allauth: our views say what happened, in our words."""

    def set_password(self, user: User, password: str) -> None:
        set_password(user, password)

    def login(self, request: HttpRequest, user: User) -> None:
        """Under a new session id (BAR A10), for a limited time."""
        super().login(request, user)
        sessions.begin(request.session, timezone.now())
        security.info("account %s signed in", user.pk)

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_login")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:profile")

    def get_client_ip(self, request: HttpRequest) -> str:
        """403 for a request that came past the proxies which should have been there."""
        try:
            return str(super().get_client_ip(request))
        except ImproperlyConfigured as error:
            raise PermissionDenied from error

    def _get_login_attempts_cache_key(
        self, request: HttpRequest, **credentials: Any
    ) -> str:
        """The address alone. allauth adds the host, whose port a client may invent."""
        return normal_address(str(credentials.get("email", "")))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            security.warning("sign-in refused: too many attempts")
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        security.warning("sign-in failed")
