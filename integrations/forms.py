"""The form that imports a report: a text or a file, read before it is written."""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from config.limits import LIMITS
from config.plaintext import BadText
from integrations.importing.fitting import fit
from integrations.importing.formats import decoded, read_any
from integrations.importing.reader import Reading
from integrations.importing.start import needs_a_start, start_in
from postmortems.moments import BadMoment

TOO_LARGE = "too_large"


class ImportForm(forms.Form):
    text = forms.CharField(
        label=lazy("Paste the report"),
        required=False,
        strip=False,
        widget=forms.Textarea,
    )
    file = forms.FileField(
        label=lazy("Or choose a file"), required=False, allow_empty_file=True
    )
    started = forms.CharField(
        label=lazy("Started, UTC"), required=False, max_length=200
    )
    restricted = forms.BooleanField(
        label=lazy("Restricted: only people you invite can see it"), required=False
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    request_key = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput
    )

    def __init__(self, data: Any = None, files: Any = None, *, now: datetime) -> None:
        super().__init__(data, files)
        self.now = now
        self.source = ""
        """The text that was read, wherever it came from; the page shows it again."""
        self.reading: Reading | None = None
        self.next_key = uuid4().hex

    @property
    def digest(self) -> str:
        """Tells the text of a preview from one that was changed since."""
        return sha256(self.source.encode(errors="replace")).hexdigest()

    @property
    def is_as_seen(self) -> bool:
        return bool(self.cleaned_data.get("seen") == self.digest)

    @property
    def too_large(self) -> bool:
        return self.has_error("file", TOO_LARGE)

    @property
    def asks_for_start(self) -> bool:
        """Whether the text says nothing of a start, or something was typed for it."""
        missing = self.reading is not None and needs_a_start(self.reading.document)
        return missing or bool(self["started"].value())

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        self.source = _with_line_ends(text)
        return text

    def clean_file(self) -> str:
        """The text of the file; "" without one."""
        file = self.cleaned_data["file"]
        if not file:
            return ""
        if file.size > LIMITS.imported_file:
            raise ValidationError(
                _("This file has %(size)s; at most %(limit)s can be imported here.")
                % {
                    "size": filesizeformat(file.size),
                    "limit": filesizeformat(LIMITS.imported_file),
                },
                code=TOO_LARGE,
            )
        try:
            return decoded(file.read())
        except BadText as error:
            raise ValidationError(str(error), code="text") from error

    def clean(self) -> None:
        if self.errors:
            return
        self._take_source()
        if self.errors:
            return
        if not self.source.strip():
            self.add_error("text", _("Paste a report, or choose a file."))
            return
        self.reading = fit(read_any(self.source), now=self.now)
        if needs_a_start(self.reading.document):
            self._add_start(self.reading)
        if any(problem.severity == "error" for problem in self.reading.problems):
            self.add_error(
                None, _("Some lines have to be changed before it can be imported.")
            )

    def _take_source(self) -> None:
        """Read the file where there is one; a text that was only shown gives way."""
        text = self.cleaned_data["file"]
        if not text:
            return
        if self.source.strip() and not self.is_as_seen:
            self.add_error(
                "file", _("There is a text as well. Clear it, or leave the file out.")
            )
        else:
            self.source = _with_line_ends(text)

    def _add_start(self, reading: Reading) -> None:
        typed = self.cleaned_data["started"].strip()
        if not typed:
            self.add_error(
                "started",
                _("The text does not say when it started. Add it: 5 Mar 2026 9:30."),
            )
            return
        try:
            started = start_in(typed, now=self.now)
        except BadMoment as error:
            self.add_error("started", str(error))
        else:
            document = replace(reading.document, started=started)
            self.reading = replace(reading, document=document)


def _with_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
