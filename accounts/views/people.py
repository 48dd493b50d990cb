"""Who has an account, what each may do, and who is invited."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts import access, operations, permissions, policies
from accounts.forms.people import InvitationForm, RoleForm
from accounts.http import UserRequest
from accounts.models import Role
from accounts.views.replies import show_form, tell

LATEST = 200
"""How many invitations the page shows."""


@require_safe
def people(request: UserRequest) -> HttpResponse:
    """Everybody with an account; administrators also see who is deactivated."""
    shown = access.everybody() if request.user.administers else access.people()
    return render(
        request,
        "accounts/people.html",
        {
            "people": access.with_teams(shown),
            "roles": Role.choices,
            "current": "accounts:people",
        },
    )


@require_POST
def change_role(request: UserRequest, pk: int) -> HttpResponse:
    """Give somebody another role."""
    permissions.check_administers(request.user)
    user = access.somebody(pk)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _refused(request, _("There is no such role."), status=422)
    try:
        operations.change_role(user, form.cleaned_data["role"], by=request.user)
    except policies.Refusal as refusal:
        return _refused(request, str(refusal))
    tell(request, _("Role of %(name)s changed.") % {"name": user.name})
    return redirect("accounts:people")


@require_POST
def deactivate(request: UserRequest, pk: int) -> HttpResponse:
    permissions.check_administers(request.user)
    user = access.somebody(pk)
    try:
        operations.deactivate(user, by=request.user)
    except policies.Refusal as refusal:
        return _refused(request, str(refusal))
    tell(request, _("%(name)s can no longer sign in.") % {"name": user.name})
    return redirect("accounts:people")


@require_POST
def reactivate(request: UserRequest, pk: int) -> HttpResponse:
    permissions.check_administers(request.user)
    user = access.somebody(pk)
    operations.reactivate(user, by=request.user)
    tell(request, _("%(name)s can sign in again.") % {"name": user.name})
    return redirect("accounts:people")


@require_safe
def invitations(request: UserRequest) -> HttpResponse:
    """The latest invitations, and where each of them stands."""
    permissions.check_administers(request.user)
    now = timezone.now()
    latest = access.invitations()[:LATEST]
    return render(
        request,
        "accounts/invitations.html",
        {
            "invitations": [(one, one.state(now)) for one in latest],
            "current": "accounts:invitations",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: UserRequest) -> HttpResponse:
    """Invite an address; inviting it again sends a new link and ends the old one."""
    permissions.check_administers(request.user)
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            operations.invite(**form.cleaned_data, by=request.user, at=timezone.now())
        except policies.Refusal as refusal:
            form.add_error("email", str(refusal))
        else:
            tell(request, _("Invitation written. The mail leaves within a minute."))
            return redirect("accounts:invitations")
    return show_form(
        request, "accounts/invitation_form.html", form, current="accounts:invitations"
    )


@require_POST
def withdraw_invitation(request: UserRequest, pk: int) -> HttpResponse:
    permissions.check_administers(request.user)
    operations.withdraw_invitation(
        access.invitation(pk), by=request.user, at=timezone.now()
    )
    tell(request, _("Invitation withdrawn. Its link no longer works."))
    return redirect("accounts:invitations")


def _refused(request: UserRequest, sentence: str, status: int = 409) -> HttpResponse:
    context = {"sentence": sentence, "current": "accounts:people"}
    return render(request, "accounts/refused.html", context, status=status)


urlpatterns = [
    path("people/", people, name="people"),
    path("people/<int:pk>/role/", change_role, name="person-change"),
    path("people/<int:pk>/deactivate/", deactivate, name="person-deactivate"),
    path("people/<int:pk>/reactivate/", reactivate, name="person-reactivate"),
    path("people/invitations/", invitations, name="invitations"),
    path("people/invitations/add/", invite, name="invitation-add"),
    path(
        "people/invitations/<int:pk>/withdraw/",
        withdraw_invitation,
        name="invitation-withdraw",
    ),
]
