"""The way into all settings, and the page about the organisation."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import access, permissions
from accounts.forms.people import OrganisationForm
from accounts.http import UserRequest
from accounts.operations.organisations import save_organisation
from accounts.views.replies import show_form, tell, typed


@require_safe
def settings(request: UserRequest) -> HttpResponse:
    """What can be settled, and by whom: each sees the pages that they may open."""
    return render(request, "accounts/settings.html", {"current": "accounts:settings"})


@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: UserRequest) -> HttpResponse:
    """What the organisation is called, and where its people mostly are."""
    permissions.check_administers(request.user)
    form = OrganisationForm(typed(request), organisation=access.organisation())
    if request.method == "POST" and form.is_valid():
        save_organisation(by=request.user, **form.cleaned_data)
        tell(request, _("Organisation saved."))
        return redirect("accounts:organisation")
    return show_form(
        request, "accounts/organisation.html", form, current="accounts:organisation"
    )


urlpatterns = [
    path("settings/", settings, name="settings"),
    path("settings/organisation/", organisation, name="organisation"),
]
