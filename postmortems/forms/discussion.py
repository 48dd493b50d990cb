"""What people say about a report."""

from base64 import b64decode
from binascii import Error as NotBase64
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from config.limits import LIMITS
from live import anchors
from live.updates import Malformed
from postmortems import access
from postmortems.fields import CleanText
from postmortems.models import Comment, Postmortem

LONGEST_POSITION = 40
"""Characters of a relative position in base64; two numbers and a byte."""


class PositionField(forms.CharField):
    """Where marked words begin or end in a shared text; bytes, or None."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False, max_length=LONGEST_POSITION)

    def clean(self, value: Any) -> bytes | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            position = b64decode(text, validate=True)
            anchors.read(position)
        except (NotBase64, ValueError, Malformed) as error:
            raise ValidationError(
                _("The marked words could not be found. Mark them again."),
                code="position",
            ) from error
        return position


class CommentForm(forms.Form):
    """A comment, a reply, or one's own comment to be said otherwise."""

    text = CleanText(
        label=_("Comment"),
        limit=LIMITS.comment,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write something first.")},
        help_text=_("Name somebody with @ to tell them by mail."),
    )
    named = forms.ChoiceField(label=_("Name somebody"), required=False)
    request_key = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput
    )

    def __init__(
        self,
        data: Any = None,
        *,
        postmortem: Postmortem,
        comment: Comment | None = None,
        editor: str = "id",
    ) -> None:
        text = comment.text if comment else ""
        initial = {"request_key": uuid4().hex, "text": text}
        super().__init__(data, initial=initial, auto_id=f"{editor}_%s")
        names = access.readers(postmortem).values_list("name", flat=True)
        offered = [*dict.fromkeys(names[: LIMITS.rows])]
        field: Any = self.fields["named"]
        field.choices = [("", _("Nobody")), *((name, name) for name in offered)]

    @property
    def sentence(self) -> str:
        """What is wrong with a field that nobody sees."""
        hidden = (error for field in self.hidden_fields() for error in field.errors)
        return next((str(error) for error in hidden), "")

    def said(self) -> str:
        """The comment; who was chosen from the list is named before it."""
        text: str = self.cleaned_data["text"]
        named = self.cleaned_data["named"]
        return f"@{named} {text}" if named else text


class ThreadForm(CommentForm):
    """The first comment about something, with the words that were marked."""

    quote = CleanText(limit=10 * LIMITS.quote, required=False, widget=forms.HiddenInput)
    start, end = PositionField(), PositionField()

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if (data.get("start") is None) != (data.get("end") is None):
            data["start"] = data["end"] = None
        return data
