"""What people may type of an action item."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.access import people, teams
from actions.promises import Stood, ask, is_promise
from config.limits import LIMITS
from postmortems.fields import CleanLine, CleanText
from postmortems.forms.base import RowForm
from postmortems.models import ContributingFactor
from postmortems.moments import BadMoment, parse_due_date
from postmortems.vocabulary import ActionPriority, ActionStatus, ActionType

MOST_OWNERS = 2


class ActionForm(RowForm):
    description = CleanText(label=_("What needs to be done"), limit=LIMITS.line)
    owner = CleanLine(
        label=_("Owner"),
        limit=LIMITS.name * 2,
        required=False,
        help_text=_("A team, a person, or “team / person”."),
    )
    due = CleanLine(label=_("Due"), limit=LIMITS.name, required=False)
    types = forms.MultipleChoiceField(
        label=_("Type"),
        choices=ActionType.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    priority = forms.ChoiceField(
        label=_("Priority"),
        choices=ActionPriority.choices,
        required=False,
        initial=ActionPriority.MEDIUM,
    )
    factors = forms.ModelMultipleChoiceField(
        label=_("Addresses"),
        queryset=ContributingFactor.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    status = forms.ChoiceField(
        label=_("Status"), choices=ActionStatus.choices, required=False
    )
    reason = CleanText(
        label=_("Why it won’t be done"), limit=LIMITS.line, required=False
    )
    evidence = CleanText(
        label=_("What shows that it is done"), limit=LIMITS.line, required=False
    )
    because = CleanText(
        label=_("Why its date moves"), limit=LIMITS.line, required=False
    )

    apart = frozenset({"owner", "due"})

    @property
    def is_more(self) -> bool:
        """Whether something is said in the part of the form that is folded away."""
        folded = {"evidence", "reason", "because"} & set(self.fields)
        return bool(folded & set(self.errors)) or any(
            self[name].value() for name in folded
        )

    def as_typed(self) -> dict[str, str]:
        due = self.cleaned_data["due"]
        return {"due": due.isoformat() if due else ""}

    def prepare(self) -> None:
        field: Any = self.fields["factors"]
        field.queryset = self.postmortem.factors.present().order_by("position", "pk")
        self.promised = self.row is not None and is_promise(self.postmortem)
        if not self.promised:
            del self.fields["because"]

    def initial_of(self, row: Any) -> dict[str, Any]:
        team = row.owner_team.name if row.owner_team else row.owner_team_name
        person = row.owner_person.name if row.owner_person else row.owner_person_name
        return {
            "description": row.description,
            "owner": " / ".join(filter(None, (team, person))),
            "due": row.due_on.isoformat() if row.due_on else "",
            "types": row.types,
            "priority": row.priority,
            "factors": [one.pk for one in row.factors.all()] if row.pk else [],
            "status": row.status,
            "reason": row.reason,
            "evidence": row.evidence,
        }

    def clean_owner(self) -> str:
        """A team and a person at most, so that no name is left out or cut short."""
        text: str = self.cleaned_data["owner"]
        names = owner_names(text)
        if len(names) > MOST_OWNERS or any(len(name) > LIMITS.name for name in names):
            raise ValidationError(
                _("Name a team, a person, or both; at most %(limit)s characters each.")
                % {"limit": LIMITS.name}
            )
        return text

    def clean_due(self) -> date | None:
        text = self.cleaned_data["due"]
        if not text:
            return None
        try:
            return parse_due_date(
                text, today=self.now.astimezone(self.user.zone).date()
            )
        except BadMoment as error:
            raise ValidationError(str(error), code="moment") from error

    def clean(self) -> None:
        values = self.cleaned_data
        values["status"] = values.get("status") or ActionStatus.OPEN
        values["priority"] = values.get("priority") or ActionPriority.MEDIUM
        if values["status"] != ActionStatus.WONT_DO:
            values["reason"] = ""
        before: Any = self.row
        ask(self, Stood.of(before) if before else None, promised=self.promised)

    def values(self) -> dict[str, Any]:
        values = super().values()
        values["due_on"] = values.pop("due")
        values.update(read_owner(values.pop("owner") or ""))
        done = values["status"] == ActionStatus.DONE
        before = getattr(self.row, "done_on", None)
        values["done_on"] = (before or self.now.date()) if done else None
        return values


def owner_names(text: str) -> list[str]:
    return [name.strip() for name in text.split(" / ") if name.strip()]


def read_owner(text: str) -> dict[str, Any]:
    """The team and person named; names that nobody here has are kept as typed."""
    found: dict[str, Any] = {
        "owner_team_id": None,
        "owner_person_id": None,
        "owner_team_name": "",
        "owner_person_name": "",
    }
    for name in owner_names(text):
        team = teams().filter(name__iexact=name).first()
        person = people().filter(name__iexact=name).first()
        if team is not None:
            found["owner_team_id"] = team.pk
        elif person is not None:
            found["owner_person_id"] = person.pk
        elif found["owner_team_id"] is None and not found["owner_team_name"]:
            found["owner_team_name"] = name
        else:
            found["owner_person_name"] = name
    return found
