"""The frame of all settings, and the page about the organisation."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from accounts import access, operations, permissions
from accounts.forms.people import OrganisationForm
from accounts.http import UserRequest
from accounts.models import User
from accounts.views.replies import show_form, tell


@dataclass(frozen=True, slots=True)
class Page:
    url_name: str
    label: Promise
    for_administrators: bool = True


PAGES = (
    Page("accounts:profile", lazy("Profile"), for_administrators=False),
    Page("accounts:people", lazy("People"), for_administrators=False),
    Page("accounts:teams", lazy("Teams"), for_administrators=False),
    Page("accounts:invitations", lazy("Invitations")),
    Page("accounts:settings", lazy("Organisation")),
    Page("postmortems:scale", lazy("Severity scale")),
    Page("postmortems:catalogue", lazy("Services")),
    Page("postmortems:checklists", lazy("Checklists")),
    Page("postmortems:readiness", lazy("Readiness")),
)
"""In the order of the navigation. Other apps are named by address, never imported."""


def pages_for(user: User) -> list[tuple[str, str, str]]:
    """URL name, address and label of each page that exists and that `user` may open."""
    found = []
    for page in PAGES:
        if page.for_administrators and not user.administers:
            continue
        try:
            found.append((page.url_name, reverse(page.url_name), str(page.label)))
        except NoReverseMatch:
            continue
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: UserRequest) -> HttpResponse:
    """What the organisation is called, and where its people mostly are."""
    permissions.check_administers(request.user)
    organisation = access.organisation()
    form = OrganisationForm(
        request.POST if request.method == "POST" else None,
        initial={
            "name": organisation.name,
            "default_time_zone": organisation.default_time_zone,
        },
    )
    if request.method == "POST" and form.is_valid():
        operations.save_organisation(by=request.user, **form.cleaned_data)
        tell(request, _("Settings saved."))
        return redirect("accounts:settings")
    return show_form(
        request, "accounts/settings.html", form, current="accounts:settings"
    )


urlpatterns = [path("settings/", settings, name="settings")]
