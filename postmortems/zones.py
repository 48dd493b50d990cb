"""Names of time zones as people type them behind a time."""

from datetime import timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _

ABBREVIATIONS = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 60, "CET": 60, "CEST": 120,
    "EET": 120, "EEST": 180, "MSK": 180, "EST": -300, "EDT": -240, "CDT": -300,
    "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "AKST": -540, "AKDT": -480,
    "HST": -600, "JST": 540, "KST": 540, "SGT": 480, "HKT": 480, "AEST": 600,
    "AEDT": 660, "ACST": 570, "ACDT": 630, "AWST": 480, "NZST": 720, "NZDT": 780,
    "BRT": -180, "SAST": 120,
}  # fmt: skip
"""Minutes east of UTC of abbreviations that mean one offset."""

AMBIGUOUS = {
    "IST": ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"),
    "CST": ("America/Chicago", "Asia/Shanghai", "America/Havana"),
    "BST": ("Europe/London", "Asia/Dhaka"),
    "AST": ("America/Halifax", "Asia/Riyadh"),
    "ET": ("America/New_York",),
    "CT": ("America/Chicago",),
    "MT": ("America/Denver",),
    "PT": ("America/Los_Angeles",),
}
"""Abbreviations that mean several zones, or one offset in winter and one in summer."""

RENAMED = {
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon",
    "Asia/Saigon": "Asia/Ho_Chi_Minh",
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Godthab": "America/Nuuk",
    "Atlantic/Faeroe": "Atlantic/Faroe",
    "Europe/Kiev": "Europe/Kyiv",
    "Pacific/Enderbury": "Pacific/Kanton",
    "US/Central": "America/Chicago",
    "US/Eastern": "America/New_York",
    "US/Mountain": "America/Denver",
    "US/Pacific": "America/Los_Angeles",
}
"""Names that a database of zones may have without its list of old ones."""


class BadZone(ValueError):
    """No zone goes by this name; `str()` of it is fit to show to people."""


def named_zone(name: str) -> tzinfo:
    """The zone of an abbreviation or an IANA name in any case, or BadZone."""
    short = name.upper()
    if short in ABBREVIATIONS:
        return timezone(timedelta(minutes=ABBREVIATIONS[short]), short)
    if short in AMBIGUOUS:
        raise BadZone(
            _("%(zone)s has no one meaning. Write %(names)s.")
            % {"zone": short, "names": _(" or ").join(AMBIGUOUS[short])}
        )
    known = _by_lower_case().get(name.lower())
    if known is None:
        raise BadZone(
            _("“%(zone)s” is not a time zone. Write CET, +01:00 or Europe/Berlin.")
            % {
                "zone": name
                if len(name) <= LONGEST_SHOWN
                else f"{name[:LONGEST_SHOWN]}…"
            }
        )
    return ZoneInfo(known)


LONGEST_SHOWN = 40


@cache
def _by_lower_case() -> dict[str, str]:
    """Region/City names only: no file of the machine, no zone with leap seconds."""
    known = {name.lower(): name for name in available_timezones() if "/" in name}
    for old, new in RENAMED.items():
        known[old.lower()] = new
    return known
