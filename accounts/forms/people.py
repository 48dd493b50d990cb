"""Forms for people, teams, invitations and the organisation."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import access
from accounts.forms.fields import AddressField, Dressed, NameField, ZoneField
from accounts.models import Role, Team, Theme, User

LONGEST_DESCRIPTION = 500


class ProfileForm(Dressed):
    name = NameField(label=_("Name"))
    time_zone = ZoneField()
    theme = forms.ChoiceField(label=_("Theme"), choices=Theme)
    shortcuts = forms.BooleanField(
        label=_("Keyboard shortcuts"),
        required=False,
        help_text=_("Single keys, such as N for a new incident. Never in fields."),
    )

    def __init__(self, data: Any = None, *, user: User) -> None:
        shown = {name: getattr(user, name) for name in self.base_fields}
        super().__init__(data, initial=shown)
        self.fields["name"].widget.attrs["autocomplete"] = "name"


class RoleForm(Dressed):
    role = forms.ChoiceField(label=_("Role"), choices=Role)


class InvitationForm(Dressed):
    email = AddressField()
    role = forms.ChoiceField(label=_("Role"), choices=Role, initial=Role.MEMBER)
    team: Any = forms.ModelChoiceField(
        label=_("Team"), queryset=None, required=False, empty_label=_("No team")
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        choices: Any = self.fields["team"]
        choices.queryset = access.teams()
        self.fields["email"].widget.attrs["autocomplete"] = "off"


class MembersForm(Dressed):
    """Who is in a team; people who are deactivated are not offered."""

    members: Any = forms.ModelMultipleChoiceField(
        label=_("Members"),
        queryset=None,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any = None, *, team: Team | None) -> None:
        super().__init__(data, initial=self._shown(team))
        self._choose_among_people("members")

    def _shown(self, team: Team | None) -> dict[str, Any]:
        return {"members": list(team.members.all())} if team else {}

    def _choose_among_people(self, *names: str) -> None:
        for name in names:
            field: Any = self.fields[name]
            field.queryset = access.people()


class TeamForm(MembersForm):
    name = NameField(label=_("Name"))
    description = NameField(
        label=_("Description"), required=False, limit=LONGEST_DESCRIPTION
    )
    lead: Any = forms.ModelChoiceField(
        label=_("Lead"),
        queryset=None,
        required=False,
        empty_label=_("Nobody"),
        help_text=_("May change who is in the team."),
    )
    manager: Any = forms.ModelChoiceField(
        label=_("Manager"), queryset=None, required=False, empty_label=_("Nobody")
    )

    field_order = ("name", "description", "lead", "manager", "members")

    def __init__(self, data: Any = None, *, team: Team | None) -> None:
        self.team = team
        super().__init__(data, team=team)
        self._choose_among_people("lead", "manager")

    def _shown(self, team: Team | None) -> dict[str, Any]:
        if team is None:
            return {}
        names = ("name", "description", "lead", "manager")
        return super()._shown(team) | {name: getattr(team, name) for name in names}

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        other = access.team_named(name)
        if other is not None and other != self.team:
            raise ValidationError(
                _("There is an archived team of this name. Bring it back under Teams.")
                if other.archived_at
                else _("There is a team of this name already.")
            )
        return name


class OrganisationForm(Dressed):
    name = NameField(label=_("Name of the organisation"))
    default_time_zone = ZoneField(
        label=_("Time zone for new accounts"),
        help_text=_("Everybody may choose another."),
    )
