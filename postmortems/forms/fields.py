"""The forms of a report's single fields and of its prose."""

from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from config.limits import LIMITS
from postmortems import access
from postmortems.document import Time
from postmortems.fields import CleanLine, CleanText
from postmortems.forms.base import VersionedForm, ZoneField, clean_moment
from postmortems.models import Postmortem, Section
from postmortems.vocabulary import Certainty, Kind, Milestone, Place

MOST_SERVICES = 50


class FieldForm(VersionedForm):
    """One single field of the report."""

    def __init__(
        self,
        data: Any = None,
        *,
        postmortem: Postmortem,
        name: str,
        now: datetime,
        user: User,
        editor: str = "id",
    ) -> None:
        self.postmortem, self.name, self.now, self.user = postmortem, name, now, user
        initial = {
            "version": postmortem.version_of(name),
            "request_key": uuid4().hex,
            **self.current(),
        }
        super().__init__(data, initial=initial, auto_id=f"{editor}_%s")
        self.prepare()

    def prepare(self) -> None:
        """Fill choices that depend on the reader."""

    def current(self) -> dict[str, Any]:
        """What stands now, as it would be typed."""
        raise NotImplementedError


class TitleForm(FieldForm):
    value = CleanLine(label=_("Title"), limit=LIMITS.title)

    def current(self) -> dict[str, Any]:
        return {"value": self.postmortem.incident.title}


class TldrForm(FieldForm):
    value = CleanLine(
        label=_("TL;DR"),
        limit=LIMITS.tldr,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The whole incident in at most 280 characters."),
    )

    def current(self) -> dict[str, Any]:
        return {"value": self.postmortem.tldr}


class KindForm(FieldForm):
    value = forms.ChoiceField(label=_("Kind"), choices=Kind.choices)

    def current(self) -> dict[str, Any]:
        return {"value": self.postmortem.incident.kind}


class SeverityForm(FieldForm):
    value: Any = forms.ModelChoiceField(
        label=_("Severity"),
        queryset=None,
        required=False,
        blank=True,
        empty_label=_("Not set"),
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["value"]
        field.queryset = access.severities()
        field.label_from_instance = lambda step: f"{step.label}: {step.definition}"

    def current(self) -> dict[str, Any]:
        return {"value": self.postmortem.incident.severity_id}


class MomentForm(FieldForm):
    value = forms.CharField(label=_("Time"), max_length=200, required=False)
    zone = ZoneField()
    approximate = forms.BooleanField(label=_("Approximate"), required=False)

    apart = frozenset({"value"})
    after: datetime | None = None

    def prepare(self) -> None:
        zone: Any = self.fields["zone"]
        zone.offer(self.user)

    def current(self) -> dict[str, Any]:
        time = self.postmortem.incident.moment(Milestone(self.name))
        return {
            "value": self.typed(time.at),
            "approximate": time.certainty == Certainty.APPROXIMATE,
        }

    @staticmethod
    def typed(at: datetime | None) -> str:
        return f"{at:%Y-%m-%d %H:%M:%S}" if at else ""

    def as_typed(self) -> dict[str, str]:
        return {"value": self.typed(self.cleaned_data["time"].at), "zone": "UTC"}

    def reference_day(self) -> datetime:
        incident = self.postmortem.incident
        return incident.started_at or incident.detected_at or incident.created_at

    def clean(self) -> None:
        self.after = self.postmortem.incident.started_at
        zone = self.cleaned_data.get("zone") or ZoneInfo("UTC")
        moment = clean_moment(self, "value", zone=zone)
        approximate = self.cleaned_data.get("approximate")
        certainty = Certainty.APPROXIMATE if approximate else Certainty.RECORDED
        self.cleaned_data["time"] = Time(moment.at, certainty) if moment else Time()


class ServicesForm(FieldForm):
    value = CleanText(
        label=_("Affected services"),
        limit=LIMITS.snippet,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line; a note may follow in brackets: ProductService (API)"),
    )

    lists = {"value": "\n"}

    def current(self) -> dict[str, Any]:
        rows = self.postmortem.incident.affected.select_related("service").order_by(
            "position", "pk"
        )
        lines = [
            f"{row.service.name} ({row.note})" if row.note else row.service.name
            for row in rows
        ]
        return {"value": "\n".join(lines)}

    def clean_value(self) -> list[tuple[str, str]]:
        text = self.cleaned_data["value"] or ""
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        if len(lines) > MOST_SERVICES:
            raise ValidationError(_("Name at most 50 services."))
        return [read_service(line) for line in lines]


def read_service(line: str) -> tuple[str, str]:
    """“ProductService (API)” as name and note. Raises ValidationError when too long."""
    name, note = line, ""
    if line.endswith(")") and " (" in line:
        name, _bracket, rest = line.partition(" (")
        note = rest[:-1]
    clean = CleanLine(limit=LIMITS.name).clean(name.strip())
    return clean, CleanLine(limit=LIMITS.title, required=False).clean(
        note.strip()
    ) or ""


FIELD_FORMS: dict[str, type[FieldForm]] = {
    "title": TitleForm,
    "tldr": TldrForm,
    "kind": KindForm,
    "severity": SeverityForm,
    "services": ServicesForm,
    **{milestone.value: MomentForm for milestone in Milestone},
}


class SectionForm(VersionedForm):
    heading = CleanLine(label=_("Heading"), limit=LIMITS.title)
    body = CleanText(label=_("Text"), limit=LIMITS.document, required=False)
    after = forms.ChoiceField(label=_("Behind"), choices=Place.choices)
    live_version = forms.IntegerField(
        required=False, min_value=0, widget=forms.HiddenInput
    )
    """Of the shared document when the form was opened: what to merge from."""

    def __init__(
        self,
        data: Any = None,
        *,
        section: Section | None = None,
        initial: dict[str, Any] | None = None,
        editor: str = "id",
    ) -> None:
        self.section = section
        shown: dict[str, Any] = {"request_key": uuid4().hex, "version": 0}
        if section is not None:
            shown |= {
                "version": section.version,
                "live_version": section.live_version,
                "heading": section.heading,
                "body": section.body,
                "after": section.after,
            }
        super().__init__(
            data,
            initial={**shown, **(initial or {})},
            auto_id=f"{editor}_%s",
        )
        if section is not None:
            del self.fields["after"]
            if section.key != Section.Key.FREE:
                del self.fields["heading"]
                self.fields["body"].label = str(section)


class PasteForm(VersionedForm):
    """Several lines that begin with times, to become that many entries."""

    text = CleanText(label=_("Lines that begin with a time"), limit=LIMITS.pasted_text)
    zone = ZoneField()
    confirmed = forms.BooleanField(required=False)

    def __init__(self, data: Any = None, *, user: User, editor: str = "id") -> None:
        super().__init__(
            data, initial={"request_key": uuid4().hex}, auto_id=f"{editor}_%s"
        )
        zone: Any = self.fields["zone"]
        zone.offer(user)
