"""Markers and the incident's times fill one another, and never overwrite."""

from datetime import timedelta

from accounts.models import User
from postmortems.models import Postmortem, TimelineEntry
from postmortems.operations import fields
from postmortems.report import Report
from postmortems.vocabulary import Certainty, Milestone
from tests.fixtures import NINE, NOW, AddRow, fresh, recorded

HALF_PAST = NINE + timedelta(minutes=30)


def test_a_marker_fills_a_time_that_is_not_recorded(
    add: AddRow, postmortem: Postmortem
) -> None:
    add("timeline", occurred_at=HALF_PAST, markers=["detected", "acknowledged"])
    incident = fresh(postmortem).incident
    assert (incident.detected_at, incident.acknowledged_at) == (HALF_PAST, HALF_PAST)


def test_an_approximate_entry_gives_an_approximate_time(
    add: AddRow, postmortem: Postmortem
) -> None:
    add(
        "timeline", occurred_at=HALF_PAST, markers=["detected"], precision="approximate"
    )
    assert fresh(postmortem).incident.detected_certainty == Certainty.APPROXIMATE


def test_a_recorded_time_is_not_overwritten_but_shown_to_disagree(
    add: AddRow, postmortem: Postmortem
) -> None:
    add("timeline", occurred_at=HALF_PAST, markers=["started"])
    report = fresh(postmortem)
    assert report.incident.started_at == NINE
    ((milestone, at, _entry),) = Report.load(report).disagreements()
    assert (milestone, at) == (Milestone.STARTED, NINE)


def test_a_time_marks_the_one_entry_that_stands_there(
    add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    entry = add("timeline", occurred_at=HALF_PAST)
    fields.save_moment(
        postmortem.pk,
        Milestone.DETECTED,
        recorded(HALF_PAST),
        version=0,
        by=facilitator,
        at=NOW,
    )
    assert TimelineEntry.objects.get(pk=entry.pk).markers == ["detected"]


def test_a_time_marks_nothing_where_two_entries_stand(
    add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    for text in ("one", "two"):
        add("timeline", occurred_at=HALF_PAST, text=text)
    fields.save_moment(
        postmortem.pk,
        Milestone.DETECTED,
        recorded(HALF_PAST),
        version=0,
        by=facilitator,
        at=NOW,
    )
    assert not postmortem.timeline.filter(markers__contains=["detected"]).exists()
