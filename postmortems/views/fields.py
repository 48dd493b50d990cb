"""Single fields of the report: title, TL;DR, severity, times, services."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import UserRequest
from postmortems import access, permissions, policies, presenting
from postmortems.forms.fields import FIELD_FORMS, FieldForm
from postmortems.models import Postmortem
from postmortems.operations import fields
from postmortems.operations.rows import Stale
from postmortems.views.replies import (
    base_address,
    refused,
    request_key,
    saved,
    this_second,
)
from postmortems.vocabulary import Milestone


@require_safe
def show(request: UserRequest, reference: str, name: str) -> HttpResponse:
    """The field as it stands, for whoever closes its form."""
    postmortem = access.postmortem(request.user, reference)
    _known(name)
    return _field_reply(request, postmortem, name)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: UserRequest, reference: str, name: str) -> HttpResponse:
    """The field's form; or the saved field; or both versions."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    _known(name)
    form = _form(request, postmortem, name)
    if request.method != "POST":
        return _form_reply(request, postmortem, form)
    if request.POST.get("resolution") == "theirs":
        return _saved(request, postmortem, name)
    if not form.is_valid():
        return _form_reply(request, postmortem, form, status=422)
    try:
        _save(request, postmortem, name, form)
    except Stale as stale:
        return _conflict_reply(request, postmortem, form, stale)
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    return _saved(request, access.postmortem(request.user, reference), name)


def _save(
    request: UserRequest, postmortem: Postmortem, name: str, form: FieldForm
) -> None:
    common: dict[str, Any] = {
        "version": form.cleaned_data["version"],
        "by": request.user,
        "at": form.now,
        "key": request_key(request),
    }
    if name in Milestone.values:
        fields.save_moment(
            postmortem.pk, Milestone(name), form.cleaned_data["time"], **common
        )
    elif name == "services":
        fields.save_services(postmortem.pk, form.cleaned_data["value"], **common)
    else:
        value = form.cleaned_data["value"]
        fields.save_field(postmortem.pk, name, value, **common)


def _known(name: str) -> None:
    if name not in FIELD_FORMS:
        raise Http404


def _form(request: UserRequest, postmortem: Postmortem, name: str) -> FieldForm:
    return FIELD_FORMS[name](
        request.POST if request.method == "POST" else None,
        postmortem=postmortem,
        name=name,
        now=this_second(),
        user=request.user,
    )


def _saved(request: UserRequest, postmortem: Postmortem, name: str) -> HttpResponse:
    return saved(
        request,
        postmortem,
        kind="field",
        anchor=f"field-{name}",
        fragment=_field_reply(request, postmortem, name),
        focus=f"#field-{name} [data-edit-row]",
    )


def _form_reply(
    request: UserRequest,
    postmortem: Postmortem,
    form: FieldForm,
    *,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    part = "postmortems/rows/field_form.html"
    template = part if request.htmx else "postmortems/rows/page.html"
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "base": base_address(postmortem),
        "form": form,
        "name": form.name,
        "is_moment": form.name in Milestone.values,
        "milestone": Milestone(form.name) if form.name in Milestone.values else None,
        "form_template": part,
        "action": request.path,
        "service_names": (
            list(access.services(request.user).values_list("name", flat=True)[:500])
            if form.name == "services"
            else []
        ),
        **extra,
    }
    return render(request, template, context, status=status)


def _conflict_reply(
    request: UserRequest, postmortem: Postmortem, form: FieldForm, stale: Stale
) -> HttpResponse:
    fresh = access.postmortem(request.user, postmortem.incident.reference)
    theirs = FIELD_FORMS[form.name](
        postmortem=fresh, name=form.name, now=form.now, user=request.user
    )
    data = request.POST.copy()
    data["version"] = str(fresh.version_of(form.name))
    data["request_key"] = theirs.initial["request_key"]
    mine = FIELD_FORMS[form.name](
        data, postmortem=fresh, name=form.name, now=form.now, user=request.user
    )
    last = (
        fresh.history.filter(part=f"field:{form.name}")
        .select_related("by")
        .order_by("-id")
        .first()
    )
    pair = (mine.fields["value"].label, mine["value"].value(), theirs["value"].value())
    return _form_reply(
        request,
        fresh,
        mine,
        status=409,
        conflict={
            "theirs": theirs,
            "by": last.by if last else None,
            "at": last.at if last else None,
            "pairs": [(*pair, "value")],
            "sentence": stale,
        },
    )


def _field_reply(
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
        report = presenting.Report(postmortem)
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
