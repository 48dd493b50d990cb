"""Settings > Reports: who is sent a weekly or monthly report, and of what."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.views.replies import page_of, tell
from actions import access
from actions.models import Scope, Subscription
from actions.operations.reporting import subscribe, unsubscribe
from actions.subscription_form import SubscriptionForm
from postmortems.policies import Refusal
from postmortems.views.replies import this_second

CURRENT = "actions:subscriptions"


@require_http_methods(["GET", "HEAD", "POST"])
def subscriptions(request: UserRequest) -> HttpResponse:
    """One's own, for administrators everybody's; and a form for one more."""
    if request.method != "POST":
        view = request.GET.get("view", "")
        return _page(request, SubscriptionForm(user=request.user, view=view))
    form = SubscriptionForm(request.POST, user=request.user)
    if not form.is_valid():
        return _page(request, form, status=422)
    person = form.cleaned_data.get("person") or request.user
    try:
        subscribe(person, **form.values(), by=request.user, at=this_second())
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form, status=422)
    tell(request, _("%(name)s is sent this report.") % {"name": person.name})
    return redirect(CURRENT)


@require_POST
def end(request: UserRequest, pk: int) -> HttpResponse:
    unsubscribe(access.subscription(request.user, pk), by=request.user)
    tell(request, _("This report is not sent any more."))
    return redirect(CURRENT)


def _page(
    request: UserRequest, form: SubscriptionForm, *, status: int = 200
) -> HttpResponse:
    user = request.user
    every = access.all_subscriptions() if user.administers else None
    page = page_of(request, access.subscriptions(user) if every is None else every)
    context = {
        "form": form,
        "page": page,
        "rows": [(one, _named(one, request)) for one in page],
        "managed": access.managed_teams().filter(manager=user),
        "current": CURRENT,
    }
    return render(request, "actions/subscriptions.html", context, status=status)


def _named(one: Subscription, request: UserRequest) -> str:
    """What it is about; a view that somebody keeps to themselves is not named."""
    if one.view is None:
        return str(Scope(one.scope).label)
    known = one.view.shared or one.view.owner_id == request.user.pk
    return one.view.name if known else _("A view of their own")


urlpatterns = [
    path("settings/reports/", subscriptions, name="subscriptions"),
    path("settings/reports/<int:pk>/end/", end, name="subscription-end"),
]
