"""What every answer carries, whatever its status, and what it says when we are down."""

import logging
import secrets
from collections.abc import Callable

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
NOTHING_ALLOWED = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"
"""The policy of an answer that is no page."""


def strict_transport() -> dict[str, str]:
    """What Django's SecurityMiddleware says, for answers that do not reach it."""
    if not settings.SECURE_HSTS_SECONDS:
        return {}
    parts = [f"max-age={settings.SECURE_HSTS_SECONDS}"]
    if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS:
        parts.append("includeSubDomains")
    if settings.SECURE_HSTS_PRELOAD:
        parts.append("preload")
    return {"Strict-Transport-Security": "; ".join(parts)}


class SecurityHeadersMiddleware:
    """Headers of BAR §2.12 and §6.C6 on every answer, refusals and errors included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = secrets.token_hex(8)  # type: ignore[attr-defined]
        response = self.get_response(request)
        response.headers["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Content-Security-Policy", NOTHING_ALLOWED)
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class AvailabilityMiddleware:
    """Turns a database or Redis that is away into a readable 503 with Retry-After."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, error: Exception
    ) -> HttpResponse | None:
        if not is_unavailable(error):
            return None
        logger.warning("unavailable: %s", type(error).__name__)
        return unavailable()


def is_unavailable(error: BaseException | None) -> bool:
    return isinstance(error, OperationalError | InterfaceError | RedisError)


def unavailable() -> HttpResponse:
    """503, drawn without the database or the session."""
    return HttpResponse(
        render_to_string("503.html"), status=503, headers={"Retry-After": "5"}
    )
