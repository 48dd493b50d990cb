"""Which two versions somebody compares, and how they call one."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from config.limits import LIMITS
from postmortems.fields import CleanLine

NOW = "now"
BIGGEST_NUMBER = 2**31 - 1


class NumberOrNow(forms.IntegerField):
    """The number of a version; None for the report as it stands."""

    def __init__(self) -> None:
        super().__init__(required=False, min_value=1, max_value=BIGGEST_NUMBER)

    def to_python(self, value: Any) -> int | None:
        return None if value == NOW else super().to_python(value)


class CompareForm(forms.Form):
    """The two sides, the older one first whatever was chosen first."""

    who = forms.BooleanField(required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["from"] = NumberOrNow()
        self.fields["to"] = NumberOrNow()

    def sides(self) -> tuple[int | None, int | None]:
        one, other = self.cleaned_data["from"], self.cleaned_data["to"]
        if one is None or (other is not None and other < one):
            one, other = other, one
        return one, other


class NameForm(forms.Form):
    name = CleanLine(label=_("Name of this version"), limit=LIMITS.name)
