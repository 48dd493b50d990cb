"""Ending mails by the link in them: GET shows a page, POST changes (RFC 8058, E9)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.middleware import open_to_all
from accounts.views.replies import ORIGIN_ALONE
from outbound import access, unsubscribing
from outbound.operations.preferring import end_mails


# Mail programs post here by themselves, without a cookie and so without its token. The
# signed token in the address stands for it: it ends the mails it was sent in, no more.
@csrf_exempt
@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    found = unsubscribing.subscription(token)
    if found is None or not access.has_account(found.user_id):
        return _page(request, status=404)
    if request.method == "POST":
        end_mails(found.user_id, found.kinds)
    kinds = [kind.label for kind in found.kinds]
    return _page(request, kinds=kinds, ended=request.method == "POST")


def _page(
    request: HttpRequest, *, status: int = 200, **context: object
) -> HttpResponse:
    response = render(request, "outbound/unsubscribe.html", context, status=status)
    response.headers["Referrer-Policy"] = ORIGIN_ALONE
    return response


urlpatterns = [path("unsubscribe/<str:token>/", unsubscribe, name="unsubscribe")]
