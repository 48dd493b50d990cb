"""What forms of rows, fields and prose have in common: a version, and two of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.zones import available_zones
from postmortems.models import Postmortem, Row
from postmortems.moments import (
    AmbiguousMoment,
    BadMoment,
    Moment,
    check_range,
    parse_moment,
)

COMMON_ZONES = (
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Sydney",
)


class VersionedForm(forms.Form):
    """A form that knows the version it was opened at, and carries a request key.

    Two of the same class, one as typed and one as it stands, can be compared and put
    together; the class attributes say how.
    """

    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    request_key = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput
    )

    apart: ClassVar[frozenset[str]] = frozenset()
    """Text fields that hold one value only, such as a time."""
    lists: ClassVar[Mapping[str, str]] = {}
    """Text fields that hold a list, with what stands between its items."""

    @property
    def sentence(self) -> str:
        """What is wrong with the whole, or with a field that nobody sees."""
        hidden = (error for field in self.hidden_fields() for error in field.errors)
        return next((str(e) for e in (*self.non_field_errors(), *hidden)), "")

    def clean_version(self) -> int:
        return self.cleaned_data["version"] or 0

    def values(self) -> dict[str, Any]:
        """Cleaned values by column, for the operations."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in {"version", "request_key"}
        }

    def as_sent(self) -> QueryDict:
        """All that the form shows, as if somebody sent it unchanged."""
        data = QueryDict(mutable=True)
        for name in self.fields:
            value = self[name].value()
            if isinstance(value, list | tuple):
                data.setlist(name, [str(item) for item in value])
            elif value not in (None, False):
                data[name] = "on" if value is True else str(value)
        return data

    def as_typed(self) -> dict[str, str]:
        """Fields that can be typed in several ways, in the one way we show them."""
        return {}

    def more_to_compare(self, _theirs: Any) -> list[tuple[str, str, str]]:
        """(label, mine, theirs) of what differs and is no field of its own."""
        return []

    def join_more(self, _theirs: Any, _data: QueryDict) -> None:
        """Put what is no field of its own together, in the data of a form."""


class RowForm(VersionedForm):
    """The form of one kind of row, empty or of a row that is there."""

    def __init__(
        self,
        data: Any = None,
        *,
        postmortem: Postmortem,
        user: User,
        now: datetime,
        row: Row | None = None,
        initial: dict[str, Any] | None = None,
        editor: str = "id",
    ) -> None:
        """`editor` begins the ids of the fields: several forms stand on one page."""
        self.postmortem, self.user, self.now, self.row = postmortem, user, now, row
        shown = {
            "request_key": uuid4().hex,
            "version": row.version if row else 0,
            **(self.initial_of(row) if row else {}),
            **(initial or {}),
        }
        super().__init__(data, initial=shown, auto_id=f"{editor}_%s")
        self.prepare()

    def prepare(self) -> None:
        """Fill choices that depend on the report, the row or the reader."""

    def initial_of(self, row: Any) -> dict[str, Any]:
        return {
            name: getattr(row, name)
            for name in self.base_fields
            if name not in {"version", "request_key"}
        }


class ZoneField(forms.ChoiceField):
    """The zone that times are typed in: a few are offered, every one is taken."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=_("Typed in"), required=False, initial="UTC", **kwargs)

    def offer(self, user: User) -> None:
        names = dict.fromkeys(["UTC", user.time_zone, *COMMON_ZONES])
        self.choices = [(name, name.replace("_", " ")) for name in names]

    def valid_value(self, value: Any) -> bool:
        return value in available_zones()

    def clean(self, value: Any) -> ZoneInfo:
        return ZoneInfo(super().clean(value) or "UTC")


def clean_moment(form: Any, name: str, *, zone: ZoneInfo) -> Moment | None:
    """The moment typed into a field, or None with the field's error set.

    A time that the clock showed twice leaves both on the field, to choose from.
    """
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
        form.fields[name].moment_choices = getattr(error, "choices", ())
        form.add_error(name, ValidationError(str(error), code="moment"))
        return None
    return moment
