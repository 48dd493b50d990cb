"""The forms of a report's rows: typed text in, values for the operations out."""

import re
from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.access import people, teams
from accounts.models import User
from config.limits import LIMITS
from postmortems.fields import CleanLine, CleanText
from postmortems.models import Postmortem, Row
from postmortems.moments import (
    AmbiguousMoment,
    BadMoment,
    Moment,
    check_range,
    parse_moment,
)
from postmortems.vocabulary import (
    ActorKind,
    Category,
    EvidenceKind,
    Importance,
    Known,
    LessonKind,
    Marker,
    Precision,
)

MOST_ACTORS = 20
MOST_EVIDENCE = 30
TRACE_ID = re.compile(r"[0-9a-fA-F-]{16,64}")
WEB_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


class RowForm(forms.Form):
    """What every row's form has: the version it was opened at, and a request key."""

    first_field: ClassVar[str] = "text"
    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    request_key = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput
    )

    def __init__(
        self,
        data: Any = None,
        *,
        postmortem: Postmortem,
        user: User,
        now: datetime,
        row: Row | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        self.postmortem, self.user, self.now, self.row = postmortem, user, now, row
        shown = {
            "request_key": uuid4().hex,
            "version": row.version if row else 0,
            **(self.initial_of(row) if row else {}),
            **(initial or {}),
        }
        super().__init__(data, initial=shown, auto_id=self.id_pattern(row))
        self.prepare()

    @staticmethod
    def id_pattern(row: Row | None) -> str:
        return f"id_{row.pk if row else 'new'}_%s"

    def prepare(self) -> None:
        """Fill choices that depend on the report or the reader."""

    def initial_of(self, row: Any) -> dict[str, Any]:
        return {
            name: getattr(row, name)
            for name in self.base_fields
            if name not in {"version", "request_key"}
        }

    def values(self) -> dict[str, Any]:
        """Cleaned values by column, for the operations."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in {"version", "request_key"}
        }

    def clean_version(self) -> int:
        return self.cleaned_data["version"] or 0


def clean_moment(form: Any, name: str, *, zone: ZoneInfo) -> Moment | None:
    """The moment typed into a field, or None with the field's error set."""
    text = form.cleaned_data.get(name) or ""
    if not text.strip():
        return None
    try:
        moment = parse_moment(
            text,
            zone=zone,
            reference=form.reference_day(),
            after=form.after,
            now=form.now,
        )
        check_range(moment.at, now=form.now)
    except (BadMoment, AmbiguousMoment) as error:
        form.add_error(name, ValidationError(str(error), code="moment"))
        return None
    return moment


class TimelineForm(RowForm):
    first_field = "occurred"
    occurred = forms.CharField(label=_("Time"), max_length=200)
    zone = forms.CharField(required=False, max_length=64, initial="UTC")
    ended = forms.CharField(label=_("Until"), max_length=200, required=False)
    precision = forms.ChoiceField(
        label=_("How exact"),
        choices=[("", _("As typed")), *Precision.choices],
        required=False,
    )
    actors = CleanLine(
        label=_("Team, role or system"), limit=LIMITS.line, required=False
    )
    markers = forms.MultipleChoiceField(
        label=_("Marks"),
        choices=Marker.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    text = CleanText(label=_("What happened"), limit=LIMITS.entry)
    known = forms.ChoiceField(
        label=_("When it was known"), choices=Known.choices, required=False
    )
    importance = forms.ChoiceField(
        label=_("Importance"), choices=Importance.choices, required=False
    )
    after_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    """The entry above, which "+15m" counts from."""

    after: datetime | None = None
    evidence_items: list[dict[str, str]]

    def prepare(self) -> None:
        self.evidence_items = (
            self._typed_evidence() if self.is_bound else self._stored_evidence()
        )

    def initial_of(self, row: Any) -> dict[str, Any]:
        return {
            "occurred": self.typed(row.occurred_at, row.precision),
            "ended": self.typed(row.ended_at, row.precision) if row.ended_at else "",
            "precision": row.precision,
            "actors": ", ".join(_actor_text(actor) for actor in row.actors),
            "markers": row.markers,
            "text": row.text,
            "known": row.known,
            "importance": row.importance,
        }

    def reference_day(self) -> datetime:
        incident = self.postmortem.incident
        return incident.started_at or incident.detected_at or incident.created_at

    def typed(self, at: datetime, precision: str) -> str:
        """A moment as somebody would type it: the day only where it is another."""
        clock = "%H:%M" if precision == Precision.MINUTE else "%H:%M:%S"
        same_day = at.date() == self.reference_day().date()
        return at.strftime(clock if same_day else f"%Y-%m-%d {clock}")

    def clean(self) -> None:
        zone = self._zone()
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
        for name in ("occurred", "ended", "zone", "after_id"):
            values.pop(name, None)
        values["known"] = values.get("known") or Known.THEN
        values["importance"] = values.get("importance") or Importance.STORY
        if self.row is None:
            values["recorded_at"] = self.now
        return values

    def _zone(self) -> ZoneInfo:
        name = self.cleaned_data.get("zone") or "UTC"
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            self.add_error("occurred", _("There is no time zone of that name."))
            return ZoneInfo("UTC")

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
        return last or self.postmortem.incident.started_at

    def _clean_actors(self) -> list[dict[str, str]]:
        text = self.cleaned_data.get("actors") or ""
        names = [name.strip() for name in text.split(",") if name.strip()]
        if len(names) > MOST_ACTORS:
            self.add_error("actors", _("Name at most 20 actors."))
            names = []
        known = {
            actor["name"].casefold(): actor["kind"]
            for actor in getattr(self.row, "actors", [])
        }
        return read_actors(names, known)

    def _stored_evidence(self) -> list[dict[str, str]]:
        return [
            {**item, "what": _evidence_text(item)}
            for item in getattr(self.row, "evidence", [])
        ]

    def _typed_evidence(self) -> list[dict[str, str]]:
        data: Any = self.data
        columns = [
            data.getlist(f"evidence_{name}")
            for name in ("uid", "kind", "label", "what")
        ]
        return [
            dict(zip(("uid", "kind", "label", "what"), item, strict=True))
            for item in zip(*columns, strict=False)
        ]

    def _clean_evidence(self) -> list[dict[str, str]]:
        items = [item for item in self.evidence_items if item["what"].strip()]
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


def read_actors(names: list[str], known: dict[str, str]) -> list[dict[str, str]]:
    """Names as actors. A kind may be said before a colon; else it is looked up.

    What was said of the same name before holds; then a team, then a person of that
    name; and a name nobody knows is a role.
    """
    team_names = {team.name.casefold() for team in teams()}
    person_names = {person.name.casefold() for person in people()}
    actors = []
    for typed in names:
        said, colon, rest = typed.partition(":")
        name = rest.strip() if colon and said.strip().lower() in ActorKind else typed
        folded = name.casefold()
        if name != typed:
            kind = said.strip().lower()
        elif folded in known:
            kind = known[folded]
        elif folded in team_names:
            kind = ActorKind.TEAM.value
        elif folded in person_names:
            kind = ActorKind.PERSON.value
        else:
            kind = ActorKind.ROLE.value
        if name:
            actors.append({"kind": kind, "name": name[: LIMITS.name]})
    return actors


def read_evidence(item: dict[str, str]) -> dict[str, str]:
    """One piece of evidence from what was pasted: a link, a trace id, or a text."""
    what = CleanText(limit=LIMITS.snippet).clean(item["what"]).strip()
    label = CleanLine(limit=LIMITS.name, required=False).clean(item.get("label", ""))
    found = {
        "uid": item.get("uid") or uuid4().hex[:12],
        "kind": item.get("kind") or "",
        "label": label,
        "url": "",
        "trace_id": "",
        "text": "",
    }
    first, _newline, rest = what.partition("\n")
    if WEB_ADDRESS.fullmatch(first.strip()):
        found["url"] = clean_url(first.strip())
        what, first = rest.strip(), rest.strip().partition("\n")[0]
        rest = what.partition("\n")[2]
    trace = first.strip().removeprefix("trace ").strip()
    if TRACE_ID.fullmatch(trace):
        found["trace_id"], what = trace, rest.strip()
    found["text"] = what
    if found["kind"] not in EvidenceKind.values:
        found["kind"] = _guessed_kind(found)
    return found


def clean_url(url: str) -> str:
    """A web address fit to be a link: http(s), no credentials, not endless."""
    if len(url) > LIMITS.url_field:
        raise ValidationError(_("This address is too long."))
    host = url.split("/")[2] if url.count("/") > 1 else ""
    if "@" in host or not host or any(mark in url for mark in "\"'<>\\ "):
        raise ValidationError(_("This is not a web address that can be linked."))
    return url


def _guessed_kind(found: dict[str, str]) -> str:
    if found["trace_id"]:
        return EvidenceKind.TRACE.value
    return EvidenceKind.LOG.value if found["text"] else EvidenceKind.OTHER.value


def _actor_text(actor: dict[str, str]) -> str:
    if actor["kind"] == ActorKind.SYSTEM:
        return f"system: {actor['name']}"
    return actor["name"]


def _evidence_text(item: dict[str, str]) -> str:
    trace = f"trace {item['trace_id']}" if item.get("trace_id") else ""
    return "\n".join(filter(None, (item.get("url"), trace, item.get("text"))))


class LessonForm(RowForm):
    kind = forms.ChoiceField(choices=LessonKind.choices, widget=forms.HiddenInput)
    text = CleanText(label=_("Lesson"), limit=LIMITS.line)


class FollowUpForm(RowForm):
    text = CleanText(label=_("Follow-up"), limit=LIMITS.line)


class FactorForm(RowForm):
    text = CleanText(label=_("What made it possible"), limit=LIMITS.line)
    category = forms.ChoiceField(
        label=_("Bone"),
        choices=[("", _("Not placed yet")), *Category.choices],
        required=False,
    )
    note = CleanText(label=_("Note"), limit=LIMITS.entry, required=False)
    same_as = CleanLine(
        label=_("Same as, in an earlier report"), limit=600, required=False
    )


class WhyForm(RowForm):
    first_field = "answer"
    parent_id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    question = CleanLine(label=_("Question"), limit=500, required=False)
    answer = CleanText(label=_("Because"), limit=LIMITS.line)
    primary = forms.BooleanField(
        label=_("This is the primary root cause"), required=False
    )

    def clean_parent_id(self) -> int | None:
        parent = self.cleaned_data["parent_id"]
        if parent is None:
            return None
        if parent == getattr(self.row, "pk", None) or not (
            self.postmortem.whys.present().filter(pk=parent).exists()
        ):
            raise ValidationError(_("The answer above is not there any more."))
        return int(parent)


class MeasureForm(RowForm):
    first_field = "quantity"
    quantity = forms.DecimalField(
        label=_("How much"), min_value=0, max_digits=20, decimal_places=4
    )
    unit = CleanLine(label=_("Unit"), limit=LIMITS.name)
    who = CleanLine(label=_("Who or where"), limit=LIMITS.title, required=False)
    estimated = forms.BooleanField(label=_("Estimated"), required=False)


FORMS: dict[str, type[RowForm]] = {
    "timeline": TimelineForm,
    "lessons": LessonForm,
    "follow_ups": FollowUpForm,
    "factors": FactorForm,
    "whys": WhyForm,
    "measures": MeasureForm,
}


def register(name: str, form: type[RowForm]) -> None:
    """Add the form of a kind of row that an app above this one brings."""
    FORMS[name] = form


def form_of(name: str) -> type[RowForm]:
    return FORMS[name]
