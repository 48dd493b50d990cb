"""A chat that is told: its incoming webhook, and whose it is."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import access
from accounts.forms.fields import Dressed, NameField
from accounts.models import Team, User
from config.limits import LIMITS
from outbound.addresses import NotAllowed, check_address
from outbound.models import ChatFlavour
from outbound.operations.hooks import Chat

MINE, EVERYBODY = "me", "everybody"


class ChatForm(Dressed):
    owner = forms.ChoiceField(
        label=_("For"), help_text=_("A new chat takes the place of the one before.")
    )
    name = NameField(
        label=_("Name"),
        help_text=_("As you call it: #payments, or my direct messages."),
    )
    flavour = forms.ChoiceField(label=_("Chat"), choices=ChatFlavour)
    address = forms.CharField(
        label=_("Address of its incoming webhook"),
        max_length=LIMITS.url_field,
        help_text=_("Whoever has it can write there: it is encrypted, and not shown."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "inputmode": "url"}
        ),
    )

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data)
        self.user = user
        self.teams = {str(team.pk): team for team in _teams_of(user)}
        choices: Any = self.fields["owner"]
        choices.choices = [
            (MINE, _("Me")),
            *((pk, team.name) for pk, team in self.teams.items()),
            *([(EVERYBODY, _("Everybody"))] if user.administers else []),
        ]

    def clean_address(self) -> str:
        typed = str(self.cleaned_data["address"])
        try:
            check_address(typed)
        except NotAllowed as refusal:
            raise ValidationError(
                _("This address is not called. It begins with https://, and is public.")
            ) from refusal
        return typed

    @property
    def chat(self) -> Chat:
        data = self.cleaned_data
        return Chat(data["name"], data["flavour"], data["address"])

    @property
    def owned_by(self) -> User | Team | None:
        chosen = self.cleaned_data["owner"]
        return self.user if chosen == MINE else self.teams.get(chosen)


def _teams_of(user: User) -> list[Team]:
    """Whose chat they may settle: any for administrators, else of teams they lead."""
    teams = access.teams()
    return list(teams if user.administers else teams.filter(lead=user))
