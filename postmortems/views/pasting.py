"""Several lines that begin with times, pasted at once: shown first, then added."""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import UserRequest
from postmortems import access, policies
from postmortems.forms.fields import PasteForm
from postmortems.models import Postmortem
from postmortems.moments import split_pasted_lines
from postmortems.operations.timeline import add_entries
from postmortems.views.replies import (
    editor_of,
    form_reply,
    request_key,
    saved,
    status_of,
    this_second,
    with_fresh_key,
)


@require_http_methods(["GET", "HEAD", "POST"])
def paste(request: UserRequest, reference: str) -> HttpResponse:
    """A box to paste into; what would become of it; and, confirmed, the entries."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    if request.method != "POST":
        return _reply(request, postmortem, _form(request, postmortem))
    form = _form(request, postmortem, request.POST)
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
    shown = {"lines": lines, "good": good}
    if not form.cleaned_data["confirmed"] or not good:
        again = _form(request, postmortem, with_fresh_key(request))
        return _reply(request, postmortem, again, status=200 if good else 422, **shown)
    try:
        add_entries(
            postmortem.pk,
            [(line.moment, line.text) for line in good],
            by=request.user,
            at=now,
            key=request_key(request),
        )
    except policies.Refusal as refusal:
        again = _form(request, postmortem, with_fresh_key(request))
        shown["refusal"] = refusal  # type: ignore[assignment]
        return _reply(request, postmortem, again, status=status_of(refusal), **shown)
    rest = [line.text for line in lines if line not in good and line.text]
    return _added(request, postmortem, rest)


def _added(
    request: UserRequest, postmortem: Postmortem, rest: list[str]
) -> HttpResponse:
    """Saved; lines that could not become entries stay in the box, to be settled."""
    left = None
    if rest:
        data = with_fresh_key(request)
        data["text"] = "\n".join(rest)
        data.pop("confirmed", None)
        left = _reply(request, postmortem, _form(request, postmortem, data), rest=rest)
        if not request.htmx:
            return left
    return saved(
        request,
        postmortem,
        kind="timeline",
        anchor="timeline",
        fragment=left,
        focus="" if left else "add-entry",
    )


def _form(
    request: UserRequest, postmortem: Postmortem, data: QueryDict | None = None
) -> PasteForm:
    return PasteForm(data, user=request.user, editor=editor_of(request, postmortem))


def _reply(
    request: UserRequest,
    postmortem: Postmortem,
    form: PasteForm,
    *,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    return form_reply(
        request,
        postmortem,
        "postmortems/rows/paste_form.html",
        label=_("Paste lines"),
        status=status,
        form=form,
        **extra,
    )


urlpatterns = [path("<str:reference>/timeline/paste/", paste, name="paste")]
