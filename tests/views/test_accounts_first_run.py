"""The first administrator: made once, by whoever can read what the server printed."""

import threading
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from accounts.models import Organisation, Role, User
from accounts.operations import arriving
from accounts.policies import Gone
from tests.signing import is_signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_counters")]
TYPED = {
    "email": "ada.minh@afterword.example",
    "name": "Ada Minh",
    "password": "correct horse battery staple",
    "time_zone": "berlin",
}


@pytest.fixture
def address(db: None, capsys: pytest.CaptureFixture[str]) -> str:
    """What `manage.py first_run_token` prints."""
    call_command("first_run_token")
    return capsys.readouterr().out.strip()


def create(client: Client, address: str, **typed: str) -> Any:
    path, _, token = address.partition("?token=")
    return client.post(path, {**TYPED, "token": token, **typed})


def test_every_page_leads_to_the_first_run(client: Client) -> None:
    for path in ("/", "/incidents/", "/sign-in/", "/people/"):
        assert client.get(path).headers["Location"] == "/welcome/"


def test_probes_are_not_led_anywhere(client: Client) -> None:
    assert client.get("/livez").status_code == 200


def test_without_the_token_the_page_says_where_it_is(client: Client) -> None:
    answer = client.get("/welcome/")
    assert answer.status_code == 403
    assert "first_run_token" in answer.content.decode()
    assert "<form" not in answer.content.decode()


def test_the_printed_address_opens_the_form(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Referrer-Policy"] == "strict-origin"


def test_the_first_account_administers_and_is_signed_in(
    client: Client, address: str
) -> None:
    assert create(client, address).headers["Location"] == "/"
    user = User.objects.get()
    assert (user.name, user.role, user.time_zone) == (
        "Ada Minh",
        Role.ADMINISTRATOR,
        "Europe/Berlin",
    )
    assert Organisation.objects.get().default_time_zone == "Europe/Berlin"
    assert is_signed_in(client)


def test_the_page_is_gone_once_there_is_an_account(
    client: Client, address: str
) -> None:
    create(client, address)
    for one in (client, Client()):
        assert one.get(address).status_code == 404
        assert create(one, address).status_code == 404
    assert User.objects.count() == 1


def test_the_token_is_kept_as_a_hash_and_only_until_it_is_used(
    client: Client, address: str
) -> None:
    token = address.partition("=")[2]
    assert Organisation.objects.get().first_run_token_hash not in {"", token}
    create(client, address)
    assert Organisation.objects.get().first_run_token_hash == ""


@pytest.mark.parametrize("token", ["", "x", "None", "0" * 43])
def test_another_token_opens_nothing(token: str, client: Client, address: str) -> None:
    answer = create(client, address, token=token)
    assert answer.status_code == 403
    assert not User.objects.exists()


def test_a_new_token_ends_the_one_before(
    client: Client, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("first_run_token")
    assert client.get(address).status_code == 403
    assert client.get(capsys.readouterr().out.strip()).status_code == 200


def test_no_token_is_printed_once_there_is_an_account(administrator: User) -> None:
    with pytest.raises(CommandError, match="There is an account already"):
        call_command("first_run_token")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": " "}, "This field is required."),
        ({"email": "nobody"}, "Enter a valid email address."),
        ({"password": "short"}, "at least 10 characters"),
        ({"password": "ada.minh@afterword"}, "too similar"),
        ({"time_zone": "Atlantis"}, "No time zone is called this."),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_is_kept(
    wrong: dict[str, str], sentence: str, client: Client, address: str
) -> None:
    answer = create(client, address, **wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    for name, value in (TYPED | wrong).items():
        if name != "password" and value.strip():
            assert f'value="{value}"' in page
    assert not User.objects.exists()


def test_tokens_are_tried_twenty_times_a_minute(client: Client) -> None:
    answers = [
        client.post("/welcome/", {"token": str(number)}).status_code
        for number in range(21)
    ]
    assert answers == [403] * 20 + [429]


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_becomes_the_first() -> None:
    token = arriving.new_first_run_token()
    together = threading.Barrier(2)
    answers: list[str] = []

    def arrive(number: int) -> None:
        together.wait()
        try:
            arriving.create_first_administrator(
                token,
                email=f"ada{number}@afterword.example",
                name="Ada",
                password=TYPED["password"],
                time_zone="UTC",
            )
            answers.append("created")
        except Gone:
            answers.append("gone")
        connection.close()

    both = [threading.Thread(target=arrive, args=(number,)) for number in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(answers) == ["created", "gone"]
    assert User.objects.count() == 1
