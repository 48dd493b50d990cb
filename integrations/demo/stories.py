"""When the incidents of the demo happened, and what their reports say on that day.

A report is a Markdown text of our own format, in which days are placeholders:

    {day}, {day-33}        2026-03-05: the day of its start, and days around it
    {date+27}              1 April: the same, in prose
    {month}, {month-1}     March, February
    {reference}            the report's own reference
    {reference:name}       that of the story of this name

Days are computed from the day on which the demo is loaded and keep their weekday, so
that what happened on a Sunday evening always did.
"""

import re
from calendar import month_name
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from integrations.importing.reader import Reading, read
from postmortems.document import Document
from postmortems.operations.incidents import reference_of

REPORTS = Path(__file__).parent / "reports"
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)

Begins = Callable[[date], date]


def weeks_before(weeks: int, weekday: int) -> Begins:
    """That weekday, so many weeks before the week of the demo's day."""

    def begins(on: date) -> date:
        monday = on - timedelta(days=on.weekday())
        return monday + timedelta(days=weekday, weeks=-weeks)

    return begins


def first_of_month(months: int) -> Begins:
    """The first of the month, so many months before the month of the demo's day."""

    def begins(on: date) -> date:
        years, month = divmod(on.year * 12 + on.month - 1 - months, 12)
        return date(years, month + 1, 1)

    return begins


def always(day: date) -> Begins:
    """A day that does not move with the demo's."""
    return lambda _on: day


@dataclass(frozen=True, slots=True)
class Story:
    name: str
    """Its file in reports/, and how others refer to it."""
    begins: Begins
    published_after: int = 0
    """Days from the end of the incident to publishing; 0 for what is not published."""


STORIES = (
    Story("expired-certificate", weeks_before(51, THU), 8),
    Story("failover-duplicates", weeks_before(47, WED), 9),
    Story("retry-storm", weeks_before(45, TUE), 7),
    Story("invoice-month", first_of_month(10), 10),
    Story("session-eviction", weeks_before(43, MON), 6),
    Story("push-twice", weeks_before(41, WED), 9),
    Story("webhook-queue", weeks_before(40, THU), 5),
    Story("oversold-stock", weeks_before(38, FRI), 12),
    Story("nightly-import", weeks_before(37, TUE), 14),
    Story("clock-skew-uploads", weeks_before(35, THU), 8),
    Story("login-mails", weeks_before(33, WED), 7),
    Story("week-old-index", weeks_before(31, SUN), 10),
    Story("backup-key", weeks_before(30, WED), 8),
    Story("pruned-records", weeks_before(28, TUE), 6),
    Story("zero-prices", weeks_before(27, MON), 4),
    Story("debug-disk", weeks_before(25, SUN), 9),
    Story("coupon-cache", weeks_before(24, WED), 11),
    Story("poison-address", weeks_before(22, TUE), 8),
    Story("percent-flag", weeks_before(21, THU), 4),
    Story("zone-data", weeks_before(19, SUN), 9),
    Story("index-lock", weeks_before(17, TUE), 7),
    Story("address-lookup", weeks_before(16, THU), 8),
    Story("double-refunds", weeks_before(14, WED), 7),
    Story("token-rehearsal", weeks_before(13, WED), 6),
    Story("slow-search", weeks_before(11, TUE), 7),
    Story("spam-folder", weeks_before(9, MON), 8),
    Story("country-no", weeks_before(8, WED), 7),
    Story("drill-failover", weeks_before(6, TUE), 6),
    Story("expired-movements", weeks_before(5, FRI), 8),
    Story("mobile-rate-limit", weeks_before(3, TUE), 9),
    Story("leaked-token", weeks_before(2, TUE)),
    Story("slow-uploads", weeks_before(1, FRI)),
    Story("stale-product-data", always(date(2026, 3, 5))),
)


@dataclass(frozen=True, slots=True)
class Told:
    """A story with its days filled in."""

    story: Story
    reading: Reading

    @property
    def document(self) -> Document:
        return self.reading.document


def tell(on: date) -> list[Told]:
    """Every report as it reads when the demo's day is `on`, oldest incident first."""
    days = {story.name: story.begins(on) for story in STORIES}
    references = _references(days)
    return [
        Told(story, read(_filled(_text(story), days[story.name], story, references)))
        for story in sorted(STORIES, key=lambda story: days[story.name])
    ]


def _text(story: Story) -> str:
    return (REPORTS / f"{story.name}.md").read_text(encoding="utf-8")


def _references(days: dict[str, date]) -> dict[str, str]:
    """The reference of each story; one whose day does not move has the first of it."""
    given: Counter[date] = Counter()
    references = {}
    for name in reversed(days):
        day = days[name]
        given[day] += 1
        references[name] = reference_of(day, given[day])
    return references


_PLACEHOLDER = re.compile(
    r"\{(?P<what>day|date|month|reference)(?P<days>[+-]\d+)?(?::(?P<name>[a-z-]+))?\}"
)


def _filled(text: str, day: date, story: Story, references: Mapping[str, str]) -> str:
    def fill(found: re.Match[str]) -> str:
        if found["what"] == "reference":
            return references[found["name"] or story.name]
        if found["what"] == "month":
            return month_name[(day.month - 1 + int(found["days"] or 0)) % 12 + 1]
        moved = day + timedelta(days=int(found["days"] or 0))
        if found["what"] == "day":
            return moved.isoformat()
        return f"{moved.day} {month_name[moved.month]}"

    return _PLACEHOLDER.sub(fill, text)
