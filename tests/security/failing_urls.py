"""The addresses of Afterword, and some where something goes wrong."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from redis.exceptions import ConnectionError as RedisAway

from accounts.middleware import open_to_all
from config.urls import (
    handler400,
    handler403,
    handler404,
    handler500,
)
from config.urls import urlpatterns as real


def _raising(error: Exception) -> object:
    @open_to_all
    def view(_request: HttpRequest) -> HttpResponse:
        raise error

    return view


SECRET = "zebrafinch /var/lib/afterword SECRET_KEY"
urlpatterns = [
    path("broken/", _raising(RuntimeError(SECRET))),  # type: ignore[call-overload]
    path("database-away/", _raising(OperationalError(SECRET))),  # type: ignore[call-overload]
    path("redis-away/", _raising(RedisAway(SECRET))),  # type: ignore[call-overload]
    path("suspicious/", _raising(SuspiciousOperation(SECRET))),  # type: ignore[call-overload]
    path("forbidden/", _raising(PermissionDenied())),  # type: ignore[call-overload]
    *real,
]

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
