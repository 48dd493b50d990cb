"""Invitations: one link, for one address and role, once, for seven days (BAR A19)."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Invitation, Organisation, Role, Team, User
from accounts.operations import arriving, people, teams
from tests.fixtures import person
from tests.signing import is_signed_in, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_counters")]
EMAIL = "new@afterword.example"
TYPED = {
    "name": "Nadia Okafor",
    "password": "correct horse battery staple",
    "time_zone": "Europe/Berlin",
}


@pytest.fixture
def client(administrator: User) -> Client:
    """The administrator's browser."""
    client = Client()
    client.force_login(administrator)
    return client


def invite(by: User, email: str = EMAIL, **more: Any) -> Invitation:
    wish = {"role": Role.MEMBER, "team": None, **more}
    return arriving.invite(email, by=by, at=timezone.now(), **wish)


def link(invitation: Invitation) -> str:
    return f"/invitations/{invitation.token}/accept/"


def accept(invitation: Invitation, client: Client | None = None, **typed: Any) -> Any:
    return (client or Client()).post(link(invitation), {**TYPED, **typed})


# --- Writing them ---------------------------------------------------------------------


def test_inviting_writes_an_intent_and_says_so(client: Client) -> None:
    answer = client.post(
        "/people/invitations/add/", {"email": "New@Afterword.Example", "role": "viewer"}
    )
    assert answer.headers["Location"] == "/people/invitations/"
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role) == (EMAIL, "viewer")
    assert invitation.expires_at - invitation.created_at == timedelta(days=7)
    page = client.get("/people/invitations/").content.decode()
    assert "The mail to new@afterword.example leaves shortly." in page
    assert "Waiting to be sent" in page


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"email": "", "role": "member"}, "This field is required."),
        ({"email": "no address", "role": "member"}, "Enter a valid email address."),
        ({"email": "a@b.example,c@d.example", "role": "member"}, "Enter a valid email"),
        ({"email": EMAIL, "role": "owner"}, "Select a valid choice"),
        ({"email": EMAIL, "role": "member", "team": "99999"}, "Select a valid choice"),
        ({"email": "ada.minh@afterword.example", "role": "member"}, "an account for"),
    ],
)
def test_a_wrong_wish_is_shown_with_what_was_typed(
    typed: dict[str, str], sentence: str, client: Client
) -> None:
    answer = client.post("/people/invitations/add/", typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert f'value="{typed["email"]}"' in page or not typed["email"]
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("local", ["x" * 64, "x" * 243])
def test_an_address_is_254_characters_at_most(local: str, client: Client) -> None:
    email = f"{local}@{'d' * 60}.{'e' * 60}.{'f' * 60}.example"
    answer = client.post("/people/invitations/add/", {"email": email, "role": "member"})
    assert answer.status_code == (302 if len(email) <= 254 else 422)


def test_a_deactivated_account_is_not_invited_again(
    client: Client, facilitator: User, administrator: User
) -> None:
    people.deactivate(facilitator, by=administrator)
    typed = {"email": facilitator.email, "role": "member"}
    answer = client.post("/people/invitations/add/", typed)
    assert answer.status_code == 422
    assert "Reactivate it under People." in answer.content.decode()


def test_a_form_sent_twice_is_one_invitation(client: Client) -> None:
    for _ in range(2):
        client.post("/people/invitations/add/", {"email": EMAIL, "role": "member"})
    assert Invitation.objects.count() == 1


def test_another_role_a_moment_later_is_another_invitation(
    client: Client, administrator: User
) -> None:
    first = invite(administrator)
    client.post("/people/invitations/add/", {"email": EMAIL, "role": "viewer"})
    assert Client().get(link(first)).status_code == 404
    assert Invitation.objects.outstanding().get().role == "viewer"


def test_sending_again_makes_a_new_link_and_ends_the_old_one(
    client: Client, administrator: User
) -> None:
    first = invite(administrator, role="viewer")
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        client.force_login(administrator)
        client.post(f"/people/invitations/{first.pk}/resend/")
    second = Invitation.objects.outstanding().get()
    assert (second.email, second.role) == (first.email, first.role)
    assert Client().get(link(first)).status_code == 404
    assert Client().get(link(second)).status_code == 200


def test_an_expired_invitation_can_be_sent_again(administrator: User) -> None:
    first = invite(administrator)
    later = timezone.now() + timedelta(days=8)
    second = arriving.invite_again(first, by=administrator, at=later)
    assert second.state(later) == Invitation.State.WAITING
    first.refresh_from_db()
    assert first.state(later) == Invitation.State.WITHDRAWN


def test_what_was_accepted_is_not_sent_again(
    client: Client, administrator: User
) -> None:
    invitation = invite(administrator)
    accept(invitation)
    answer = client.post(f"/people/invitations/{invitation.pk}/resend/")
    assert answer.status_code == 409
    assert "There is an account for this address already." in answer.content.decode()


def test_a_withdrawn_link_opens_nothing(client: Client, administrator: User) -> None:
    invitation = invite(administrator)
    answer = client.post(f"/people/invitations/{invitation.pk}/withdraw/")
    assert answer.headers["Location"] == "/people/invitations/"
    assert accept(invitation).status_code == 404
    assert "Withdrawn" in client.get("/people/invitations/").content.decode()


def test_the_page_says_where_each_invitation_stands(
    client: Client, administrator: User
) -> None:
    now = timezone.now()
    sent, accepted, expired, given_up = (
        invite(administrator, f"{name}@afterword.example")
        for name in ("sent", "accepted", "expired", "given-up")
    )
    Invitation.objects.filter(pk=sent.pk).update(sent_at=now, token="")
    accept(accepted)
    Invitation.objects.filter(pk=expired.pk).update(expires_at=now)
    Invitation.objects.filter(pk=given_up.pk).update(attempts=5)
    page = client.get("/people/invitations/").content.decode()
    for word in ("Sent", "Accepted", "Expired", "Could not be sent"):
        assert f"</span>{word}</span>" in page
    assert sent.token not in page


def test_the_list_costs_the_same_however_long(
    client: Client,
    administrator: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    invite(administrator)
    with django_assert_num_queries(4):
        client.get("/people/invitations/")
    for number in range(12):
        invite(administrator, f"new{number}@afterword.example")
    with django_assert_num_queries(4):
        client.get("/people/invitations/")


def test_a_long_list_comes_in_pages(client: Client, administrator: User) -> None:
    for number in range(101):
        invite(administrator, f"new{number}@afterword.example")
    first = client.get("/people/invitations/").content.decode()
    assert "1 to 100 of 101" in first
    assert 'href="?page=2"' in first
    second = client.get("/people/invitations/?page=2").content.decode()
    assert "new0@afterword.example" in second


# --- Taking them up -------------------------------------------------------------------


def test_the_link_shows_who_invites_whom_to_what(administrator: User) -> None:
    Organisation.objects.create(
        pk=1, name="Nordwind Retail", default_time_zone="Europe/Oslo"
    )
    answer = Client().get(link(invite(administrator)))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert answer.headers["Referrer-Policy"] == "strict-origin"
    assert "Join Afterword at Nordwind Retail" in page
    assert "Ada Minh invited new@afterword.example." in page
    assert 'value="Europe/Oslo"' in page


def test_accepting_makes_the_account_and_signs_in(administrator: User) -> None:
    team = teams.add_team(name="Storage", by=administrator)
    client = Client()
    answer = accept(invite(administrator, role="viewer", team=team), client)
    assert answer.headers["Location"] == "/"
    user = User.objects.get(email=EMAIL)
    assert (user.name, user.role, user.time_zone) == (
        "Nadia Okafor",
        "viewer",
        "Europe/Berlin",
    )
    assert list(user.teams.all()) == [team]
    assert is_signed_in(client)
    assert sign_in(Client(), EMAIL, TYPED["password"]).status_code == 302


def test_address_and_role_come_from_the_invitation_alone(administrator: User) -> None:
    other = "other@afterword.example"
    accept(invite(administrator), email=other, role="administrator", active="1")
    user = User.objects.get(email=EMAIL)
    assert user.role == Role.MEMBER
    assert not User.objects.filter(email=other).exists()


def test_a_link_works_once(administrator: User) -> None:
    invitation = invite(administrator)
    accept(invitation)
    answer = accept(invitation, name="Somebody else")
    assert answer.status_code == 404
    assert "This invitation no longer works" in answer.content.decode()
    assert Client().get(link(invitation)).status_code == 404
    assert User.objects.filter(email=EMAIL).count() == 1


@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 404), (1, 404)])
def test_a_link_works_for_seven_days(
    seconds: int, status: int, administrator: User
) -> None:
    invitation = invite(administrator)
    moment = invitation.expires_at + timedelta(seconds=seconds)
    with time_machine.travel(moment, tick=False):
        assert Client().get(link(invitation)).status_code == status


@pytest.mark.parametrize("token", ["x", "0" * 43, "../accept", "%00", "a" * 300])
def test_another_token_opens_nothing(token: str, administrator: User) -> None:
    invite(administrator)
    answer = Client().post(f"/invitations/{token}/accept/", TYPED)
    assert answer.status_code in {400, 404}
    assert not User.objects.filter(email=EMAIL).exists()


def test_changing_one_character_of_the_token_opens_nothing(
    administrator: User,
) -> None:
    token = invite(administrator).token
    for other in (token[:-1], token + "A", token.swapcase(), token + " "):
        assert Client().get(f"/invitations/{other}/accept/").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "\u200b"}, "This field is required."),
        ({"name": "x" * 121}, "At most 120 characters; this has 121."),
        ({"password": "short"}, "at least 10 characters"),
        ({"password": "new@afterword.example"}, "too similar"),
        ({"time_zone": ""}, "This field is required."),
    ],
)
def test_what_is_wrong_is_said_and_the_link_still_works(
    wrong: dict[str, Any], sentence: str, administrator: User
) -> None:
    invitation = invite(administrator)
    answer = accept(invitation, **wrong)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert TYPED["password"] not in answer.content.decode()
    assert accept(invitation).status_code == 302


def test_who_is_signed_in_is_told_to_sign_out_first(
    client: Client, administrator: User
) -> None:
    invitation = invite(administrator)
    page = client.get(link(invitation)).content.decode()
    assert "you are signed in as Ada Minh" in page
    assert accept(invitation, client).status_code == 200
    assert not User.objects.filter(email=EMAIL).exists()


def test_a_team_archived_meanwhile_takes_nobody_in(administrator: User) -> None:
    team = teams.add_team(name="Storage", by=administrator)
    invitation = invite(administrator, team=team)
    teams.archive_team(team, by=administrator, at=timezone.now())
    accept(invitation)
    assert not User.objects.get(email=EMAIL).teams.exists()


def test_look_alike_addresses_are_one_account(administrator: User) -> None:
    accept(invite(administrator))
    for spelling in ("NEW@afterword.example", "ｎew@afterword.example"):
        with pytest.raises(Exception, match="There is an account"):
            invite(administrator, spelling)


# --- Who may --------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/people/invitations/"),
        ("get", "/people/invitations/add/"),
        ("post", "/people/invitations/add/"),
        ("post", "/people/invitations/{pk}/resend/"),
        ("post", "/people/invitations/{pk}/withdraw/"),
    ],
)
def test_only_administrators_invite(
    role: Role, method: str, path: str, administrator: User
) -> None:
    invitation = invite(administrator)
    client = Client()
    client.force_login(person("Lena Fischer", role))
    answer = getattr(client, method)(
        path.format(pk=invitation.pk), {"email": "x@y.example", "role": "administrator"}
    )
    assert answer.status_code == 403
    assert "Only an administrator may do this." in answer.content.decode()
    assert list(Invitation.objects.outstanding()) == [invitation]


def test_an_invitation_that_is_not_there_is_not_found(client: Client) -> None:
    for verb in ("resend", "withdraw"):
        assert client.post(f"/people/invitations/99999/{verb}/").status_code == 404


def test_team_may_be_left_open(client: Client, administrator: User) -> None:
    team: Team = teams.add_team(name="Storage", by=administrator)
    typed = {"email": EMAIL, "role": "member", "team": str(team.pk)}
    client.post("/people/invitations/add/", typed)
    assert Invitation.objects.get().team == team
