"""The rules of reminders as such: working days, slots, mornings."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.models import Policy
from actions.schedule import (
    LAST_DAY,
    Hours,
    Slots,
    day_to_ask,
    days_told,
    escalations,
    next_instant,
    questions,
    reminders,
    slot_to_tell,
)
from actions.working_days import WorkingDays

WEEK = frozenset({1, 2, 3, 4, 5})
POLICY = Policy(first_reminder_days=2, repeat_days=7)
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Niue",
    "Pacific/Kiritimati",
    "Asia/Kolkata",
    "Africa/Cairo",
    "America/Santiago",
)

FEW = settings(max_examples=30, deadline=None)

days = st.dates(date(2026, 1, 1), date(2028, 12, 31))
weeks = st.frozensets(st.integers(1, 7), min_size=1)
slots = st.builds(
    Slots,
    first=days,
    every=st.integers(1, 30),
    single=st.lists(days, max_size=3).map(tuple),
)
workings = st.builds(
    WorkingDays, weeks, st.sampled_from(["", "DE-BE", "AU", "CA"]), st.frozensets(days)
)
instants = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001  hypothesis adds the zone
    datetime(2028, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
hours = st.builds(
    Hours,
    st.sampled_from(ZONES).map(ZoneInfo),
    st.times(time(0), time(11)),
    st.times(time(12), time(23, 59)),
    workings,
)


# --- Working days ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "place", "works"),
    [
        (date(2026, 3, 6), "", True),
        (date(2026, 3, 7), "", False),
        (date(2026, 4, 3), "DE", False),
        (date(2026, 4, 3), "", True),
        (date(2026, 3, 8), "DE-BE", False),
        (date(2027, 3, 8), "DE-BE", False),
        (date(2027, 3, 8), "DE-BY", True),
        (date(2026, 4, 3), "XX", True),
        (date(2026, 4, 3), "DE-NOWHERE", True),
    ],
)
def test_a_working_day_is_of_the_week_and_no_public_holiday(
    day: date, place: str, works: bool
) -> None:
    assert (day in WorkingDays(WEEK, place)) is works


def test_a_day_off_of_the_organisation_is_no_working_day() -> None:
    friday = date(2026, 3, 6)
    assert WorkingDays(WEEK, days_off=frozenset({friday})).roll(friday) == date(
        2026, 3, 9
    )


def test_working_days_are_counted_over_weekends_and_holidays() -> None:
    maundy_thursday = date(2026, 4, 2)
    assert WorkingDays(WEEK, "DE").add(maundy_thursday, 2) == date(2026, 4, 8)


def test_somebody_who_never_works_gets_the_day_itself() -> None:
    everything = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(800))
    day = date(2026, 3, 6)
    assert WorkingDays(WEEK, days_off=everything).roll(day) == day


@FEW
@given(working=workings, day=days)
def test_a_day_rolls_to_the_first_working_day(working: WorkingDays, day: date) -> None:
    rolled = working.roll(day)
    assert rolled in working
    between = [day + timedelta(days=n) for n in range((rolled - day).days)]
    assert not any(earlier in working for earlier in between)


# --- Slots ----------------------------------------------------------------------------


def first_slots(found: Slots, count: int) -> list[date]:
    day = date(2000, 1, 1)
    listed = []
    for _slot in range(count):
        following = found.after(day)
        assert following is not None
        listed.append(day := following)
    return listed


def test_reminders_come_before_on_and_weekly_after_the_due_date() -> None:
    assert first_slots(reminders(date(2026, 3, 10), POLICY), 4) == [
        date(2026, 3, 8),
        date(2026, 3, 10),
        date(2026, 3, 17),
        date(2026, 3, 24),
    ]


def test_the_day_on_which_a_snooze_ends_is_a_slot() -> None:
    found = reminders(date(2026, 3, 10), POLICY, snoozed_until=date(2026, 3, 14))
    assert first_slots(found, 4)[2] == date(2026, 3, 14)


def test_a_snooze_that_ends_before_the_first_reminder_brings_none() -> None:
    found = reminders(date(2026, 3, 10), POLICY, snoozed_until=date(2026, 3, 1))
    assert first_slots(found, 1) == [date(2026, 3, 8)]


def test_escalations_begin_some_days_after_the_due_date() -> None:
    assert first_slots(escalations(date(2026, 3, 10), 14, POLICY), 2) == [
        date(2026, 3, 24),
        date(2026, 3, 31),
    ]


def test_whether_it_worked_is_asked_thirty_days_after_it_is_done() -> None:
    today = date(2026, 3, 1)
    check_on = day_to_ask(date(2026, 3, 1), ["preventative"], today)
    assert check_on == date(2026, 3, 31)
    assert first_slots(questions(check_on, POLICY), 2) == [
        date(2026, 3, 31),
        date(2026, 4, 7),
    ]


def test_what_was_done_long_ago_is_not_asked_about() -> None:
    today = date(2026, 3, 1)
    assert day_to_ask(today - timedelta(days=60), [], today) is not None
    assert day_to_ask(today - timedelta(days=61), [], today) is None


@FEW
@given(found=slots, day=days)
def test_the_latest_and_the_next_slot_leave_none_between_them(
    found: Slots, day: date
) -> None:
    following = found.after(day)
    assert following is not None
    assert following > day
    assert found.latest(following) == following
    assert found.latest(following - timedelta(days=1)) == found.latest(day)


@pytest.mark.parametrize("due", [date.min, LAST_DAY, date.max])
def test_no_due_date_breaks_the_calendar(due: date) -> None:
    found = reminders(due, POLICY)
    found.latest(date(2026, 3, 1))
    found.after(date(2026, 3, 1))
    escalations(due, 14, POLICY).after(date(2026, 3, 1))


# --- When somebody is told ------------------------------------------------------------


def told(
    found: Slots,
    when: Hours,
    ticks: list[datetime],
    not_before: date | None = None,
) -> list[date]:
    """The days on which somebody is told, by a tick at each of these instants."""
    last: date | None = None
    notices = []
    for now in ticks:
        if when.open(now) and slot_to_tell(found, when.day(now), last, not_before):
            last = when.day(now)
            notices.append(last)
    return notices


@FEW
@given(found=slots, when=hours, start=instants)
def test_nobody_is_told_earlier_than_the_next_instant_says(
    found: Slots, when: Hours, start: datetime
) -> None:
    at = next_instant(found, when, start, None)
    assert at is not None
    assert at > start
    ticks = [start + timedelta(minutes=n) for n in range(1, 60 * 24)]
    early = [tick for tick in ticks if tick < at]
    if not when.open(start):
        assert told(found, when, early) == []


@FEW
@given(found=slots, when=hours, start=instants)
def test_ticks_at_the_next_instants_tell_as_ticks_of_every_quarter_do(
    found: Slots, when: Hours, start: datetime
) -> None:
    ticks = [start + timedelta(minutes=15 * n) for n in range(4 * 24 * 10)]
    planned: list[date] = []
    last: date | None = None
    at: datetime | None = start
    while at is not None and at <= ticks[-1]:
        if when.open(at) and slot_to_tell(found, when.day(at), last):
            last = when.day(at)
            planned.append(last)
        at = next_instant(found, when, at, last)
    assert planned[:-1] == told(found, when, ticks)[: len(planned) - 1]


@FEW
@given(found=slots, when=hours, start=instants, twice=st.integers(1, 3))
def test_a_tick_that_runs_again_tells_nothing_more(
    found: Slots, when: Hours, start: datetime, twice: int
) -> None:
    ticks = [start + timedelta(hours=n) for n in range(24 * 20)]
    doubled = [tick for tick in ticks for _time in range(twice)]
    back = [one for tick in ticks for one in (tick, tick - timedelta(hours=1))]
    assert told(found, when, doubled) == told(found, when, ticks)
    assert len(set(told(found, when, back))) == len(told(found, when, back))


@FEW
@given(found=slots, working=workings, start=days)
def test_days_told_are_those_of_ticks_that_come_in_time(
    found: Slots, working: WorkingDays, start: date
) -> None:
    when = Hours(ZoneInfo("UTC"), time(9), time(18), working)
    until = start + timedelta(days=30)
    noon = [
        datetime.combine(start + timedelta(days=n), time(12), UTC) for n in range(31)
    ]
    assert list(days_told(found, working, (start, until))) == told(found, when, noon)


def test_a_late_tick_catches_up_once() -> None:
    found = reminders(date(2026, 3, 10), POLICY)
    assert slot_to_tell(found, date(2026, 4, 2), last=None) == date(2026, 3, 31)
    assert slot_to_tell(found, date(2026, 4, 2), last=date(2026, 4, 2)) is None


def test_a_snooze_stops_reminders_before_its_day() -> None:
    until = date(2026, 3, 20)
    found = reminders(date(2026, 3, 10), POLICY, snoozed_until=until)
    when = Hours(ZoneInfo("UTC"), time(9), time(18), WorkingDays(WEEK))
    ticks = [
        datetime(2026, 3, 10, 9, tzinfo=UTC) + timedelta(days=n) for n in range(20)
    ]
    assert told(found, when, ticks, until) == [until, date(2026, 3, 24)]


@pytest.mark.parametrize(
    ("zone", "morning", "day", "instant"),
    [
        ("Europe/Berlin", time(9), date(2026, 3, 27), "2026-03-27T08:00"),
        ("Europe/Berlin", time(9), date(2026, 3, 30), "2026-03-30T07:00"),
        ("Europe/Berlin", time(2, 30), date(2026, 3, 29), "2026-03-29T01:30"),
        ("Europe/Berlin", time(2, 30), date(2026, 10, 25), "2026-10-25T00:30"),
        ("Australia/Lord_Howe", time(9), date(2026, 4, 4), "2026-04-03T22:00"),
        ("Australia/Lord_Howe", time(9), date(2026, 4, 5), "2026-04-04T22:30"),
        ("Pacific/Niue", time(9), date(2026, 3, 2), "2026-03-02T20:00"),
        ("Pacific/Kiritimati", time(9), date(2026, 3, 2), "2026-03-01T19:00"),
        ("Africa/Cairo", time(0), date(2026, 4, 24), "2026-04-23T22:00"),
    ],
)
def test_a_morning_is_that_of_the_wall_clock(
    zone: str, morning: time, day: date, instant: str
) -> None:
    every_day = WorkingDays(frozenset(range(1, 8)))
    when = Hours(ZoneInfo(zone), morning, time(18), every_day)
    at = when.morning_of(day)
    assert at.strftime("%Y-%m-%dT%H:%M") == instant
    assert when.open(at)
    assert not when.open(at - timedelta(minutes=1))
