"""Evidence files: the list of a report's, bringing one, and being given one."""

from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.http import UserRequest
from postmortems import access, permissions, policies
from postmortems.file_uses import uses_of
from postmortems.forms.files import FileForm
from postmortems.models import EvidenceFile, Postmortem
from postmortems.operations import evidence
from postmortems.operations.desk import RequestKey
from postmortems.uploads import TooLarge, WrongType, read_upload
from postmortems.views.replies import (
    base_address,
    refused,
    request_key,
    status_of,
    this_second,
)

NOTHING_RUNS = "sandbox; default-src 'none'"
"""The policy of a file: whatever it is, it does nothing in a browser."""
STATUSES: dict[type[policies.Refusal], int] = {
    TooLarge: 413,
    WrongType: 415,
    evidence.DiskFull: 507,
}


@require_http_methods(["GET", "HEAD", "POST"])
def files(request: UserRequest, reference: str) -> HttpResponse:
    """All files of the report, with where each is used; or one more of them."""
    if request.method != "POST":
        postmortem = access.postmortem(request.user, reference)
        return _page(request, postmortem, FileForm(postmortem=postmortem))
    postmortem = access.postmortem(request.user, reference, need="edit")
    form = FileForm(request.POST, request.FILES, postmortem=postmortem)
    if not form.is_valid():
        return _not_kept(request, postmortem, form, status=422)
    try:
        file = _keep(request, postmortem, form.cleaned_data)
    except policies.Refusal as refusal:
        form.add_error("file", str(refusal))
        status = STATUSES.get(type(refusal)) or status_of(refusal)
        return _not_kept(request, postmortem, form, status=status)
    return _kept(request, postmortem, file)


@require_safe
def file(request: UserRequest, reference: str, uid: str) -> HttpResponseBase:
    """The file, whole, to whoever may read the report just now.

    It never comes as a page of ours: a browser saves it, and pictures are shown by
    `<img>` alone. Parts of it are not offered (no Range).
    """
    found = access.evidence_file(access.postmortem(request.user, reference), uid)
    try:
        content = found.read()
    except FileNotFoundError:
        raise Http404 from None
    is_text = found.content_type == EvidenceFile.Type.TEXT
    return HttpResponse(
        content,
        content_type=f"{found.content_type}{'; charset=utf-8' if is_text else ''}",
        headers={
            "Content-Disposition": content_disposition_header(
                as_attachment=True, filename=found.name
            )
            or "",
            "Content-Security-Policy": NOTHING_RUNS,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
            "Accept-Ranges": "none",
        },
    )


@require_POST
def delete(request: UserRequest, reference: str, uid: str) -> HttpResponse:
    postmortem = access.postmortem(request.user, reference, need="edit")
    found = access.any_evidence_file(postmortem, uid)
    try:
        evidence.delete_file(postmortem.pk, found.pk, **_common(request))
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    undo = reverse("postmortems:file-restore", args=[reference, uid])
    messages.info(request, _("Deleted."), extra_tags=f"undo:{undo}")
    return redirect("postmortems:files", reference)


@require_POST
def restore(request: UserRequest, reference: str, uid: str) -> HttpResponse:
    postmortem = access.postmortem(request.user, reference, need="edit")
    found = access.any_evidence_file(postmortem, uid)
    try:
        evidence.bring_back_file(postmortem.pk, found.pk, **_common(request))
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    return redirect("postmortems:files", reference)


def _keep(
    request: UserRequest, postmortem: Postmortem, values: dict[str, Any]
) -> EvidenceFile:
    sent = values["file"]
    content = sent.read()
    key = request_key(request)
    if key is not None:  # the same key with another file is refused, too
        whole = f"{key.fingerprint} {sha256(content).hexdigest()}"
        key = RequestKey(key.key, sha256(whole.encode()).hexdigest())
    return evidence.keep_file(
        postmortem.pk,
        read_upload(sent.name, content),
        by=request.user,
        at=this_second(),
        entry_id=values["entry"],
        label=values["label"],
        key=key,
    )


def _kept(
    request: UserRequest, postmortem: Postmortem, kept: EvidenceFile
) -> HttpResponse:
    if not _wants_json(request):
        return redirect("postmortems:files", postmortem.incident.reference)
    answer = {
        "address": kept.address(postmortem.incident.reference),
        "name": kept.name,
        "picture": kept.is_picture,
    }
    saved_at = this_second().strftime("%H:%M:%S")
    return JsonResponse(answer, status=201, headers={"X-Saved-At": saved_at})


def _not_kept(
    request: UserRequest, postmortem: Postmortem, form: FileForm, *, status: int
) -> HttpResponse:
    if not _wants_json(request):
        return _page(request, postmortem, form, status=status)
    sentence = next(error for errors in form.errors.values() for error in errors)
    return JsonResponse({"error": sentence}, status=status)


def _page(
    request: UserRequest, postmortem: Postmortem, form: FileForm, *, status: int = 200
) -> HttpResponse:
    uses = uses_of(access.report(postmortem))
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "base": base_address(postmortem),
        "form": form,
        "files": [
            (found, uses.get(found.uid, []))
            for found in access.evidence_files(postmortem)
        ],
        "can_edit": permissions.can_edit(request.user, postmortem),
        "today": this_second().astimezone(request.user.zone).date(),
    }
    return render(request, "postmortems/files.html", context, status=status)


def _wants_json(request: UserRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def _common(request: UserRequest) -> dict[str, Any]:
    return {"by": request.user, "at": this_second(), "key": request_key(request)}


urlpatterns = [
    path("<str:reference>/files/", files, name="files"),
    path("<str:reference>/files/<str:uid>/", file, name="file"),
    path("<str:reference>/files/<str:uid>/delete/", delete, name="file-delete"),
    path("<str:reference>/files/<str:uid>/restore/", restore, name="file-restore"),
]
