"""A connection to a Jira of this machine, an action, and visits at given times."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from actions.models import ActionItem
from integrations.models import Connection, IssueLink, PersonLink
from integrations.trackers import syncing
from integrations.trackers.operations import connecting, linking
from integrations.trackers.operations.connecting import Destination, Terms
from postmortems.models import Change
from tests.fixtures import NOW, AddRow
from tests.trackers.jira import TOKEN, JiraServer

Visit = Callable[..., bool]


@pytest.fixture
def jira(settings: Any) -> Iterator[JiraServer]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1:*"]
    with JiraServer().listening() as server:
        yield server


@pytest.fixture
def connection(jira: JiraServer, administrator: User) -> Connection:
    """To OPS for everything; Lena's account is confirmed."""
    terms = Terms("Jira", jira.url, "bot@x.example", TOKEN)
    made = connecting.connect("jira_cloud", terms, by=administrator, at=NOW)
    connecting.map_project(made, Destination("OPS", "Task"), by=administrator)
    return made


@pytest.fixture
def action(add: AddRow) -> ActionItem:
    row = add("actions")
    assert isinstance(row, ActionItem)
    return row


@pytest.fixture
def link(action: ActionItem, connection: Connection, facilitator: User) -> IssueLink:
    """The intent alone; nothing has been asked yet."""
    return linking.start_issue(action, connection, by=facilitator, at=NOW)


def visit(connection: Connection, minutes: float = 0) -> bool:
    """Go round at this tracker, so long after NOW."""
    return syncing.sync_connection(connection.pk, later(minutes))


def later(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def now_is(link: IssueLink) -> IssueLink:
    return IssueLink.objects.select_related(
        "action__postmortem__incident", "action__owner_person", "connection__bot"
    ).get(pk=link.pk)


def action_of(link: IssueLink) -> ActionItem:
    return now_is(link).action


def confirmed(connection: Connection, user: User, account: str) -> PersonLink:
    person = PersonLink.objects.create(connection=connection, account=account)
    by = connection.created_by
    return connecting.confirm_person(person, user, by=by, at=NOW)


def last_change(action: ActionItem) -> Change:
    found = action.postmortem.history.filter(
        part="row:actions", object_id=action.pk
    ).last()
    assert found is not None
    return found
