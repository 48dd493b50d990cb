"""How these pages answer: a form with what is wrong in it, or a sentence."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import render

from accounts.http import UserRequest


def show_form(
    request: UserRequest, template: str, form: Form, **context: Any
) -> HttpResponse:
    """The form as it stands: 422 with what was typed if something in it is wrong."""
    status = 422 if form.errors else 200
    return render(request, template, {"form": form, **context}, status=status)


def tell(request: UserRequest, sentence: str) -> None:
    """A sentence on the next page."""
    messages.info(request, sentence)
