"""An action's own page: what it shows, and what people say and change there."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from actions.models import ActionItem, Dependency, FollowThrough, Subtask
from actions.operations import checklists, depending
from actions.operations.settling import settle_action
from postmortems.models import Comment, Postmortem
from tests.fixtures import NOW, AddRow, open_report
from tests.publishing import client_of, publish


@pytest.fixture
def action(add: AddRow, postmortem: Postmortem, facilitator: User) -> ActionItem:
    """The one action of a published report, with a factor that it addresses."""
    factor = add("factors")
    row = add("actions", due_on="2026-03-15", factors=[factor.pk])
    publish(postmortem, facilitator)
    return ActionItem.objects.get(pk=row.pk)


@pytest.fixture
def client(responder: User) -> Client:
    return client_of(responder)


def page(client: Client, action: ActionItem, status: int = 200) -> str:
    answer = client.get(f"/actions/{action.pk}/")
    assert answer.status_code == status
    return answer.content.decode()


def send(client: Client, action: ActionItem, to: str, **body: Any) -> Any:
    return client.post(f"/actions/{action.pk}/{to}", body)


def test_it_says_where_it_comes_from(
    client: Client, action: ActionItem, postmortem: Postmortem
) -> None:
    shown = page(client, action)
    base = f"/incidents/{postmortem.incident.reference}/"
    factor = postmortem.factors.get()
    for expected in (
        "Validate variables before deployment",
        f'href="{base}#action-{action.pk}"',
        f'href="{base}#factor-{factor.pk}"',
        postmortem.incident.title,
    ):
        assert expected in shown


def test_whoever_only_reads_gets_no_form_but_that_for_comments(
    action: ActionItem, viewer: User
) -> None:
    shown = page(client_of(viewer), action)
    assert 'id="form-say"' in shown
    assert "form-settle" not in shown
    assert "form-step" not in shown
