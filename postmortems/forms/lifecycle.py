"""What people say when they publish a report or reopen it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from config.limits import LIMITS
from postmortems.fields import CleanText


class ReasonForm(forms.Form):
    reason = CleanText(
        label=_("Reason"),
        limit=LIMITS.comment,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class PublishForm(ReasonForm):
    shown = forms.CharField(max_length=64, widget=forms.HiddenInput)
    """The hash of the text that the page showed."""
