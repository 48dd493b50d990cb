"""What somebody wants to be told by which way, and at which hours."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.fields import Dressed, HolidaysField
from accounts.models import User
from outbound.models import Channel, NoticeKind
from outbound.wishes import Wanted, channels_of

DAYS = [
    (1, _("Monday")),
    (2, _("Tuesday")),
    (3, _("Wednesday")),
    (4, _("Thursday")),
    (5, _("Friday")),
    (6, _("Saturday")),
    (7, _("Sunday")),
]
HOURS = ("morning", "quiet_from", "working_days", "holidays")
CELLS = [(kind, channel) for kind in NoticeKind for channel in channels_of(kind)]


def name_of(kind: str, channel: str) -> str:
    return f"{kind}-{channel}"


def _box(kind: NoticeKind, channel: Channel, *, checked: bool) -> forms.BooleanField:
    label = _("%(kind)s: %(channel)s") % {"kind": kind.label, "channel": channel.label}
    widget = forms.CheckboxInput(attrs={"class": "check", "aria-label": label})
    return forms.BooleanField(required=False, initial=checked, widget=widget)


class PreferencesForm(Dressed):
    morning = forms.TimeField(
        label=_("Not before"),
        help_text=_("Your first message of a day comes at this time, where you are."),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )
    quiet_from = forms.TimeField(
        label=_("Not after"),
        help_text=_("What comes later waits for your next morning."),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )
    working_days: Any = forms.TypedMultipleChoiceField(
        label=_("Working days"),
        choices=DAYS,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one day.")},
    )
    holidays = HolidaysField()

    def __init__(self, data: Any = None, *, user: User, wanted: Wanted) -> None:
        shown = {name: getattr(user, name) for name in HOURS}
        super().__init__(data, initial=shown)
        for name in ("morning", "quiet_from"):
            self.fields[name].widget.attrs["class"] = "input"
        for kind, channel in CELLS:
            box = _box(kind, channel, checked=wanted(user.pk, kind, channel))
            self.fields[name_of(kind, channel)] = box

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        morning, quiet_from = found.get("morning"), found.get("quiet_from")
        if morning and quiet_from and morning >= quiet_from:
            self.add_error("quiet_from", _("This has to be later than the morning."))
        return found

    @property
    def hours(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in HOURS}

    @property
    def wishes(self) -> dict[tuple[str, str], bool]:
        return {
            (kind, channel): self.cleaned_data[name_of(kind, channel)]
            for kind, channel in CELLS
        }

    @property
    def of_hours(self) -> list[Any]:
        return [self[name] for name in HOURS]

    def rows(self) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
        """(kind, (channel, box or None)) as the table shows them."""
        for kind in NoticeKind:
            possible = channels_of(kind)
            boxes = [
                (
                    str(channel.label),
                    self[name_of(kind, channel)] if channel in possible else None,
                )
                for channel in Channel
            ]
            yield str(kind.label), boxes
