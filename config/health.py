"""Is the process alive, and is it ready to serve? For probes, not for people."""

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from accounts.middleware import open_to_all


@open_to_all
@require_safe
def livez(_request: HttpRequest) -> HttpResponse:
    """200 as long as the process answers."""
    return HttpResponse("ok", content_type="text/plain")


@open_to_all
@require_safe
def readyz(_request: HttpRequest) -> HttpResponse:
    """200 when database, migrations and Redis are there; else 503 with what is not."""
    checks = {
        "database": _database_answers,
        "migrations": _migrations_applied,
        "redis": _redis_answers,
    }
    failed: list[str] = []
    for name, check in checks.items():
        # A database that is away is waited for once.
        if (name == "migrations" and failed) or not _passes(check):
            failed.append(name)
    body = {"ready": not failed, "failed": failed, "version": settings.VERSION}
    if settings.PRODUCTION:
        body.pop("version")
    return JsonResponse(body, status=503 if failed else 200)


def _passes(check: object) -> bool:
    try:
        return bool(check())  # type: ignore[operator]
    except Exception:  # noqa: BLE001  a probe answers, whatever is broken
        return False


def _database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def _migrations_applied() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _redis_answers() -> bool:
    cache.set("readyz", "1", 5)
    return bool(cache.get("readyz") == "1")
