"""What you were told: every notice to somebody, by which way, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts.http import UserRequest
from accounts.models import User
from accounts.views.replies import page_of
from outbound import access
from outbound.models import Delivery, Notice
from outbound.telling import Named, kinds_of, teller_of


@dataclass(frozen=True, slots=True)
class Line:
    notice: Notice
    named: Named | None
    """None where it may not be seen any more, or is gone."""
    deliveries: list[Delivery]


@require_safe
def told(request: UserRequest) -> HttpResponse:
    page = page_of(request, access.notices_of(request.user))
    context = {"page": page, "lines": _lines(request.user, list(page))}
    return render(request, "outbound/told.html", context)


def _lines(user: User, notices: Sequence[Notice]) -> list[Line]:
    names: dict[int, Named] = {}
    for kind, some in kinds_of(notices).items():
        if (teller := teller_of(kind)) is not None:
            names |= teller.named(user, some)
    return [
        Line(notice, names.get(notice.pk), list(notice.deliveries.all()))
        for notice in notices
    ]


urlpatterns = [path("notices/", told, name="told")]
