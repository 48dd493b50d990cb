"""Single fields of the report: title, TL;DR, severity, times, services."""

from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import UserRequest
from postmortems import access, permissions, policies, presenting
from postmortems.forms.fields import FIELD_FORMS, FieldForm
from postmortems.models import Postmortem
from postmortems.operations import fields
from postmortems.operations.rows import Stale
from postmortems.report import Report
from postmortems.views import conflicts
from postmortems.views.replies import (
    base_address,
    editor_of,
    form_reply,
    request_key,
    saved,
    status_of,
    this_second,
    with_fresh_key,
)
from postmortems.vocabulary import Milestone

MOST_SUGGESTED = 500
BESIDE_THE_TITLE = frozenset({"title", "tldr", "severity"})
"""Fields that stand above the list of facts."""


@require_safe
def show(request: UserRequest, reference: str, name: str) -> HttpResponse:
    """The field as it stands, for whoever closes its form."""
    postmortem = access.postmortem(request.user, reference)
    check_known(name)
    return field_reply(request, postmortem, name)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: UserRequest, reference: str, name: str) -> HttpResponse:
    """The field's form; or the saved field; or both versions."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    check_known(name)
    if request.method != "POST":
        return field_form_reply(
            request, postmortem, form_of_field(request, postmortem, name)
        )
    way = request.POST.get("resolution", "")
    if way == conflicts.THEIRS:
        return _saved(request, postmortem, name, at_all=False)
    form = form_of_field(request, postmortem, name, request.POST)
    if not form.is_valid():
        return field_form_reply(request, postmortem, form, status=422)
    if way == conflicts.BOTH:
        return two_versions_reply(request, postmortem, form, together=True)
    return _save(request, postmortem, form)


def _save(
    request: UserRequest, postmortem: Postmortem, form: FieldForm
) -> HttpResponse:
    try:
        _write(request, postmortem, form)
    except Stale:
        fresh = access.postmortem(request.user, postmortem.incident.reference)
        return two_versions_reply(request, fresh, form, together=False)
    except policies.Refusal as refusal:
        again = form_of_field(request, postmortem, form.name, with_fresh_key(request))
        status = status_of(refusal)
        return field_form_reply(
            request, postmortem, again, status=status, refusal=refusal
        )
    fresh = access.postmortem(request.user, postmortem.incident.reference)
    return _saved(request, fresh, form.name)


def _write(request: UserRequest, postmortem: Postmortem, form: FieldForm) -> None:
    name, data = form.name, form.cleaned_data
    common: dict[str, Any] = {
        "version": conflicts.version_to_save(request, form),
        "by": request.user,
        "at": form.now,
        "key": request_key(request),
    }
    if name in Milestone.values:
        fields.save_moment(postmortem.pk, Milestone(name), data["time"], **common)
    elif name == "services":
        fields.save_services(postmortem.pk, data["value"], **common)
    else:
        fields.save_field(postmortem.pk, name, data["value"], **common)


def check_known(name: str) -> None:
    """Raise Http404 for what is no single field."""
    if name not in FIELD_FORMS:
        raise Http404


def form_of_field(
    request: UserRequest,
    postmortem: Postmortem,
    name: str,
    data: QueryDict | None = None,
) -> FieldForm:
    return FIELD_FORMS[name](
        data,
        postmortem=postmortem,
        name=name,
        now=this_second(),
        user=request.user,
        editor=editor_of(request, postmortem),
    )


def _saved(
    request: UserRequest, postmortem: Postmortem, name: str, *, at_all: bool = True
) -> HttpResponse:
    return saved(
        request,
        postmortem,
        kind="field",
        anchor=f"field-{name}",
        fragment=field_reply(request, postmortem, name),
        focus=f"field-{name}",
        at=None if at_all else postmortem.changed_at,
    )


def field_form_reply(
    request: UserRequest,
    postmortem: Postmortem,
    form: FieldForm,
    *,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    name = form.name
    return form_reply(
        request,
        postmortem,
        "postmortems/rows/field_form.html",
        label=extra.pop("label", label_of_field(form)),
        status=status,
        form=form,
        name=name,
        milestone=Milestone(name) if name in Milestone.values else None,
        in_list=name not in BESIDE_THE_TITLE,
        shown_again=f"{base_address(postmortem)}fields/{name}/",
        service_names=_suggested(request) if name == "services" else [],
        **extra,
    )


def label_of_field(form: FieldForm) -> str:
    if form.name in Milestone.values:
        return str(Milestone(form.name).label)
    return str(form.fields["value"].label)


def _suggested(request: UserRequest) -> list[str]:
    names = access.services(request.user).values_list("name", flat=True)
    return list(names[:MOST_SUGGESTED])


def two_versions_reply(
    request: UserRequest,
    fresh: Postmortem,
    typed: FieldForm,
    *,
    together: bool,
    **extra: Any,
) -> HttpResponse:
    """409 with both versions side by side; or both in one form, to be edited."""
    name = typed.name

    def build(data: QueryDict | None) -> FieldForm:
        return form_of_field(request, fresh, name, data)

    mine, theirs = conflicts.two_versions(typed, build)
    if together:
        both, joined = conflicts.put_both_in(mine, theirs, build)
        return field_form_reply(request, fresh, both, joined=joined, **extra)
    conflict = conflicts.compare(
        mine,
        theirs,
        what=label_of_field(typed),
        last=conflicts.last_change(fresh, f"field:{name}"),
        reader=request.user,
    )
    return field_form_reply(
        request, fresh, mine, status=409, conflict=conflict, **extra
    )


def field_reply(
    request: UserRequest, postmortem: Postmortem, name: str
) -> HttpResponse:
    context: dict[str, Any] = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "base": base_address(postmortem),
        "editing": permissions.can_edit(request.user, postmortem),
        "name": name,
    }
    if name in Milestone.values:
        report = Report(postmortem)
        context["fact"] = next(
            fact for fact in presenting.facts_of(report) if fact.milestone == name
        )
    if name == "services":
        context["affected"] = postmortem.incident.affected.select_related(
            "service"
        ).order_by("position", "pk")
    return render(request, "postmortems/rows/field.html", context)


urlpatterns = [
    path("<str:reference>/fields/<str:name>/", show, name="field"),
    path("<str:reference>/fields/<str:name>/edit/", change, name="field-change"),
]
