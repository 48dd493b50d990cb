"""Prose of the report: the fixed sections, and free ones in their place."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.http import UserRequest
from postmortems import access, permissions, policies
from postmortems.forms.fields import SectionForm
from postmortems.models import Postmortem, Section
from postmortems.operations import writing
from postmortems.operations.rows import Gone, Stale
from postmortems.views.replies import (
    base_address,
    refused,
    request_key,
    saved,
    this_second,
)
from postmortems.vocabulary import Place


@require_safe
def show(request: UserRequest, reference: str, section_id: int) -> HttpResponse:
    postmortem = access.postmortem(request.user, reference)
    return _section_reply(request, postmortem, access.section(postmortem, section_id))


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest, reference: str) -> HttpResponse:
    """A new free section behind a part of the report."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    if request.method != "POST":
        after = request.GET.get("after", Place.FOLLOW_UPS.value)
        form = SectionForm(initial={"after": after if after in Place else None})
        return _form_reply(request, postmortem, form)
    form = SectionForm(request.POST)
    if not form.is_valid():
        return _form_reply(request, postmortem, form, status=422)
    try:
        section = writing.add_section(
            postmortem.pk,
            heading=form.cleaned_data["heading"],
            body=form.cleaned_data["body"],
            after=Place(form.cleaned_data["after"]),
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    return saved(request, postmortem, kind="section", anchor=f"section-{section.pk}")


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: UserRequest, reference: str, section_id: int) -> HttpResponse:
    """The section's form; or its saved text; or both versions."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    if request.method != "POST":
        section = access.section(postmortem, section_id)
        return _form_reply(request, postmortem, SectionForm(section=section))
    section = access.section(postmortem, section_id)
    if request.POST.get("resolution") == "theirs":
        return _saved(request, postmortem, section)
    form = SectionForm(request.POST, section=section)
    if not form.is_valid():
        return _form_reply(request, postmortem, form, status=422)
    try:
        section = writing.save_section(
            postmortem.pk,
            section_id,
            body=form.cleaned_data["body"],
            heading=form.cleaned_data.get("heading"),
            version=form.cleaned_data["version"],
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )
    except Stale as stale:
        return _conflict_reply(request, postmortem, stale.current)
    except Gone as gone:
        return _form_reply(request, postmortem, form, status=409, gone=gone)
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    return _saved(request, postmortem, section)


@require_POST
def delete(request: UserRequest, reference: str, section_id: int) -> HttpResponse:
    postmortem = access.postmortem(request.user, reference, need="edit")
    section = access.section(postmortem, section_id)
    try:
        writing.delete_section(
            postmortem.pk, section.pk, by=request.user, at=this_second()
        )
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    undo = {
        "url": f"{request.path.removesuffix('delete/')}restore/",
        "label": section.heading,
    }
    return saved(request, postmortem, kind="section", undo=undo)


@require_POST
def restore(request: UserRequest, reference: str, section_id: int) -> HttpResponse:
    postmortem = access.postmortem(request.user, reference, need="edit")
    section = access.any_section(postmortem, section_id)
    try:
        writing.bring_back_section(
            postmortem.pk, section.pk, by=request.user, at=this_second()
        )
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    return saved(request, postmortem, kind="section", anchor=f"section-{section_id}")


def _saved(
    request: UserRequest, postmortem: Postmortem, section: Section
) -> HttpResponse:
    return saved(
        request,
        postmortem,
        kind="section",
        anchor=f"section-{section.pk}",
        fragment=_section_reply(request, postmortem, section),
        focus=f"#section-{section.pk} [data-edit-row]",
    )


def _form_reply(
    request: UserRequest,
    postmortem: Postmortem,
    form: SectionForm,
    *,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    part = "postmortems/rows/section_form.html"
    template = part if request.htmx else "postmortems/rows/page.html"
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "base": base_address(postmortem),
        "form": form,
        "section": form.section,
        "form_template": part,
        "action": request.path,
        **extra,
    }
    return render(request, template, context, status=status)


def _conflict_reply(
    request: UserRequest, postmortem: Postmortem, current: Section
) -> HttpResponse:
    theirs = SectionForm(section=current)
    data = request.POST.copy()
    data["version"] = str(current.version)
    data["request_key"] = theirs.initial["request_key"]
    mine = SectionForm(data, section=current)
    last = (
        postmortem.history.filter(part__startswith="section:", object_id=current.pk)
        .select_related("by")
        .order_by("-id")
        .first()
    )
    pairs = [
        (field.label, mine[name].value(), theirs[name].value(), name)
        for name, field in mine.fields.items()
        if name in {"heading", "body"} and mine[name].value() != theirs[name].value()
    ]
    return _form_reply(
        request,
        postmortem,
        mine,
        status=409,
        conflict={
            "theirs": theirs,
            "by": last.by if last else None,
            "at": last.at if last else None,
            "pairs": pairs,
        },
    )


def _section_reply(
    request: UserRequest, postmortem: Postmortem, section: Section
) -> HttpResponse:
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "base": base_address(postmortem),
        "section": section,
        "editing": permissions.can_edit(request.user, postmortem),
    }
    return render(request, "postmortems/rows/section.html", context)


urlpatterns = [
    path("<str:reference>/sections/add/", add, name="section-add"),
    path("<str:reference>/sections/<int:section_id>/", show, name="section"),
    path(
        "<str:reference>/sections/<int:section_id>/edit/", change, name="section-change"
    ),
    path(
        "<str:reference>/sections/<int:section_id>/delete/",
        delete,
        name="section-delete",
    ),
    path(
        "<str:reference>/sections/<int:section_id>/restore/",
        restore,
        name="section-restore",
    ),
]
