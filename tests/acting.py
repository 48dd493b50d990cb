"""Actions with owners and due dates, and ticks over them, for tests."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from accounts.models import Team, User
from actions.models import ActionItem, FollowThrough
from actions.operations.planning import plan_batch
from outbound.models import Notice
from postmortems.models import Postmortem
from postmortems.operations import rows
from tests.fixtures import SMALLEST, kind

TUESDAY = date(2026, 3, 10)
TEN = time(10)


def promise(report: Postmortem, by: User, **values: Any) -> ActionItem:
    """An action in that report, due on TUESDAY unless it says otherwise."""
    row = rows.add_row(
        kind("actions"),
        report.pk,
        {**SMALLEST["actions"], "due_on": TUESDAY, **values},
        by=by,
        at=datetime(2026, 3, 2, tzinfo=UTC),
    )
    assert isinstance(row, ActionItem)
    return row


def team(name: str, *members: User, lead: Any = None, manager: Any = None) -> Team:
    made = Team.objects.create(name=name, lead=lead, manager=manager)
    made.members.add(*members)
    return made


def at(day: date, clock: time = TEN) -> datetime:
    """That time of that day, in UTC."""
    return datetime.combine(day, clock, UTC)


def after(days: int) -> date:
    """So many days after TUESDAY."""
    return TUESDAY + timedelta(days=days)


def tick(now: datetime) -> None:
    """Plan all that is due, whatever it takes."""
    for _batch in range(100):
        if not plan_batch(now):
            return
    raise AssertionError("planning never ends")


def ticks(first: date, last: date, clock: time = TEN) -> None:
    """One tick on each of these days."""
    for number in range((last - first).days + 1):
        tick(at(first + timedelta(days=number), clock))


def told(**which: Any) -> list[tuple[str, str, date]]:
    """(who, what, when) of every notice, in the order of days."""
    found = Notice.objects.filter(**which).order_by("day", "recipient__name", "kind")
    return [(one.recipient.name, one.kind, one.day) for one in found]


def days_of(person: User, kind: str = "reminder") -> list[date]:
    return [day for _who, _what, day in told(recipient=person, kind=kind)]


def next_at(action: ActionItem) -> datetime | None:
    return FollowThrough.objects.get(pk=action.pk).next_at
