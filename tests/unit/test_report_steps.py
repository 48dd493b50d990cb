"""Facilitators are reminded of reports until they are published."""

import time as clocks
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation, User
from actions.models import Policy, PolicySubject
from actions.operations import report_steps
from actions.step_teller import StepTeller
from actions.trying import trial_of
from outbound.models import Notice
from postmortems.models import Postmortem, Severity
from postmortems.operations import incidents
from tests.acting import at, told
from tests.fixtures import NOW, open_report, person
from tests.publishing import publish

pytestmark = pytest.mark.django_db
STEP = "report_step"
MONDAY = date(2026, 3, 9)
"""The day on which `postmortem` was begun."""


def tick(now: datetime) -> None:
    assert report_steps.plan(now, clocks.monotonic() + 60)


def ticks(first: date, days: int) -> None:
    for number in range(days):
        tick(at(first + timedelta(days=number)))


def days_of(user: User) -> list[date]:
    return [day for _who, _what, day in told(recipient=user, kind=STEP)]


def resolved(report: Postmortem, moment: datetime) -> None:
    incident = report.incident
    incident.resolved_at, incident.resolved_certainty = moment, "recorded"
    incident.save()


def of_severity(report: Postmortem, rank: int) -> None:
    report.incident.severity = Severity.objects.get(rank=rank)
    report.incident.save()


def test_facilitators_are_reminded_before_on_and_weekly_after_the_deadline(
    postmortem: Postmortem, facilitator: User, responder: User
) -> None:
    # Five working days after Monday the 9th is Monday the 16th; the day before it is
    # a Sunday, so that the first reminder comes on that Monday, and is the only one.
    ticks(MONDAY, 29)
    assert days_of(facilitator) == [date(2026, 3, d) for d in (16, 23, 30)] + [
        date(2026, 4, 6)
    ]
    assert days_of(responder) == []


def test_the_worst_are_due_after_three_calendar_days(
    postmortem: Postmortem, facilitator: User
) -> None:
    of_severity(postmortem, 1)
    ticks(MONDAY, 8)
    assert days_of(facilitator) == [date(2026, 3, 11), date(2026, 3, 12)]


def test_the_deadline_counts_from_when_it_was_resolved(
    postmortem: Postmortem, facilitator: User
) -> None:
    of_severity(postmortem, 1)
    resolved(postmortem, datetime(2026, 3, 7, 9, tzinfo=UTC))
    ticks(MONDAY, 7)
    assert days_of(facilitator) == [MONDAY, date(2026, 3, 10)]


def test_an_incident_of_long_ago_counts_from_when_its_report_was_begun(
    postmortem: Postmortem, facilitator: User
) -> None:
    of_severity(postmortem, 1)
    resolved(postmortem, datetime(2019, 3, 7, 9, tzinfo=UTC))
    ticks(MONDAY, 3)
    assert days_of(facilitator) == [date(2026, 3, 11)]


def test_published_reports_are_told_to_nobody(
    postmortem: Postmortem, facilitator: User
) -> None:
    publish(postmortem, facilitator)
    ticks(MONDAY, 15)
    assert days_of(facilitator) == []


def test_reports_in_the_trash_are_told_to_nobody(
    postmortem: Postmortem, facilitator: User
) -> None:
    incidents.trash_incident(postmortem.pk, by=facilitator, at=NOW)
    ticks(MONDAY, 15)
    assert days_of(facilitator) == []


def test_two_ticks_say_it_once(postmortem: Postmortem, facilitator: User) -> None:
    for clock in (time(9), time(9, 1), time(15)):
        tick(at(date(2026, 3, 16), clock))
    assert len(days_of(facilitator)) == 1


def test_a_late_tick_catches_up_once(postmortem: Postmortem, facilitator: User) -> None:
    tick(at(date(2026, 5, 7)))
    assert days_of(facilitator) == [date(2026, 5, 7)]


@pytest.mark.parametrize("clock", [time(8, 59), time(18), time(23)])
def test_nobody_is_told_outside_their_hours(
    clock: time, postmortem: Postmortem, facilitator: User
) -> None:
    tick(at(date(2026, 3, 16), clock))
    assert days_of(facilitator) == []


def test_days_are_those_of_the_facilitator(
    postmortem: Postmortem, facilitator: User
) -> None:
    facilitator.time_zone, facilitator.holidays = "Pacific/Kiritimati", "DE"
    facilitator.save()
    # It is begun on Tuesday there, and Good Friday and Easter Monday are no days.
    Policy.objects.create(
        subject=PolicySubject.REPORTS,
        name="Slow",
        enabled=True,
        deadline_days=18,
        deadline_unit="working",
        first_reminder_days=0,
    )
    # Their morning is nine in the evening of the day before, in UTC.
    for number in range(40):
        tick(at(MONDAY + timedelta(days=number), time(19, 30)))
    assert days_of(facilitator)[0] == date(2026, 4, 7)


def test_administrators_are_told_where_nobody_facilitates(
    postmortem: Postmortem, facilitator: User, administrator: User
) -> None:
    facilitator.active = False
    facilitator.save()
    tick(at(date(2026, 3, 16)))
    assert [who for who, *_ in told(kind=STEP)] == [administrator.name]


def test_administrators_are_told_of_no_restricted_report(
    restricted: Postmortem, facilitator: User, administrator: User
) -> None:
    facilitator.active = False
    facilitator.save()
    tick(at(date(2026, 3, 16)))
    assert told(kind=STEP) == []


def test_many_reports_take_as_many_queries_as_one(facilitator: User) -> None:
    Organisation.objects.get_or_create(pk=1)
    counts = []
    for more in (1, 4):
        for number in range(more):
            open_report(facilitator, f"Report {more} {number}")
        Notice.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            tick(at(date(2026, 3, 16)))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 14


def test_planning_stops_in_time(postmortem: Postmortem) -> None:
    assert not report_steps.plan(at(MONDAY), clocks.monotonic() - 1)


# --- What is told ---------------------------------------------------------------------


@pytest.fixture
def notice(postmortem: Postmortem, facilitator: User) -> Notice:
    tick(at(date(2026, 3, 16)))
    return Notice.objects.select_related("recipient").get(kind=STEP)


def test_the_message_says_what_is_due_and_why(
    notice: Notice, postmortem: Postmortem, facilitator: User
) -> None:
    telling = StepTeller().tell(facilitator, [notice], at(date(2026, 3, 16)))
    (item,) = telling.items
    assert telling.subject == "Report due: Stale product data"
    assert telling.thread == f"report-{postmortem.pk}"
    assert item.title == "Stale product data"
    assert item.address == f"/incidents/{postmortem.incident.reference}/edit/"
    assert item.due == "Due today, Monday 16 March 2026"
    assert item.why == (
        "Sent to you because you facilitate this report."
        " The next reminder comes on Monday 23 March, unless it is published."
    )


def test_nothing_is_told_of_what_was_published_since(
    notice: Notice, postmortem: Postmortem, facilitator: User
) -> None:
    teller, now = StepTeller(), at(date(2026, 3, 16))
    assert teller.still([notice], now) == [notice]
    publish(postmortem, facilitator)
    assert teller.still([notice], now) == []


def test_nothing_is_told_to_who_facilitates_no_more(
    notice: Notice, postmortem: Postmortem, facilitator: User
) -> None:
    other = person("Otto Other")
    incidents.set_part(postmortem.pk, other, "facilitator", by=facilitator, at=NOW)
    incidents.set_part(postmortem.pk, facilitator, None, by=other, at=NOW)
    assert StepTeller().still([notice], at(date(2026, 3, 16))) == []


def test_a_restricted_report_is_marked_so(
    restricted: Postmortem, facilitator: User
) -> None:
    tick(at(date(2026, 3, 16)))
    notice = Notice.objects.select_related("recipient").get(kind=STEP)
    telling = StepTeller().tell(facilitator, [notice], at(date(2026, 3, 16)))
    assert [item.restricted for item in telling.items] == [True]


def test_past_notices_are_named_for_whoever_may_see_the_report(
    notice: Notice, postmortem: Postmortem, facilitator: User, member: User
) -> None:
    teller = StepTeller()
    assert teller.named(facilitator, [notice])[notice.pk].title == "Stale product data"
    postmortem.incident.restricted = True
    postmortem.incident.save()
    assert teller.named(member, [notice]) == {}


def test_a_policy_of_reports_can_be_tried(
    postmortem: Postmortem, administrator: User
) -> None:
    Organisation.objects.get_or_create(pk=1)
    policy = Policy.objects.create(
        subject=PolicySubject.REPORTS,
        name="Daily",
        deadline_days=2,
        first_reminder_days=1,
        repeat_days=1,
    )
    trial = trial_of(policy, by=administrator, now=at(date(2026, 3, 13), time(12)))
    # From Tuesday the 10th on, each working day.
    assert (trial.things, trial.mails, trial.people) == (1, 4, 1)
