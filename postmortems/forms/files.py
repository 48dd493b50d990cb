"""What people say of a file that they bring as evidence."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from config.limits import LIMITS
from postmortems.fields import CleanLine
from postmortems.models import Postmortem

MOST_ENTRIES = 200
"""Entries that are offered to choose from, the newest ones."""
LONGEST_LINE = 60


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("File"), max_length=255, allow_empty_file=True, widget=forms.FileInput
    )
    entry = forms.TypedChoiceField(
        label=_("Evidence of an entry"), coerce=int, empty_value=None, required=False
    )
    label = CleanLine(label=_("What it shows"), limit=LIMITS.name, required=False)
    request_key = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput
    )

    def __init__(
        self, data: Any = None, files: Any = None, *, postmortem: Postmortem
    ) -> None:
        super().__init__(data, files, initial={"request_key": uuid4().hex})
        choice: Any = self.fields["entry"]
        choice.choices = [("", _("None")), *_entries(postmortem)]


def _entries(postmortem: Postmortem) -> list[tuple[int, str]]:
    newest = postmortem.timeline.present().order_by("-occurred_at", "-pk")
    found = newest.values_list("pk", "occurred_at", "text")[:MOST_ENTRIES]
    return [(pk, _line(at, text)) for pk, at, text in found]


def _line(at: datetime, text: str) -> str:
    words = " ".join(text.split())
    return f"{at:%H:%M:%S} {words[:LONGEST_LINE]}"
