"""Teams: added, changed, filled and archived; led by one of their members."""

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, Team, User
from accounts.operations import people, teams
from tests.fixtures import person

pytestmark = pytest.mark.django_db


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def client(administrator: User) -> Client:
    return browser(administrator)


@pytest.fixture
def storage(administrator: User, facilitator: User, responder: User) -> Team:
    """Led by the facilitator; the responder is a member as well."""
    return teams.add_team(
        name="Storage",
        description="Keeps what was uploaded",
        lead=facilitator,
        members=[responder],
        by=administrator,
    )


def names(team: Team) -> list[str]:
    return sorted(team.members.values_list("name", flat=True))


# --- Reading --------------------------------------------------------------------------


def test_everybody_sees_teams_and_who_is_in_them(viewer: User, storage: Team) -> None:
    reader = browser(viewer)
    listed = reader.get("/teams/").content.decode()
    assert "Storage" in listed
    assert "Maren Holt" in listed
    page = reader.get(f"/teams/{storage.pk}/").content.decode()
    assert "Priya Raman" in page
    for word in ("Remove", "Add a member", "Archive"):
        assert word not in page


def test_deactivated_members_are_not_counted(
    viewer: User, storage: Team, responder: User, administrator: User
) -> None:
    people.deactivate(responder, by=administrator)
    page = browser(viewer).get(f"/teams/{storage.pk}/").content.decode()
    assert "Priya Raman" not in page
    assert (
        '<td class="r num" data-label="Members">1</td>'
        in browser(viewer).get("/teams/").content.decode()
    )


def test_no_team_yet_is_said(viewer: User) -> None:
    page = browser(viewer).get("/teams/").content.decode()
    assert "There are no teams yet." in page
    assert "An administrator adds them." in page


def test_the_pages_cost_the_same_however_many(
    client: Client,
    administrator: User,
    storage: Team,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    def cost_is_the_same() -> None:
        with django_assert_num_queries(5):
            client.get("/teams/")
        with django_assert_num_queries(5):
            client.get(f"/teams/{storage.pk}/")

    cost_is_the_same()
    for number in range(8):
        somebody = person(f"Somebody {number}")
        teams.add_member(storage, somebody, by=administrator)
        teams.add_team(name=f"Team {number}", lead=somebody, by=administrator)
    cost_is_the_same()


# --- Adding and changing --------------------------------------------------------------


def test_an_administrator_adds_a_team(
    client: Client, facilitator: User, responder: User
) -> None:
    typed = {
        "name": " Storage ",
        "description": "Keeps what was uploaded",
        "lead": facilitator.pk,
        "manager": responder.pk,
    }
    answer = client.post("/teams/add/", typed)
    team = Team.objects.get()
    assert answer.headers["Location"] == f"/teams/{team.pk}/"
    assert (team.name, team.lead, team.manager) == ("Storage", facilitator, responder)
    assert names(team) == ["Maren Holt"]


def test_a_form_sent_twice_is_one_team(client: Client) -> None:
    answers = [client.post("/teams/add/", {"name": "Storage"}) for _ in range(2)]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert Team.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": " "}, "This field is required."),
        ({"name": "x" * 121}, "At most 120 characters; this has 121."),
        ({"description": "x" * 501}, "At most 500 characters; this has 501."),
        ({"name": "sTORAGE"}, "There is a team of this name already."),
        ({"lead": "99999"}, "Select a valid choice."),
        ({"manager": "x"}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_is_kept(
    wrong: dict[str, str], sentence: str, client: Client, storage: Team
) -> None:
    typed = {"name": "Search", "description": "Finds things", **wrong}
    answer = client.post("/teams/add/", typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    for value in (typed["name"], typed["description"]):
        assert f'value="{value}"' in page
    assert Team.objects.count() == 1


@pytest.mark.parametrize("length", [119, 120])
def test_a_name_has_up_to_120_characters(length: int, client: Client) -> None:
    answer = client.post("/teams/add/", {"name": "x" * length})
    assert answer.status_code == 302


def test_a_team_is_changed(client: Client, storage: Team, facilitator: User) -> None:
    typed = {"name": "Storage and search", "description": "", "lead": facilitator.pk}
    answer = client.post(f"/teams/{storage.pk}/change/", typed)
    assert answer.headers["Location"] == f"/teams/{storage.pk}/"
    storage.refresh_from_db()
    assert storage.name == "Storage and search"
    assert names(storage) == ["Maren Holt", "Priya Raman"]


def test_a_name_that_another_team_has_is_refused(
    client: Client, storage: Team, administrator: User
) -> None:
    teams.add_team(name="Search", by=administrator)
    answer = client.post(f"/teams/{storage.pk}/change/", {"name": "search"})
    assert answer.status_code == 422
    assert "There is a team of this name already." in answer.content.decode()


def test_a_lead_who_was_deactivated_is_kept_by_a_save(
    client: Client, storage: Team, facilitator: User, administrator: User
) -> None:
    people.deactivate(facilitator, by=administrator)
    page = client.get(f"/teams/{storage.pk}/change/").content.decode()
    assert f'value="{facilitator.pk}" selected' in page
    typed = {"name": "Storage", "lead": facilitator.pk}
    assert client.post(f"/teams/{storage.pk}/change/", typed).status_code == 302
    storage.refresh_from_db()
    assert storage.lead == facilitator


# --- Members --------------------------------------------------------------------------


def test_members_are_added_and_removed(
    client: Client, storage: Team, member: User, responder: User
) -> None:
    typed = {"person": member.pk}
    answer = client.post(f"/teams/{storage.pk}/members/add/", typed)
    assert answer.headers["Location"] == f"/teams/{storage.pk}/"
    client.post(f"/teams/{storage.pk}/members/{responder.pk}/remove/")
    assert names(storage) == ["Lena Fischer", "Maren Holt"]


def test_the_lead_of_a_team_does_so_too(
    facilitator: User, storage: Team, member: User
) -> None:
    lead = browser(facilitator)
    assert "Add a member" in lead.get(f"/teams/{storage.pk}/").content.decode()
    lead.post(f"/teams/{storage.pk}/members/add/", {"person": member.pk})
    assert "Lena Fischer" in names(storage)


def test_adding_twice_is_adding_once(
    client: Client, storage: Team, member: User
) -> None:
    for _ in range(2):
        typed = {"person": member.pk}
        answer = client.post(f"/teams/{storage.pk}/members/add/", typed)
        assert answer.status_code == 302
    assert names(storage).count("Lena Fischer") == 1


@pytest.mark.parametrize("typed", ["", "99999", "0", "-1", "me", "null"])
def test_somebody_who_is_not_there_is_not_added(
    typed: str, client: Client, storage: Team
) -> None:
    answer = client.post(f"/teams/{storage.pk}/members/add/", {"person": typed})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert names(storage) == ["Maren Holt", "Priya Raman"]


def test_who_is_deactivated_is_not_added(
    client: Client, storage: Team, member: User, administrator: User
) -> None:
    people.deactivate(member, by=administrator)
    typed = {"person": member.pk}
    answer = client.post(f"/teams/{storage.pk}/members/add/", typed)
    assert answer.status_code == 422


def test_a_lead_who_leaves_the_team_leads_it_no_longer(
    client: Client, storage: Team, facilitator: User
) -> None:
    client.post(f"/teams/{storage.pk}/members/{facilitator.pk}/remove/")
    storage.refresh_from_db()
    assert storage.lead is None
    assert names(storage) == ["Priya Raman"]


# --- Archiving ------------------------------------------------------------------------


def test_an_archived_team_is_read_and_not_changed(
    client: Client, storage: Team, member: User
) -> None:
    answer = client.post(f"/teams/{storage.pk}/archive/")
    assert answer.headers["Location"] == "/teams/"
    page = client.get(f"/teams/{storage.pk}/")
    assert "This team is archived." in page.content.decode()
    assert client.get(f"/teams/{storage.pk}/change/").status_code == 404
    typed = {"person": member.pk}
    assert client.post(f"/teams/{storage.pk}/members/add/", typed).status_code == 404


def test_an_archived_team_comes_back(client: Client, storage: Team) -> None:
    client.post(f"/teams/{storage.pk}/archive/")
    assert "Bring back" in client.get("/teams/").content.decode()
    answer = client.post(f"/teams/{storage.pk}/restore/")
    assert answer.headers["Location"] == f"/teams/{storage.pk}/"
    assert client.get(f"/teams/{storage.pk}/change/").status_code == 200


def test_the_name_of_an_archived_team_is_not_free(
    client: Client, storage: Team, administrator: User
) -> None:
    teams.archive_team(storage, by=administrator, at=timezone.now())
    answer = client.post("/teams/add/", {"name": "Storage"})
    assert answer.status_code == 422
    assert "There is an archived team of this name." in answer.content.decode()


# --- Who may --------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/teams/add/"),
        ("post", "/teams/add/"),
        ("get", "/teams/{team}/change/"),
        ("post", "/teams/{team}/change/"),
        ("post", "/teams/{team}/members/add/"),
        ("post", "/teams/{team}/members/{person}/remove/"),
        ("post", "/teams/{team}/archive/"),
        ("post", "/teams/{team}/restore/"),
    ],
)
def test_others_do_not_change_teams(
    role: Role, method: str, path: str, storage: Team, responder: User
) -> None:
    outsider = person("Lena Fischer", role)
    address = path.format(team=storage.pk, person=responder.pk)
    typed = {"name": "Mine", "person": outsider.pk}
    answer = getattr(browser(outsider), method)(address, typed)
    assert answer.status_code == 403
    assert names(storage) == ["Maren Holt", "Priya Raman"]


def test_a_lead_who_became_a_viewer_only_reads(
    storage: Team, facilitator: User, member: User, administrator: User
) -> None:
    people.change_role(facilitator, Role.VIEWER, by=administrator)
    typed = {"person": member.pk}
    answer = browser(facilitator).post(f"/teams/{storage.pk}/members/add/", typed)
    assert answer.status_code == 403


@pytest.mark.parametrize("verb", ["change", "archive", "restore", "members/add"])
def test_a_team_that_is_not_there_is_not_found(verb: str, client: Client) -> None:
    assert client.get("/teams/99999/").status_code == 404
    assert client.post(f"/teams/99999/{verb}/").status_code == 404
