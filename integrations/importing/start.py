"""The one thing without which a report cannot be placed: a day."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from postmortems.document import Document, Time
from postmortems.moments import check_range, parse_moment
from postmortems.vocabulary import Certainty

_UTC = ZoneInfo("UTC")
_ABOUT = re.compile(r"\s*about\s+", re.IGNORECASE)


def needs_a_start(document: Document) -> bool:
    """Whether nothing in it says on which day the incident was."""
    known = document.started.at or document.detected.at or document.reference
    return not known


def start_in(typed: str, *, now: datetime) -> Time:
    """A start as people type it, in UTC; `about` before it makes it approximate.

    Raises BadMoment.
    """
    about = _ABOUT.match(typed)
    moment = parse_moment(
        typed[about.end() :] if about else typed,
        zone=_UTC,
        reference=now,
        after=None,
        now=now,
    )
    check_range(moment.at, now=now)
    return Time(moment.at, Certainty.APPROXIMATE if about else Certainty.RECORDED)
