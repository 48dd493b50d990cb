"""The steps of a report, from gathering data to closed."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_POST

from accounts.http import UserRequest
from postmortems import access, policies
from postmortems.operations import lifecycle
from postmortems.views.replies import refused, request_key, this_second
from postmortems.vocabulary import Status


@require_POST
def status(request: UserRequest, reference: str) -> HttpResponse:
    """Take any step but publishing."""
    postmortem = access.postmortem(request.user, reference)
    to = request.POST.get("to", "")
    if to not in Status.values:
        return HttpResponse(status=422)
    try:
        lifecycle.move_report(
            postmortem.pk,
            Status(to),
            by=request.user,
            at=this_second(),
            reason=request.POST.get("reason", ""),
            key=request_key(request),
        )
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    return redirect("postmortems:read", reference)


urlpatterns = [
    path("<str:reference>/status/", status, name="status"),
]
