"""What people may type of a timeline entry."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from config.limits import LIMITS
from postmortems.fields import CleanLine, CleanText
from postmortems.forms.base import RowForm, ZoneField, clean_moment
from postmortems.forms.pasted import (
    actor_names,
    actor_text,
    evidence_text,
    read_actors,
    read_evidence,
)
from postmortems.vocabulary import Importance, Known, Marker, Precision

MOST_ACTORS = 20
MOST_EVIDENCE = 30
EVIDENCE = ("uid", "kind", "label", "what")
UTC = ZoneInfo("UTC")


def stored_evidence(entry: Any) -> list[dict[str, str]]:
    """An entry's pieces as they are typed; none where there is no entry."""
    return [
        {**item, "what": evidence_text(item)} for item in getattr(entry, "evidence", [])
    ]


class TimelineForm(RowForm):
    occurred = forms.CharField(label=lazy("Time"), max_length=200)
    actors = CleanLine(
        label=lazy("Team, role or system"), limit=LIMITS.line, required=False
    )
    zone = ZoneField()
    text = CleanText(label=lazy("What happened"), limit=LIMITS.entry)
    markers = forms.MultipleChoiceField(
        label=lazy("Marks"),
        choices=Marker.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    precision = forms.ChoiceField(
        label=lazy("How exact"),
        choices=[("", lazy("As typed")), *Precision.choices],
        required=False,
    )
    ended = forms.CharField(label=lazy("Until"), max_length=200, required=False)
    known = forms.ChoiceField(
        label=lazy("When it was known"), choices=Known.choices, required=False
    )
    importance = forms.ChoiceField(
        label=lazy("Importance"), choices=Importance.choices, required=False
    )
    after_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    """The entry above, which "+15m" counts from."""
    near = forms.DateTimeField(required=False, widget=forms.HiddenInput)
    """When the incident began, as the form was opened: it gives “09:30” its day."""

    apart = frozenset({"occurred", "ended"})
    lists = {"actors": ", "}
    after: datetime | None = None
    evidence_items: list[dict[str, str]]

    def prepare(self) -> None:
        zone: Any = self.fields["zone"]
        zone.offer(self.user)
        self.initial.setdefault("near", self._beginning().isoformat())
        self.evidence_items = (
            self._typed_evidence() if self.is_bound else stored_evidence(self.row)
        )

    def initial_of(self, row: Any) -> dict[str, Any]:
        return {
            "occurred": self.typed(row.occurred_at, row.precision),
            "ended": self.typed(row.ended_at, row.precision) if row.ended_at else "",
            "precision": row.precision,
            "actors": ", ".join(actor_text(actor) for actor in row.actors),
            "markers": row.markers,
            "text": row.text,
            "known": row.known,
            "importance": row.importance,
        }

    @property
    def is_more(self) -> bool:
        """Whether something is said in the part of the form that is folded away."""
        folded = {"ended", "precision", "known", "importance"}
        usual = {"", Precision.EXACT, Precision.MINUTE, Known.THEN, Importance.STORY}
        return bool(folded & set(self.errors)) or any(
            (self[name].value() or "") not in usual for name in folded
        )

    def typed(self, at: datetime, precision: str) -> str:
        """A moment as somebody would type it: the day only where it is another."""
        clock = "%H:%M" if precision == Precision.MINUTE else "%H:%M:%S"
        same_day = at.date() == self._beginning().date()
        return at.strftime(clock if same_day else f"%Y-%m-%d {clock}")

    def reference_day(self) -> datetime:
        near: datetime | None = self.cleaned_data.get("near")
        return near or self._beginning()

    def clean(self) -> None:
        zone = self.cleaned_data.get("zone") or UTC
        self.after = self._entry_above()
        occurred = clean_moment(self, "occurred", zone=zone)
        if occurred is not None:
            self.cleaned_data["occurred_at"] = occurred.at
            self.cleaned_data["precision"] = (
                self.cleaned_data.get("precision") or occurred.precision
            )
            self.after = occurred.at
        ended = clean_moment(self, "ended", zone=zone)
        self.cleaned_data["ended_at"] = ended.at if ended else None
        self.cleaned_data["actors"] = self._clean_actors()
        self.cleaned_data["evidence"] = self._clean_evidence()

    def values(self) -> dict[str, Any]:
        values = super().values()
        for name in ("occurred", "ended", "zone", "after_id", "near"):
            values.pop(name, None)
        values["known"] = values.get("known") or Known.THEN
        values["importance"] = values.get("importance") or Importance.STORY
        if self.row is None:
            values["recorded_at"] = self.now
        return values

    def as_sent(self) -> QueryDict:
        data = super().as_sent()
        for name in EVIDENCE:
            pieces = self.pieces_of_evidence()
            data.setlist(f"evidence_{name}", [item[name] for item in pieces])
        return data

    def as_typed(self) -> dict[str, str]:
        at, until = self.cleaned_data["occurred_at"], self.cleaned_data["ended_at"]
        precision = self.cleaned_data["precision"]
        return {
            "occurred": self.typed(at, precision),
            "ended": self.typed(until, precision) if until else "",
            "precision": precision,
            "zone": "UTC",
            "near": self._beginning().isoformat(),
        }

    def more_to_compare(self, theirs: Any) -> list[tuple[str, str, str]]:
        mine, other = self.evidence_lines(), theirs.evidence_lines()
        return [(_("Evidence"), mine, other)] if mine != other else []

    def join_more(self, theirs: Any, data: QueryDict) -> None:
        """All pieces of evidence of both; one that both have stands once, as mine."""
        mine = self.pieces_of_evidence()
        said = [(item["kind"], item["label"], item["what"]) for item in mine]
        added = [
            item
            for item in theirs.pieces_of_evidence()
            if (item["kind"], item["label"], item["what"]) not in said
        ]
        kept = {item["uid"] for item in mine}
        for item in added:  # the same piece, written anew by both, becomes two
            item["uid"] = "" if item["uid"] in kept else item["uid"]
        for name in EVIDENCE:
            data.setlist(f"evidence_{name}", [item[name] for item in [*added, *mine]])

    def evidence_lines(self) -> str:
        """All evidence as text, a piece a line, to be compared."""
        return "\n".join(
            " ".join(filter(None, (item["label"], item["what"])))
            for item in self.pieces_of_evidence()
        )

    def pieces_of_evidence(self) -> list[dict[str, str]]:
        """As typed or stored, without empty lines of the form."""
        return [
            {name: item.get(name, "") for name in EVIDENCE}
            for item in self.evidence_items
            if item["what"].strip()
        ]

    def _beginning(self) -> datetime:
        incident = self.postmortem.incident
        return incident.started_at or incident.detected_at or incident.created_at

    def _entry_above(self) -> datetime | None:
        entries = self.postmortem.timeline.present()
        above = self.cleaned_data.get("after_id")
        if above:
            entries = entries.filter(pk=above)
        elif self.row is not None:
            entries = entries.filter(
                occurred_at__lt=self.row.occurred_at  # type: ignore[attr-defined]
            )
        last: datetime | None = (
            entries.order_by("-occurred_at", "-position", "-pk")
            .values_list("occurred_at", flat=True)
            .first()
        )
        incident = self.postmortem.incident
        return last or incident.started_at or incident.detected_at

    def _clean_actors(self) -> list[dict[str, str]]:
        text = self.cleaned_data.get("actors") or ""
        names = actor_names(text)
        if len(names) > MOST_ACTORS:
            self.add_error("actors", _("Name at most 20 actors."))
            names = []
        known = {
            actor["name"].casefold(): actor["kind"]
            for actor in getattr(self.row, "actors", [])
        }
        actors = read_actors(names, known)
        if any(len(actor["name"]) > LIMITS.name for actor in actors):
            self.add_error(
                "actors",
                _("Use at most %(limit)s characters for each of them.")
                % {"limit": LIMITS.name},
            )
        return actors

    def _typed_evidence(self) -> list[dict[str, str]]:
        data: Any = self.data
        columns = [data.getlist(f"evidence_{name}") for name in EVIDENCE]
        return [
            dict(zip(EVIDENCE, item, strict=True))
            for item in zip(*columns, strict=False)
            if item[3].strip() or item[2].strip()
        ]

    def _clean_evidence(self) -> list[dict[str, str]]:
        items = [item for item in self.evidence_items if item["what"].strip()]
        if len(items) < len(self.evidence_items):
            self.add_error(None, _("Paste what this label is about, or take it out."))
        if len(items) > MOST_EVIDENCE:
            self.add_error(None, _("An entry holds at most 30 pieces of evidence."))
            return []
        cleaned = []
        for item in items:
            try:
                cleaned.append(read_evidence(item))
            except ValidationError as error:
                self.add_error(None, error)
        return cleaned
