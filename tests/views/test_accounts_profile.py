"""What people settle for themselves, and administrators for the organisation."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organisation, Role, User
from tests.fixtures import person

pytestmark = pytest.mark.django_db
TYPED = {
    "name": "Maren Holt-Berg",
    "time_zone": "Europe/Oslo",
    "theme": "dark",
    "shortcuts": "on",
}


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def client(facilitator: User) -> Client:
    return browser(facilitator)


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


# --- The profile ----------------------------------------------------------------------


def test_a_profile_is_saved_and_shown(client: Client, facilitator: User) -> None:
    answer = client.post("/profile/", TYPED)
    assert answer.headers["Location"] == "/profile/"
    kept = fresh(facilitator)
    assert (kept.name, kept.time_zone, kept.theme, kept.shortcuts) == (
        "Maren Holt-Berg",
        "Europe/Oslo",
        "dark",
        True,
    )
    page = client.get("/profile/").content.decode()
    assert "Profile saved." in page
    assert 'data-theme="dark"' in page


def test_keyboard_shortcuts_are_switched_off(client: Client, facilitator: User) -> None:
    client.post("/profile/", {**TYPED, "shortcuts": ""})
    assert not fresh(facilitator).shortcuts
    assert 'data-shortcuts="off"' in client.get("/profile/").content.decode()


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        (" Berlin ", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
        ("Asia/Calcutta", "Asia/Calcutta"),
    ],
)
def test_a_zone_is_named_as_people_name_it(
    typed: str, zone: str, client: Client, facilitator: User
) -> None:
    assert client.post("/profile/", {**TYPED, "time_zone": typed}).status_code == 302
    assert fresh(facilitator).time_zone == zone


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": "  "}, "This field is required."),
        ({"name": "x" * 121}, "At most 120 characters; this has 121."),
        ({"time_zone": "Atlantis"}, "No time zone is called this."),
        ({"time_zone": "localtime"}, "No time zone is called this."),
        ({"time_zone": "../../etc/passwd"}, "No time zone is called this."),
        ({"theme": "sepia"}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_is_kept(
    wrong: dict[str, str], sentence: str, client: Client, facilitator: User
) -> None:
    answer = client.post("/profile/", {**TYPED, **wrong})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert "autofocus" in page
    for name in ("name", "time_zone"):
        value = (TYPED | wrong)[name].strip()
        assert not value or f'value="{value}"' in page
    assert fresh(facilitator).name == "Maren Holt"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Maren \t Holt ", "Maren Holt"),
        ("Maren\u202eHolt\u200b", "MarenHolt"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("<img src=x>", "<img src=x>"),
        ("🐢", "🐢"),
        ("👩\u200d🚒", "👩\u200d🚒"),
        ("a" + "\u0323" * 30, "\u1ea1" + "\u0323" * 19),
        ("x" * 120, "x" * 120),
    ],
)
def test_a_name_is_kept_as_one_line_that_can_be_seen(
    typed: str, kept: str, client: Client, facilitator: User
) -> None:
    client.post("/profile/", {**TYPED, "name": typed})
    assert fresh(facilitator).name == kept
    assert "<img src=x>" not in client.get("/profile/").content.decode()


def test_no_other_field_is_written(client: Client, facilitator: User) -> None:
    more = {"role": "administrator", "email": "x@y.example", "active": "", "id": "1"}
    client.post("/profile/", {**TYPED, **more})
    kept = fresh(facilitator)
    assert (kept.role, kept.email, kept.active) == (
        Role.MEMBER,
        facilitator.email,
        True,
    )


# --- The theme ------------------------------------------------------------------------


def test_a_script_keeps_the_theme(client: Client, facilitator: User) -> None:
    answer = client.post(
        "/profile/theme/", {"theme": "dark"}, headers={"Sec-Fetch-Mode": "cors"}
    )
    assert answer.status_code == 204
    assert fresh(facilitator).theme == "dark"


def test_a_form_keeps_the_theme_and_comes_back(
    client: Client, facilitator: User
) -> None:
    typed = {"theme": "light", "next": "/people/"}
    answer = client.post("/profile/theme/", typed)
    assert answer.headers["Location"] == "/people/"
    assert fresh(facilitator).theme == "light"
    typed = {"theme": "light", "next": "//evil.example/"}
    answer = client.post("/profile/theme/", typed)
    assert answer.headers["Location"] == "/profile/"


@pytest.mark.parametrize("theme", ["", "sepia", 'dark"><script>'])
def test_a_theme_that_there_is_not_is_refused(
    theme: str, client: Client, facilitator: User
) -> None:
    answer = client.post("/profile/theme/", {"theme": theme})
    assert answer.status_code == 422
    assert fresh(facilitator).theme == "system"


# --- The organisation -----------------------------------------------------------------


def test_an_administrator_names_the_organisation(administrator: User) -> None:
    client = browser(administrator)
    typed = {"name": "Nordwind Retail", "default_time_zone": "oslo"}
    answer = client.post("/settings/organisation/", typed)
    assert answer.headers["Location"] == "/settings/organisation/"
    kept = Organisation.objects.get()
    assert (kept.name, kept.default_time_zone) == ("Nordwind Retail", "Europe/Oslo")
    page = client.get("/settings/organisation/").content.decode()
    assert "Organisation saved." in page
    assert 'value="Nordwind Retail"' in page


def test_a_wrong_organisation_is_shown_with_what_was_typed(
    administrator: User,
) -> None:
    typed = {"name": "x" * 121, "default_time_zone": "Atlantis"}
    answer = browser(administrator).post("/settings/organisation/", typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "At most 120 characters; this has 121." in page
    assert 'value="Atlantis"' in page


@pytest.mark.parametrize("role", [Role.VIEWER, Role.MEMBER])
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_administrators_settle_the_organisation(role: Role, method: str) -> None:
    client = browser(person("Lena Fischer", role))
    answer = getattr(client, method)("/settings/organisation/", {"name": "Mine"})
    assert answer.status_code == 403


# --- The way in -----------------------------------------------------------------------


def test_settings_show_what_each_may_open(client: Client, administrator: User) -> None:
    of_a_member = client.get("/settings/").content.decode()
    assert 'href="/profile/"' in of_a_member
    assert 'href="/settings/organisation/"' not in of_a_member
    of_an_administrator = browser(administrator).get("/settings/").content.decode()
    assert 'href="/settings/organisation/"' in of_an_administrator
    assert 'href="/people/invitations/"' in of_an_administrator


def test_every_page_that_settings_name_opens(administrator: User) -> None:
    client = browser(administrator)
    page = client.get("/settings/")
    for name in ("profile", "people", "teams", "settings/organisation"):
        assert f'href="/{name}/"' in page.content.decode()
        assert client.get(f"/{name}/").status_code == 200


def test_settings_cost_two_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for path in ("/settings/", "/profile/"):
        with django_assert_num_queries(2):
            client.get(path)
