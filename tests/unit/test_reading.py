"""What the reading page works out of a Document."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from postmortems import reading
from postmortems.document import Action, Document, Entry, Factor, Time
from postmortems.vocabulary import (
    ActionPriority,
    ActionStatus,
    ActionType,
    Certainty,
    Marker,
)

NINE = datetime(2026, 3, 5, 9, tzinfo=UTC)
TODAY = date(2026, 3, 23)


def at(hours: float, certainty: Certainty = Certainty.RECORDED) -> Time:
    return Time(NINE + timedelta(hours=hours), certainty)


REPORT = Document("Stale data", started=at(0), detected=at(0.5), resolved=at(2.25))


def words(document: Document) -> dict[str, str]:
    return {span.label: span.words for span in reading.spans(document)}


# --- Spans ----------------------------------------------------------------------------


def test_duration_and_time_to_detect_are_worked_out() -> None:
    assert words(REPORT) == {"Duration": "2 h 15 min", "Time to detect": "30 min"}


def test_what_is_not_recorded_is_not_known() -> None:
    assert words(Document("Something")) == {
        "Duration": "not known",
        "Time to detect": "not known",
    }


def test_times_to_acknowledge_and_mitigate_are_told_where_they_are_known() -> None:
    report = replace(REPORT, acknowledged=at(0.75), mitigated=at(2))
    assert words(report)["Time to acknowledge"] == "45 min"
    assert words(report)["Time to mitigate"] == "2 h"


def test_a_span_between_approximate_times_is_one_itself() -> None:
    report = replace(REPORT, resolved=at(3, Certainty.APPROXIMATE))
    assert words(report)["Duration"] == "about 3 h"


def test_times_out_of_order_make_no_span() -> None:
    assert words(replace(REPORT, resolved=at(-1)))["Duration"] == "not known"


# --- Timeline -------------------------------------------------------------------------

TIMELINE = replace(
    REPORT,
    timeline=(
        Entry(NINE - timedelta(minutes=30), "First sign"),
        Entry(NINE, "Deployed", markers=(Marker.STARTED,)),
        Entry(NINE + timedelta(minutes=30), "Alert", markers=(Marker.DETECTED,)),
        Entry(NINE + timedelta(hours=2.25), "Over", markers=(Marker.RESOLVED,)),
    ),
)


def test_each_entry_stands_in_its_phase() -> None:
    phases = [line.phase for line in reading.timeline_lines(TIMELINE)]
    assert phases == ["before", "unseen", "respond", "last"]


def test_read_upwards_the_line_belongs_to_the_entry_underneath() -> None:
    lines = reading.timeline_lines(TIMELINE, newest_first=True)
    assert lines[0].entry.text == "Over"
    assert [line.below for line in lines] == ["respond", "unseen", "before", ""]


def test_a_day_is_told_where_it_changes() -> None:
    later = Entry(NINE + timedelta(days=1), "The day after")
    report = replace(TIMELINE, timeline=(*TIMELINE.timeline, later))
    assert [line.new_day for line in reading.timeline_lines(report)] == [
        False, False, False, False, True,
    ]  # fmt: skip
    upwards = reading.timeline_lines(report, newest_first=True)
    assert [line.new_day for line in upwards] == [True, True, False, False, False]


def test_a_report_without_a_timeline_has_no_lines() -> None:
    assert reading.timeline_lines(REPORT) == []


# --- Actions --------------------------------------------------------------------------


def line_of(**values: object) -> reading.ActionLine:
    factor = Factor("No validation", ref="factor-1")
    action = Action("Validate", **values)  # type: ignore[arg-type]
    report = replace(REPORT, factors=(factor,), actions=(action,))
    return reading.action_lines(report, today=TODAY)[0]


@pytest.mark.parametrize(
    ("values", "mark", "state", "due"),
    [
        ({}, "", "open", "no date set"),
        ({"due_on": date(2026, 3, 20)}, "late", "overdue", "3 days overdue"),
        ({"due_on": date(2026, 3, 22)}, "late", "overdue", "1 day overdue"),
        ({"due_on": TODAY}, "", "open", "today"),
        ({"due_on": date(2026, 3, 27)}, "", "open", "in 4 days"),
        (
            {"status": ActionStatus.IN_PROGRESS, "due_on": date(2026, 3, 24)},
            "half",
            "in progress",
            "in 1 day",
        ),
        (
            {"status": ActionStatus.DONE, "due_on": date(2026, 3, 1)},
            "full",
            "done",
            "Done",
        ),
        ({"status": ActionStatus.WONT_DO}, "full", "won’t be done", "Won’t do"),
    ],
)
def test_an_action_is_told_as_of_today(
    values: dict[str, object], mark: str, state: str, due: str
) -> None:
    line = line_of(**values)
    assert (line.mark, line.state, line.due) == (mark, state, due)


def test_an_action_names_owner_types_priority_and_factors() -> None:
    line = line_of(
        owner_team="DevOps Team",
        owner_person="Maren Holt",
        types=(ActionType.CORRECTIVE, ActionType.DETECTIVE),
        priority=ActionPriority.HIGH,
        addresses=(0, 7),
    )
    assert line.owner == "DevOps Team / Maren Holt"
    assert line.types == "Corrective, detective"
    assert line.priority == "High priority"
    assert [factor.text for factor in line.addresses] == ["No validation"]


# --- Impact ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("impact", "short"),
    [
        ("", ""),
        ("**15%** of users", "15% of users"),
        ("One paragraph.\n\nAnother one.", ""),
        ("a" * 201, ""),
    ],
)
def test_a_short_impact_is_a_fact(impact: str, short: str) -> None:
    assert reading.short_impact(replace(REPORT, impact=impact)) == short
