"""Signing in and out: by address and password, and by nothing else."""

import re

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from accounts.operations import people
from tests.fixtures import person
from tests.signing import (
    CountingHasher,
    is_signed_in,
    sign_in,
    signed_in,
    text_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_counters")]


def test_address_and_password_lead_home(client: Client, facilitator: User) -> None:
    answer = sign_in(client, facilitator.email)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert is_signed_in(client)


@pytest.mark.parametrize(
    "typed",
    [
        "MAREN.HOLT@AFTERWORD.EXAMPLE",
        " maren.holt@afterword.example ",
        "ｍaren.holt@afterword.example",
    ],
)
def test_one_address_has_many_spellings(
    typed: str, client: Client, facilitator: User
) -> None:
    assert sign_in(client, typed).status_code == 302


def test_a_wrong_password_keeps_the_address_and_not_the_password(
    client: Client, facilitator: User
) -> None:
    answer = sign_in(client, facilitator.email, "not-the-password")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "The address or the password is not right." in page
    assert f'value="{facilitator.email}"' in page
    assert "not-the-password" not in page
    assert not is_signed_in(client)


def test_an_unknown_address_is_answered_with_the_same_page(
    facilitator: User,
) -> None:
    known = sign_in(Client(), facilitator.email, "not-the-password")
    unknown = sign_in(Client(), "nobody@afterword.example", "not-the-password")
    assert known.status_code == unknown.status_code
    assert text_of(known).replace(facilitator.email, "") == text_of(unknown).replace(
        "nobody@afterword.example", ""
    )


def test_known_or_not_a_password_is_hashed_once(
    counting_hasher: type[CountingHasher], client: Client
) -> None:
    known = person("Maren Holt")
    counting_hasher.hashed = 0
    sign_in(client, known.email, "not-the-password")
    assert counting_hasher.hashed == 1
    sign_in(client, "nobody@afterword.example", "not-the-password")
    assert counting_hasher.hashed == 2


@pytest.mark.parametrize("typed", [{}, {"login": "x"}, {"login": "a@b.example"}])
def test_what_is_missing_is_said_beside_the_field(
    typed: dict[str, str], client: Client, facilitator: User
) -> None:
    answer = client.post("/sign-in/", typed)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()


def test_signing_in_takes_a_new_session(client: Client, facilitator: User) -> None:
    client.get("/sign-in/")
    session = client.session
    session["before"] = "kept by whoever planted it"
    session.save()
    client.cookies["afterword_session"] = str(session.session_key)
    sign_in(client, facilitator.email)
    assert client.cookies["afterword_session"].value != session.session_key
    assert not is_signed_in(_with_session(str(session.session_key)))


def _with_session(key: str) -> Client:
    client = Client()
    client.cookies["afterword_session"] = key
    return client


def test_only_session_and_csrf_are_kept_in_cookies(
    client: Client, facilitator: User
) -> None:
    client.get("/sign-in/")
    sign_in(client, facilitator.email)
    client.post("/profile/theme/", {"theme": "dark"})
    client.post(
        "/profile/",
        {"name": "Maren", "time_zone": "UTC", "theme": "dark"},
        follow=True,
    )
    assert set(client.cookies) == {"afterword_session", "afterword_csrf"}
    for cookie in client.cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"


# --- Where it leads -------------------------------------------------------------------


def test_a_stranger_is_sent_to_sign_in_and_then_on(
    client: Client, facilitator: User
) -> None:
    asked = client.get("/people/?q=maren")
    assert asked.status_code == 302
    assert asked.headers["Location"] == "/sign-in/?next=%2Fpeople%2F%3Fq%3Dmaren"
    page = client.get(asked.headers["Location"]).content.decode()
    assert 'name="next" value="/people/?q=maren"' in page
    answer = sign_in(client, facilitator.email, QUERY_STRING="next=/people/?q=maren")
    assert answer.headers["Location"] == "/people/?q=maren"


def test_a_form_that_a_stranger_sends_leads_to_the_start(
    client: Client, facilitator: User
) -> None:
    answer = client.post("/profile/", {"name": "X"})
    assert answer.headers["Location"] == "/sign-in/?next=%2F"


def test_a_part_of_a_page_is_refused_in_htmx_s_way(
    client: Client, facilitator: User
) -> None:
    answer = client.get("/people/", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in/?next=%2F"


@pytest.mark.parametrize(
    "place",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "%2f%2fevil.example",
        "/\t/evil.example",
        "/%09/evil.example",
        "\t//evil.example",
        "people/",
        "/" + "x" * 5_000,
        "http://testserver/people/",
    ],
)
def test_only_our_own_paths_are_followed(
    place: str, client: Client, facilitator: User
) -> None:
    typed = {"login": facilitator.email, "password": "a-long-password", "next": place}
    answer = client.post("/sign-in/", typed)
    assert answer.headers["Location"] in {"/", "/%09/evil.example"}


def test_who_is_signed_in_needs_no_sign_in_page(facilitator: User) -> None:
    assert signed_in(facilitator).get("/sign-in/").headers["Location"] == "/"


def test_a_deactivated_account_is_told_so_and_stays_out(
    client: Client, facilitator: User, administrator: User
) -> None:
    people.deactivate(facilitator, by=administrator)
    answer = sign_in(client, facilitator.email)
    assert answer.headers["Location"] == "/sign-in/deactivated/"
    assert "deactivated" in client.get("/sign-in/deactivated/").content.decode()
    assert not is_signed_in(client)


# --- Signing out ----------------------------------------------------------------------


def test_signing_out_ends_the_session_for_whoever_copied_it(
    facilitator: User,
) -> None:
    client = signed_in(facilitator)
    copied = _with_session(client.cookies["afterword_session"].value)
    assert is_signed_in(copied)
    answer = client.post("/sign-out/")
    assert answer.headers["Location"] == "/sign-in/"
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert not is_signed_in(copied)


def test_a_link_signs_nobody_out(facilitator: User) -> None:
    client = signed_in(facilitator)
    assert client.get("/sign-out/").status_code == 405
    assert is_signed_in(client)


# --- What is not there ----------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "account_signup",
        "account_email",
        "account_set_password",
        "account_reauthenticate",
        "account_confirm_email",
        "account_email_verification_sent",
        "account_request_login_code",
        "socialaccount_signup",
        "admin:login",
    ],
)
def test_nobody_signs_up_or_comes_in_another_way(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/signup/",
        "/accounts/login/",
        "/signup/",
        "/sign-up/",
        "/admin/login/",
        "/api-auth/login/",
        "/accounts/google/login/",
    ],
)
def test_usual_doors_do_not_exist(path: str, client: Client, facilitator: User) -> None:
    typed = {"email": "new@afterword.example", "password1": "a-long-password"}
    assert client.post(path, typed).status_code == 404
    assert User.objects.count() == 1


# --- Headers --------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/sign-in/", "/password/reset/", "/people/"])
def test_no_page_can_be_framed_or_kept(path: str, facilitator: User) -> None:
    answer = Client().get(path)
    assert re.search(
        "frame-ancestors 'none'", answer.headers["Content-Security-Policy"]
    )
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "no-store" in answer.headers["Cache-Control"]


def test_pages_of_sign_in_tell_no_path_to_others(
    client: Client, facilitator: User
) -> None:
    assert client.get("/sign-in/").headers["Referrer-Policy"] == "strict-origin"
