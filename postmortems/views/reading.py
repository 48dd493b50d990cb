"""The report as people read it: as published, or as it stands while it is drafted."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts.http import UserRequest
from postmortems import access
from postmortems.exporters.documenting import document_of


@require_safe
def read(request: UserRequest, reference: str) -> HttpResponse:
    postmortem = access.postmortem(request.user, reference)
    document = document_of(access.report(postmortem))
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "document": document,
    }
    return render(request, "postmortems/reading/page.html", context)


urlpatterns = [
    path("<str:reference>/", read, name="read"),
]
