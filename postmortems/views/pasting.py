"""Several lines that begin with times, pasted at once: shown first, then added."""

from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods

from accounts.http import UserRequest
from postmortems import access, policies
from postmortems.forms.fields import PasteForm
from postmortems.models import Postmortem
from postmortems.moments import split_pasted_lines
from postmortems.operations.timeline import add_entries
from postmortems.views.replies import (
    base_address,
    refused,
    request_key,
    saved,
    this_second,
)


@require_http_methods(["GET", "HEAD", "POST"])
def paste(request: UserRequest, reference: str) -> HttpResponse:
    """A box to paste into; what would become of it; and, confirmed, the entries."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    form = PasteForm(
        request.POST if request.method == "POST" else None,
        initial={"request_key": uuid4().hex, "zone": "UTC"},
    )
    if request.method != "POST":
        return _reply(request, postmortem, form)
    if not form.is_valid():
        return _reply(request, postmortem, form, status=422)
    now = this_second()
    incident = postmortem.incident
    lines = split_pasted_lines(
        form.cleaned_data["text"],
        zone=form.cleaned_data["zone"],
        reference=incident.started_at or incident.detected_at or incident.created_at,
        now=now,
    )
    good = [line for line in lines if line.moment is not None and line.text]
    if not form.cleaned_data["confirmed"] or not good:
        status = 200 if good else 422
        return _reply(request, postmortem, form, status=status, lines=lines, good=good)
    try:
        add_entries(
            postmortem.pk,
            [(line.moment, line.text) for line in good],
            by=request.user,
            at=now,
            key=request_key(request),
        )
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    return saved(request, postmortem, kind="timeline", anchor="timeline")


def _reply(
    request: UserRequest,
    postmortem: Postmortem,
    form: PasteForm,
    *,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    part = "postmortems/rows/paste_form.html"
    template = part if request.htmx else "postmortems/rows/page.html"
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "base": base_address(postmortem),
        "form": form,
        "form_template": part,
        "action": request.path,
        "fresh_key": uuid4().hex,
        **extra,
    }
    return render(request, template, context, status=status)


urlpatterns = [path("<str:reference>/timeline/paste/", paste, name="paste")]
