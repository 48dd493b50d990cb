"""Settings: the organisation's public holidays and days off."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import organisation
from accounts.forms.fields import focus_first_error
from accounts.http import UserRequest
from accounts.permissions import check_administers
from accounts.views.replies import tell
from actions import access
from actions.operations import policies as operations
from actions.policy_form import DayOffForm, HolidaysForm
from postmortems.policies import Refusal

CURRENT = "actions:policies"


@require_http_methods(["GET", "HEAD", "POST"])
def days_off(request: UserRequest) -> HttpResponse:
    """What is settled, and a form for one more day off."""
    check_administers(request.user)
    if request.method != "POST":
        return _page(request)
    form = DayOffForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form)
    try:
        operations.add_day_off(**form.cleaned_data, by=request.user)
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form=form)
    return redirect("actions:days-off")


@require_POST
def save_holidays(request: UserRequest) -> HttpResponse:
    """Whose public holidays count; the other form of the page."""
    check_administers(request.user)
    place = HolidaysForm(request.POST, holidays=organisation().holidays)
    if not place.is_valid():
        return _page(request, place=place)
    operations.save_holidays(place.cleaned_data["holidays"], by=request.user)
    tell(request, _("Public holidays saved."))
    return redirect("actions:days-off")


@require_POST
def delete(request: UserRequest, pk: int) -> HttpResponse:
    operations.delete_day_off(pk, by=request.user)
    return redirect("actions:days-off")


def _page(
    request: UserRequest,
    *,
    place: HolidaysForm | None = None,
    form: DayOffForm | None = None,
) -> HttpResponse:
    """422 with what is wrong in one of the forms, where something is."""
    wrong = place or form
    if wrong is not None:
        focus_first_error(wrong)
    context = {
        "place": place or HolidaysForm(holidays=organisation().holidays),
        "form": form or DayOffForm(),
        "days": access.list_of_days_off(),
        "current": CURRENT,
    }
    status = 422 if wrong else 200
    return render(request, "actions/policies/days_off.html", context, status=status)


urlpatterns = [
    path("settings/days-off/", days_off, name="days-off"),
    path("settings/days-off/holidays/", save_holidays, name="holidays"),
    path("settings/days-off/<int:pk>/delete/", delete, name="day-off-delete"),
]
