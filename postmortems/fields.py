"""Form fields that take text by the one rule of plaintext.py.

They set no `maxlength`: browsers cut a paste there without a word, and count in UTF-16.
The limit is told in a sentence instead, with everything that was typed still there.
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from config.plaintext import BadText, clean_text


class CleanText(forms.CharField):
    """Prose of several lines, at most `limit` characters."""

    widget: type[forms.Widget] = forms.Textarea
    several_lines = True

    def __init__(self, *, limit: int, **kwargs: Any) -> None:
        self.limit = limit
        super().__init__(strip=False, **kwargs)
        if self.several_lines and "widget" not in kwargs:
            self.widget.attrs["rows"] = 2  # it grows with its text

    def to_python(self, value: Any) -> str | None:
        text = super().to_python(value)
        if not text:
            return text
        try:
            cleaned = clean_text(text, limit=self.limit, lines=self.several_lines)
        except BadText as error:
            raise ValidationError(str(error), code="text") from error
        return cleaned or self.empty_value


class CleanLine(CleanText):
    """A title or a name: one line, at most `limit` characters."""

    widget = forms.TextInput
    several_lines = False
