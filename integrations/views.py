"""Import a report: read what was pasted or uploaded, show it, then write it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import UserRequest
from integrations.forms import ImportForm
from integrations.importing.preview import preview_of
from integrations.importing.reader import Reading
from integrations.importing.writer import PUBLISHED, Written, write_report
from postmortems import permissions, policies
from postmortems.views.replies import request_key, this_second


@require_http_methods(["GET", "HEAD", "POST"])
def import_report(request: UserRequest) -> HttpResponse:
    """The form, what its text would become, or the report once that was confirmed."""
    permissions.check_can_create(request.user)
    if request.method != "POST":
        return _page(request, ImportForm(now=this_second()))
    form = ImportForm(request.POST, request.FILES, now=this_second())
    if not form.is_valid() or form.reading is None:
        return _page(request, form, status=413 if form.too_large else 422)
    if "write" not in request.POST or not form.is_as_seen:
        return _page(request, form)
    return _write(request, form, form.reading)


def _write(request: UserRequest, form: ImportForm, reading: Reading) -> HttpResponse:
    try:
        written = write_report(
            reading.document,
            by=request.user,
            at=form.now,
            restricted=form.cleaned_data["restricted"],
            key=request_key(request),
        )
    except policies.Refusal as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form, status=409)
    messages.info(request, _what_was_written(written))
    published = written.postmortem.status in PUBLISHED
    page = "postmortems:read" if published else "postmortems:edit"
    return redirect(page, written.reference)


def _page(request: UserRequest, form: ImportForm, status: int = 200) -> HttpResponse:
    reading = form.reading
    preview = preview_of(reading, form.source) if reading else None
    return render(
        request,
        "integrations/import.html",
        {"form": form, "preview": preview},
        status=status,
    )


def _what_was_written(written: Written) -> str:
    names = {"reference": written.reference, "wanted": written.wanted_reference}
    if written.taken:
        return (
            _("%(wanted)s was taken, so the imported report is %(reference)s.") % names
        )
    return _("The report is imported as %(reference)s.") % names


urlpatterns = [path("incidents/import/", import_report, name="import")]
