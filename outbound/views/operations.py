"""Settings > Operations: whether what leaves the house does leave it."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import UserRequest
from accounts.permissions import check_administers
from accounts.views.replies import back_to, page_of, tell
from outbound import access, alarm, queues
from outbound.operations.delivering import retry

CURRENT = "outbound:operations"


@require_safe
def operations(request: UserRequest) -> HttpResponse:
    """Last runs, what waits and since when, and messages that were given up."""
    check_administers(request.user)
    now = timezone.now()
    failed = access.failed_deliveries().order_by("-created_at", "-pk")
    context = {
        "silence": alarm.silence(now),
        "pulses": access.pulses(),
        "queues": queues.waiting(now),
        "page": page_of(request, failed),
        "now": now,
        "current": CURRENT,
    }
    return render(request, "outbound/operations.html", context)


@require_POST
def again(request: UserRequest, pk: int) -> HttpResponse:
    """Have a message sent anew; twice is once."""
    check_administers(request.user)
    retry(access.failed_delivery(pk), by=request.user, at=timezone.now())
    tell(request, _("It is tried again."))
    return back_to(request, CURRENT)


urlpatterns = [
    path("settings/operations/", operations, name="operations"),
    path("settings/operations/<int:pk>/retry/", again, name="delivery-retry"),
]
