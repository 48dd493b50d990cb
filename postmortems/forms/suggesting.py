"""What people say when they suggest a change, and when they decide on one."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from config.limits import LIMITS
from postmortems import access
from postmortems.fields import CleanText
from postmortems.forms.base import VersionedForm
from postmortems.forms.fields import MomentForm
from postmortems.models import Section, Suggestion
from postmortems.vocabulary import Certainty, Milestone


class WhyForm(forms.Form):
    """Stands below the form of what is suggested."""

    suggestion_reason = CleanText(
        label=_("Why you suggest it"), limit=LIMITS.line, required=False
    )


class WordingForm(VersionedForm):
    """A section's text, to be worded otherwise in one place."""

    wanted = CleanText(label=_("Text"), limit=LIMITS.document, required=False)
    stood = CleanText(limit=LIMITS.document, required=False, widget=forms.HiddenInput)
    """The text when the form was opened: what the wording is made from."""

    def __init__(
        self, data: Any = None, *, section: Section, editor: str = "id"
    ) -> None:
        initial = {
            "request_key": uuid4().hex,
            "version": section.version,
            "wanted": section.body,
            "stood": section.body,
        }
        super().__init__(data, initial=initial, auto_id=f"{editor}_%s")
        self.fields["wanted"].label = str(section)


class WordsForm(VersionedForm):
    """The words of a suggestion, to be changed before they are put in."""

    words = CleanText(
        label=_("Wording"), limit=LIMITS.suggested_wording, required=False
    )

    def __init__(
        self, data: Any = None, *, suggestion: Suggestion, editor: str = "id"
    ) -> None:
        proposed: Any = suggestion.proposed
        initial = {"request_key": uuid4().hex, "words": proposed["body"]}
        super().__init__(data, initial=initial, auto_id=f"{editor}_%s")


class DeclineForm(VersionedForm):
    note = CleanText(label=_("Why it stays as it is"), limit=LIMITS.line)

    def __init__(self, data: Any = None, *, editor: str = "id") -> None:
        initial = {"request_key": uuid4().hex, "version": 0}
        super().__init__(data, initial=initial, auto_id=f"{editor}_%s")


def as_typed(name: str, value: Any, version: int) -> QueryDict:
    """A single field's form as somebody would fill it in to say `value`."""
    data = QueryDict(mutable=True)
    data.update({"version": str(version), "request_key": uuid4().hex})
    if name in Milestone:
        data["value"] = MomentForm.typed(_moment(value))
        data["zone"] = "UTC"
        if value["certainty"] == Certainty.APPROXIMATE:
            data["approximate"] = "on"
    elif name == "services":
        data["value"] = "\n".join(
            f"{service} ({note})" if note else service for service, note in value
        )
    elif name == "severity":
        step = access.severities().filter(label=value).first()
        data["value"] = "" if step is None else str(step.pk)
    else:
        data["value"] = value or ""
    return data


def _moment(value: dict[str, Any]) -> datetime | None:
    return parse_datetime(value["at"]) if value["at"] else None
