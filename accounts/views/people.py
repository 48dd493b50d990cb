"""Who has an account, and what each may do."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import access, permissions, policies
from accounts.forms.people import RoleForm
from accounts.http import UserRequest
from accounts.models import Role
from accounts.operations import people as operations
from accounts.views.replies import back_to, page_of, refuse, tell
from config.limits import LIMITS

CURRENT = "accounts:people"


@require_safe
def people(request: UserRequest) -> HttpResponse:
    """Everybody with an account; administrators also see who is deactivated."""
    wanted = request.GET.get("q", "").strip()[: LIMITS.search_query]
    shown = access.everybody() if request.user.administers else access.people()
    return render(
        request,
        "accounts/people.html",
        {
            "people": page_of(request, access.with_teams(access.called(shown, wanted))),
            "wanted": wanted,
            "roles": Role.choices,
            "current": CURRENT,
        },
    )


@require_POST
def change_role(request: UserRequest, pk: int) -> HttpResponse:
    permissions.check_administers(request.user)
    user = access.somebody(pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        sentence = _("There is no such role.")
        return refuse(request, sentence, current=CURRENT, status=422)
    try:
        operations.change_role(user, form.cleaned_data["role"], by=request.user)
    except policies.Refusal as refusal:
        return refuse(request, str(refusal), current=CURRENT)
    tell(request, _("Role of %(name)s changed.") % {"name": user.name})
    return back_to(request, CURRENT)


@require_POST
def deactivate(request: UserRequest, pk: int) -> HttpResponse:
    permissions.check_administers(request.user)
    user = access.somebody(pk)
    try:
        operations.deactivate(user, by=request.user)
    except policies.Refusal as refusal:
        return refuse(request, str(refusal), current=CURRENT)
    tell(request, _("%(name)s can no longer sign in.") % {"name": user.name})
    return back_to(request, CURRENT)


@require_POST
def reactivate(request: UserRequest, pk: int) -> HttpResponse:
    permissions.check_administers(request.user)
    user = access.somebody(pk)
    operations.reactivate(user, by=request.user)
    tell(request, _("%(name)s can sign in again.") % {"name": user.name})
    return back_to(request, CURRENT)


urlpatterns = [
    path("people/", people, name="people"),
    path("people/<int:pk>/role/", change_role, name="person-change"),
    path("people/<int:pk>/deactivate/", deactivate, name="person-deactivate"),
    path("people/<int:pk>/reactivate/", reactivate, name="person-reactivate"),
]
