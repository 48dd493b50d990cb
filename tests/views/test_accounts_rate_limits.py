"""Tries are counted in Redis: by account, by network address, never not at all."""

import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import PasswordReset, User
from tests.fixtures import person
from tests.signing import PASSWORD, is_signed_in, sign_in, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_counters")]
WRONG = "not-the-password"


def from_network(number: int) -> Client:
    return Client(REMOTE_ADDR=f"192.0.2.{number}")


def test_after_five_wrong_passwords_the_right_one_is_refused(
    facilitator: User,
) -> None:
    for number in range(5):
        answer = sign_in(from_network(number), facilitator.email, WRONG)
        assert answer.status_code == 422
    client = from_network(6)
    answer = sign_in(client, facilitator.email)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "300"
    assert "Too many attempts" in answer.content.decode()
    assert f'value="{facilitator.email}"' in answer.content.decode()
    assert not is_signed_in(client)


def test_the_fifth_try_may_still_be_right(facilitator: User) -> None:
    for number in range(4):
        sign_in(from_network(number), facilitator.email, WRONG)
    assert sign_in(from_network(5), facilitator.email).status_code == 302


def test_whoever_is_signed_in_is_not_thrown_out(facilitator: User) -> None:
    client = signed_in(facilitator)
    for number in range(6):
        sign_in(from_network(number), facilitator.email, WRONG)
    assert is_signed_in(client)


@pytest.mark.parametrize(
    "spelling", ["MAREN.HOLT@afterword.example", "ｍaren.holt@afterword.example"]
)
def test_another_spelling_of_the_address_gives_no_further_tries(
    spelling: str, facilitator: User
) -> None:
    for number in range(5):
        sign_in(from_network(number), spelling, WRONG)
    assert sign_in(from_network(6), facilitator.email).status_code == 429


def test_another_host_gives_no_further_tries(facilitator: User) -> None:
    for number in range(5):
        client, host = from_network(number), f"localhost:{8000 + number}"
        sign_in(client, facilitator.email, WRONG, HTTP_HOST=host)
    assert sign_in(from_network(6), facilitator.email).status_code == 429


def test_one_password_for_many_accounts_ends_at_the_eleventh(db: None) -> None:
    client = from_network(1)
    answers = [
        sign_in(client, person(f"Person {number}").email, WRONG).status_code
        for number in range(12)
    ]
    assert answers == [422] * 10 + [429] * 2


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "CF-Connecting-IP", "Forwarded", "X-Real-IP", "True-Client-IP"],
)
def test_a_header_does_not_make_another_network_address(
    header: str, facilitator: User
) -> None:
    answers = []
    for number in range(11):
        claimed = f"198.51.100.{number}"
        value = f"for={claimed}" if header == "Forwarded" else claimed
        email = f"nobody{number}@afterword.example"
        answer = sign_in(from_network(1), email, WRONG, headers={header: value})
        answers.append(answer.status_code)
    assert answers[-1] == 429


def test_behind_a_proxy_its_own_entry_counts_and_no_invented_one(
    settings: Any, facilitator: User
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    answers = []
    for number in range(11):
        forwarded = f"198.51.100.{number}, 203.0.113.7"
        email = f"nobody{number}@afterword.example"
        answer = sign_in(
            from_network(1), email, WRONG, headers={"X-Forwarded-For": forwarded}
        )
        answers.append(answer.status_code)
    assert answers[-1] == 429


def test_past_a_proxy_that_should_be_there_nobody_comes_in(
    settings: Any, facilitator: User
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    headers = {"X-Forwarded-For": "198.51.100.1"}
    answer = sign_in(Client(), facilitator.email, headers=headers)
    assert answer.status_code == 403


@pytest.mark.django_db(transaction=True)
def test_tries_at_once_are_counted_one_by_one() -> None:
    facilitator = person("Maren Holt")
    together = threading.Barrier(20)
    answers: list[int] = []

    def guess(number: int) -> None:
        together.wait()
        client = from_network(number)
        answers.append(sign_in(client, facilitator.email, WRONG).status_code)
        connection.close()

    guesses = [threading.Thread(target=guess, args=(number,)) for number in range(20)]
    for one in guesses:
        one.start()
    for one in guesses:
        one.join()
    assert sorted(set(answers)) == [422, 429]
    assert answers.count(422) <= 6


# --- Redis is away --------------------------------------------------------------------


@pytest.mark.parametrize("redis", ["redis_away", "redis_hangs"])
def test_without_redis_nobody_signs_in(
    redis: str, request: pytest.FixtureRequest, client: Client, facilitator: User
) -> None:
    request.getfixturevalue(redis)
    answer = sign_in(client, facilitator.email, PASSWORD)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert not is_signed_in(client)


@pytest.mark.usefixtures("redis_away")
@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("/password/reset/", {"email": "maren.holt@afterword.example"}),
        ("/invitations/x/accept/", {"name": "Maren"}),
    ],
)
def test_without_redis_no_other_door_opens(
    path: str, typed: dict[str, str], client: Client, facilitator: User
) -> None:
    assert client.post(path, typed).status_code == 503
    assert not PasswordReset.objects.exists()


def test_without_redis_whoever_is_signed_in_works_on(
    facilitator: User, request: pytest.FixtureRequest
) -> None:
    client = signed_in(facilitator)
    request.getfixturevalue("redis_away")
    assert is_signed_in(client)


# --- Asking for a password ------------------------------------------------------------


def ask(client: Client, email: str) -> int:
    return client.post("/password/reset/", {"email": email}).status_code


def test_an_address_is_asked_for_five_times_a_minute(facilitator: User) -> None:
    answers = [ask(from_network(n), facilitator.email) for n in range(6)]
    assert answers == [302] * 5 + [429]
    assert PasswordReset.objects.count() == 5


def test_a_network_asks_twenty_times_a_minute(facilitator: User) -> None:
    client = from_network(1)
    answers = [ask(client, f"nobody{n}@afterword.example") for n in range(21)]
    assert answers == [302] * 20 + [429]


def test_a_refusal_says_when_to_come_again(facilitator: User) -> None:
    for number in range(5):
        ask(from_network(number), facilitator.email)
    answer = from_network(6).post("/password/reset/", {"email": facilitator.email})
    assert answer.headers["Retry-After"]
    assert "Too many tries" in answer.content.decode()
