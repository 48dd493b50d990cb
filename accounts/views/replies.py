"""How these pages answer: a form with what is wrong in it, or a sentence."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from accounts.adapter import own_path
from accounts.forms.fields import focus_first_error
from accounts.http import UserRequest
from config.limits import LIMITS

ORIGIN_ALONE = "strict-origin"
"""Referrer-Policy of pages whose address may carry a token (BAR A7): no path is told.

`no-referrer` would say less still, but with it browsers send our own forms with
`Origin: null`, which the protection against forged forms refuses.
"""


def typed(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: what was sent, or nothing yet."""
    return request.POST if request.method == "POST" else None


def show_form(
    request: UserRequest, template: str, form: Form, **context: Any
) -> HttpResponse:
    """The form as it stands: 422 with what was typed if something in it is wrong."""
    focus_first_error(form)
    status = 422 if form.errors else 200
    return render(request, template, {"form": form, **context}, status=status)


def refuse(
    request: UserRequest, sentence: str, *, current: str, status: int = 409
) -> HttpResponse:
    """A page that says why nothing was changed."""
    context = {"sentence": sentence, "current": current}
    return render(request, "accounts/refused.html", context, status=status)


def tell(request: UserRequest, sentence: str) -> None:
    """A sentence on the next page."""
    messages.info(request, sentence)


def back_to(request: UserRequest, otherwise: str) -> HttpResponse:
    """To the page of ours that the form came from, filters included."""
    place = request.POST.get("next", "")
    return redirect(place if own_path(place) else otherwise)


def page_of(request: UserRequest, rows: Any) -> Page[Any]:
    """The page that the address asks for; the nearest one where it is not there."""
    return Paginator(rows, LIMITS.page_size).get_page(request.GET.get("page"))
