"""Refusals and errors, drawn for people (BAR §5.1)."""

import logging
import secrets
import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader

from config.headers import is_unavailable, unavailable

logger = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, with the sentence of the PermissionDenied that was raised."""
    sentence = str(exception) if exception.args else ""
    return render(request, "403.html", {"reason": sentence}, status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403_csrf.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, the same bytes for what does not exist and what somebody may not know."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 with an id and nothing else; the log has the rest under the same id.

    Also where a dependency is away before a view is reached: then it is a 503.
    """
    if is_unavailable(sys.exception()):
        return unavailable()
    error_id = getattr(request, "request_id", None) or secrets.token_hex(8)
    logger.error("unhandled error %s", error_id)
    page = loader.get_template("500.html").render({"error_id": error_id})
    return HttpResponse(page, status=500)
