import time
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.limits import LIMITS
from postmortems.moments import (
    AmbiguousMoment,
    BadMoment,
    Moment,
    check_range,
    parse_due_date,
    parse_moment,
    split_pasted_lines,
)
from postmortems.vocabulary import Precision
from postmortems.zones import ABBREVIATIONS, AMBIGUOUS, RENAMED

BERLIN = ZoneInfo("Europe/Berlin")
UTC_ZONE = ZoneInfo("UTC")
NOW = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
DAY = date(2026, 3, 5)
ABOVE = datetime(2026, 3, 5, 9, 0, 10, tzinfo=UTC)


def read(
    text: str,
    zone: ZoneInfo = UTC_ZONE,
    reference: date = DAY,
    after: datetime | None = ABOVE,
) -> Moment:
    return parse_moment(text, zone=zone, reference=reference, after=after, now=NOW)


def shown(text: str, **context: Any) -> str:
    return f"{read(text, **context).at:%Y-%m-%d %H:%M:%S}"


def problem(text: str, **context: Any) -> str:
    with pytest.raises(BadMoment) as refused:
        read(text, **context)
    return str(refused.value)


# --- What is taken --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("09:30", "2026-03-05 09:30:00"),
        ("9:30", "2026-03-05 09:30:00"),
        ("9.30", "2026-03-05 09:30:00"),
        ("9:30pm", "2026-03-05 21:30:00"),
        ("9:30 p.m.", "2026-03-05 21:30:00"),
        ("9:30\u202fPM", "2026-03-05 21:30:00"),
        ("9pm", "2026-03-05 21:00:00"),
        ("12am", "2026-03-05 00:00:00"),
        ("12:15pm", "2026-03-05 12:15:00"),
        ("  09:30:15 ", "2026-03-05 09:30:15"),
        ("09:30:15.999999999", "2026-03-05 09:30:15"),
        ("2026-03-05 09:30:15", "2026-03-05 09:30:15"),
        ("2026/3/5 09:30", "2026-03-05 09:30:00"),
        ("2026-03-05T09:30:15Z", "2026-03-05 09:30:15"),
        ("2026-03-05t09:30:15z", "2026-03-05 09:30:15"),
        ("2026-03-05T09:30:15.123456789Z", "2026-03-05 09:30:15"),
        ("2026-03-05T09:30:15+01:00", "2026-03-05 08:30:15"),
        ("2026-03-05T09:30:15-0330", "2026-03-05 13:00:15"),
        ("2026-03-05 09:30 +14:00", "2026-03-04 19:30:00"),
        ("2026-03-05 09:30 -12:00", "2026-03-05 21:30:00"),
        ("09:30 UTC+2", "2026-03-05 07:30:00"),
        ("5 Mar 9:30", "2026-03-05 09:30:00"),
        ("5th March, 9:30", "2026-03-05 09:30:00"),
        ("5 March 2026 09:30", "2026-03-05 09:30:00"),
        ("Mar 5, 9:30 am", "2026-03-05 09:30:00"),
        ("Mar 5, 2026, 9:30 am", "2026-03-05 09:30:00"),
        ("Thu, 05 Mar 2026 09:30:15 GMT", "2026-03-05 09:30:15"),
        ("24:00", "2026-03-06 00:00:00"),
        ("2026-03-05 24:00:00", "2026-03-06 00:00:00"),
        ("1772703015", "2026-03-05 09:30:15"),
        ("1772703015.75", "2026-03-05 09:30:15"),
        ("1772703015999", "2026-03-05 09:30:15"),
        ("+15m", "2026-03-05 09:15:10"),
        ("+1h30m", "2026-03-05 10:30:10"),
        ("+ 1h 30min", "2026-03-05 10:30:10"),
        ("+90s", "2026-03-05 09:01:40"),
        ("+1d", "2026-03-06 09:00:10"),
        ("-5m", "2026-03-05 08:55:10"),
        ("−5m", "2026-03-05 08:55:10"),
        ("10:30 CET", "2026-03-05 09:30:00"),
        ("10:30 cest", "2026-03-05 08:30:00"),
        ("10:30 Europe/Berlin", "2026-03-05 09:30:00"),
        ("10:30 europe/berlin", "2026-03-05 09:30:00"),
        ("10:30 Europe/Kiev", "2026-03-05 08:30:00"),
        ("09:30 UTC", "2026-03-05 09:30:00"),
        ("10:30 PST", "2026-03-05 18:30:00"),
    ],
)
def test_what_people_type_is_read(typed: str, stored: str) -> None:
    assert shown(typed) == stored


def test_a_moment_is_in_utc_and_without_fractions() -> None:
    at = read("09:30:15.5 PST").at
    assert (at.tzinfo, at.microsecond) == (UTC, 0)


@pytest.mark.parametrize(
    ("typed", "precision"),
    [
        ("09:30", Precision.MINUTE),
        ("9pm", Precision.MINUTE),
        ("09:30:00", Precision.EXACT),
        ("1772703000", Precision.EXACT),
        ("+15m", Precision.EXACT),
    ],
)
def test_seconds_that_were_typed_make_a_moment_exact(
    typed: str, precision: str
) -> None:
    assert read(typed).precision == precision


def test_a_time_without_a_zone_is_in_the_chosen_one() -> None:
    assert shown("10:30", zone=BERLIN) == "2026-03-05 09:30:00"


def test_the_day_of_the_reference_is_its_day_in_the_zone() -> None:
    late = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)
    assert shown("00:45", zone=BERLIN, reference=late) == "2026-03-04 23:45:00"


def test_without_a_reference_it_is_today() -> None:
    assert shown("09:30", reference=None) == "2026-03-09 09:30:00"


def test_a_time_before_the_entry_above_stays_on_that_day() -> None:
    assert shown("08:00", reference=ABOVE) == "2026-03-05 08:00:00"


def test_a_day_without_a_year_is_the_one_nearest_to_the_reference() -> None:
    assert shown("31 Dec 23:50", reference=date(2026, 1, 2)) == "2025-12-31 23:50:00"


@pytest.mark.parametrize("name", sorted(RENAMED))
def test_renamed_zones_are_still_understood(name: str) -> None:
    assert read(f"2026-03-05 10:30 {name}").at.tzinfo is UTC


# --- Clocks that jump -----------------------------------------------------------------


def test_a_time_that_the_clock_skipped_is_refused_with_the_two_nearest() -> None:
    sentence = problem("2026-03-29 02:30", zone=BERLIN)
    assert "01:30:00 (00:30:00 UTC)" in sentence
    assert "03:30:00 (01:30:00 UTC)" in sentence


def test_a_time_that_the_clock_showed_twice_asks_which() -> None:
    with pytest.raises(AmbiguousMoment, match="CEST or CET") as asked:
        read("2026-10-25 02:30", zone=BERLIN)
    assert [f"{at:%H:%M}" for at in asked.value.choices] == ["00:30", "01:30"]


@pytest.mark.parametrize(
    ("zone", "typed", "answers"),
    [
        (BERLIN, "2026-10-25 02:30", ["CEST", "CET"]),
        (ZoneInfo("America/Chicago"), "2026-11-01 01:30", ["CDT", "-06:00"]),
        (ZoneInfo("Australia/Lord_Howe"), "2026-04-05 01:45", ["+11:00", "+10:30"]),
    ],
)
def test_what_it_asks_for_can_be_typed(
    zone: ZoneInfo, typed: str, answers: Any
) -> None:
    with pytest.raises(AmbiguousMoment) as asked:
        read(typed, zone=zone)
    assert all(answer in str(asked.value) for answer in answers)
    understood = tuple(read(f"{typed} {answer}", zone=zone).at for answer in answers)
    assert understood == asked.value.choices


def test_each_choice_parses_as_itself() -> None:
    with pytest.raises(AmbiguousMoment) as asked:
        read("2026-10-25 02:30", zone=BERLIN)
    for choice in asked.value.choices:
        assert read(choice.isoformat(), zone=BERLIN).at == choice


# --- What is refused ------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "half past nine",
        "25:00",
        "09:60",
        "24:01",
        "23:59:60",
        "13:30pm",
        "0:30am",
        "0000-01-01 09:30",
        "20202-03-05 09:30",
        "31 Feb 09:30",
        "2026-02-30 09:30",
        "2026-13-01 09:30",
        "9999-12-31 24:00",
        "9999-12-31 23:59 -12:00",
        "0001-01-01 00:00 +14:00",
        "-1772703015",
        "177270301",
        "17727030151",
        "09:30 +14:30",
        "09:30 +25:00",
        "09:30 +01:75",
        "09:30 Mars/Olympus",
        "09:30 localtime",
        "09:30 right/UTC",
        "09:30 Europe",
        "09:30 ../../etc/passwd",
        "٠٩:٣٠",
        "０９：３０",
        "5 Foo 9:30",
        "+",
        "+m",
        "1e9",
        "09:30\x00",
        "9" * 10_000,
        "09:30 " + "x" * 10_000,
    ],
)
def test_what_is_no_moment_is_refused_with_a_sentence(typed: str) -> None:
    sentence = problem(typed)
    assert sentence.endswith((".", "?"))
    assert len(sentence) < 200


def test_a_day_alone_asks_for_its_time() -> None:
    assert "write the time" in problem("2026-03-05")


def test_a_leap_second_is_told_what_to_write() -> None:
    assert "write :59" in problem("23:59:60")


@pytest.mark.parametrize("zone", sorted(AMBIGUOUS))
def test_an_abbreviation_with_several_meanings_names_zones_to_write(zone: str) -> None:
    assert all(name in problem(f"10:30 {zone}") for name in AMBIGUOUS[zone])


def test_no_abbreviation_is_both_clear_and_ambiguous() -> None:
    assert not ABBREVIATIONS.keys() & AMBIGUOUS.keys()


def test_a_relative_time_needs_an_entry_above() -> None:
    assert "no entry above" in problem("+15m", after=None)


@pytest.mark.parametrize(
    ("at", "fits"),
    [
        (datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC), False),
        (datetime(2000, 1, 1, tzinfo=UTC), True),
        (NOW + timedelta(days=1), True),
        (NOW + timedelta(days=1, seconds=1), False),
    ],
)
def test_moments_have_a_range(at: datetime, fits: bool) -> None:
    try:
        check_range(at, now=NOW)
    except BadMoment:
        assert not fits
    else:
        assert fits


# --- Properties -----------------------------------------------------------------------

MOMENTS = st.integers(
    min_value=int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()),
    max_value=int(datetime(2037, 12, 31, tzinfo=UTC).timestamp()),
).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
FORMATS = [
    "%Y-%m-%d %H:%M:%S UTC",
    "%Y-%m-%dT%H:%M:%SZ",
    "%d %b %Y %H:%M:%S",
    "%B %d, %Y %I:%M:%S %p",
    "%a, %d %b %Y %H:%M:%S GMT",
]


@given(MOMENTS, st.sampled_from(FORMATS))
def test_what_is_written_out_is_read_back(at: datetime, written: str) -> None:
    assert read(at.strftime(written)).at == at


@given(MOMENTS)
def test_local_iso_text_is_read_back(at: datetime) -> None:
    assert read(at.astimezone(BERLIN).isoformat()).at == at


@given(
    st.one_of(
        st.text(max_size=60),
        st.text(alphabet="0123456789:-+.TZ apmCEST/", max_size=40),
        st.from_regex(r"\A[0-9]{1,5}-[0-9]{1,2}-[0-9]{1,2} [0-9]{1,2}:[0-9]{2}\Z"),
    )
)
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(BadMoment):
        check_range(read(text, zone=BERLIN).at, now=NOW)
    with suppress(BadMoment):
        parse_due_date(text, today=DAY)
    for line in split_pasted_lines(text, zone=BERLIN, reference=DAY, now=NOW):
        assert line.moment or line.problem


@pytest.mark.parametrize(
    "pump",
    [" ", "9", "9:30 ", "mar ", "5 mar ", "[", "*", "09:30 *", "+1m", "a", "-", "\n*"],
)
def test_long_input_costs_little(pump: str) -> None:
    text = (pump * 500_000)[:500_000]
    started = time.thread_time()
    with pytest.raises(BadMoment):
        read(text)
    with pytest.raises(BadMoment):
        parse_due_date(text, today=DAY)
    split_pasted_lines(text, zone=BERLIN, reference=DAY, now=NOW)
    split_pasted_lines("09:30" + text, zone=BERLIN, reference=DAY, now=NOW)
    assert time.thread_time() - started < 1.0


# --- Due dates ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "due"),
    [
        ("2026-03-20", "2026-03-20"),
        ("20 Mar", "2026-03-20"),
        ("20 March 2027", "2027-03-20"),
        ("Mar 20", "2026-03-20"),
        ("5 Mar", "2026-03-05"),
        ("4 Mar", "2027-03-04"),
        ("1 Feb", "2027-02-01"),
        ("Fri", "2026-03-06"),
        ("thursday", "2026-03-12"),
        ("next friday", "2026-03-13"),
        ("next monday", "2026-03-09"),
        ("today", "2026-03-05"),
        ("Tomorrow", "2026-03-06"),
        ("+10d", "2026-03-15"),
        ("in 2 weeks", "2026-03-19"),
        ("in 1 month", "2026-04-05"),
        ("2025-12-24", "2025-12-24"),
    ],
)
def test_due_dates_are_read(typed: str, due: date) -> None:
    # A Thursday.
    assert parse_due_date(typed, today=DAY).isoformat() == due


def test_a_month_ahead_ends_with_the_month() -> None:
    assert parse_due_date("in 1 month", today=date(2027, 1, 31)) == date(2027, 2, 28)


@pytest.mark.parametrize(
    "typed",
    ["1999-12-31", "2032-01-01", "20202-03-05", "30 Feb", "soon", "+9999d", "Fr"],
)
def test_a_due_date_out_of_reach_is_refused(typed: str) -> None:
    with pytest.raises(BadMoment):
        parse_due_date(typed, today=DAY)


# --- Pasted lines ---------------------------------------------------------------------


def pasted(text: str, zone: ZoneInfo = UTC_ZONE) -> Any:
    lines = split_pasted_lines(text, zone=zone, reference=DAY, now=NOW)
    return [
        (f"{line.moment.at:%d %H:%M:%S}" if line.moment else line.problem, line.text)
        for line in lines
    ]


@pytest.mark.parametrize(
    "line",
    [
        "09:30 Alert fired",
        "09:30 - Alert fired",
        "09:30: Alert fired",
        "[09:30] Alert fired",
        "(09:30) Alert fired",
        "09:30 UTC — Alert fired",
        "* **2026-03-05 09:30:00 UTC**: Alert fired",
        "- 5 Mar 2026 09:30 | Alert fired",
        "**09:30** Alert fired",
        "2026-03-05T09:30:00Z Alert fired",
        "2026-03-05 10:30:00+01:00 Alert fired",
        "9:30 AM Alert fired",
        "10:30 CET Alert fired",
        "> 09:30 Alert fired",
    ],
)
def test_a_pasted_line_that_begins_with_a_time_becomes_an_entry(line: str) -> None:
    assert pasted(line) == [("05 09:30:00", "Alert fired")]


def test_a_capital_word_behind_the_time_belongs_to_the_text() -> None:
    assert pasted("09:30 API: down") == [("05 09:30:00", "API: down")]


def test_a_line_without_a_time_belongs_to_the_line_above() -> None:
    assert pasted("09:30 Alert\n  second line\n\n09:31 Page") == [
        ("05 09:30:00", "Alert\nsecond line"),
        ("05 09:31:00", "Page"),
    ]


def test_a_day_that_a_line_names_holds_for_those_below() -> None:
    found = pasted("2026-03-06 23:50 One\n23:55 Two")
    assert [when for when, _text in found] == ["06 23:50:00", "06 23:55:00"]


def test_problems_stand_at_their_lines() -> None:
    found = pasted("No time here\n10:30 IST Late\n09:30\n2036-01-01 09:30 Later")
    assert [bool(problem and not problem[0].isdigit()) for problem, _ in found] == [
        True
    ] * 4


def test_lines_beyond_the_limit_are_said_not_to_be_read() -> None:
    found = pasted("09:30 Alert\n" * (LIMITS.pasted_lines + 1))
    assert len(found) == LIMITS.pasted_lines + 1
    assert found[-1] == ("Only the first 500 lines were read.", "09:30 Alert")


def test_a_pasted_line_longer_than_an_entry_is_not_cut() -> None:
    [(problem, _text)] = pasted("09:30 " + "a" * LIMITS.entry)
    assert "at most" in problem
