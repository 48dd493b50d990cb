"""A report as a file to take along: Markdown, or JSON by the published schema."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import path
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.http import UserRequest
from accounts.middleware import open_to_all
from postmortems import access, permissions
from postmortems.exporters.files import FORMATS, SCHEMA_NAME, schema_text
from postmortems.models import Postmortem
from postmortems.operations import sharing

DRAFT = "draft"


@require_safe
def export(request: UserRequest, reference: str, form: str) -> HttpResponse:
    """What readers are given, as a file; its writers may ask for `?text=draft`.

    Without a publication that is the draft for everybody.
    """
    postmortem = access.postmortem(request.user, reference)
    if form not in FORMATS:
        raise Http404
    sharing.bring_up_to_date(postmortem.pk)
    document = access.document(postmortem, draft=_wants_draft(request, postmortem))
    file = FORMATS[form]
    return HttpResponse(
        file.render(document),
        content_type=file.content_type,
        headers={
            "Content-Disposition": content_disposition_header(
                as_attachment=True, filename=f"{reference}.{file.extension}"
            )
            or ""
        },
    )


@open_to_all
@require_safe
def schema(_request: UserRequest) -> HttpResponse:
    """The schema of the JSON, for whoever reads it with a program; it is no secret."""
    return HttpResponse(schema_text(), content_type="application/schema+json")


def _wants_draft(request: UserRequest, postmortem: Postmortem) -> bool:
    if request.GET.get("text") != DRAFT:
        return False
    if not permissions.is_writer(request.user, postmortem):
        raise PermissionDenied(_("Only its writers export the draft of a report."))
    return True


urlpatterns = [
    path("<str:reference>/export/<str:form>/", export, name="export"),
]
schema_urlpatterns = [path(f"schemas/{SCHEMA_NAME}", schema, name="schema")]
