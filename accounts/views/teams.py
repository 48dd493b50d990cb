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

from accounts import access, permissions, policies
from accounts.forms.people import MemberForm, TeamForm
from accounts.http import UserRequest
from accounts.models import Team
from accounts.operations import teams as operations
from accounts.views.replies import page_of, show_form, tell, typed

CURRENT = "accounts:teams"


@require_safe
def teams(request: UserRequest) -> HttpResponse:
    return render(
        request,
        "accounts/teams.html",
        {
            "teams": page_of(request, access.teams_with_size()),
            "archived": access.archived_teams()[:100],
            "current": CURRENT,
        },
    )


@require_safe
def team(request: UserRequest, pk: int) -> HttpResponse:
    """One team; also an archived one, since reports go on naming it."""
    return _show_team(request, access.any_team(pk))


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest) -> HttpResponse:
    permissions.check_administers(request.user)
    form = TeamForm(typed(request))
    if request.method == "POST" and form.is_valid():
        try:
            team = operations.add_team(**form.cleaned_data, by=request.user)
        except policies.NameTaken as refusal:
            form.add_error("name", str(refusal))
        else:
            return redirect("accounts:team", team.pk)
    return _show_form(request, form)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: UserRequest, pk: int) -> HttpResponse:
    permissions.check_administers(request.user)
    team = access.team(pk)
    form = TeamForm(typed(request), team=team)
    if request.method == "POST" and form.is_valid():
        try:
            operations.change_team(team, **form.cleaned_data, by=request.user)
        except policies.NameTaken as refusal:
            form.add_error("name", str(refusal))
        else:
            return redirect("accounts:team", pk)
    return _show_form(request, form, team=access.team(pk))


@require_POST
def add_member(request: UserRequest, pk: int) -> HttpResponse:
    team = access.team(pk)
    permissions.check_can_edit_members(request.user, team)
    form = MemberForm(request.POST, among=access.people())
    if not form.is_valid():
        return _show_team(request, team, form)
    person = form.cleaned_data["person"]
    operations.add_member(team, person, by=request.user)
    tell(request, _("%(name)s is in the team now.") % {"name": person.name})
    return redirect("accounts:team", pk)


@require_POST
def remove_member(request: UserRequest, pk: int, person_pk: int) -> HttpResponse:
    team, person = access.team(pk), access.somebody(person_pk)
    permissions.check_can_edit_members(request.user, team)
    operations.remove_member(team, person, by=request.user)
    tell(request, _("%(name)s is no longer in the team.") % {"name": person.name})
    return redirect("accounts:team", pk)


@require_POST
def archive(request: UserRequest, pk: int) -> HttpResponse:
    permissions.check_administers(request.user)
    team = access.team(pk)
    operations.archive_team(team, by=request.user, at=timezone.now())
    tell(request, _("%(name)s archived. Reports keep it.") % {"name": team.name})
    return redirect(CURRENT)


@require_POST
def restore(request: UserRequest, pk: int) -> HttpResponse:
    permissions.check_administers(request.user)
    team = access.any_team(pk)
    operations.restore_team(team, by=request.user)
    tell(request, _("%(name)s is in use again.") % {"name": team.name})
    return redirect("accounts:team", pk)


def _show_team(
    request: UserRequest, team: Team, form: MemberForm | None = None
) -> HttpResponse:
    return show_form(
        request,
        "accounts/team.html",
        form or MemberForm(among=access.not_in(team)),
        team=team,
        may_edit=permissions.can_edit_members(request.user, team),
        current=CURRENT,
    )


def _show_form(
    request: UserRequest, form: TeamForm, team: Team | None = None
) -> HttpResponse:
    return show_form(
        request, "accounts/team_form.html", form, team=team, current=CURRENT
    )


urlpatterns = [
    path("teams/", teams, name="teams"),
    path("teams/add/", add, name="team-add"),
    path("teams/<int:pk>/", team, name="team"),
    path("teams/<int:pk>/change/", change, name="team-change"),
    path("teams/<int:pk>/members/add/", add_member, name="team-member-add"),
    path(
        "teams/<int:pk>/members/<int:person_pk>/remove/",
        remove_member,
        name="team-member-remove",
    ),
    path("teams/<int:pk>/archive/", archive, name="team-archive"),
    path("teams/<int:pk>/restore/", restore, name="team-restore"),
]
