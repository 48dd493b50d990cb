"""What administrators type of a policy, of days off and of public holidays."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.access import archived_teams, teams
from accounts.forms.fields import Dressed, HolidaysField
from actions.models import DayUnit, Policy, PolicySubject
from config.limits import LIMITS
from postmortems.access import all_services, all_severities
from postmortems.fields import CleanLine
from postmortems.vocabulary import ActionPriority, ActionType

LONGEST_DEADLINE = 5 * 365
LONGEST_WAIT = 365
FIRST_YEAR, LAST_YEAR = 2000, 2100
"""Of days off."""
ONLY_OF_ACTIONS = (
    "types",
    "priorities",
    "lead_after_days",
    "manager_after_days",
    "in_reports",
)
"""Steps of a report have no type and no priority, and nobody above is told of them."""


def _several(label: Any, choices: Any = None) -> Any:
    boxes = forms.CheckboxSelectMultiple
    if choices is not None:
        return forms.MultipleChoiceField(
            label=label, choices=choices, required=False, widget=boxes
        )
    return forms.ModelMultipleChoiceField(
        label=label, queryset=None, required=False, widget=boxes
    )


def _days(label: Any, most: int, *, least: int = 0, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=least, max_value=most, **more)


class PolicyForm(forms.Form):
    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    name = CleanLine(label=_("Name"), limit=LIMITS.name)
    severities = _several(_("Severity"))
    types = _several(_("Type"), ActionType.choices)
    priorities = _several(_("Priority"), ActionPriority.choices)
    teams = _several(_("Team"))
    services = _several(_("Service"))
    deadline_days = _days(_("Due after"), LONGEST_DEADLINE)
    deadline_unit = forms.ChoiceField(label=_("Counted in"), choices=DayUnit.choices)
    first_reminder_days = _days(
        _("First reminder"), LONGEST_WAIT, help_text=_("Days before it is due.")
    )
    repeat_days = _days(
        _("Then every"),
        LONGEST_WAIT,
        least=1,
        help_text=_("Days from the due date on, until it is settled."),
    )
    lead_after_days = _days(
        _("Tell the team’s lead"),
        LONGEST_WAIT,
        required=False,
        help_text=_("Days after the due date; empty: never."),
    )
    manager_after_days = _days(
        _("Tell the team’s manager"),
        LONGEST_WAIT,
        required=False,
        help_text=_("Days after the due date; empty: never."),
    )
    in_reports = forms.BooleanField(
        label=_("Listed in weekly and monthly reports"), required=False
    )

    def __init__(
        self, data: Any = None, *, subject: PolicySubject, policy: Policy | None = None
    ) -> None:
        self.subject = subject
        shown = policy or Policy(subject=subject)
        super().__init__(data, initial=self._initial_of(shown))
        for name, rows in (
            ("severities", self._in_use(all_severities(), "severities")),
            ("teams", teams() | archived_teams().filter(pk__in=self.initial["teams"])),
            ("services", self._in_use(all_services(), "services")),
        ):
            field: Any = self.fields[name]
            field.queryset = rows
        if subject == PolicySubject.REPORTS:
            for name in ONLY_OF_ACTIONS:
                del self.fields[name]

    def _initial_of(self, policy: Policy) -> dict[str, Any]:
        chosen = {
            name: [one.pk for one in getattr(policy, name).all()] if policy.pk else []
            for name in ("severities", "teams", "services")
        }
        columns = {
            name: getattr(policy, name)
            for name in self.base_fields
            if name not in chosen
        }
        return {**columns, **chosen}

    def _in_use(self, rows: QuerySet[Any], name: str) -> QuerySet[Any]:
        """What is not retired, and what this policy names already."""
        return rows.filter(retired_at=None) | rows.filter(pk__in=self.initial[name])

    def values(self) -> dict[str, Any]:
        """By column, for the operation."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name != "version"
        }


class HolidaysForm(Dressed):
    holidays = HolidaysField(label=_("Public holidays of"))

    def __init__(self, data: Any = None, *, holidays: str) -> None:
        super().__init__(data, initial={"holidays": holidays})


class DayOffForm(forms.Form):
    on = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    name = CleanLine(label=_("What is it"), limit=LIMITS.name)

    def clean_on(self) -> date:
        on: date = self.cleaned_data["on"]
        if not FIRST_YEAR <= on.year <= LAST_YEAR:
            raise ValidationError(
                _("Choose a day from %(first)s to %(last)s.")
                % {"first": FIRST_YEAR, "last": LAST_YEAR}
            )
        return on
