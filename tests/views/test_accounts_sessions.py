"""A session ends with what it stood for, and after some time in any case (BAR A11)."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.operations import people
from tests.signing import is_signed_in, sign_in, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_counters")]
NEW = "correct horse battery staple"


def test_changing_the_password_ends_all_other_sessions(facilitator: User) -> None:
    here, elsewhere = signed_in(facilitator), signed_in(facilitator)
    typed = {"oldpassword": "a-long-password", "password1": NEW, "password2": NEW}
    assert here.post("/password/change/", typed).status_code == 302
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)


def test_deactivation_ends_every_session_at_once(
    facilitator: User, administrator: User
) -> None:
    client = signed_in(facilitator)
    people.deactivate(facilitator, by=administrator)
    assert not is_signed_in(client)


def test_a_role_taken_away_is_gone_with_the_next_request(
    facilitator: User, administrator: User
) -> None:
    people.change_role(facilitator, "administrator", by=administrator)
    client = signed_in(facilitator)
    assert client.get("/settings/organisation/").status_code == 200
    people.change_role(facilitator, "member", by=administrator)
    assert client.get("/settings/organisation/").status_code == 403


def test_reactivation_does_not_bring_the_password_of_a_stranger_back(
    facilitator: User, administrator: User
) -> None:
    client = signed_in(facilitator)
    people.deactivate(facilitator, by=administrator)
    people.set_password(facilitator, NEW)
    people.reactivate(facilitator, by=administrator)
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("role", "unused"),
    [("member", timedelta(hours=12)), ("administrator", timedelta(hours=1))],
)
def test_a_session_nobody_uses_ends(
    role: str, unused: timedelta, facilitator: User
) -> None:
    User.objects.filter(pk=facilitator.pk).update(role=role)
    began = timezone.now().replace(microsecond=0)
    for span, lives in (
        (unused - timedelta(seconds=1), True),
        (unused, False),
        (unused + timedelta(seconds=1), False),
    ):
        with time_machine.travel(began, tick=False):
            client = signed_in(facilitator)
        with time_machine.travel(began + span, tick=False):
            assert is_signed_in(client) is lives


@pytest.mark.parametrize(
    ("role", "longest"),
    [("member", timedelta(days=7)), ("administrator", timedelta(hours=12))],
)
def test_a_session_in_use_ends_as_well(
    role: str, longest: timedelta, facilitator: User
) -> None:
    User.objects.filter(pk=facilitator.pk).update(role=role)
    began = timezone.now().replace(microsecond=0)
    with time_machine.travel(began, tick=False):
        client = signed_in(facilitator)
    used = began
    while used + timedelta(minutes=50) < began + longest:
        used += timedelta(minutes=50)
        with time_machine.travel(used, tick=False):
            assert is_signed_in(client)
    with time_machine.travel(began + longest, tick=False):
        assert not is_signed_in(client)


def test_whose_session_ended_is_asked_to_sign_in_and_led_on(
    facilitator: User,
) -> None:
    client = signed_in(facilitator)
    with time_machine.travel(timezone.now() + timedelta(hours=13)):
        answer = client.get("/people/")
        assert answer.headers["Location"] == "/sign-in/?next=%2Fpeople%2F"
        assert sign_in(client, facilitator.email).status_code == 302
        assert is_signed_in(client)


def test_use_is_written_down_once_a_minute_at_most(facilitator: User) -> None:
    client = signed_in(facilitator)
    writes_after = []
    for seconds in (1, 59, 61):
        with time_machine.travel(timezone.now() + timedelta(seconds=seconds)):
            before = _seen(client)
            client.get("/profile/")
            writes_after.append(_seen(client) != before)
    assert writes_after == [False, False, True]


def _seen(client: Client) -> int:
    return int(client.session["seen_at"])
