"""By when an action is to be due, and the date that its form offers."""

from datetime import date

import pytest
from django.test import Client

from accounts.models import Organisation, Team, User
from actions.deadlines import deadline, offer_for
from actions.models import DayOff, Policy
from actions.working_days import WorkingDays
from postmortems.models import Postmortem, Severity
from tests.publishing import client_of

FRIDAY = date(2026, 4, 3)
WEEK = WorkingDays(frozenset({1, 2, 3, 4, 5}))


@pytest.mark.parametrize(
    ("unit", "days", "due"),
    [
        ("calendar", 15, date(2026, 4, 18)),
        ("calendar", 0, FRIDAY),
        ("working", 1, date(2026, 4, 6)),
        ("working", 5, date(2026, 4, 10)),
        ("working", 6, date(2026, 4, 13)),
    ],
)
def test_days_are_counted_as_the_policy_says(unit: str, days: int, due: date) -> None:
    assert deadline(Policy(deadline_days=days, deadline_unit=unit), FRIDAY, WEEK) == due


@pytest.mark.django_db
def test_holidays_and_days_off_are_no_working_days(
    postmortem: Postmortem, facilitator: User
) -> None:
    Organisation.objects.update_or_create(pk=1, defaults={"holidays": "DE"})
    DayOff.objects.create(on=date(2026, 4, 7), name="Day of the company")
    Policy.objects.create(
        name="Ours", enabled=True, deadline_days=1, deadline_unit="working"
    )
    offer = offer_for(
        postmortem.incident, by=facilitator, today=date(2026, 4, 2), priority="high"
    )
    assert offer.day == date(2026, 4, 8)  # after Good Friday, Easter Monday, our day


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("condition", "varies"),
    [({}, False), ({"priorities": ["low"]}, True), ({"types": ["detective"]}, True)],
)
def test_the_offer_says_whether_more_would_change_it(
    condition: dict[str, list[str]],
    varies: bool,
    postmortem: Postmortem,
    facilitator: User,
) -> None:
    Policy.objects.create(name="Ours", enabled=True, deadline_days=1, **condition)
    offer = offer_for(postmortem.incident, by=facilitator, today=FRIDAY)
    assert offer.varies == varies


@pytest.fixture
def writer(facilitator: User) -> Client:
    return client_of(facilitator)


def form_of(postmortem: Postmortem, client: Client) -> str:
    base = f"/incidents/{postmortem.incident.reference}"
    answer = client.get(f"{base}/rows/actions/add/", headers={"HX-Request": "true"})
    return answer.content.decode()


def test_the_form_offers_the_date_and_fills_in_nothing(
    postmortem: Postmortem, writer: Client
) -> None:
    postmortem.incident.severity = Severity.objects.get(rank=2)
    postmortem.incident.save()
    form = form_of(postmortem, writer)
    assert "SEV-2 actions are due by " in form
    assert "data-due-offer" in form
    assert "data-offer-url" not in form


def test_what_is_typed_decides_on_the_offer(
    postmortem: Postmortem, writer: Client
) -> None:
    team = Team.objects.create(name="Payments")
    ours = Policy.objects.create(name="Ours", enabled=True, deadline_days=0)
    ours.teams.add(team)
    assert "data-offer-url" in form_of(postmortem, writer)
    address = f"/incidents/{postmortem.incident.reference}/actions/due/"
    theirs = writer.get(address, {"owner": "Search"}).content.decode()
    ours_due = writer.get(address, {"owner": "payments / Lena"}).content.decode()
    assert "actions are due by" in theirs
    assert theirs != ours_due
