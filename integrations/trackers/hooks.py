"""Where trackers say that something happened: proved, kept, answered; read later.

| answer | what it means |
|---|---|
| 202 | kept, or known already, or about none of our issues |
| 400 | no JSON object |
| 401 | not proved who sent it, or an address that is none of ours |
| 410 | the connection is paused or removed |
| 413, 415 | too large; not JSON, or packed |
| 429 | too much waits to be read already |
"""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.middleware import open_to_all
from config.limits import LIMITS
from integrations.models import Connection
from integrations.trackers import access
from integrations.trackers.adapter import Adapter, BadHook, BadSignature, HookEvent
from integrations.trackers.operations import receiving
from integrations.trackers.reaching import adapter_without_secret, hook_secrets_of
from outbound.secrets import CannotUnseal
from postmortems.views.replies import this_second

RETRY_AFTER = "60"


@open_to_all
@csrf_exempt
@require_POST
def tracker_hook(request: HttpRequest, hook_token: str) -> HttpResponse:
    """One event of one tracker."""
    connection = access.hooked(hook_token)
    if connection is None:
        return _said(401)
    if connection.removed_at or connection.paused_at:
        return _said(410)
    if request.content_type != "application/json" or "Content-Encoding" in (
        request.headers
    ):
        return _said(415)
    try:
        return _take(request, connection, adapter_without_secret(connection))
    except (BadSignature, CannotUnseal, KeyError):
        return _said(401)
    except BadHook:
        return _said(400)


def _take(
    request: HttpRequest, connection: Connection, adapter: Adapter
) -> HttpResponse:
    now, raw = this_second(), request.body
    headers = {name.lower(): value for name, value in request.headers.items()}
    receipt = adapter.check_hook(headers, raw, hook_secrets_of(connection, now))
    told = adapter.read_hook(receipt, raw)
    receiving.note_heard(connection, at=now)
    if not access.is_about_us(connection, _issues(told)):
        return _said(202)
    if access.waiting_events(connection) >= LIMITS.hook_queue:
        return _said(429, RETRY_AFTER)
    receiving.keep_event(connection, receipt, raw, at=now)
    return _said(202)


def _issues(told: Sequence[HookEvent]) -> list[str]:
    return [one.remote_id for one in told]


def _said(status: int, retry_after: str = "") -> HttpResponse:
    headers = {"Retry-After": retry_after} if retry_after else {}
    return HttpResponse(status=status, headers=headers, content_type="text/plain")


urlpatterns = [
    path("hooks/trackers/<str:hook_token>/", tracker_hook, name="tracker-hook"),
]
