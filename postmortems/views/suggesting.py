"""Suggest a change: by the forms of an edit, for everybody who reads the draft."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import UserRequest
from postmortems import access, permissions, policies
from postmortems.forms.base import RowForm
from postmortems.forms.fields import FieldForm
from postmortems.forms.suggesting import WhyForm, WordingForm
from postmortems.models import Postmortem, Row, Section
from postmortems.operations import suggesting
from postmortems.operations.rows import Gone, Stale
from postmortems.views import conflicts, fields
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
from postmortems.views.row_editor import RowEditor, label_of
from postmortems.views.rows import asked_for

Extra = dict[str, Any]
NEW = {
    "timeline": lazy("Suggest an entry"),
    "factors": lazy("Suggest a contributing factor"),
    "whys": lazy("Suggest an answer"),
    "lessons": lazy("Suggest a lesson"),
    "follow_ups": lazy("Suggest a follow-up"),
    "measures": lazy("Suggest a number"),
    "actions": lazy("Suggest an action"),
}
"""What the form of a new row of each kind is called."""


@require_http_methods(["GET", "HEAD", "POST"])
def add_row(request: UserRequest, reference: str, kind: str) -> HttpResponse:
    """Suggest a new row."""
    return _row(request, reference, kind, None)


@require_http_methods(["GET", "HEAD", "POST"])
def change_row(
    request: UserRequest, reference: str, kind: str, row_id: int
) -> HttpResponse:
    """Suggest a correction of a row."""
    return _row(request, reference, kind, row_id)


@require_http_methods(["GET", "HEAD", "POST"])
def change_field(request: UserRequest, reference: str, name: str) -> HttpResponse:
    """Suggest another title, time, severity …"""
    postmortem = access.postmortem(request.user, reference)
    fields.check_known(name)
    if answer := _published(request, postmortem):
        return answer
    why = _why(request, postmortem)
    if request.method != "POST":
        form = fields.form_of_field(request, postmortem, name)
        extra = _extra(postmortem, why, fields.label_of_field(form))
        return fields.field_form_reply(request, postmortem, form, **extra)
    form = fields.form_of_field(request, postmortem, name, request.POST)
    extra = _extra(postmortem, why, fields.label_of_field(form))
    if not _valid(form, why):
        return fields.field_form_reply(request, postmortem, form, status=422, **extra)
    return _keep_field(request, postmortem, form, extra)


@require_http_methods(["GET", "HEAD", "POST"])
def word_section(request: UserRequest, reference: str, section_id: int) -> HttpResponse:
    """Suggest other words in a section."""
    postmortem = access.postmortem(request.user, reference)
    section = access.section(postmortem, section_id)
    if answer := _published(request, postmortem):
        return answer
    why = _why(request, postmortem)
    editor = editor_of(request, postmortem)
    if request.method != "POST":
        form = WordingForm(section=section, editor=editor)
        return _wording_reply(request, postmortem, section, form, why)
    form = WordingForm(request.POST, section=section, editor=editor)
    if not _valid(form, why):
        return _wording_reply(request, postmortem, section, form, why, status=422)
    return _keep_wording(request, postmortem, section, form, why)


@require_POST
def withdraw(request: UserRequest, reference: str, suggestion_id: int) -> HttpResponse:
    """Take one's own suggestion back; others' do not exist here."""
    postmortem = access.postmortem(request.user, reference)
    own = access.own_suggestion(postmortem, request.user, suggestion_id)
    try:
        suggesting.withdraw(
            postmortem.pk,
            own.pk,
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    messages.info(request, _("Your suggestion is withdrawn."))
    return redirect(base_address(postmortem))


# --- Rows -----------------------------------------------------------------------------


def _row(
    request: UserRequest, reference: str, kind: str, row_id: int | None
) -> HttpResponse:
    postmortem = access.postmortem(request.user, reference)
    row_kind = access.kind_of_row(kind)
    row = None if row_id is None else access.row(postmortem, row_kind, row_id)
    if answer := _published(request, postmortem):
        return answer
    editor = RowEditor(request, postmortem, row_kind)
    why = _why(request, postmortem)
    extra = _extra(postmortem, why, label_of(row_kind, row) if row else "")
    if row is None:
        extra["label"] = str(NEW[kind])
    if request.method != "POST":
        initial = asked_for(request) if row is None else None
        return editor.reply(editor.form(row=row, initial=initial), **extra)
    return _sent_row(editor, row, why, extra)


def _sent_row(
    editor: RowEditor, row: Row | None, why: WhyForm, extra: Extra
) -> HttpResponse:
    """Keep the suggestion, by the way out of a conflict that the form names."""
    way = editor.request.POST.get("resolution", "")
    if way == conflicts.THEIRS:
        return redirect(
            _back(editor.postmortem, editor.kind.anchor_of(row) if row else "")
        )
    form = editor.form(editor.request.POST, row=row)
    if not _valid(form, why):
        return editor.reply(form, status=422, **extra)
    if way == conflicts.BOTH and row is not None:
        return editor.joined(form, row, **extra)
    return _keep_row(editor, form, why, extra)


def _keep_row(
    editor: RowEditor, form: RowForm, why: WhyForm, extra: Extra
) -> HttpResponse:
    request, row = editor.request, form.row
    try:
        suggesting.suggest_row(
            editor.kind,
            editor.postmortem.pk,
            row.pk if row else None,
            form.values(),
            version=conflicts.version_to_save(request, form),
            reason=why.cleaned_data["suggestion_reason"],
            by=request.user,
            at=form.now,
            key=request_key(request),
        )
    except Stale as stale:
        return editor.conflict(form, stale.current, **extra)
    except Gone as gone:
        return editor.refused(row, gone, **extra)
    except policies.Refusal as refusal:
        return editor.refused(row, refusal, **extra)
    in_place = row is not None and editor.kind.name != "factors"
    return _kept(
        request,
        editor.postmortem,
        editor.kind.anchor_of(row) if row else "",
        fragment=editor.row(row) if row and in_place and request.htmx else None,
    )


# --- Fields and prose -----------------------------------------------------------------


def _keep_field(
    request: UserRequest, postmortem: Postmortem, form: FieldForm, extra: Extra
) -> HttpResponse:
    way = request.POST.get("resolution", "")
    anchor = f"field-{form.name}"
    if way == conflicts.THEIRS:
        return redirect(_back(postmortem, anchor))
    if way == conflicts.BOTH:
        return fields.two_versions_reply(
            request, postmortem, form, together=True, **extra
        )
    data = form.cleaned_data
    try:
        suggesting.suggest_field(
            postmortem.pk,
            form.name,
            data["time"] if "time" in data else data["value"],
            version=conflicts.version_to_save(request, form),
            reason=extra["suggesting"].cleaned_data["suggestion_reason"],
            by=request.user,
            at=form.now,
            key=request_key(request),
        )
    except Stale:
        return fields.two_versions_reply(
            request, postmortem, form, together=False, **extra
        )
    except policies.Refusal as refusal:
        again = fields.form_of_field(
            request, postmortem, form.name, with_fresh_key(request)
        )
        return fields.field_form_reply(
            request,
            postmortem,
            again,
            status=status_of(refusal),
            refusal=refusal,
            **extra,
        )
    shown = fields.field_reply(request, postmortem, form.name) if request.htmx else None
    return _kept(request, postmortem, anchor, fragment=shown)


def _keep_wording(
    request: UserRequest,
    postmortem: Postmortem,
    section: Section,
    form: WordingForm,
    why: WhyForm,
) -> HttpResponse:
    try:
        suggesting.suggest_wording(
            postmortem.pk,
            section.pk,
            stood=form.cleaned_data["stood"] or "",
            wanted=form.cleaned_data["wanted"] or "",
            reason=why.cleaned_data["suggestion_reason"],
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )
    except policies.Refusal as refusal:
        again = WordingForm(
            with_fresh_key(request),
            section=section,
            editor=editor_of(request, postmortem),
        )
        return _wording_reply(
            request,
            postmortem,
            section,
            again,
            why,
            status=status_of(refusal),
            refusal=refusal,
        )
    return _kept(request, postmortem, f"section-{section.pk}")


def _wording_reply(
    request: UserRequest,
    postmortem: Postmortem,
    section: Section,
    form: WordingForm,
    why: WhyForm,
    *,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    return form_reply(
        request,
        postmortem,
        "postmortems/suggestions/wording_form.html",
        status=status,
        form=form,
        form_hint=_("Markdown"),
        **_extra(postmortem, why, str(section)),
        **extra,
    )


# --- Alike for all --------------------------------------------------------------------


def _published(request: UserRequest, postmortem: Postmortem) -> HttpResponse | None:
    """Why nothing can be suggested, once the report is published."""
    try:
        permissions.check_can_suggest(request.user, postmortem)
    except policies.Frozen as frozen:
        return refused(request, postmortem, frozen)
    return None


def _why(request: UserRequest, postmortem: Postmortem) -> WhyForm:
    data = request.POST if request.method == "POST" else None
    return WhyForm(data, auto_id=f"{editor_of(request, postmortem)}_%s")


def _valid(form: Any, why: WhyForm) -> bool:
    """Both are asked, so that each tells its errors."""
    return all([form.is_valid(), why.is_valid()])


def _extra(postmortem: Postmortem, why: WhyForm, label: str) -> Extra:
    """What makes the form of an edit one of a suggestion."""
    return {
        "suggesting": why,
        "bare": True,
        "suggest_address": "",
        "back": base_address(postmortem),
        "save_word": _("Suggest"),
        "label": _("Suggest a change: %(what)s") % {"what": label},
    }


def _back(postmortem: Postmortem, anchor: str) -> str:
    return f"{base_address(postmortem)}#{anchor}"


def _kept(
    request: UserRequest,
    postmortem: Postmortem,
    anchor: str,
    *,
    fragment: HttpResponse | None = None,
) -> HttpResponse:
    """To the report, where one's suggestions are listed; in the workspace, on in it."""
    if request.htmx:
        return saved(
            request,
            postmortem,
            kind="suggestions",
            fragment=fragment,
            focus=anchor or "suggestions",
        )
    messages.info(request, _("Your suggestion is with those who write this report."))
    return redirect(f"{base_address(postmortem)}#own-suggestions")


urlpatterns = [
    path(
        "<str:reference>/suggest/rows/<str:kind>/add/", add_row, name="suggest-row-add"
    ),
    path(
        "<str:reference>/suggest/rows/<str:kind>/<int:row_id>/",
        change_row,
        name="suggest-row",
    ),
    path(
        "<str:reference>/suggest/fields/<str:name>/", change_field, name="suggest-field"
    ),
    path(
        "<str:reference>/suggest/sections/<int:section_id>/",
        word_section,
        name="suggest-wording",
    ),
    path(
        "<str:reference>/suggestions/<int:suggestion_id>/withdraw/",
        withdraw,
        name="suggestion-withdraw",
    ),
]
