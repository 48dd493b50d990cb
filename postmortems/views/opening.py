"""Open a report for an incident."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from accounts.http import UserRequest
from postmortems import permissions, policies
from postmortems.forms.opening import OpeningForm
from postmortems.operations.incidents import open_incident
from postmortems.views.replies import request_key, this_second


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: UserRequest) -> HttpResponse:
    """The form; or the workspace of the report that was opened."""
    permissions.check_can_create(request.user)
    data = request.POST if request.method == "POST" else None
    form = OpeningForm(data, user=request.user, now=this_second())
    if data is None:
        return render(request, "postmortems/new.html", {"form": form})
    if not form.is_valid():
        return render(request, "postmortems/new.html", {"form": form}, status=422)
    chosen = form.cleaned_data
    try:
        postmortem = open_incident(
            title=chosen["title"],
            times=chosen["times"],
            by=request.user,
            at=form.now,
            kind=chosen["kind"],
            severity=chosen["severity"],
            restricted=chosen["restricted"],
            key=request_key(request),
        )
    except policies.Refusal as refusal:
        form.add_error(None, str(refusal))
        return render(request, "postmortems/new.html", {"form": form}, status=409)
    return redirect("postmortems:edit", postmortem.incident.reference)


urlpatterns = [path("new/", new, name="new")]
