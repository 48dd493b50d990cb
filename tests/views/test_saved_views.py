"""Views of the list: named, shared, found again, deleted."""

import pytest
from django.test import Client

from accounts.models import User
from postmortems.models import SavedView
from postmortems.operations.saved_views import MOST_VIEWS
from tests.written import a_person, a_report, set_status

pytestmark = pytest.mark.django_db
SAVE = "/incidents/views/"


@pytest.fixture
def maren() -> User:
    return a_person("Maren Holt")


@pytest.fixture
def client(maren: User) -> Client:
    return signed_in(maren)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_filters_get_a_name_and_become_a_tab(client: Client, maren: User) -> None:
    a_report(maren)
    typed = {"name": "Waiting", "query": "status=in_review&q=data&service="}
    answer = client.post(SAVE, typed)
    assert answer.headers["Location"] == "/incidents/?q=data&status=in_review"
    page = client.get(answer.headers["Location"]).content.decode()
    assert ">Waiting</a>" in page
    assert "Delete the view “Waiting”" in page


def test_the_same_name_takes_the_new_filters(client: Client) -> None:
    client.post(SAVE, {"name": "Waiting", "query": "status=in_review"})
    client.post(SAVE, {"name": "Waiting", "query": "status=drafting"})
    assert SavedView.objects.get().query == "status=drafting"


def test_only_shared_views_of_others_are_shown(client: Client) -> None:
    jonas = signed_in(a_person("Jonas Adeyemi"))
    jonas.post(SAVE, {"name": "Own", "query": "mine=on&q=a1"})
    jonas.post(SAVE, {"name": "For all", "query": "status=closed", "shared": "on"})
    page = client.get("/incidents/").content.decode()
    assert ">For all</a>" in page
    assert ">Own</a>" not in page


def test_a_view_of_others_cannot_be_deleted(client: Client) -> None:
    owner = a_person()
    view = SavedView.objects.create(owner=owner, name="A", query="q=a", shared=True)
    assert client.post(f"{SAVE}{view.pk}/delete/").status_code == 404
    assert SavedView.objects.exists()


def test_ones_own_view_can_be_deleted(client: Client, maren: User) -> None:
    view = SavedView.objects.create(owner=maren, name="A", query="q=a")
    assert client.post(f"{SAVE}{view.pk}/delete/").status_code == 302
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    "typed",
    [
        {"name": "", "query": "q=a"},
        {"name": "x" * 61, "query": "q=a"},
        {"name": "A", "query": ""},
        {"name": "A", "query": "order=oldest"},
        {"name": "A", "query": "ordering=owner__password"},
        {"name": "A", "query": "severity=99"},
        {"name": "A", "query": "q=" + "a" * 999},
    ],
)
def test_what_is_no_view_is_refused(client: Client, typed: dict[str, str]) -> None:
    assert client.post(SAVE, typed).status_code == 422
    assert not SavedView.objects.exists()


def test_one_person_has_a_bounded_number_of_views(client: Client, maren: User) -> None:
    SavedView.objects.bulk_create(
        SavedView(owner=maren, name=f"View {n}", query="q=a") for n in range(MOST_VIEWS)
    )
    answer = client.post(SAVE, {"name": "One more", "query": "q=a"})
    assert answer.status_code == 422
    assert "Delete one first" in answer.content.decode()


def test_the_form_says_what_the_view_shows(client: Client) -> None:
    page = client.get(SAVE, {"status": "in_review", "q": "kafka"}).content.decode()
    assert "“kafka”; In review" in page


def test_built_in_views_count_what_one_may_see(client: Client, maren: User) -> None:
    a_report(maren)
    set_status(a_report(a_person()), "in_review")
    set_status(a_report(a_person(), restricted=True), "in_review")
    tabs = {
        name: count for _a, name, count, _c in client.get("/incidents/").context["tabs"]
    }
    assert tabs == {
        "All": "2",
        "Being written": "1",
        "In review": "1",
        "Published": "0",
        "Mine": "1",
    }
