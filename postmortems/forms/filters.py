"""The filters of the incidents list, as its address carries them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from django import forms
from django.db.models import BigIntegerField, F, Value
from django.db.models.functions import Cast
from django.http import QueryDict
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from accounts.access import teams
from accounts.models import User
from config.limits import LIMITS
from postmortems import access
from postmortems.fields import CleanLine
from postmortems.forms.addressed import AddressFilters
from postmortems.vocabulary import Kind, Status

EARLIEST = date(2000, 1, 1)
NO_SEVERITY = "none"

_CURSOR = re.compile(r"(\d{1,16})_(\d{1,18})")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the list: the moment and the id of a row there."""

    at: datetime
    pk: int

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """None where it is not one of ours."""
        match = _CURSOR.fullmatch(text)
        if match is None:
            return None
        try:
            at = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(match[1]))
        except OverflowError:
            return None
        return cls(at, int(match[2]))

    def __str__(self) -> str:
        since = self.at - datetime.fromtimestamp(0, UTC)
        return f"{since // timedelta(microseconds=1)}_{self.pk}"


class Options:
    """What the select boxes offer `user`, read in one query."""

    def __init__(self, user: User) -> None:
        found = (
            _options(access.severities(), "severity", "label", "rank")
            .union(
                _options(access.services(user), "service", "name", "pk"),
                _options(teams(), "team", "name", "pk"),
                all=True,
            )
            .order_by("of", "shown")
        )
        self.severities: list[tuple[str, str]] = []
        self.services: list[tuple[str, str]] = []
        self.teams: list[tuple[str, str]] = []
        by_kind = {
            "severity": self.severities,
            "service": self.services,
            "team": self.teams,
        }
        ranked = sorted(found, key=lambda row: row[3] if row[0] == "severity" else 0)
        for of, pk, shown, _rank in ranked:
            by_kind[of].append((str(pk), shown))


def _options(rows: Any, of: str, shown: str, rank: str) -> Any:
    return (
        rows.order_by()
        .annotate(of=Value(of), rank_=_column(rank), shown=_column(shown))
        .values_list("of", "pk", "shown", "rank_")
    )


def _column(name: str) -> Any:
    return Cast(F(name), BigIntegerField()) if name in {"rank", "pk"} else F(name)


class Filters(AddressFilters):
    """Every filter of the incidents list."""

    NAMES: ClassVar[tuple[str, ...]] = (
        "q",
        "severity",
        "status",
        "kind",
        "service",
        "team",
        "from",
        "to",
        "mine",
        "order",
    )
    PLACES: ClassVar[tuple[str, ...]] = ("before", "after")
    SEVERAL = frozenset({"severity", "status"})
    TOGETHER: ClassVar = {"dates": ("from", "to"), "report": ("status", "kind", "mine")}
    USUAL: ClassVar = {"order": "newest"}
    LEAVE_NOTHING_OUT = frozenset({"order"})

    q = CleanLine(
        label=lazy("Search titles, text, services"), limit=LIMITS.search_query
    )
    severity = forms.MultipleChoiceField(
        label=lazy("Severity"), widget=forms.CheckboxSelectMultiple
    )
    status = forms.MultipleChoiceField(
        label=lazy("Report"), choices=Status, widget=forms.CheckboxSelectMultiple
    )
    kind = forms.ChoiceField(
        label=lazy("Kind"), choices=[("", lazy("Every kind")), *Kind.choices]
    )
    service = forms.ChoiceField(label=lazy("Service"))
    team = forms.ChoiceField(
        label=lazy("Team"), help_text=lazy("Owns an affected service or an action.")
    )
    mine = forms.BooleanField(label=lazy("Mine"))
    order = forms.ChoiceField(
        label=lazy("Order"),
        choices=[("newest", lazy("Newest first")), ("oldest", lazy("Oldest first"))],
        widget=forms.HiddenInput,
    )

    def __init__(self, data: QueryDict, *, options: Options, today: date) -> None:
        self.today = today
        super().__init__(data, auto_id="filter-%s")
        # “from” is a word of Python's, so these two cannot be declared above.
        self.fields["from"] = _day_field(lazy("Started on or after"))
        self.fields["to"] = _day_field(lazy("Started on or before"))
        self._offer("severity", [*options.severities, (NO_SEVERITY, _("Not set"))])
        self._offer("service", [("", _("Any service")), *options.services])
        self._offer("team", [("", _("Any team")), *options.teams])
        for field in self.fields.values():
            field.required = False

    def clean(self) -> dict[str, Any]:
        super().clean()
        self._check_days()
        return self.cleaned_data

    def _check_days(self) -> None:
        latest = self.today + timedelta(days=366)
        for name in ("from", "to"):
            day = self.cleaned_data.get(name)
            if day and not EARLIEST <= day <= latest:
                self.add_error(name, _("Choose a day from 2000 to a year from now."))
        since, until = self.cleaned_data.get("from"), self.cleaned_data.get("to")
        if since and until and since > until:
            self.add_error("to", _("This is before the first day."))

    def words_of(self, name: str) -> str:
        """A filter as the end of a sentence: “since 1 January 2026”; "" when off."""
        if name == "dates":
            return _days(self.cleaned_data.get("from"), self.cleaned_data.get("to"))
        if name == "report":
            parts = [self.chosen_words(part) for part in self.TOGETHER["report"]]
            return ", ".join(filter(None, parts))
        return self.chosen_words(name)

    def chosen_words(self, name: str) -> str:
        if name == "mine" and self.cleaned_data.get(name):
            return _("yours")
        return super().chosen_words(name)


def _day_field(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def _days(since: date | None, until: date | None) -> str:
    if since and until:
        return _("from %(since)s to %(until)s") % {
            "since": _day(since),
            "until": _day(until),
        }
    if since:
        return _("since %(day)s") % {"day": _day(since)}
    return _("until %(day)s") % {"day": _day(until)} if until else ""


def _day(day: date) -> str:
    return date_format(day, "j F Y")


class SavedViewForm(forms.Form):
    """A name for the filters that are on."""

    name = CleanLine(label=lazy("Name"), limit=60)
    shared = forms.BooleanField(label=lazy("Everybody may use it"), required=False)
    query = forms.CharField(
        max_length=1000, required=False, widget=forms.HiddenInput, strip=False
    )
