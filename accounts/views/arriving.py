"""How accounts begin: the first administrator, and people who were invited."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import ratelimit
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import access, policies
from accounts.forms.fields import focus_first_error
from accounts.forms.signing import FirstAdministratorForm, NewAccountForm
from accounts.middleware import open_to_all
from accounts.models import User
from accounts.operations import arriving
from accounts.views.replies import ORIGIN_ALONE, typed


@open_to_all
@sensitive_post_parameters("password", "token")
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """Creates the first administrator; 404 as soon as there is any account."""
    if not access.nobody_yet():
        raise Http404
    if refused := _too_many(request):
        return refused
    token = request.POST.get("token") or request.GET.get("token", "")
    if not arriving.first_run_token_matches(token, access.organisation()):
        return _answer(request, "accounts/welcome_locked.html", status=403)
    form = FirstAdministratorForm(
        typed(request),
        initial={"token": token, "time_zone": "UTC"},
    )
    if request.method != "POST" or not form.is_valid():
        return _answer(request, "accounts/welcome.html", form)
    try:
        user = arriving.create_first_administrator(**form.cleaned_data)
    except policies.Gone:
        raise Http404 from None
    return _arrived(request, user)


@open_to_all
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Makes the account of an invitation; one answer for every link that is over."""
    if refused := _too_many(request):
        return refused
    now = timezone.now()
    invitation = access.open_invitation(token, now=now)
    if invitation is None:
        return _over(request)
    if request.user.is_authenticated:
        return _answer(request, "accounts/invitation_signed_in.html")
    organisation = access.organisation()
    form = NewAccountForm(
        typed(request),
        initial={"time_zone": organisation.default_time_zone},
        address=invitation.email,
    )
    if request.method != "POST" or not form.is_valid():
        return _answer(
            request,
            "accounts/invitation_accept.html",
            form,
            invitation=invitation,
            organisation=organisation,
        )
    try:
        user = arriving.accept_invitation(token, at=now, **form.cleaned_data)
    except policies.Gone:
        return _over(request)
    return _arrived(request, user)


def _arrived(request: HttpRequest, user: User) -> HttpResponse:
    """Sign in under a new session id (BAR A10)."""
    get_adapter().login(request, user)
    return redirect("/")


def _over(request: HttpRequest) -> HttpResponse:
    return _answer(request, "accounts/invitation_over.html", status=404)


def _answer(
    request: HttpRequest,
    template: str,
    form: Form | None = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """A page whose address may carry a token, and therefore tells it to nobody."""
    if form is not None:
        context["form"] = form
        focus_first_error(form)
        status = 422 if form.errors else status
    response = render(request, template, context, status=status)
    response.headers["Referrer-Policy"] = ORIGIN_ALONE
    return response


def _too_many(request: HttpRequest) -> HttpResponse | None:
    """429 where one address tries too often; 503 where the counter is away."""
    refused: HttpResponse | None = ratelimit.consume_or_429(request, action="signup")
    if refused is not None:
        refused.headers["Retry-After"] = "60"
    return refused


urlpatterns = [
    path("welcome/", welcome, name="welcome"),
    path(
        "invitations/<str:token>/accept/", accept_invitation, name="accept-invitation"
    ),
]
