"""The page on which people say what they want to be told, how, and when."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import UserRequest
from accounts.views.replies import show_form, tell, typed
from outbound import access
from outbound.forms.preferences import PreferencesForm
from outbound.models import Channel
from outbound.operations.preferring import save_preferences

CURRENT = "outbound:settings"


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: UserRequest) -> HttpResponse:
    user = request.user
    form = PreferencesForm(typed(request), user=user, wanted=access.wanted([user.pk]))
    if request.method == "POST" and form.is_valid():
        save_preferences(user, wishes=form.wishes, hours=form.hours)
        tell(request, _("Notifications saved."))
        return redirect(CURRENT)
    return show_form(
        request,
        "outbound/preferences.html",
        form,
        channels=[channel.label for channel in Channel],
        own=access.hook_of(user),
        shared=access.shared_hooks(user),
        current=CURRENT,
    )


urlpatterns = [path("settings/notifications/", preferences, name="settings")]
