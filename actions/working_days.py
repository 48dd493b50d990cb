"""On which days somebody works: their week, public holidays, and days off of all."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays as public

from accounts.models import User

ONE_DAY = timedelta(days=1)
LONGEST_BREAK = 400
"""Days after which a search for a working day ends: nobody has such holidays."""


@lru_cache(maxsize=1024)
def public_holidays(place: str, year: int) -> frozenset[date]:
    """Of a country or a part of it ("DE", "DE-BE"); none where the place is unknown."""
    country, _hyphen, part = place.partition("-")
    if not country:
        return frozenset()
    try:
        found = public.country_holidays(country, subdiv=part or None, years=year)
    except NotImplementedError:
        return frozenset()
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class WorkingDays:
    weekdays: frozenset[int]
    """1 is Monday, 7 is Sunday (ISO 8601)."""
    holidays: str = ""
    days_off: frozenset[date] = frozenset()

    def __contains__(self, day: date) -> bool:
        return (
            day.isoweekday() in self.weekdays
            and day not in self.days_off
            and day not in public_holidays(self.holidays, day.year)
        )

    def roll(self, day: date) -> date:
        """The first working day on or after `day`; the day itself where none comes."""
        found = day
        for _try in range(LONGEST_BREAK):
            if found in self:
                return found
            found += ONE_DAY
        return day

    def add(self, day: date, count: int) -> date:
        """The working day that is `count` working days after `day`."""
        for _step in range(count):
            day = self.roll(day + ONE_DAY)
        return day


def working_days_of(
    user: User, *, holidays: str, days_off: frozenset[date]
) -> WorkingDays:
    """`holidays` are those of the organisation, for whoever names none of their own."""
    return WorkingDays(
        frozenset(user.working_days), user.holidays or holidays, days_off
    )
