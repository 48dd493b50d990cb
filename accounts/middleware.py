"""Signed in or sent to sign in: the rule for every page that does not say otherwise."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts import access, sessions

PROBES = frozenset({"/livez", "/readyz"})
View = TypeVar("View", bound=Callable[..., HttpResponse])


class SignedInMiddleware:
    """Sends strangers to the sign-in page, unless the view is marked `open_to_all`.

    Default deny: a view that nobody thought about is closed. On an empty installation
    every page leads to the one that creates the first administrator.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponse],
        _args: Any,
        _kwargs: Any,
    ) -> HttpResponse | None:
        if _is_for_probes(request) or _goes_on(request):
            return None
        if not _is_welcome(request) and access.nobody_yet():
            return redirect("accounts:welcome")
        return None if _is_open(view) else ask_to_sign_in(request)


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """302 to the sign-in page; for htmx 401 with HX-Redirect (BAR §5.1)."""
    own_path = request.get_full_path() if request.method in {"GET", "HEAD"} else "/"
    if getattr(request, "htmx", False):
        address = f"{reverse('account_login')}?{urlencode({'next': '/'})}"
        return HttpResponse(status=401, headers={"HX-Redirect": address})
    return redirect(f"{reverse('account_login')}?{urlencode({'next': own_path})}")


def open_to_all(view: View) -> View:
    """Mark a view as open to people who are not signed in."""
    view.open_to_all = True  # type: ignore[attr-defined]
    return view


def _goes_on(request: HttpRequest) -> bool:
    """Whether somebody is signed in, and not for too long."""
    user, now = request.user, timezone.now()
    if not user.is_authenticated:
        return False
    if sessions.is_over(request.session, user, now):
        logout(request)
        return False
    sessions.note_use(request.session, now)
    return True


def _is_open(view: Callable[..., HttpResponse]) -> bool:
    return bool(getattr(view, "open_to_all", False))


def _is_welcome(request: HttpRequest) -> bool:
    return request.path == reverse("accounts:welcome")


def _is_for_probes(request: HttpRequest) -> bool:
    """Probes answer whatever the database holds, and also when it is away."""
    return request.path in PROBES
