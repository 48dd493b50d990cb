"""Forms for people, teams, invitations and the organisation."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import access
from accounts.forms.fields import AddressField, Dressed, NameField, ZoneField
from accounts.models import Organisation, Role, Team, Theme, User

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


class MemberForm(Dressed):
    """Somebody to add to a team; people who are deactivated are not offered."""

    person: Any = forms.ModelChoiceField(
        label=_("Add a member"), queryset=None, empty_label=_("Choose somebody")
    )

    def __init__(self, data: Any = None, *, among: QuerySet[User]) -> None:
        super().__init__(data)
        offered: Any = self.fields["person"]
        offered.queryset = among


class TeamForm(Dressed):
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

    def __init__(self, data: Any = None, *, team: Team | None = None) -> None:
        shown = {name: getattr(team, name) for name in self.base_fields} if team else {}
        super().__init__(data, initial=shown)
        for name in ("lead", "manager"):
            # Whoever it is now stays on offer, so that saving keeps them.
            offered: Any = self.fields[name]
            offered.queryset = access.people_or(shown.get(name))


class OrganisationForm(Dressed):
    name = NameField(label=_("Name of the organisation"))
    default_time_zone = ZoneField(
        label=_("Time zone for new accounts"),
        help_text=_("Everybody may choose another."),
    )

    def __init__(self, data: Any = None, *, organisation: Organisation) -> None:
        shown = {name: getattr(organisation, name) for name in self.base_fields}
        super().__init__(data, initial=shown)
