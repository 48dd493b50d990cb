"""What people settle for themselves."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms.people import ProfileForm
from accounts.http import UserRequest
from accounts.models import Theme
from accounts.operations.people import choose_theme, save_profile
from accounts.views.replies import back_to, refuse, show_form, tell, typed


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: UserRequest) -> HttpResponse:
    form = ProfileForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        save_profile(request.user, **form.cleaned_data)
        tell(request, _("Profile saved."))
        return redirect("accounts:profile")
    return show_form(request, "accounts/profile.html", form, current="accounts:profile")


@require_POST
def theme(request: UserRequest) -> HttpResponse:
    """Keep the theme: 204 for a script, back to the page for a form."""
    chosen = request.POST.get("theme", "")
    if chosen not in Theme.values:
        sentence = _("There is no such theme.")
        return refuse(request, sentence, current="accounts:profile", status=422)
    choose_theme(request.user, chosen)
    if request.htmx or request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
        return HttpResponse(status=204)
    return back_to(request, "accounts:profile")


urlpatterns = [
    path("profile/", profile, name="profile"),
    path("profile/theme/", theme, name="theme"),
]
