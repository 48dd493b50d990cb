"""Who has an account, what each may do, and that somebody always administers."""

import threading
from contextlib import suppress

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, User
from accounts.operations import people, teams
from accounts.policies import LastAdministrator
from tests.fixtures import person

pytestmark = pytest.mark.django_db


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def client(administrator: User) -> Client:
    return browser(administrator)


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


# --- The list -------------------------------------------------------------------------


def test_everybody_sees_who_is_there_and_in_which_teams(
    viewer: User, facilitator: User, administrator: User
) -> None:
    team = teams.add_team(name="Storage", members=[facilitator], by=administrator)
    page = browser(viewer).get("/people/").content.decode()
    assert facilitator.email in page
    assert f'<a href="/teams/{team.pk}/">Storage</a>' in page
    assert "Role of" not in page
    assert "Deactivate" not in page


def test_only_administrators_see_who_is_deactivated(
    client: Client, viewer: User, facilitator: User, administrator: User
) -> None:
    people.deactivate(facilitator, by=administrator)
    assert "Maren Holt" not in browser(viewer).get("/people/").content.decode()
    page = client.get("/people/").content.decode()
    assert "Maren Holt" in page
    assert "deactivated" in page
    assert "Reactivate" in page


@pytest.mark.parametrize("wanted", ["maren", "HOLT", "maren.holt@", " Maren Holt "])
def test_people_are_found_by_name_and_address(
    wanted: str, client: Client, facilitator: User, viewer: User
) -> None:
    page = client.get("/people/", {"q": wanted}).content.decode()
    assert "Maren Holt" in page
    assert "Vera Blick" not in page
    assert "1 person" in page


@pytest.mark.parametrize("wanted", ["%", "_", "<blink>", "x" * 300])
def test_whom_nobody_finds_is_said(wanted: str, client: Client) -> None:
    page = client.get("/people/", {"q": wanted}).content.decode()
    assert "Nobody is called" in page
    assert "<blink>" not in page
    assert "Show everybody" in page


@pytest.mark.parametrize("number", ["0", "-1", "99999999999999999999", "last", ""])
def test_a_page_that_is_not_there_is_the_nearest(number: str, client: Client) -> None:
    assert client.get("/people/", {"page": number}).status_code == 200


def test_a_long_list_comes_in_pages_that_keep_the_search(client: Client) -> None:
    for number in range(101):
        person(f"Somebody {number:03}")
    page = client.get("/people/", {"q": "somebody"}).content.decode()
    assert "Somebody 099" in page
    assert "Somebody 100" not in page
    assert 'href="?q=somebody&amp;page=2"' in page


def test_the_list_costs_the_same_however_long(
    client: Client,
    administrator: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(5):
        client.get("/people/")
    everybody = [person(f"Somebody {number}") for number in range(12)]
    teams.add_team(name="Storage", members=everybody, by=administrator)
    with django_assert_num_queries(5):
        client.get("/people/")


# --- Roles ----------------------------------------------------------------------------


def test_an_administrator_gives_another_role(client: Client, facilitator: User) -> None:
    answer = client.post(
        f"/people/{facilitator.pk}/role/",
        {"role": "viewer", "next": "/people/?q=maren"},
    )
    assert answer.headers["Location"] == "/people/?q=maren"
    assert fresh(facilitator).role == Role.VIEWER
    assert "Role of Maren Holt changed." in client.get("/people/").content.decode()


def test_the_way_back_stays_with_us(client: Client, facilitator: User) -> None:
    typed = {"role": "viewer", "next": "//evil.example"}
    answer = client.post(f"/people/{facilitator.pk}/role/", typed)
    assert answer.headers["Location"] == "/people/"


@pytest.mark.parametrize("role", ["", "owner", "Administrator", "administrator\n"])
def test_a_role_that_there_is_not_is_refused(
    role: str, client: Client, facilitator: User
) -> None:
    answer = client.post(f"/people/{facilitator.pk}/role/", {"role": role})
    assert answer.status_code == 422
    assert fresh(facilitator).role == Role.MEMBER


def test_the_last_administrator_cannot_be_demoted(
    client: Client, administrator: User
) -> None:
    answer = client.post(f"/people/{administrator.pk}/role/", {"role": "member"})
    assert answer.status_code == 409
    assert "This is the last administrator." in answer.content.decode()
    assert fresh(administrator).administers


def test_the_last_administrator_cannot_be_deactivated(
    client: Client, administrator: User
) -> None:
    answer = client.post(f"/people/{administrator.pk}/deactivate/")
    assert answer.status_code == 409
    assert fresh(administrator).active


def test_a_deactivated_administrator_does_not_count(
    client: Client, administrator: User
) -> None:
    people.deactivate(person("Asleep", Role.ADMINISTRATOR), by=administrator)
    answer = client.post(f"/people/{administrator.pk}/role/", {"role": "member"})
    assert answer.status_code == 409


def test_where_there_is_another_an_administrator_may_step_down(
    client: Client, administrator: User
) -> None:
    person("Second", Role.ADMINISTRATOR)
    answer = client.post(f"/people/{administrator.pk}/role/", {"role": "member"})
    assert answer.status_code == 302
    assert not fresh(administrator).administers


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_demote_one_another_leave_one() -> None:
    pair = [person("Ada", Role.ADMINISTRATOR), person("Ben", Role.ADMINISTRATOR)]
    together = threading.Barrier(2)

    def demote(user: User, by: User) -> None:
        together.wait()
        with suppress(LastAdministrator, PermissionDenied):
            people.change_role(user, Role.MEMBER, by=by)
        connection.close()

    both = [
        threading.Thread(target=demote, args=(pair[0], pair[1])),
        threading.Thread(target=demote, args=(pair[1], pair[0])),
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sum(fresh(user).administers for user in pair) == 1


# --- Deactivation ---------------------------------------------------------------------


def test_who_is_deactivated_can_be_let_in_again(
    client: Client, facilitator: User
) -> None:
    client.post(f"/people/{facilitator.pk}/deactivate/")
    assert not fresh(facilitator).active
    page = client.get("/people/").content.decode()
    assert "Maren Holt can no longer sign in." in page
    client.post(f"/people/{facilitator.pk}/reactivate/")
    assert fresh(facilitator).active


def test_what_somebody_wrote_stays_when_they_leave(
    client: Client, facilitator: User, postmortem: object
) -> None:
    client.post(f"/people/{facilitator.pk}/deactivate/")
    assert client.get("/incidents/INC-2026-03-05-001/").status_code == 200


def test_saying_it_twice_changes_nothing(client: Client, facilitator: User) -> None:
    for _ in range(2):
        answer = client.post(f"/people/{facilitator.pk}/deactivate/")
        assert answer.status_code == 302


# --- Who may --------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
@pytest.mark.parametrize("verb", ["role", "deactivate", "reactivate"])
def test_only_administrators_change_people(
    role: Role, verb: str, facilitator: User, administrator: User
) -> None:
    client = browser(person("Lena Fischer", role))
    for user in (facilitator, administrator):
        answer = client.post(f"/people/{user.pk}/{verb}/", {"role": "administrator"})
        assert answer.status_code == 403
    assert fresh(facilitator).role == Role.MEMBER
    assert fresh(administrator).active


@pytest.mark.parametrize("verb", ["role", "deactivate", "reactivate"])
def test_somebody_who_is_not_there_is_not_found(verb: str, client: Client) -> None:
    answer = client.post(f"/people/99999/{verb}/", {"role": "member"})
    assert answer.status_code == 404


def test_who_was_demoted_meanwhile_changes_nothing(
    administrator: User, facilitator: User
) -> None:
    stale = fresh(administrator)
    person("Second", Role.ADMINISTRATOR)
    people.change_role(administrator, Role.MEMBER, by=administrator)
    with pytest.raises(Exception, match="Only an administrator"):
        people.change_role(facilitator, Role.ADMINISTRATOR, by=stale)
    assert fresh(facilitator).role == Role.MEMBER
