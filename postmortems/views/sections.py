"""Prose of the report: the fixed sections, and free ones in their place."""

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
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
from postmortems.views import conflicts
from postmortems.views.replies import (
    base_address,
    editor_of,
    form_reply,
    refused,
    request_key,
    saved,
    status_of,
    this_second,
    with_fresh_key,
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
        after = request.GET.get("after", "")
        initial = {"after": after if after in Place else Place.FOLLOW_UPS}
        form = _form(request, postmortem, initial=initial)
        return _form_reply(request, postmortem, form)
    form = _form(request, postmortem, request.POST)
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
        return _refused(request, postmortem, refusal)
    return _saved(request, postmortem, section, in_place=False)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: UserRequest, reference: str, section_id: int) -> HttpResponse:
    """The section's form; or its saved text; or both versions."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    if request.method != "POST":
        section = access.section(postmortem, section_id)
        form = _form(request, postmortem, section=section)
        return _form_reply(request, postmortem, form)
    section = access.any_section(postmortem, section_id)
    way = request.POST.get("resolution", "")
    if way == conflicts.THEIRS and section.deleted_at is None:
        return _saved(request, postmortem, section, at_all=False)
    form = _form(request, postmortem, request.POST, section=section)
    if not form.is_valid():
        return _form_reply(request, postmortem, form, status=422)
    if way == conflicts.BOTH and section.deleted_at is None:
        return _two_versions_reply(request, postmortem, form, section, together=True)
    return _save(request, postmortem, form, section)


@require_POST
def delete(request: UserRequest, reference: str, section_id: int) -> HttpResponse:
    postmortem = access.postmortem(request.user, reference, need="edit")
    section = access.any_section(postmortem, section_id)
    try:
        if section.deleted_at is None:
            writing.delete_section(
                postmortem.pk, section.pk, by=request.user, at=this_second()
            )
    except Gone:
        pass  # somebody else deleted it at the same moment: it is gone, as asked
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    address = f"{base_address(postmortem)}sections/{section_id}/restore/"
    return saved(request, postmortem, kind="section", undo=(address, str(section)))


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
    return _saved(request, postmortem, section, in_place=False)


def _save(
    request: UserRequest, postmortem: Postmortem, form: SectionForm, section: Section
) -> HttpResponse:
    version = conflicts.version_to_save(request, form)
    common: dict[str, Any] = {"by": request.user, "at": this_second()}
    try:
        if request.POST.get("resolution") == conflicts.BRING_BACK:
            back = writing.bring_back_section(postmortem.pk, section.pk, **common)
            version = back.version
        section = writing.save_section(
            postmortem.pk,
            section.pk,
            body=form.cleaned_data["body"],
            heading=form.cleaned_data.get("heading"),
            version=version,
            live_version=form.cleaned_data["live_version"],
            key=request_key(request),
            **common,
        )
    except Stale as stale:
        return _two_versions_reply(
            request, postmortem, form, stale.current, together=False
        )
    except Gone as gone:
        again = _form(request, postmortem, with_fresh_key(request), section=section)
        return _form_reply(request, postmortem, again, status=409, gone=gone)
    except policies.Refusal as refusal:
        return _refused(request, postmortem, refusal, section)
    return _saved(request, postmortem, section)


def _saved(
    request: UserRequest,
    postmortem: Postmortem,
    section: Section,
    *,
    in_place: bool = True,
    at_all: bool = True,
) -> HttpResponse:
    """The answer to a save. While somebody goes on typing, only what the form needs."""
    anchor = f"section-{section.pk}"
    typing_on = request.POST.get("autosave") == "on"
    answer = saved(
        request,
        postmortem,
        kind="section",
        anchor=anchor,
        fragment=_section_reply(request, postmortem, section)
        if in_place and not typing_on
        else None,
        focus="" if typing_on else anchor,
        at=None if at_all else postmortem.changed_at,
    )
    answer.headers["X-Version"] = str(section.version)
    return answer


def _form(
    request: UserRequest,
    postmortem: Postmortem,
    data: QueryDict | None = None,
    *,
    section: Section | None = None,
    initial: dict[str, Any] | None = None,
) -> SectionForm:
    return SectionForm(
        data, section=section, initial=initial, editor=editor_of(request, postmortem)
    )


def _form_reply(
    request: UserRequest,
    postmortem: Postmortem,
    form: SectionForm,
    *,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    section = form.section
    base = base_address(postmortem)
    return form_reply(
        request,
        postmortem,
        "postmortems/rows/section_form.html",
        label=str(section) if section else _("Add a section"),
        status=status,
        form=form,
        section=section,
        row=section if section and section.key == Section.Key.FREE else None,
        shown_again=f"{base}sections/{section.pk}/" if section else "",
        autosaves=section is not None,
        form_hint=_("Markdown, saved while you write") if section else _("Markdown"),
        closing_word=_("Close") if section else _("Cancel"),
        **extra,
    )


def _refused(
    request: UserRequest,
    postmortem: Postmortem,
    refusal: policies.Refusal,
    section: Section | None = None,
) -> HttpResponse:
    """The form with everything that was typed, and the sentence above it."""
    again = _form(request, postmortem, with_fresh_key(request), section=section)
    status = status_of(refusal)
    return _form_reply(request, postmortem, again, status=status, refusal=refusal)


def _two_versions_reply(
    request: UserRequest,
    postmortem: Postmortem,
    typed: SectionForm,
    current: Section,
    *,
    together: bool,
) -> HttpResponse:
    """409 with both versions side by side; or both in one form, to be edited."""

    def build(data: QueryDict | None) -> SectionForm:
        return _form(request, postmortem, data, section=current)

    mine, theirs = conflicts.two_versions(typed, build)
    if together:
        both, joined = conflicts.put_both_in(mine, theirs, build)
        return _form_reply(request, postmortem, both, joined=joined)
    conflict = conflicts.compare(
        mine,
        theirs,
        what=str(current),
        last=conflicts.last_change(postmortem, f"section:{current.key}", current.pk),
        reader=request.user,
    )
    return _form_reply(request, postmortem, mine, status=409, conflict=conflict)


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
