"""Who is to be sent which report: what is offered, and what is taken of it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.access import people
from accounts.models import User
from actions.models import Rhythm, Scope
from outbound.access import shared_hooks
from postmortems.access import saved_views
from postmortems.models import SavedView

MOST_VIEWS = 500
"""Saved views that are offered."""


class SubscriptionForm(forms.Form):
    rhythm = forms.ChoiceField(label=_("How often"), choices=Rhythm.choices)
    about = forms.ChoiceField(label=_("Of what"))
    person: Any = forms.ModelChoiceField(label=_("To whom"), queryset=None)
    hook: Any = forms.ModelChoiceField(
        label=_("Also in the chat"),
        queryset=None,
        required=False,
        empty_label=_("No chat"),
        help_text=_("Everybody in that chat sees it."),
    )

    def __init__(self, data: Any = None, *, user: User, view: str = "") -> None:
        super().__init__(data, initial={"person": user.pk, "about": f"view:{view}"})
        self.views = {
            f"view:{one.pk}": one
            for one in saved_views(user, SavedView.Page.ACTIONS)[:MOST_VIEWS]
        }
        about: Any = self.fields["about"]
        about.choices = [
            (Scope.TEAMS.value, Scope.TEAMS.label),
            (Scope.EVERYTHING.value, Scope.EVERYTHING.label),
            *((key, one.name) for key, one in self.views.items()),
        ]
        chats: Any = self.fields["hook"]
        chats.queryset = shared_hooks(user)
        if not user.administers:
            del self.fields["person"]
        else:
            self.fields["person"].queryset = people()  # type: ignore[attr-defined]
        if not chats.queryset.exists():
            del self.fields["hook"]

    def clean_about(self) -> str:
        about: str = self.cleaned_data["about"]
        if about.startswith("view:") and about not in self.views:
            raise ValidationError(_("This view is not there any more."))
        return about

    def values(self) -> dict[str, Any]:
        """For the operation, but for the person."""
        view = self.views.get(self.cleaned_data["about"])
        return {
            "rhythm": self.cleaned_data["rhythm"],
            "scope": Scope.VIEW if view else self.cleaned_data["about"],
            "view": view,
            "hook": self.cleaned_data.get("hook"),
        }
