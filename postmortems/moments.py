"""Times as people type them, read to the second in UTC.

What is taken: `09:30`, `9:30pm`, `9.30`, `09:30:15`, `2026-03-05 09:30:15`, ISO 8601
with `Z` or an offset, `5 Mar 9:30`, `Mar 5, 2026 9:30 am` (a weekday before it is
passed over), `+15m`, `+1h30m` and `-5m` (from the entry above), seconds (10 digits) or
milliseconds (13) since 1970, each but the last two with a zone behind it (`10:30 CET`,
`10:30 Europe/Berlin`). Fractions of a second are cut. A day without a year is the one
nearest to the reference; a time without a day is on the day of the reference.

`24:00` is the midnight at the end of its day. `23:59:60` is refused: a leap second has
no place in UTC as computers count it (RFC 3339 §5.7 leaves that to the reader). A time
that the clock skipped is refused with the two nearest; one that it showed twice asks
which. Moments lie between 2000-01-01 and a day from now.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from config.limits import LIMITS
from postmortems.vocabulary import Precision
from postmortems.zones import ABBREVIATIONS, AMBIGUOUS, BadZone, named_zone

LONGEST = 100
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
FURTHEST = timedelta(days=1)
FURTHEST_DUE_YEARS = 5
FURTHEST_OFFSET_HOURS = 14

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january", "feb february", "mar march", "apr april", "may",
            "jun june", "jul july", "aug august", "sep sept september",
            "oct october", "nov november", "dec december",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
WEEKDAYS = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)

_CLOCK = (
    r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d)"
    r"(?:[.,](?P<fraction>\d{1,12}))?)?)?\s*(?:(?P<half>[ap]\.?m)\b\.?)?"
)
_DAY = (
    r"(?:(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})"
    r"|(?P<day2>\d{1,2})(?:st|nd|rd|th)?\.?\s+(?P<name>[a-z]{3,9})\.?,?(?:\s+(?P<year2>\d{4}))?,?"
    r"|(?P<name3>[a-z]{3,9})\.?\s+(?P<day3>\d{1,2})(?:st|nd|rd|th)?,?(?:\s+(?P<year3>\d{4}))?,?)"
)
_ZONE = (
    r"(?P<offset>[+-]\d\d(?::?\d\d)?)|(?:UTC|GMT)(?P<offset2>[+-]\d{1,2}(?::?\d\d)?)"
    r"|(?P<zone>[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2})"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?"
_WHOLE = re.compile(
    rf"{_WEEKDAY}(?:{_DAY}(?:\s*[tT]\s*|\s+))?{_CLOCK}(?:\s*(?:{_ZONE}))?",
    re.IGNORECASE | re.ASCII,
)
_DAY_ALONE = re.compile(_DAY, re.IGNORECASE | re.ASCII)
_RELATIVE = re.compile(
    r"([+-])\s*(?:(\d{1,4})\s*d)?\s*(?:(\d{1,4})\s*h)?\s*(?:(\d{1,6})\s*m(?:in)?)?"
    r"\s*(?:(\d{1,7})\s*s)?",
    re.IGNORECASE | re.ASCII,
)
_EPOCH = re.compile(r"\d{10}(?:\.\d+)?|\d{13}", re.ASCII)


class BadMoment(Exception):
    """What was typed is no moment; `str()` of it says why, fit to show to people."""


class AmbiguousMoment(BadMoment):
    """The clock showed this time twice. `choices` are both, in UTC, earlier first.

    The sentence names what to type; `choice.isoformat()` parses unambiguously, too.
    """

    def __init__(self, sentence: str, choices: tuple[datetime, datetime]) -> None:
        super().__init__(sentence)
        self.choices = choices


@dataclass(frozen=True, slots=True)
class Moment:
    at: datetime
    """In UTC, to the second."""
    precision: Precision
    """EXACT where seconds were typed, else MINUTE."""
    zone_name: str = "UTC"


def parse_moment(
    text: str,
    *,
    zone: ZoneInfo,
    reference: date | datetime | None,
    after: datetime | None,
    now: datetime,
) -> Moment:
    """Read one moment. Raises BadMoment or AmbiguousMoment.

    `zone` holds where none is typed; `reference` gives the day where none is typed;
    `after` is what “+15m” counts from.
    """
    typed = " ".join(text[: LONGEST * 2].split()).replace("−", "-")
    if not typed or len(text) > LONGEST * 2 or not typed.isascii():
        raise BadMoment(_not_understood(text))
    if match := _RELATIVE.fullmatch(typed):
        return _relative(match, after, typed)
    if _EPOCH.fullmatch(typed):
        return _epoch(typed)
    match = _WHOLE.fullmatch(typed)
    if match is None:
        if _DAY_ALONE.fullmatch(typed):
            raise BadMoment(
                _("“%(text)s” is a day; write the time behind it, as in 09:30.")
                % {"text": typed}
            )
        raise BadMoment(_not_understood(text))
    found = match.groupdict()
    if found["minute"] is None and found["half"] is None:
        raise BadMoment(_not_understood(text))
    where = _typed_zone(found) or zone
    clock, extra_day = _clock(found, text)
    try:
        day = _day(found, text, reference, now, where) + extra_day
    except OverflowError as error:
        raise BadMoment(_not_understood(text)) from error
    precision = Precision.EXACT if found["second"] else Precision.MINUTE
    return Moment(_in_utc(day, clock, where, text), precision, _name_of(where))


def check_range(at: datetime, *, now: datetime) -> None:
    """Raise BadMoment for a moment that nobody can mean (BAR L1)."""
    if at < EARLIEST:
        raise BadMoment(_("This is before the year 2000."))
    if at > now + FURTHEST:
        raise BadMoment(_("This is more than a day in the future."))


def parse_due_date(text: str, *, today: date) -> date:
    """A day to come: `2026-03-20`, `20 Mar`, `Fri`, `next fri`, `+10d`, `in 2 weeks`.

    Raises BadMoment, also beyond five years from `today` or before the year 2000.
    """
    typed = " ".join(text.lower().split())
    found = None
    if typed and len(typed) <= LONGEST and typed.isascii():
        found = (
            _counted_day(typed, today)
            or _weekday(typed, today)
            or _named_day(typed, text, today)
        )
    if found is None:
        raise BadMoment(
            _("“%(text)s” is not a day. Write it as 2026-03-20, 20 Mar or Fri.")
            % {"text": _short(text)}
        )
    if (
        not EARLIEST.date()
        <= found
        <= today + timedelta(days=365 * FURTHEST_DUE_YEARS + 2)
    ):
        raise BadMoment(
            _("A due date lies between the year 2000 and five years ahead.")
        )
    return found


@dataclass(frozen=True, slots=True)
class PastedLine:
    """A pasted line: its moment and text, or why it has none."""

    text: str
    moment: Moment | None = None
    problem: str = ""


def split_pasted_lines(
    text: str,
    *,
    zone: ZoneInfo,
    reference: date | datetime | None,
    now: datetime,
) -> list[PastedLine]:
    """Lines that begin with a time, as moments and texts; a line that does not begin
    with one belongs to the line before it. A day that a line names holds for the lines
    below it. What is beyond the limits comes last, as it is, with its problem."""
    found: list[PastedLine] = []
    last: datetime | None = None
    lines = text.splitlines()
    for line in lines[: LIMITS.pasted_lines]:
        bare = line.strip().lstrip("*-•> ").strip()
        if not bare:
            continue
        try:
            read = _leading(bare, zone, last or reference, last, now)
        except BadMoment as problem:
            found.append(PastedLine(bare, problem=str(problem)))
            continue
        if read is not None:
            last = read.moment.at if read.moment else last
            found.append(read)
        elif found and found[-1].moment is not None:
            before = found.pop()
            found.append(PastedLine(f"{before.text}\n{bare}".strip(), before.moment))
        else:
            found.append(PastedLine(bare, problem=_("There is no time in this line.")))
    if rest := "\n".join(lines[LIMITS.pasted_lines :]).strip():
        count = {"count": LIMITS.pasted_lines}
        unread = _("Only the first %(count)s lines were read.") % count
        found.append(PastedLine(rest, problem=unread))
    return found


_LEADING = re.compile(
    rf"[\[(]?\**(?P<when>(?:(?i:{_DAY.replace('?P<', '?P<x_')})(?:\s*[tT]\s*|\s+))?"
    r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d{1,12})?)?(?i:\s*[ap]\.?m\b\.?)?"
    r"(?:\s*(?:Z\b|[+-]\d\d:?\d\d\b|(?P<word>[A-Z]{3,4})\b(?!/)))?)\**[\])]?"
    r"\**\s*[:–—|-]?\**\s*(?P<rest>.*)",
    re.ASCII | re.DOTALL,
)


def _leading(
    line: str,
    zone: ZoneInfo,
    reference: date | datetime | None,
    last: datetime | None,
    now: datetime,
) -> PastedLine | None:
    match = _LEADING.fullmatch(line)
    if match is None:
        return None
    if len(line) > LIMITS.entry:
        raise BadMoment(
            _("An entry has at most %(count)s characters.") % {"count": LIMITS.entry}
        )
    when, rest = match["when"], match["rest"].strip()
    if match["word"] and match["word"] not in {*ABBREVIATIONS, *AMBIGUOUS}:
        # A capital word behind the time belongs to the text.
        when, rest = (
            line[match.start("when") : match.start("word")],
            line[match.start("word") :],
        )
    moment = parse_moment(when, zone=zone, reference=reference, after=last, now=now)
    check_range(moment.at, now=now)
    if not rest:
        raise BadMoment(_("There is no text behind the time."))
    return PastedLine(rest, moment)


def _relative(match: re.Match[str], after: datetime | None, typed: str) -> Moment:
    sign, *amounts = match.groups()
    if not any(amounts):
        raise BadMoment(_not_understood(typed))
    if after is None:
        raise BadMoment(
            _("There is no entry above that “%(text)s” could count from.")
            % {"text": typed}
        )
    days, hours, minutes, seconds = (int(amount or 0) for amount in amounts)
    step = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    try:
        above = after.astimezone(UTC).replace(microsecond=0)
        at = above + step if sign == "+" else above - step
    except OverflowError as error:
        raise BadMoment(_not_understood(typed)) from error
    exact = at.second or seconds
    return Moment(at, Precision.EXACT if exact else Precision.MINUTE)


def _epoch(typed: str) -> Moment:
    seconds = int(typed.partition(".")[0])
    if len(typed) == 13 and "." not in typed:  # noqa: PLR2004  milliseconds
        seconds //= 1000
    return Moment(datetime.fromtimestamp(seconds, UTC), Precision.EXACT)


def _clock(found: dict[str, Any], text: str) -> tuple[time, timedelta]:
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    second = int(found["second"] or 0)
    half = (found["half"] or "").lower().replace(".", "")
    if half:
        if not 1 <= hour <= 12:  # noqa: PLR2004  a clock with twelve hours
            raise BadMoment(_not_understood(text))
        hour = hour % 12 + (12 if half == "pm" else 0)
    if (hour, minute, second) == (24, 0, 0):
        return time(0, 0), timedelta(days=1)
    if second == 60:  # noqa: PLR2004
        raise BadMoment(
            _("A leap second cannot be stored; write :59 or the next minute.")
        )
    try:
        return time(hour, minute, second), timedelta()
    except ValueError as error:
        raise BadMoment(_not_understood(text)) from error


def _day(
    found: dict[str, Any],
    text: str,
    reference: date | datetime | None,
    now: datetime,
    zone: tzinfo,
) -> date:
    given = _given_day(found, text, _day_of(reference, zone) or now.date())
    return given or _day_of(reference, zone) or now.astimezone(zone).date()


def _given_day(found: dict[str, Any], text: str, near: date) -> date | None:
    """The day that was typed; without a year the one nearest to the incident's."""
    if found["year"]:
        year, month, day = found["year"], found["month"], found["day"]
    elif found["day2"] or found["day3"]:
        name = (found["name"] or found["name3"]).lower()
        month, day = MONTHS.get(name), found["day2"] or found["day3"]
        year = found["year2"] or found["year3"]
        if month is None:
            raise BadMoment(_not_understood(text))
    else:
        return None
    try:
        if year:
            return date(int(year), int(month), int(day))
        candidates = [
            date(near.year + shift, int(month), int(day))
            for shift in (-1, 0, 1)
            if _exists(near.year + shift, int(month), int(day))
        ]
        return min(candidates, key=lambda one: abs(one - near))
    except ValueError as error:
        raise BadMoment(
            _("There is no such day: “%(text)s”.") % {"text": _short(text)}
        ) from error


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _day_of(reference: date | datetime | None, zone: tzinfo) -> date | None:
    if isinstance(reference, datetime):
        return reference.astimezone(zone).date()
    return reference


def _typed_zone(found: dict[str, Any]) -> tzinfo | None:
    if offset := found["offset"] or found["offset2"]:
        return _offset(offset)
    if not found["zone"]:
        return None
    try:
        return named_zone(found["zone"])
    except BadZone as error:
        raise BadMoment(str(error)) from error


def _offset(text: str) -> tzinfo:
    digits = text[1:].replace(":", "")
    hours, minutes = int(digits[:-2] or 0), int(digits[-2:])
    if len(digits) <= 2:  # noqa: PLR2004  “+01”, hours alone
        hours, minutes = minutes, 0
    length = timedelta(hours=hours, minutes=minutes)
    if minutes > 59 or length > timedelta(hours=FURTHEST_OFFSET_HOURS):  # noqa: PLR2004
        raise BadMoment(_("No zone is “%(offset)s” from UTC.") % {"offset": text})
    return timezone(-length if text[0] == "-" else length)


def _in_utc(day: date, clock: time, zone: tzinfo, text: str) -> datetime:
    try:
        first = datetime.combine(day, clock, zone).astimezone(UTC)
        second = datetime.combine(day, clock.replace(fold=1), zone).astimezone(UTC)
        if first == second:
            return first
        if first.astimezone(zone).time().replace(fold=0) != clock:
            earlier, later = sorted((first, second))
            raise BadMoment(
                _("The clock skipped this time. Did you mean %(before)s or %(after)s?")
                % {
                    "before": _both_clocks(earlier, zone),
                    "after": _both_clocks(later, zone),
                }
            )
    except OverflowError as error:
        raise BadMoment(_not_understood(text)) from error
    names = [_label(moment.astimezone(zone)) for moment in (first, second)]
    raise AmbiguousMoment(
        _("The clock showed this time twice. Add %(first)s or %(second)s to it.")
        % {"first": names[0], "second": names[1]},
        (first, second),
    )


def _label(local: datetime) -> str:
    """CEST where that says it all, else the offset; either can be typed."""
    name = local.tzname() or ""
    offset = local.utcoffset() or timedelta()
    if timedelta(minutes=ABBREVIATIONS.get(name, 1)) == offset:
        return name
    return local.isoformat()[-6:]


def _both_clocks(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%H:%M:%S} ({at:%H:%M:%S} UTC)"


def _name_of(zone: tzinfo) -> str:
    return zone.key if isinstance(zone, ZoneInfo) else str(zone)


_COUNTED = re.compile(r"(?:\+|in )\s*(\d{1,4})\s*(d|days?|w|weeks?|months?)", re.ASCII)


def _counted_day(typed: str, today: date) -> date | None:
    if typed in {"today", "tomorrow"}:
        return today + timedelta(days=typed == "tomorrow")
    match = _COUNTED.fullmatch(typed)
    if match is None:
        return None
    count, unit = int(match[1]), match[2][0]
    if unit == "m":
        return _months_ahead(today, min(count, 12 * (FURTHEST_DUE_YEARS + 1)))
    return today + timedelta(days=count * (7 if unit == "w" else 1))


def _months_ahead(today: date, count: int) -> date:
    """The same day of a later month, or that month's last."""
    years, month = divmod(today.month - 1 + count, 12)
    year, month = today.year + years, month + 1
    return date(year, month, min(today.day, monthrange(year, month)[1]))


def _weekday(typed: str, today: date) -> date | None:
    """The next such day after today; “next friday” is the one of the week after."""
    name = typed.removeprefix("next ").strip()
    if len(name) < 3:  # noqa: PLR2004  “Fr” says too little
        return None
    for number, weekday in enumerate(WEEKDAYS):
        if weekday.startswith(name):
            ahead = (number - today.weekday() - 1) % 7 + 1
            if typed.startswith("next ") and ahead <= 6 - today.weekday():
                ahead += 7
            return today + timedelta(days=ahead)
    return None


def _named_day(typed: str, text: str, today: date) -> date | None:
    """A written day; without a year the next one to come, today included."""
    match = _DAY_ALONE.fullmatch(typed)
    if match is None:
        return None
    found = match.groupdict()
    if not (found["year"] or found["year2"] or found["year3"]):
        first = _given_day(found, text, today)
        if first and first < today:
            return _given_day(found, text, date(first.year + 1, first.month, 1))
        return first
    return _given_day(found, text, today)


def _not_understood(text: str) -> str:
    return _(
        "“%(text)s” is not a time. Write it as 09:30, 2026-03-05 09:30:15 or +15m."
    ) % {"text": _short(text)}


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 40 else f"{flat[:40]}…"  # noqa: PLR2004
