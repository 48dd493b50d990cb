"""Asking for a weekly or monthly report, for oneself or for another."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from actions.models import Subscription
from actions.operations import reporting
from outbound.models import ChatFlavour, ChatHook
from postmortems.models import SavedView
from tests.fixtures import NOW
from tests.publishing import client_of

PAGE = "/settings/reports/"


@pytest.fixture
def client(member: User) -> Client:
    return client_of(member)


@pytest.fixture
def view(member: User) -> SavedView:
    return SavedView.objects.create(
        owner=member, name="Late and ours", query="show=teams", page="actions"
    )


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_a_person_asks_for_a_report_of_a_saved_view(
    client: Client, member: User, view: SavedView
) -> None:
    form = text(client.get(f"{PAGE}?view={view.pk}"))
    assert f'value="view:{view.pk}" selected' in form
    client.post(PAGE, {"rhythm": "weekly", "about": f"view:{view.pk}"})
    found = Subscription.objects.get()
    assert (found.user, found.view, found.rhythm) == (member, view, "weekly")
    assert "Late and ours" in text(client.get(PAGE))
    client.post(f"{PAGE}{found.pk}/end/")
    assert not Subscription.objects.exists()


def test_nobody_else_names_another(client: Client, facilitator: User) -> None:
    answer = client.post(
        PAGE, {"rhythm": "weekly", "about": "teams", "person": facilitator.pk}
    )
    assert answer.status_code == 302
    assert Subscription.objects.get().user != facilitator


def test_an_administrator_names_another_and_a_chat(
    administrator: User, facilitator: User
) -> None:
    hook = ChatHook.objects.create(
        name="All hands", flavour=ChatFlavour.SLACK, address="", host="", created_at=NOW
    )
    typed = {
        "rhythm": "monthly",
        "about": "everything",
        "person": facilitator.pk,
        "hook": hook.pk,
    }
    client = client_of(administrator)
    assert client.post(PAGE, typed).status_code == 302
    found = Subscription.objects.get()
    assert (found.user, found.hook) == (facilitator, hook)
    assert "and in All hands" in text(client.get(PAGE))


@pytest.mark.parametrize(
    ("field", "typed"), [("rhythm", "daily"), ("about", "view:99"), ("about", "")]
)
def test_what_is_wrong_stands_beside_its_field(
    field: str, typed: str, client: Client
) -> None:
    answer = client.post(PAGE, {"rhythm": "weekly", "about": "teams", field: typed})
    assert answer.status_code == 422
    assert 'class="error"' in text(answer)


def test_views_that_others_keep_to_themselves_are_not_offered_or_named(
    client: Client, member: User, view: SavedView, administrator: User
) -> None:
    reporting.subscribe(
        member, rhythm="weekly", scope="view", view=view, by=member, at=NOW
    )
    page = text(client_of(administrator).get(PAGE))
    assert "A view of their own" in page
    assert "Late and ours" not in page
    answer = client_of(administrator).post(
        PAGE, {"rhythm": "weekly", "about": f"view:{view.pk}", "person": member.pk}
    )
    assert answer.status_code == 422


def test_a_view_of_ones_own_is_not_sent_to_another(
    administrator: User, member: User
) -> None:
    own = SavedView.objects.create(owner=administrator, name="Mine", page="actions")
    answer = client_of(administrator).post(
        PAGE, {"rhythm": "weekly", "about": f"view:{own.pk}", "person": member.pk}
    )
    assert answer.status_code == 422
    assert "This view is not shared with them." in text(answer)


def test_many_subscriptions_take_as_many_queries_as_one(
    administrator: User, member: User, facilitator: User
) -> None:
    client = client_of(administrator)
    counts = []
    for user in (member, facilitator):
        for rhythm in ("weekly", "monthly"):
            reporting.subscribe(user, rhythm=rhythm, scope="teams", by=user, at=NOW)
        client.get(PAGE)
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 30
