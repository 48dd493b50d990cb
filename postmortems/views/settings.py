"""What administrators edit: severity scale, catalogue, checklists, readiness."""

from collections.abc import Callable
from typing import Any

from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.access import organisation
from accounts.http import UserRequest
from postmortems import access, permissions, policies
from postmortems.forms.settings import (
    ChecklistItemForm,
    ReadinessForm,
    ServiceForm,
    SeverityStepForm,
)
from postmortems.operations import catalogue as catalogue_of
from postmortems.operations import settings
from postmortems.views.replies import this_second


@require_safe
def scale(request: UserRequest) -> HttpResponse:
    """The severity scale, with a sentence of definition for each step."""
    permissions.check_administers(request.user)
    return render(
        request,
        "postmortems/settings/list.html",
        {
            "heading": _("Severity scale"),
            "intro": _(
                "How serious an incident is. Reports keep a step that is retired."
            ),
            "rows": [
                (step.label, step.definition, step) for step in access.all_severities()
            ],
            "edit_name": "postmortems:severity-change",
            "retire_name": "postmortems:severity-retire",
            "add_name": "postmortems:severity-add",
            "add_label": _("Add a step"),
            "current": "postmortems:scale",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def severity(request: UserRequest, pk: int | None = None) -> HttpResponse:
    permissions.check_administers(request.user)
    found = access.severity(pk) if pk is not None else None
    form = SeverityStepForm(_data(request), severity=found)
    return _edit(
        request,
        form,
        lambda values: settings.save_severity(found, by=request.user, **values),
        back="postmortems:scale",
        heading=_("Severity"),
    )


@require_POST
def retire_severity(request: UserRequest, pk: int) -> HttpResponse:
    settings.retire_severity(access.severity(pk), by=request.user, at=this_second())
    return redirect("postmortems:scale")


@require_safe
def catalogue(request: UserRequest) -> HttpResponse:
    """The services that can break, with who owns each."""
    permissions.check_administers(request.user)
    return render(
        request,
        "postmortems/settings/list.html",
        {
            "heading": _("Services"),
            "intro": _("What can break. A name typed in a report joins this list."),
            "rows": [
                (
                    service.name,
                    " · ".join(
                        filter(
                            None,
                            [getattr(service.owner, "name", ""), service.description],
                        )
                    ),
                    service,
                )
                for service in access.all_services()
            ],
            "edit_name": "postmortems:service-change",
            "retire_name": "postmortems:service-retire",
            "add_name": "postmortems:service-add",
            "add_label": _("Add a service"),
            "current": "postmortems:catalogue",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def service(request: UserRequest, pk: int | None = None) -> HttpResponse:
    permissions.check_administers(request.user)
    found = access.service(pk) if pk is not None else None
    form = ServiceForm(_data(request), service=found)
    return _edit(
        request,
        form,
        lambda values: catalogue_of.save_service(found, by=request.user, **values),
        back="postmortems:catalogue",
        heading=_("Service"),
    )


@require_POST
def retire_service(request: UserRequest, pk: int) -> HttpResponse:
    catalogue_of.retire_service(access.service(pk), by=request.user, at=this_second())
    return redirect("postmortems:catalogue")


@require_safe
def checklists(request: UserRequest) -> HttpResponse:
    """Sources and questions to think of while data is gathered."""
    permissions.check_administers(request.user)
    return render(
        request,
        "postmortems/settings/list.html",
        {
            "heading": _("Checklists"),
            "intro": _("What a facilitator ticks off while data is gathered."),
            "rows": [
                (item.text, item.get_kind_display(), item)
                for item in access.all_checklist_items()
            ],
            "edit_name": "postmortems:checklist-change",
            "retire_name": "postmortems:checklist-retire",
            "add_name": "postmortems:checklist-add",
            "add_label": _("Add a line"),
            "current": "postmortems:checklists",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def checklist_item(request: UserRequest, pk: int | None = None) -> HttpResponse:
    permissions.check_administers(request.user)
    found = access.checklist_item(pk) if pk is not None else None
    form = ChecklistItemForm(_data(request), item=found)
    return _edit(
        request,
        form,
        lambda values: settings.save_checklist_item(found, by=request.user, **values),
        back="postmortems:checklists",
        heading=_("Checklist"),
    )


@require_POST
def retire_checklist_item(request: UserRequest, pk: int) -> HttpResponse:
    settings.retire_checklist_item(
        access.checklist_item(pk), by=request.user, at=this_second()
    )
    return redirect("postmortems:checklists")


@require_http_methods(["GET", "HEAD", "POST"])
def readiness(request: UserRequest) -> HttpResponse:
    """Which rules of the readiness list are on, off, or required."""
    permissions.check_administers(request.user)
    form = ReadinessForm(_data(request), chosen=organisation().readiness)
    return _edit(
        request,
        form,
        lambda _values: settings.save_readiness(form.chosen(), by=request.user),
        back="postmortems:readiness",
        heading=_("Readiness"),
    )


def _data(request: UserRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _edit(
    request: UserRequest,
    form: Form,
    save: Callable[[dict[str, Any]], Any],
    *,
    back: str,
    heading: Any,
) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            save(form.cleaned_data)
        except policies.Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(back)
    context = {"form": form, "heading": heading, "back": back, "current": back}
    return render(request, "postmortems/settings/form.html", context, status=status)


urlpatterns = [
    path("severities/", scale, name="scale"),
    path("severities/add/", severity, name="severity-add"),
    path("severities/<int:pk>/", severity, name="severity-change"),
    path("severities/<int:pk>/retire/", retire_severity, name="severity-retire"),
    path("services/", catalogue, name="catalogue"),
    path("services/add/", service, name="service-add"),
    path("services/<int:pk>/", service, name="service-change"),
    path("services/<int:pk>/retire/", retire_service, name="service-retire"),
    path("checklists/", checklists, name="checklists"),
    path("checklists/add/", checklist_item, name="checklist-add"),
    path("checklists/<int:pk>/", checklist_item, name="checklist-change"),
    path("checklists/<int:pk>/retire/", retire_checklist_item, name="checklist-retire"),
    path("readiness/", readiness, name="readiness"),
]
