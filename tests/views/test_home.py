"""Home: what waits for the reader, and nothing that they may not know."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, User
from actions.models import ActionItem
from postmortems.models import Postmortem, Publication
from tests.written import START, a_person, a_report, a_team, set_status

pytestmark = pytest.mark.django_db


@pytest.fixture
def maren() -> User:
    return a_person("Maren Holt")


@pytest.fixture
def client(maren: User) -> Client:
    client = Client()
    client.force_login(maren)
    return client


def promise(report: Postmortem, days: int, **values: Any) -> ActionItem:
    due = timezone.now().date() + timedelta(days=days)
    values.setdefault("description", "Alert on replica lag")
    return ActionItem.objects.create(
        postmortem=report, due_on=due, created_at=START, **values
    )


def publish(report: Postmortem) -> None:
    set_status(report, "published")
    Publication.objects.create(
        postmortem=report,
        number=1,
        published_at=START + timedelta(days=5),
        published_by=a_person(),
        revision=1,
        document={},
        text_hash="",
    )


def test_an_empty_installation_asks_for_the_first_report(client: Client) -> None:
    page = client.get("/").content.decode()
    assert "Write your first report" in page
    assert 'action="/incidents/new/"' in page


def test_a_viewer_of_an_empty_installation_is_told_what_will_come(db: None) -> None:
    client = Client()
    client.force_login(a_person(role=Role.VIEWER))
    page = client.get("/").content.decode()
    assert "No report is written yet" in page
    assert "/incidents/new/" not in page.split("<main")[1]


def test_a_restricted_report_of_others_leaves_home_empty(client: Client) -> None:
    a_report(a_person(), "Canary", restricted=True)
    assert "Write your first report" in client.get("/").content.decode()


def test_ones_own_drafts_are_in_ones_hands(client: Client, maren: User) -> None:
    a_report(maren, "Stale data")
    a_report(a_person(), "Somebody else’s")
    page = client.get("/").content.decode()
    assert "one report is in your hands" in page.lower()
    assert "/incidents/INC-2026-03-05-001/edit/" in page
    assert "0 of 10 sources looked at" in page
    assert "Somebody else’s" not in page


def test_late_and_soon_are_marked_with_words(client: Client, maren: User) -> None:
    report = a_report(maren)
    promise(report, -3, owner_person=maren)
    promise(report, 4, owner_team=a_team("SRE Team", maren))
    promise(report, 30, owner_person=maren, types=["detective", "corrective"])
    page = client.get("/").content.decode()
    assert "One action is overdue" in page
    assert '<p class="late">3 days overdue</p>' in page
    assert '<p class="soon">in 4 days</p>' in page
    assert "<p>in 30 days</p>" in page
    assert "Detective, corrective" in page


def test_an_action_is_named_in_plain_words(client: Client, maren: User) -> None:
    promise(
        a_report(maren), 1, owner_person=maren, description="Alert on `lag`, *soon*"
    )
    assert ">Alert on lag, soon</a>" in client.get("/").content.decode()


def test_actions_of_others_settled_or_in_the_trash_do_not_wait(
    client: Client, maren: User
) -> None:
    report = a_report(maren)
    promise(report, 1, owner_person=maren, status="done")
    promise(report, 1, owner_person=maren, deleted_at=START)
    promise(report, 1, owner_person=a_person())
    promise(report, 1, owner_team=a_team("Payments"))
    assert "No action is due from you" in client.get("/").content.decode()


def test_an_action_of_a_report_one_may_not_know_is_not_named(
    client: Client, maren: User
) -> None:
    a_report(maren)
    secret = a_report(a_person(), "Canary title", restricted=True)
    promise(secret, -1, owner_person=maren, description="Canary action")
    assert "Canary" not in client.get("/").content.decode()


def test_what_is_in_review_and_what_was_published_is_offered(
    client: Client, maren: User
) -> None:
    set_status(a_report(a_person(), "To be reviewed"), "in_review")
    learned = a_report(maren, "A published one")
    Postmortem.objects.filter(pk=learned.pk).update(tldr="Retries need a pause.")
    publish(learned)
    page = client.get("/").content.decode()
    assert "To be reviewed" in page
    assert "Retries need a pause." in page
    assert "10 March" in page


def test_home_costs_as_many_queries_for_few_as_for_many(
    client: Client, maren: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    report = a_report(maren)
    promise(report, 1, owner_person=maren)
    with django_assert_num_queries(9):
        client.get("/")
    for _n in range(12):
        promise(a_report(maren), 1, owner_person=maren)
    with django_assert_num_queries(9):
        client.get("/")


def test_the_day_is_the_readers(client: Client, maren: User) -> None:
    a_report(maren)
    today: date = timezone.now().astimezone(maren.zone).date()
    assert f"{today:%A} {today.day} {today:%B %Y}" in client.get("/").content.decode()
