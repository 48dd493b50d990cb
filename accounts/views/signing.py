"""Signing in and out, and passwords: allauth's views behind our doors.

allauth's own list of addresses has sign-up, e-mail management and more. Only what is
used is routed here, under the names that allauth looks for.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from allauth.account import views as allauth_views
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, re_path
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.forms.fields import focus_first_error
from accounts.http import UserRequest
from accounts.middleware import open_to_all
from accounts.views.replies import ORIGIN_ALONE, tell

View = Callable[..., HttpResponse]

TOO_MANY = "too_many_login_attempts"
RETRY_AFTER = "300"
"""Seconds: the longest of the spans in ACCOUNT_RATE_LIMITS."""


def _guarded(view: View) -> View:
    """Tell invalid (422) and too many (429) by status; send no address onwards."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if isinstance(response, TemplateResponse):
            response.status_code = _status_of(response)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            response.headers["Retry-After"] = RETRY_AFTER
        # These addresses may carry tokens (BAR A7).
        response.headers["Referrer-Policy"] = ORIGIN_ALONE
        return response

    return guarded


def _status_of(response: TemplateResponse) -> int:
    context = response.context_data or {}
    if context.get("token_fail"):
        return HTTPStatus.NOT_FOUND
    form = context.get("form")
    if form is None or not form.is_bound or form.is_valid():
        return response.status_code
    focus_first_error(form)
    if form.has_error("__all__", TOO_MANY):
        return HTTPStatus.TOO_MANY_REQUESTS
    return HTTPStatus.UNPROCESSABLE_ENTITY


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
@_guarded
def sign_in(request: HttpRequest) -> HttpResponse:
    response: HttpResponse = allauth_views.login(request)
    return response


@open_to_all
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, and have the browser forget what it kept of our pages."""
    response: HttpResponse = allauth_views.logout(request)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@open_to_all
@require_safe
def deactivated(request: HttpRequest) -> HttpResponse:
    """Where somebody lands whose password is right and whose account is asleep."""
    response: HttpResponse = allauth_views.account_inactive(request)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@_guarded
def change_password(request: UserRequest) -> HttpResponse:
    if not request.user.has_usable_password():
        return redirect("account_reset_password")
    response: HttpResponse = allauth_views.password_change(request)
    if isinstance(response, TemplateResponse):
        response.context_data = {
            **(response.context_data or {}),
            "current": "accounts:profile",
        }
    elif response.status_code == HTTPStatus.FOUND:
        tell(request, _("Password changed. You are signed out everywhere else."))
    return response


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
@_guarded
def ask_for_reset(request: HttpRequest) -> HttpResponse:
    response: HttpResponse = allauth_views.password_reset(request)
    return response


@open_to_all
@require_safe
@_guarded
def reset_asked(request: HttpRequest) -> HttpResponse:
    response: HttpResponse = allauth_views.password_reset_done(request)
    return response


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
@_guarded
def reset_password(request: HttpRequest, uidb36: str, key: str) -> HttpResponse:
    """The link of the mail; it moves to an address without the key, then asks."""
    response: HttpResponse = allauth_views.password_reset_from_key(
        request, uidb36=uidb36, key=key
    )
    return response


@open_to_all
@require_safe
@_guarded
def password_reset(request: HttpRequest) -> HttpResponse:
    response: HttpResponse = allauth_views.password_reset_from_key_done(request)
    return response


urlpatterns = [
    path("sign-in/", sign_in, name="account_login"),
    path("sign-out/", sign_out, name="account_logout"),
    path("sign-in/deactivated/", deactivated, name="account_inactive"),
    path("password/change/", change_password, name="account_change_password"),
    path("password/reset/", ask_for_reset, name="account_reset_password"),
    path("password/reset/asked/", reset_asked, name="account_reset_password_done"),
    path(
        "password/reset/done/",
        password_reset,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]{1,13})-(?P<key>[0-9A-Za-z-]{1,100})/$",
        reset_password,
        name="account_reset_password_from_key",
    ),
]
