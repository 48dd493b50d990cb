"""Passwords: chosen, changed, and set again by a link in a mail (BAR A6, A7, A26)."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import check_password
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.http import int_to_base36

from accounts import tasks
from accounts.models import Organisation, PasswordReset, User
from accounts.operations import people
from config.logs import JsonFormatter, TokensMasked
from tests.fixtures import person
from tests.mail_server import Mailbox
from tests.signing import PASSWORD, is_signed_in, sign_in, signed_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_counters")]
NEW = "correct horse battery staple"


def change(client: Client, **typed: str) -> Any:
    typed = {
        "oldpassword": PASSWORD,
        "password1": NEW,
        "password2": typed.get("password1", NEW),
        **typed,
    }
    return client.post("/password/change/", typed)


# --- Changing -------------------------------------------------------------------------


def test_a_changed_password_is_the_one_that_works(facilitator: User) -> None:
    answer = change(signed_in(facilitator))
    assert answer.headers["Location"] == "/profile/"
    assert sign_in(Client(), facilitator.email).status_code == 422
    assert sign_in(Client(), facilitator.email, NEW).status_code == 302


def test_the_next_page_says_what_changing_did(facilitator: User) -> None:
    client = signed_in(facilitator)
    change(client)
    page = client.get("/profile/").content.decode()
    assert "Password changed. You are signed out everywhere else." in page


def test_changing_asks_for_the_current_password(facilitator: User) -> None:
    answer = change(signed_in(facilitator), oldpassword="not-the-password")
    assert answer.status_code == 422
    assert "This is not your current password." in answer.content.decode()
    assert sign_in(Client(), facilitator.email).status_code == 302


def test_the_two_new_passwords_have_to_be_the_same(facilitator: User) -> None:
    answer = change(signed_in(facilitator), password2="something else entirely")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()


def test_changing_is_tried_five_times_a_minute(facilitator: User) -> None:
    client = signed_in(facilitator)
    answers = [change(client, oldpassword="no").status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_a_change_writes_nothing_but_the_password(
    facilitator: User, administrator: User
) -> None:
    stale = User.objects.get(pk=facilitator.pk)
    people.deactivate(facilitator, by=administrator)
    people.set_password(stale, NEW)
    kept = User.objects.get(pk=facilitator.pk)
    assert not kept.active
    assert check_password(NEW, kept.password)


@pytest.mark.parametrize(
    "password",
    [
        "x" * 9,
        "0123456789",
        "qwertyuiop",
        "1q2w3e4r5t",
        "maren.holt@afterword",
        "Maren Holt",
        "nordwind retail!",
        "NordwindRetail-2026",
        "afterword-forever",
    ],
    ids=lambda password: password[:24],
)
def test_what_is_easy_to_guess_is_refused(password: str, facilitator: User) -> None:
    Organisation.objects.create(pk=1, name="Nordwind Retail")
    assert change(signed_in(facilitator), password1=password).status_code == 422


@pytest.mark.parametrize(
    "password",
    [
        "x7" * 5,
        " leading and trailing ",
        "only lower case letters",
        "🐢🐇🦊🐻🐼🐨🐯🦁🐮🐷",
        "ß" * 64 + "1",
        "long enough for anybody " * 10,
        "y9" * 128,
    ],
    ids=lambda password: password[:24],
)
def test_anything_else_is_taken_as_it_was_typed(
    password: str, facilitator: User
) -> None:
    assert change(signed_in(facilitator), password1=password).status_code == 302
    assert sign_in(Client(), facilitator.email, password).status_code == 302
    assert sign_in(Client(), facilitator.email, password[:-1]).status_code == 422


# --- Asking for a link ----------------------------------------------------------------


def ask(email: str, client: Client | None = None) -> Any:
    return (client or Client()).post("/password/reset/", {"email": email})


def test_known_and_unknown_addresses_get_the_same_answer(facilitator: User) -> None:
    known, unknown = ask(facilitator.email), ask("nobody@afterword.example")
    assert known.status_code == unknown.status_code == 302
    assert known.headers["Location"] == unknown.headers["Location"]
    assert PasswordReset.objects.count() == 2


def test_known_and_unknown_addresses_cost_the_same_work(facilitator: User) -> None:
    statements = []
    for email in (facilitator.email, "nobody.here@afterword.example"):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            ask(email)
        statements.append([query["sql"].partition(" VALUES")[0] for query in asked])
    assert statements[0] == statements[1]


@pytest.mark.parametrize("typed", ["", "no address", "a@b", "a@b.example,c@d.example"])
def test_what_is_no_address_is_kept_and_refused(typed: str, facilitator: User) -> None:
    answer = ask(typed)
    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.content.decode() or not typed
    assert not PasswordReset.objects.exists()


# --- The link -------------------------------------------------------------------------


def mailed_link(email: str, mailbox: Mailbox) -> str:
    """The path that the mail to this address leads to."""
    ask(email)
    tasks.send_password_resets()
    found = re.search(r"https://afterword.example(/\S+)", mailbox.text())
    assert found is not None
    return found[1]


@pytest.fixture
def link(facilitator: User, mailbox: Mailbox) -> str:
    return mailed_link(facilitator.email, mailbox)


def follow(link: str, client: Client) -> Any:
    return client.get(link, follow=True)


def choose(client: Client, page: Any, password: str = NEW) -> Any:
    return client.post(
        page.request["PATH_INFO"], {"password1": password, "password2": password}
    )


def test_the_link_leads_to_another_password(link: str, facilitator: User) -> None:
    client = Client()
    answer = choose(client, follow(link, client))
    assert answer.headers["Location"] == "/password/reset/done/"
    assert sign_in(Client(), facilitator.email, NEW).status_code == 302
    assert not is_signed_in(client)


def test_the_form_stands_at_an_address_without_the_key(
    link: str, facilitator: User
) -> None:
    client = Client()
    moved = client.get(link)
    assert moved.status_code == 302
    assert moved.headers["Location"].endswith("-set-password/")
    assert moved.headers["Referrer-Policy"] == "strict-origin"
    page = follow(link, client)
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert link.rpartition("-")[2].strip("/") not in page.content.decode()


def test_the_link_works_once(link: str) -> None:
    client = Client()
    choose(client, follow(link, client))
    assert follow(link, Client()).status_code == 404
    assert follow(link, client).status_code == 404


def test_a_form_left_open_works_once_as_well(link: str, facilitator: User) -> None:
    client = Client()
    page = follow(link, client)
    choose(client, page)
    answer = choose(client, page, "another long password")
    assert answer.status_code == 404
    assert sign_in(Client(), facilitator.email, NEW).status_code == 302


def test_the_link_ends_when_the_password_changes(link: str, facilitator: User) -> None:
    people.set_password(facilitator, "chosen in the meantime")
    assert follow(link, Client()).status_code == 404


@pytest.mark.parametrize(("minutes", "status"), [(59, 200), (61, 404)])
def test_the_link_works_for_an_hour(link: str, minutes: int, status: int) -> None:
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        assert follow(link, Client()).status_code == status


def test_the_link_opens_no_other_account(link: str, facilitator: User) -> None:
    other = person("Jonas Adeyemi")
    _uid, key = link.strip("/").rpartition("/")[2].split("-", 1)
    path = f"/password/reset/{int_to_base36(other.pk)}-{key}/"
    assert follow(path, Client()).status_code == 404


def test_a_link_that_is_over_says_so_and_offers_another(link: str) -> None:
    client = Client()
    choose(client, follow(link, client))
    page = follow(link, client).content.decode()
    assert "This link no longer works" in page
    assert 'href="/password/reset/"' in page


def test_a_weak_password_is_refused_here_too(link: str) -> None:
    client = Client()
    answer = choose(client, follow(link, client), "0123456789")
    assert answer.status_code == 422
    assert "too common" in answer.content.decode()


def test_setting_another_password_ends_all_sessions(
    facilitator: User, mailbox: Mailbox
) -> None:
    elsewhere, client = signed_in(facilitator), Client()
    link = mailed_link(facilitator.email, mailbox)
    assert choose(client, follow(link, client)).status_code == 302
    assert not is_signed_in(elsewhere)


def test_after_it_whoever_was_locked_out_can_sign_in(
    link: str, facilitator: User
) -> None:
    for number in range(5):
        sign_in(Client(REMOTE_ADDR=f"192.0.2.{number}"), facilitator.email, "wrong")
    client = Client()
    choose(client, follow(link, client))
    answer = sign_in(Client(REMOTE_ADDR="192.0.2.9"), facilitator.email, NEW)
    assert answer.status_code == 302


def test_somebody_else_s_link_does_not_act_for_who_is_signed_in(
    link: str, facilitator: User
) -> None:
    client = signed_in(person("Jonas Adeyemi"))
    page = follow(link, client)
    assert page.status_code == 200
    assert not is_signed_in(client)


def test_the_pages_on_the_way_are_there(client: Client, facilitator: User) -> None:
    for path in ("/password/reset/", "/password/reset/asked/", "/password/reset/done/"):
        page = client.get(path)
        assert page.status_code == 200
        assert "<h1" in text_of(page)


# --- Logs -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/password/reset/1f-d3k2lp-0123456789abcdef0123456789abcdef/",
        "/invitations/kYb1Zc_0-n3kq9QW8ad0s7gVnR2mT4xLpE6uJhCwBfo/accept/",
        "/welcome/?token=kYb1Zc_0-n3kq9QW8ad0s7gVnR2mT4xLpE6uJhCwBfo",
    ],
)
def test_an_address_that_lets_somebody_in_is_not_logged(path: str) -> None:
    record = logging.LogRecord(
        "django.request", 40, "", 0, "%s: %s", ("Service Unavailable", path), None
    )
    TokensMasked().filter(record)
    line = JsonFormatter().format(record)
    assert "Service Unavailable" in line
    assert "0123456789abcdef" not in line
    assert "kYb1Zc_0" not in line


def test_a_reset_leaves_no_key_and_no_password_in_the_log(
    facilitator: User, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client()
    with caplog.at_level(logging.INFO):
        link = mailed_link(facilitator.email, mailbox)
        choose(client, follow(link, client))
    assert link.rpartition("-")[2].strip("/") not in caplog.text
    assert NEW not in caplog.text
    assert f"password of account {facilitator.pk} changed" in caplog.text
