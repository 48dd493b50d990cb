"""How long something took, in words that people say: “2 h 15 min”, never “135m”."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUTE, HOUR, DAY = 60, 60 * 60, 24 * 60 * 60


def duration_in_words(length: timedelta) -> str:
    """The two largest units that count: “45 s”, “30 min”, “2 h 15 min”, “3 days 4 h”.

    Seconds are said below ten minutes; a negative length has a minus before it.
    """
    seconds = round(length.total_seconds())
    if seconds < 0:
        return f"−{duration_in_words(timedelta(seconds=-seconds))}"
    days, rest = divmod(seconds, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes, left = divmod(rest, MINUTE)
    if days:
        words = ngettext("%(n)s day", "%(n)s days", days) % {"n": days}
        return f"{words} {_hours(hours)}" if hours else words
    if hours:
        return f"{_hours(hours)} {_minutes(minutes)}" if minutes else _hours(hours)
    if minutes >= 10 or (minutes and not left):  # noqa: PLR2004  ten minutes
        return _minutes(minutes)
    if minutes:
        return f"{_minutes(minutes)} {_seconds(left)}"
    return _seconds(left)


def _hours(count: int) -> str:
    return _("%(n)s h") % {"n": count}


def _minutes(count: int) -> str:
    return _("%(n)s min") % {"n": count}


def _seconds(count: int) -> str:
    return _("%(n)s s") % {"n": count}
