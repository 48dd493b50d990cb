"""Teams: who is in them, who leads them."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts import access, operations, permissions, policies
from accounts.forms.people import MembersForm, TeamForm
from accounts.http import UserRequest
from accounts.models import Team
from accounts.views.replies import show_form, tell

CURRENT = "accounts:teams"


@require_safe
def teams(request: UserRequest) -> HttpResponse:
    archived = access.archived_teams() if request.user.administers else []
    return render(
        request,
        "accounts/teams.html",
        {
            "teams": access.teams_with_people(),
            "archived": archived,
            "current": CURRENT,
        },
    )


@require_safe
def team(request: UserRequest, pk: int) -> HttpResponse:
    found = access.team(pk)
    return render(
        request,
        "accounts/team.html",
        {
            "team": found,
            "can_edit": permissions.can_edit_members(request.user, found),
            "current": CURRENT,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest) -> HttpResponse:
    permissions.check_administers(request.user)
    return _edit(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: UserRequest, pk: int) -> HttpResponse:
    """Everything for administrators; for the team's lead only who is in it."""
    found = access.team(pk)
    permissions.check_can_edit_members(request.user, found)
    if request.user.administers:
        return _edit(request, found)
    form = MembersForm(_data(request), team=found)
    if request.method == "POST" and form.is_valid():
        operations.set_members(found, form.cleaned_data["members"], by=request.user)
        return redirect("accounts:team", found.pk)
    return _show(request, form, found)


@require_POST
def archive(request: UserRequest, pk: int) -> HttpResponse:
    permissions.check_administers(request.user)
    found = access.team(pk)
    operations.archive_team(found, by=request.user, at=timezone.now())
    tell(request, _("%(name)s archived. Reports keep it.") % {"name": found.name})
    return redirect(CURRENT)


@require_POST
def restore(request: UserRequest, pk: int) -> HttpResponse:
    permissions.check_administers(request.user)
    found = access.archived_team(pk)
    operations.restore_team(found, by=request.user)
    return redirect("accounts:team", found.pk)


def _edit(request: UserRequest, found: Team | None) -> HttpResponse:
    form = TeamForm(_data(request), team=found)
    if request.method == "POST" and form.is_valid():
        try:
            saved = operations.save_team(found, by=request.user, **form.cleaned_data)
        except policies.NameTaken as refusal:
            form.add_error("name", str(refusal))
        else:
            return redirect("accounts:team", saved.pk)
    return _show(request, form, found)


def _show(request: UserRequest, form: MembersForm, found: Team | None) -> HttpResponse:
    return show_form(
        request, "accounts/team_form.html", form, team=found, current=CURRENT
    )


def _data(request: UserRequest) -> object:
    return request.POST if request.method == "POST" else None


urlpatterns = [
    path("teams/", teams, name="teams"),
    path("teams/add/", add, name="team-add"),
    path("teams/<int:pk>/", team, name="team"),
    path("teams/<int:pk>/change/", change, name="team-change"),
    path("teams/<int:pk>/archive/", archive, name="team-archive"),
    path("teams/<int:pk>/restore/", restore, name="team-restore"),
]
