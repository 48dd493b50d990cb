"""Opening a report: what is needed, what is refused, and doing it only once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Role, User
from postmortems.models import Incident, Severity
from tests.written import a_person, a_report

NEW = "/incidents/new/"
TYPED = {"title": "Stale product data", "started": "2026-03-05 09:00:00"}


@pytest.fixture
def maren(db: None) -> User:
    return a_person("Maren Holt")


@pytest.fixture
def client(maren: User) -> Client:
    return signed_in(maren)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_title_and_a_start_are_enough(client: Client, maren: User) -> None:
    answer = client.post(NEW, TYPED)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/incidents/INC-2026-03-05-001/edit/"
    incident = Incident.objects.get()
    assert incident.postmortem.participations.get().user == maren


def test_a_title_and_a_detection_are_enough(client: Client) -> None:
    client.post(NEW, {"title": "Noticed late", "detected": "2026-03-06 07:00"})
    incident = Incident.objects.get()
    assert incident.reference == "INC-2026-03-06-001"
    assert incident.started_at is None


def test_everything_else_can_be_said_at_once(client: Client) -> None:
    severity = Severity.objects.get(rank=2)
    more = {"kind": "near_miss", "severity": severity.pk, "restricted": "on"}
    client.post(NEW, TYPED | more)
    incident = Incident.objects.get()
    assert (incident.kind, incident.severity, incident.restricted) == (
        "near_miss",
        severity,
        True,
    )


def test_a_time_is_read_in_the_zone_that_is_chosen(client: Client, maren: User) -> None:
    maren.time_zone = "Europe/Berlin"
    maren.save()
    client.post(NEW, TYPED | {"zone": "Europe/Berlin"})
    assert f"{Incident.objects.get().started_at:%H:%M}" == "08:00"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"title": ""}, "This field is required"),
        ({"title": "a" * 201}, "At most 200 characters"),
        ({"started": ""}, "Say when it started, or when it was detected."),
        ({"started": "sometime"}, 'aria-invalid="true"'),
        ({"started": "20202-03-05 09:00"}, 'aria-invalid="true"'),
        ({"started": "1999-12-31 09:00"}, 'aria-invalid="true"'),
        ({"severity": "99"}, "Select a valid choice"),
        ({"kind": "outage"}, "Select a valid choice"),
        ({"zone": "Mars/Olympus"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_lost(
    client: Client, change: dict[str, str], sentence: str
) -> None:
    answer = client.post(NEW, TYPED | change)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    for value in (TYPED | change).values():
        if len(value) <= 200 and "/" not in value and value != "99":
            assert value in page or value == "outage"
    assert not Incident.objects.exists()


def test_the_same_request_twice_opens_one_report(client: Client) -> None:
    typed = TYPED | {"request_key": "0123456789abcdef"}
    first = client.post(NEW, typed)
    again = client.post(NEW, typed)
    assert first.headers["Location"] == again.headers["Location"]
    assert Incident.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(client: Client) -> None:
    client.post(NEW, TYPED | {"request_key": "0123456789abcdef"})
    answer = client.post(NEW, TYPED | {"request_key": "0123456789abcdef", "title": "B"})
    assert answer.status_code == 409
    assert Incident.objects.count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_viewers_cannot_open_a_report(db: None, method: str) -> None:
    client = signed_in(a_person(role=Role.VIEWER))
    assert getattr(client, method)(NEW, TYPED).status_code == 403
    assert not Incident.objects.exists()


def test_the_form_carries_a_new_key_each_time(client: Client) -> None:
    keys = [
        client.get(NEW).context["form"]["request_key"].value() for _time in range(2)
    ]
    assert keys[0] != keys[1]


@pytest.mark.django_db(transaction=True)
def test_parallel_requests_get_references_without_a_gap() -> None:
    maren = a_person("Maren Holt")
    clients = [signed_in(maren) for _client in range(20)]

    def post(client: Client) -> int:
        try:
            return client.post(NEW, TYPED).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=20) as pool:
        statuses = list(pool.map(post, clients))
    assert statuses == [302] * 20
    references = sorted(Incident.objects.values_list("reference", flat=True))
    assert references == [f"INC-2026-03-05-{n:03}" for n in range(1, 21)]


@pytest.mark.django_db(transaction=True)
def test_one_request_sent_in_parallel_opens_one_report() -> None:
    maren = a_person("Maren Holt")
    typed = TYPED | {"request_key": "one-and-the-same"}
    clients = [signed_in(maren) for _client in range(8)]

    def post(client: Client) -> Any:
        try:
            return client.post(NEW, typed).headers.get("Location")
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=8) as pool:
        places = set(pool.map(post, clients))
    assert places == {"/incidents/INC-2026-03-05-001/edit/"}
    assert Incident.objects.count() == 1


# --- What will be stored --------------------------------------------------------------

MOMENT = "/incidents/moment/"


def test_the_stored_moment_is_shown_in_utc(client: Client) -> None:
    typed = {"text": "2026-03-05 09:30:15", "zone": "Europe/Berlin"}
    page = client.get(MOMENT, typed)
    assert page.status_code == 200
    assert "2026-03-05 08:30:15 UTC" in page.content.decode()


def test_a_relative_time_counts_from_the_field_before(client: Client) -> None:
    typed = {"text": "+15m", "after": "2026-03-05 09:00"}
    assert "2026-03-05 09:15:00 UTC" in client.get(MOMENT, typed).content.decode()


def test_a_relative_time_counts_from_the_start_where_there_is_no_entry(
    client: Client, maren: User
) -> None:
    reference = a_report(maren).incident.reference
    address = f"/incidents/{reference}/moment/"
    page = client.get(address, {"text": "+15m"}).content.decode()
    assert "2026-03-05 09:15:00 UTC" in page


@pytest.mark.parametrize("text", ["sometime", "20202-01-01 09:00", "1999-01-01 09:00"])
def test_what_is_no_moment_is_said_in_a_sentence(client: Client, text: str) -> None:
    answer = client.get(MOMENT, {"text": text})
    assert answer.status_code == 422
    assert 'class="error"' in answer.content.decode()


def test_the_hour_that_comes_twice_is_asked_for(client: Client) -> None:
    typed = {"text": "2025-10-26 02:30", "zone": "Europe/Berlin"}
    answer = client.get(MOMENT, typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "00:30:00 UTC" in page
    assert "01:30:00 UTC" in page


def test_the_moment_of_a_report_one_may_not_know_does_not_exist(
    client: Client,
) -> None:
    secret = a_report(a_person(), restricted=True).incident.reference
    answer = client.get(f"/incidents/{secret}/moment/", {"text": "+15m"})
    assert answer.status_code == 404


def test_an_empty_text_or_an_unknown_zone_is_no_error(client: Client) -> None:
    assert client.get(MOMENT, {"text": ""}).status_code == 200
    typed = {"text": "2026-03-05 09:00", "zone": "../../etc/passwd"}
    assert client.get(MOMENT, typed).status_code == 200
