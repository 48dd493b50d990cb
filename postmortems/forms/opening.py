"""The form that opens a report: a title, and when it began or was noticed."""

from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from accounts.models import User
from config.limits import LIMITS
from postmortems import access
from postmortems.document import Time
from postmortems.fields import CleanLine
from postmortems.forms.base import clean_moment
from postmortems.vocabulary import Certainty, Kind, Milestone

LONGEST_MOMENT = 200


class OpeningForm(forms.Form):
    title = CleanLine(
        label=lazy("What happened, in one line"),
        help_text=lazy("Say what users saw. Leave out who did what."),
        limit=LIMITS.title,
    )
    started = forms.CharField(
        label=lazy("Started"), required=False, max_length=LONGEST_MOMENT
    )
    detected = forms.CharField(
        label=lazy("Detected"), required=False, max_length=LONGEST_MOMENT
    )
    zone = forms.ChoiceField(
        label=lazy("Times typed in"),
        required=False,
        help_text=lazy("A zone typed with a time, such as 10:30 CET, goes first."),
    )
    severity: Any = forms.ModelChoiceField(
        label=lazy("Severity"),
        queryset=None,
        required=False,
        empty_label=lazy("Not set yet"),
    )
    kind = forms.ChoiceField(
        label=lazy("Kind"), choices=Kind, required=False, initial=Kind.INCIDENT
    )
    restricted = forms.BooleanField(
        label=lazy("Restricted: only people you invite can see it"), required=False
    )
    request_key = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput
    )

    after: datetime | None = None

    def __init__(self, data: Any = None, *, user: User, now: datetime) -> None:
        self.now = now
        shown = {"request_key": uuid4().hex, "zone": "UTC", "kind": Kind.INCIDENT}
        super().__init__(data, initial=shown)
        severity: Any = self.fields["severity"]
        severity.queryset = access.severities()
        zone: Any = self.fields["zone"]
        zone.choices = [(name, name) for name in dict.fromkeys(["UTC", user.time_zone])]
        self._describe()

    def _describe(self) -> None:
        for name, field in self.fields.items():
            kind = type(field.widget)
            if issubclass(kind, forms.Select):
                field.widget.attrs["class"] = "select"
            elif issubclass(kind, forms.TextInput):
                field.widget.attrs["class"] = "input"
            # Limits are told in a sentence; browsers would cut a paste without a word.
            field.widget.attrs.pop("maxlength", None)
            if name in {"started", "detected"}:
                field.widget.attrs |= {"class": "input num", "autocomplete": "off"}

    def reference_day(self) -> datetime:
        """A time without a day is of today, or of the day that it started."""
        return self.after or self.now

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        zone = ZoneInfo(cleaned.get("zone") or "UTC")
        times: dict[Milestone, Time] = {}
        for milestone in (Milestone.STARTED, Milestone.DETECTED):
            moment = clean_moment(self, milestone.value, zone=zone)
            if moment is not None:
                times[milestone] = Time(moment.at, Certainty.RECORDED)
                self.after = self.after or moment.at
        if not times and not {"started", "detected"} & set(self.errors):
            self.add_error(
                "started",
                ValidationError(
                    _("Say when it started, or when it was detected."), code="required"
                ),
            )
        cleaned["times"] = times
        cleaned["kind"] = Kind(cleaned.get("kind") or Kind.INCIDENT)
        return cleaned
