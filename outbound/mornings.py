"""When somebody may be told something: between their morning and their quiet hours.

Weekdays are those of the person. Public holidays and days off are looked at when a
notice is planned; here only a message that comes late is kept from the night.
"""

from datetime import UTC, datetime, time, timedelta

from accounts.models import User

_A_WEEK = 8


def may_be_told(user: User, at: datetime) -> bool:
    local = at.astimezone(user.zone)
    works = local.isoweekday() in user.working_days
    return works and user.morning <= local.time() < user.quiet_from


def next_moment(user: User, at: datetime) -> datetime:
    """`at`, where they may be told then; else their next morning, in UTC."""
    if may_be_told(user, at):
        return at
    local = at.astimezone(user.zone)
    for days in range(_A_WEEK):
        day = local.date() + timedelta(days=days)
        if day.isoweekday() not in user.working_days:
            continue
        morning = _moment(user, datetime.combine(day, user.morning))
        if morning > at:
            return morning
    return at


def _moment(user: User, wall: datetime) -> datetime:
    """The UTC moment of a wall clock; where spring skips it, an hour later."""
    return wall.replace(tzinfo=user.zone).astimezone(UTC)


def day_begins(user: User, at: datetime) -> datetime:
    """Midnight before `at` where the person is, in UTC."""
    local = at.astimezone(user.zone)
    return _moment(user, datetime.combine(local.date(), time.min))
