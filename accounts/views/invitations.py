"""Letting people in: invitations written, sent again, withdrawn."""

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

from accounts import access, permissions, policies
from accounts.forms.people import InvitationForm
from accounts.http import UserRequest
from accounts.operations import arriving
from accounts.views.replies import back_to, page_of, refuse, show_form, tell, typed

CURRENT = "accounts:invitations"


@require_safe
def invitations(request: UserRequest) -> HttpResponse:
    """The latest invitations, and where each of them stands."""
    permissions.check_administers(request.user)
    page, now = page_of(request, access.invitations()), timezone.now()
    return render(
        request,
        "accounts/invitations.html",
        {
            "page": page,
            "invitations": [(one, one.state(now)) for one in page],
            "today": now.date(),
            "current": CURRENT,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: UserRequest) -> HttpResponse:
    """Invite an address; inviting it again sends a new link and ends the old one."""
    permissions.check_administers(request.user)
    form = InvitationForm(typed(request))
    if request.method == "POST" and form.is_valid():
        try:
            arriving.invite(**form.cleaned_data, by=request.user, at=timezone.now())
        except policies.Refusal as refusal:
            form.add_error("email", str(refusal))
        else:
            email = form.cleaned_data["email"]
            tell(request, _("The mail to %(email)s leaves shortly.") % {"email": email})
            return redirect(CURRENT)
    return show_form(request, "accounts/invitation_form.html", form, current=CURRENT)


@require_POST
def resend(request: UserRequest, pk: int) -> HttpResponse:
    """A new link to the same address; the old one stops working."""
    permissions.check_administers(request.user)
    invitation = access.invitation(pk)
    try:
        arriving.invite_again(invitation, by=request.user, at=timezone.now())
    except policies.Refusal as refusal:
        return refuse(request, str(refusal), current=CURRENT)
    tell(
        request,
        _("A new mail to %(email)s leaves shortly. Earlier links no longer work.")
        % {"email": invitation.email},
    )
    return redirect(CURRENT)


@require_POST
def withdraw(request: UserRequest, pk: int) -> HttpResponse:
    permissions.check_administers(request.user)
    invitation = access.invitation(pk)
    arriving.withdraw_invitation(invitation, by=request.user, at=timezone.now())
    tell(
        request,
        _("Invitation of %(email)s withdrawn. Its link no longer works.")
        % {"email": invitation.email},
    )
    return back_to(request, CURRENT)


urlpatterns = [
    path("people/invitations/", invitations, name="invitations"),
    path("people/invitations/add/", invite, name="invitation-add"),
    path("people/invitations/<int:pk>/resend/", resend, name="invitation-resend"),
    path("people/invitations/<int:pk>/withdraw/", withdraw, name="invitation-withdraw"),
]
