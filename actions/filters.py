"""The filters of the list of actions, as its address carries them."""

from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from accounts.access import people
from accounts.models import User
from actions.choosing import NO_SEVERITY
from config.limits import LIMITS
from postmortems.fields import CleanLine
from postmortems.forms.addressed import AddressFilters
from postmortems.forms.filters import Options
from postmortems.vocabulary import ActionPriority, ActionStatus, ActionType

MOST_PEOPLE = 2_000
"""Owners that the panel offers."""

SHOWS = (
    ("soon", lazy("Overdue and due soon")),
    ("teams", lazy("My teams")),
    ("open", lazy("All open")),
    ("unowned", lazy("No owner")),
    ("done", lazy("Done this quarter")),
    ("unproven", lazy("Not proven yet")),
)
"""The views that everybody has."""
EVERY = ("all", lazy("Every action"))

SORTS = (
    ("due", lazy("Due date")),
    ("age", lazy("Age")),
    ("priority", lazy("Priority")),
    ("severity", lazy("Severity of the incident")),
    ("team", lazy("Team")),
)
AGES = (
    ("30", lazy("over 30 days old")),
    ("90", lazy("over 90 days old")),
    ("180", lazy("over 180 days old")),
    ("365", lazy("over a year old")),
)


class ActionOptions(Options):
    """What the panels offer: severities, services, teams, and people."""

    def __init__(self, user: User) -> None:
        super().__init__(user)
        self.people = [
            (str(pk), name)
            for pk, name in people().values_list("pk", "name")[:MOST_PEOPLE]
        ]


class ActionFilters(AddressFilters):
    NAMES: ClassVar[tuple[str, ...]] = (
        "show",
        "q",
        "team",
        "owner",
        "type",
        "priority",
        "status",
        "age",
        "severity",
        "service",
        "sort",
    )
    PLACES: ClassVar[tuple[str, ...]] = ("page",)
    SEVERAL = frozenset({"type", "priority", "status", "severity"})
    TOGETHER: ClassVar = {
        "progress": ("status", "age"),
        "incident": ("severity", "service"),
    }
    USUAL: ClassVar = {"show": "soon", "sort": "due"}
    LEAVE_NOTHING_OUT = frozenset({"show", "sort"})

    show = forms.ChoiceField(
        label=lazy("View"), choices=[*SHOWS, EVERY], widget=forms.HiddenInput
    )
    q = CleanLine(label=lazy("Search actions"), limit=LIMITS.search_query)
    team = forms.ChoiceField(label=lazy("Team"))
    owner = forms.ChoiceField(label=lazy("Owner"))
    type = forms.MultipleChoiceField(label=lazy("Type"), choices=ActionType)
    priority = forms.MultipleChoiceField(label=lazy("Priority"), choices=ActionPriority)
    status = forms.MultipleChoiceField(label=lazy("Status"), choices=ActionStatus)
    age = forms.ChoiceField(label=lazy("Age"), choices=[("", lazy("Any age")), *AGES])
    severity = forms.MultipleChoiceField(label=lazy("Severity"))
    service = forms.ChoiceField(label=lazy("Service"))
    sort = forms.ChoiceField(
        label=lazy("Order"), choices=SORTS, widget=forms.HiddenInput
    )
    page = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict, *, options: ActionOptions) -> None:
        super().__init__(data, auto_id="filter-%s")
        self._offer("severity", [*options.severities, (NO_SEVERITY, _("Not set"))])
        self._offer("service", [("", _("Any service")), *options.services])
        self._offer("team", [("", _("Any team")), *options.teams])
        self._offer("owner", [("", _("Any owner")), *options.people])
        for field in self.fields.values():
            field.required = False

    def clean(self) -> dict[str, Any]:
        super().clean()
        for name, usual in self.USUAL.items():
            self.cleaned_data[name] = self.cleaned_data.get(name) or usual
        return self.cleaned_data

    def words_of(self, name: str) -> str:
        """What is on in a panel, as the end of a sentence; "" when nothing is."""
        parts = [self.chosen_words(part) for part in self.TOGETHER.get(name, (name,))]
        return ", ".join(filter(None, parts))

    def sentences(self) -> list[str]:
        """What the whole view shows, part by part."""
        names = ("team", "owner", "type", "priority", "progress", "incident")
        text = self.cleaned_data["q"]
        return [
            self.chosen_words("show"),
            *([f"“{text}”"] if text else []),
            *(words for name in names if (words := self.words_of(name))),
        ]
