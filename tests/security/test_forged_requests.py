"""A form counts only when it was sent from a page of ours, by its reader."""

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from postmortems.models import Change
from tests.views.routes import BODIES, ROUTES
from tests.views.test_matrix import address_of
from tests.worlds import World

pytestmark = pytest.mark.usefixtures("own_counters")

BY_OTHER_MEANS = {
    "outbound:unsubscribe": "mail programs post there; its signed token stands for it",
    "integrations:tracker-hook": "trackers post there; their signature stands for it",
}
POSTED = [
    name
    for name, methods in ROUTES.items()
    if "POST" in methods and name not in BY_OTHER_MEANS
]
READ = [name for name, methods in ROUTES.items() if "GET" in methods]


def role_for(name: str) -> str:
    needs = ROUTES[name].values()
    if "anybody" in needs:
        return "anonymous"
    if {"lead the team", "settle the chat"} & set(needs):
        return "manager"
    return "administrator" if "administer" in needs else "facilitator"


def strict(world: World, name: str) -> Client:
    return world.client(role_for(name), enforce_csrf_checks=True)


def cookie_and_token() -> tuple[str, str]:
    """A browser's secret, and a token of it as a page would carry it."""
    request = RequestFactory().get("/")
    token = get_token(request)
    return request.META["CSRF_COOKIE"], token


def with_cookie(client: Client) -> str:
    """Give the client a cookie; the token that fits it."""
    cookie, token = cookie_and_token()
    client.cookies[settings.CSRF_COOKIE_NAME] = cookie
    return token


@pytest.mark.parametrize("name", POSTED)
def test_a_form_without_its_token_is_refused(name: str, world: World) -> None:
    """Also with the token of somebody else, and with the token in the address."""
    report = world.reports["trashed" if name == "postmortems:bring-back" else "open"]
    address = address_of(name, world, report)
    join = "&" if "?" in address else "?"
    before = Change.objects.count()
    client = strict(world, name)
    own = with_cookie(client)
    _cookie, foreign = cookie_and_token()
    body = BODIES.get(name, {})
    answers = [
        client.post(address, body),
        client.post(address, {**body, "csrfmiddlewaretoken": foreign}),
        client.post(address, {**body, "csrfmiddlewaretoken": ""}),
        client.post(address, body, headers={"X-CSRFToken": foreign}),
        client.post(f"{address}{join}csrfmiddlewaretoken={own}", body),
        strict(world, name).post(address, {**body, "csrfmiddlewaretoken": own}),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert Change.objects.count() == before


@pytest.mark.parametrize("name", POSTED)
def test_a_form_with_its_token_is_read(name: str, world: World) -> None:
    report = world.reports["trashed" if name == "postmortems:bring-back" else "open"]
    client = strict(world, name)
    body = {**BODIES.get(name, {}), "csrfmiddlewaretoken": with_cookie(client)}
    answer = client.post(address_of(name, world, report), body)
    assert answer.status_code != 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "null"},
        {"Origin": "https://pwnme.example"},
        {"Origin": "http://testserver.pwnme.example"},
        {"Origin": "http://testserver:81"},
        {"Origin": "https://testserver"},
    ],
)
@pytest.mark.parametrize("name", POSTED)
def test_a_form_from_elsewhere_is_refused(
    name: str, headers: dict[str, str], world: World
) -> None:
    client = strict(world, name)
    token = with_cookie(client)
    answer = client.post(
        address_of(name, world, world.reports["open"]),
        {"csrfmiddlewaretoken": token},
        headers=headers,
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "referrer", ["https://pwnme.example/", "", "https://testserver.pwnme.example/"]
)
def test_over_https_a_foreign_referrer_is_refused(referrer: str, world: World) -> None:
    client = world.client("member", enforce_csrf_checks=True)
    token = with_cookie(client)
    answer = client.post(
        "/profile/",
        {"csrfmiddlewaretoken": token},
        headers={"Referer": referrer} if referrer else {},
        secure=True,
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/json", "multipart/form-data"]
)
def test_a_body_that_a_foreign_page_can_send_is_refused(
    content_type: str, world: World
) -> None:
    body = b'{"csrfmiddlewaretoken": "x", "name": "x"}'
    client = world.client("member", enforce_csrf_checks=True)
    answer = client.generic("POST", "/profile/", body, content_type)
    assert answer.status_code in {400, 403}


# --- Reading changes nothing ----------------------------------------------------------

WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "ALTER", "CREATE", "DROP")
OWN_BOOKS = ('"django_session"', '"accounts_organisation"')
"""Sessions, and the one row of settings that is made when it is first asked for."""


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("name", READ)
def test_reading_writes_nothing(name: str, method: str, world: World) -> None:
    client = world.client(role_for(name))
    address = address_of(name, world, world.reports["open"])
    with CaptureQueriesContext(connection) as queries:
        answer: Any = getattr(client, method.lower())(address)
    assert answer.status_code < 500
    written = [
        query["sql"][:100]
        for query in queries.captured_queries
        if query["sql"].lstrip().upper().startswith(WRITES)
        and not any(table in query["sql"] for table in OWN_BOOKS)
    ]
    assert written == []


@pytest.mark.parametrize("name", READ)
def test_no_page_asks_the_database_without_end(name: str, world: World) -> None:
    client = world.client(role_for(name))
    address = address_of(name, world, world.reports["open"])
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    asked = [
        query["sql"]
        for query in queries.captured_queries
        if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))
    ]
    assert len(asked) <= 30


def test_signing_out_takes_a_form(world: World) -> None:
    client = world.client("member")
    assert client.get("/sign-out/").status_code == 405
    assert client.get("/profile/").status_code == 200
    answer = client.post("/sign-out/")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/profile/").status_code == 302
