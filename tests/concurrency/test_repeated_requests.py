"""The same form, sent many times at once, has one effect and one answer."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import User
from postmortems.models import Change, Incident, Postmortem, Section
from tests.concurrency.together import at_once
from tests.fixtures import kind

TIMES = 20
ROW_FORMS: dict[str, dict[str, str]] = {
    "timeline": {"occurred": "09:30", "text": "Alert fired"},
    "factors": {"text": "No validation before deploy"},
    "whys": {"answer": "The cache was not told"},
    "lessons": {"kind": "went_well", "text": "The alert was acknowledged at once"},
    "follow_ups": {"text": "Ask support how many asked"},
    "measures": {"quantity": "15", "unit": "% of users"},
    "actions": {"description": "Validate variables before deployment"},
}


def browser_of(user: User) -> Callable[[], Client]:
    """Browsers that share one session, as the tabs of one person do."""
    first = Client()
    first.force_login(user)

    def another() -> Client:
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = first.cookies[
            settings.SESSION_COOKIE_NAME
        ].value
        return client

    return another


def sent_many_times(user: User, address: str, form: dict[str, str]) -> list[Any]:
    form = {"request_key": "k" * 32, **form}
    browser = browser_of(user)
    answers = at_once(
        *[lambda: browser().post(address, form) for _time in range(TIMES)]
    )
    return [(answer.status_code, answer.headers.get("Location")) for answer in answers]


def test_twenty_times_a_new_incident_is_one(writers: list[User]) -> None:
    answers = sent_many_times(
        writers[0],
        reverse("postmortems:new"),
        {"title": "Stale product data", "started": "2026-03-05 09:00"},
    )
    incident = Incident.objects.get()
    assert set(answers) == {(302, f"/incidents/{incident.reference}/edit/")}


@pytest.mark.parametrize("name", ROW_FORMS)
def test_twenty_times_a_row_is_one(
    name: str, report: Postmortem, writers: list[User]
) -> None:
    address = reverse("postmortems:row-add", args=[report.incident.reference, name])
    answers = sent_many_times(writers[0], address, ROW_FORMS[name])
    assert kind(name).rows(report).count() == 1
    assert {status for status, _where in answers} == {302}
    assert len(set(answers)) == 1


def test_twenty_times_a_section_is_one(report: Postmortem, writers: list[User]) -> None:
    address = reverse("postmortems:section-add", args=[report.incident.reference])
    form = {"heading": "Customer mail", "body": "Sent.", "after": "summary"}
    answers = sent_many_times(writers[0], address, form)
    assert Section.objects.filter(postmortem=report, key="free").count() == 1
    assert len(set(answers)) == 1


def test_twenty_times_a_paste_is_one(report: Postmortem, writers: list[User]) -> None:
    address = reverse("postmortems:paste", args=[report.incident.reference])
    form = {"text": "09:30 Alert fired\n09:31 Acknowledged", "confirmed": "on"}
    sent_many_times(writers[0], address, form)
    assert report.timeline.count() == 2


def test_twenty_times_a_saved_field_is_one_change(
    report: Postmortem, writers: list[User]
) -> None:
    address = reverse(
        "postmortems:field-change", args=[report.incident.reference, "tldr"]
    )
    answers = sent_many_times(writers[0], address, {"value": "Short", "version": "0"})
    assert Change.objects.filter(part="field:tldr").count() == 1
    assert len(set(answers)) == 1


def test_twenty_clicks_on_join_join_once(report: Postmortem) -> None:
    someone = User.objects.create_user("new@afterword.example", name="Someone")
    address = reverse("postmortems:join", args=[report.incident.reference])
    sent_many_times(someone, address, {})
    assert report.participations.filter(user=someone).count() == 1
    assert Change.objects.filter(what="people", object_id=someone.pk).count() == 1


def test_a_key_that_was_used_for_something_else_is_refused(
    report: Postmortem, writers: list[User]
) -> None:
    address = reverse(
        "postmortems:row-add", args=[report.incident.reference, "lessons"]
    )
    form = {"request_key": "k" * 32, **ROW_FORMS["lessons"]}
    browser = browser_of(writers[0])
    assert browser().post(address, form).status_code == 302
    other = browser().post(address, {**form, "text": "Something else"})
    assert other.status_code in {409, 422}
    assert report.lessons.count() == 1


def test_a_key_is_one_persons(report: Postmortem, writers: list[User]) -> None:
    address = reverse(
        "postmortems:row-add", args=[report.incident.reference, "lessons"]
    )
    form = {"request_key": "k" * 32, **ROW_FORMS["lessons"]}
    for writer in writers[:2]:
        assert browser_of(writer)().post(address, form).status_code == 302
    assert report.lessons.count() == 2
