"""What administrators type: a step of the scale, a service, a line of a checklist."""

from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.access import teams
from config.limits import LIMITS
from postmortems.fields import CleanLine
from postmortems.models import ChecklistItem, Service, Severity
from postmortems.policies import RULES
from postmortems.vocabulary import Kind

Named = TypeVar("Named", Severity, Service)


class SeverityStepForm(forms.Form):
    label = CleanLine(label=_("Label"), limit=LIMITS.tag)
    rank = forms.IntegerField(
        label=_("Rank"),
        min_value=1,
        max_value=99,
        help_text=_("1 is the most severe."),
    )
    definition = CleanLine(label=_("Definition, in a sentence"), limit=300)

    def __init__(self, data: Any = None, *, severity: Severity | None = None) -> None:
        self.severity = severity
        initial = (
            {
                "label": severity.label,
                "rank": severity.rank,
                "definition": severity.definition,
            }
            if severity
            else {}
        )
        super().__init__(data, initial=initial)

    def clean_label(self) -> str:
        label: str = self.cleaned_data["label"]
        if self._others().filter(label__iexact=label).exists():
            raise ValidationError(_("There is a step of this label already."))
        return label

    def clean_rank(self) -> int:
        rank: int = self.cleaned_data["rank"]
        if self._others().filter(rank=rank).exists():
            raise ValidationError(_("Another step has this rank."))
        return rank

    def _others(self) -> Any:
        return _all_but(Severity, self.severity)


class ServiceForm(forms.Form):
    name = CleanLine(label=_("Name"), limit=LIMITS.name)
    description = CleanLine(label=_("Description"), limit=500, required=False)
    owner: Any = forms.ModelChoiceField(
        label=_("Owner team"), queryset=None, required=False, empty_label=_("Not set")
    )

    def __init__(self, data: Any = None, *, service: Service | None = None) -> None:
        self.service = service
        initial = (
            {
                "name": service.name,
                "description": service.description,
                "owner": service.owner_id,
            }
            if service
            else {}
        )
        super().__init__(data, initial=initial)
        field: Any = self.fields["owner"]
        field.queryset = teams()

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        others = _all_but(Service, self.service).filter(restricted_origin=False)
        if others.filter(name__iexact=name).exists():
            raise ValidationError(_("There is a service of this name already."))
        return name


class ChecklistItemForm(forms.Form):
    kind = forms.ChoiceField(label=_("For"), choices=Kind.choices)
    text = CleanLine(label=_("Source or question"), limit=300)

    def __init__(self, data: Any = None, *, item: ChecklistItem | None = None) -> None:
        initial = {"kind": item.kind, "text": item.text} if item else {}
        super().__init__(data, initial=initial)


class ReadinessForm(forms.Form):
    """Each rule on, off, or required."""

    CHOICES = (("", _("On")), ("required", _("Required")), ("off", _("Off")))

    def __init__(self, data: Any = None, *, chosen: dict[str, str]) -> None:
        super().__init__(data, initial=chosen)
        for name, (_rule, sentence) in RULES.items():
            self.fields[name] = forms.ChoiceField(
                label=str(sentence), choices=self.CHOICES, required=False
            )

    def chosen(self) -> dict[str, str]:
        return {name: value for name, value in self.cleaned_data.items() if value}


def _all_but(model: type[Named], row: Named | None) -> QuerySet[Named]:
    """What a name must differ from: every row, without the one that is edited."""
    rows = model._default_manager.all()
    return rows.exclude(pk=row.pk) if row else rows
