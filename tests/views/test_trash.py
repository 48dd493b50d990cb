"""Reports in the trash: who puts them there, and who brings them back."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from postmortems.models import Incident, Postmortem
from postmortems.operations import incidents
from postmortems.tasks import empty_trash
from tests.drafting import Writer, html, writer
from tests.fixtures import NOW, open_report
from tests.publishing import client_of

TRASH = "/incidents/trash/"


@pytest.fixture
def maren(facilitator: User, postmortem: Postmortem) -> Writer:
    return writer(facilitator, postmortem)


@pytest.fixture
def trashed(maren: Writer) -> Postmortem:
    maren.post("trash/", htmx=False)
    return maren.report


def test_the_page_says_what_it_does_before_it_is_done(
    maren: Writer, postmortem: Postmortem
) -> None:
    page = html(maren.get("trash/"))
    assert "bring it back for 30 days" in page
    assert maren.get("edit/").status_code == 200


def test_a_report_in_the_trash_is_nowhere(
    maren: Writer, trashed: Postmortem, responder: User
) -> None:
    for client in (maren.client, client_of(responder)):
        for path in ("", "edit/", "people/", "trash/"):
            assert client.get(maren.address(path)).status_code == 404
        assert trashed.incident.title not in html(client.get("/incidents/"))


def test_its_facilitator_finds_it_and_brings_it_back(
    maren: Writer, trashed: Postmortem
) -> None:
    assert trashed.incident.title in html(maren.client.get(TRASH))
    answer = maren.post("bring-back/", htmx=False)
    assert answer.headers["Location"] == maren.address()
    assert maren.get("edit/").status_code == 200
    assert trashed.incident.title not in html(maren.client.get(TRASH))


def test_nobody_else_finds_it_or_brings_it_back(
    trashed: Postmortem, responder: User, member: User, administrator: User
) -> None:
    for user in (responder, member, administrator):
        other = writer(user, trashed)
        assert trashed.incident.title not in html(other.client.get(TRASH))
        assert other.post("bring-back/").status_code == 404


def test_its_reference_is_not_given_again(
    trashed: Postmortem, facilitator: User
) -> None:
    again = open_report(facilitator, "The same day")
    assert again.incident.reference != trashed.incident.reference


def test_only_a_facilitator_puts_it_there(
    postmortem: Postmortem, responder: User, member: User
) -> None:
    for user in (responder, member):
        other = writer(user, postmortem)
        assert other.get("trash/").status_code == 403
        assert other.post("trash/").status_code == 403
    assert Incident.objects.get().deleted_at is None


def test_a_report_that_is_not_in_the_trash_is_not_brought_back(maren: Writer) -> None:
    assert maren.post("bring-back/").status_code == 404


def test_an_empty_trash_says_so(db: None, member: User) -> None:
    assert "The trash is empty" in html(client_of(member).get(TRASH))


def test_strangers_sign_in_first(db: None, member: User) -> None:
    assert Client().get(TRASH).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_after_thirty_days_a_report_is_gone_for_good(facilitator: User) -> None:
    old, recent = open_report(facilitator, "Old"), open_report(facilitator, "Recent")
    now = timezone.now()
    incidents.trash_incident(old.pk, by=facilitator, at=now - timedelta(days=31))
    incidents.trash_incident(recent.pk, by=facilitator, at=now - timedelta(days=29))
    empty_trash()
    assert [incident.title for incident in Incident.objects.all()] == ["Recent"]


def test_the_page_costs_the_same_with_many_reports(
    maren: Writer, facilitator: User
) -> None:
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as queries:
            maren.client.get(TRASH)
        counts.append(len(queries))
        for _report in range(3):
            report = open_report(facilitator, "Another one")
            incidents.trash_incident(report.pk, by=facilitator, at=NOW)
    assert counts[0] == counts[1]
