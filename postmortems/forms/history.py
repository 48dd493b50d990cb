"""Which changes of a report somebody wants to see, as the address says it."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from postmortems.changes import KINDS

BIGGEST_ID = 2**63 - 1

PARTS: dict[str, Any] = {
    "facts": (_("Title and facts"), Q(part__startswith="field:")),
    "text": (_("Sections of text"), Q(part__startswith="section:")),
    **{name: (label, Q(part=f"row:{name}")) for name, label in KINDS.items()},
    "state": (_("State and publishing"), Q(part="status")),
    "people": (_("People"), Q(part__in=["people", "field:restricted"])),
}
"""What can be filtered by: its name, and the changes that belong to it."""


class HistoryFilter(forms.Form):
    """Anything else than a known filter is no filter: old addresses go on working."""

    part = forms.ChoiceField(
        label=_("Part"),
        required=False,
        choices=[("", _("Everything")), *((key, PARTS[key][0]) for key in PARTS)],
    )
    object = forms.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)
    before = forms.IntegerField(required=False, min_value=1, max_value=BIGGEST_ID)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.is_valid()

    @property
    def before_id(self) -> int | None:
        return self.cleaned_data.get("before")

    def condition(self) -> Q:
        part, pk = self.cleaned_data.get("part"), self.cleaned_data.get("object")
        condition: Q = PARTS[part][1] if part else Q()
        return condition & Q(object_id=pk) if part and pk else condition

    def address(self, *, before: int | None = None) -> str:
        """The query of the same filter, further back where `before` says so."""
        kept = {
            name: self.cleaned_data.get(name)
            for name in ("part", "object")
            if self.cleaned_data.get(name)
        }
        if before:
            kept["before"] = before
        return f"?{urlencode(kept)}" if kept else "?"
