"""When somebody is told of an action, by the rules of docs/follow-through.md.

Plain functions of days and instants; nothing here asks the database or the clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.models import User
from actions.models import Policy
from actions.working_days import ONE_DAY, WorkingDays
from postmortems.vocabulary import ActionType

DAYS_UNTIL_ASKED: dict[str, int] = {
    ActionType.PREVENTATIVE: 30,
    ActionType.DETECTIVE: 30,
    ActionType.CORRECTIVE: 30,
    ActionType.PROCESS: 30,
}
"""Days from when an action of a type is done until we ask whether it worked."""
LONGEST_SINCE = timedelta(days=30)
"""What should have been asked longer ago when we first hear of it, in a report that is
imported, is not asked."""
LAST_DAY = date(9000, 1, 1)
"""What is due later is never reminded of: the calendar ends."""


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody may be told something: in the day of a working day, where they are.

    The wall clock counts. A time that it leaves out in spring is as much later as the
    clock goes on; of one that comes twice in autumn, the first is meant.
    """

    zone: ZoneInfo
    morning: time
    quiet_from: time
    days: WorkingDays

    def day(self, now: datetime) -> date:
        return now.astimezone(self.zone).date()

    def open(self, now: datetime) -> bool:
        day = self.day(now)
        return self.morning_of(day) <= now < self.quiet_of(day) and day in self.days

    def morning_of(self, day: date) -> datetime:
        return datetime.combine(day, self.morning, self.zone).astimezone(UTC)

    def quiet_of(self, day: date) -> datetime:
        return datetime.combine(day, self.quiet_from, self.zone).astimezone(UTC)

    def next_morning(self, day: date, after: datetime) -> datetime:
        """Of the first working day on or after `day`, and later than `after`."""
        day = self.days.roll(day)
        while (found := self.morning_of(day)) <= after:
            day = self.days.roll(day + ONE_DAY)
        return found


def hours_of(user: User, days: WorkingDays) -> Hours:
    return Hours(user.zone, user.morning, user.quiet_from, days)


@dataclass(frozen=True, slots=True)
class Slots:
    """Days on which a thing comes up: some single ones, then every so many for ever."""

    first: date
    """The first of the days that repeat."""
    every: int
    """Days from one to the next."""
    single: tuple[date, ...] = ()

    def latest(self, day: date) -> date | None:
        """The last one on or before `day`."""
        found = [slot for slot in self.single if slot <= day]
        if day >= self.first:
            past = (day - self.first).days
            found.append(day - timedelta(days=past % self.every))
        return max(found, default=None)

    def after(self, day: date) -> date | None:
        """The next one after `day`; none where the calendar ends."""
        if max(day, self.first) >= LAST_DAY:
            return None
        found = [slot for slot in self.single if slot > day]
        past = max((day - self.first).days, -1)
        steps = past // self.every + 1
        return min([*found, self.first + timedelta(days=steps * self.every)])


def reminders(due: date, policy: Policy, snoozed_until: date | None = None) -> Slots:
    """For owners. A snooze ends on a day of its own, once there was one to put off."""
    single = [_before(due, policy.first_reminder_days)]
    if snoozed_until is not None and snoozed_until >= single[0]:
        single.append(snoozed_until)
    return Slots(due, policy.repeat_days, tuple(single))


def escalations(due: date, after_days: int, policy: Policy) -> Slots:
    """For a lead or a manager."""
    return Slots(_after(due, after_days), policy.repeat_days)


def questions(check_on: date, policy: Policy) -> Slots:
    """Whether it worked."""
    return Slots(check_on, policy.repeat_days)


def day_to_ask(done_on: date, types: list[str], today: date) -> date | None:
    """When to ask whether an action worked that was done then: the longest wait of its
    types. None where that is long past, as of an imported report.
    """
    default = max(DAYS_UNTIL_ASKED.values())
    waits = [DAYS_UNTIL_ASKED.get(one, default) for one in types]
    day = _after(done_on, max(waits, default=default))
    return None if today - day > LONGEST_SINCE else day


def slot_to_tell(
    slots: Slots, day: date, last: date | None, not_before: date | None = None
) -> date | None:
    """The slot that somebody is told of on the working day `day`, if any.

    `last` is the latest day on which they were told of this, `not_before` the end of
    a snooze.
    """
    if not_before is not None and day < not_before:
        return None
    slot = slots.latest(day)
    told = slot is None or (last is not None and last >= slot)
    return None if told else slot


def next_instant(
    slots: Slots,
    hours: Hours,
    now: datetime,
    last: date | None,
    not_before: date | None = None,
) -> datetime | None:
    """When to look again, later than `now`; nobody has to be told any earlier."""
    today = hours.day(now)
    if slot_to_tell(slots, today, last) is None:
        following = slots.after(today)
        if following is None:
            return None
        today = following
    return hours.next_morning(max(today, not_before or today), now)


def days_told(
    slots: Slots,
    days: WorkingDays,
    span: tuple[date, date],
    last: date | None = None,
    not_before: date | None = None,
) -> Iterator[date]:
    """The days of a span, its ends included, on which somebody is told, if every tick
    comes in time and nothing changes.
    """
    day, until = span
    while day <= until:
        if slot_to_tell(slots, day, last) is not None:
            day = days.roll(max(day, not_before or day))
            if day > until:
                return
            yield day
            last = day
        following = slots.after(day)
        if following is None:
            return
        day = following


def _before(day: date, days: int) -> date:
    return day - timedelta(days=min(days, (day - date.min).days))


def _after(day: date, days: int) -> date:
    return day + timedelta(days=min(days, (date.max - day).days))
