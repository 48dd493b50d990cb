"""Saying what became of an action, also after its report is published."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from accounts.models import User
from actions.operations.settling import settle_action
from postmortems.models import Postmortem, Row
from postmortems.operations import rows
from tests.fixtures import NOW, AddRow, kind
from tests.publishing import client_of, publish

TYPED = {
    "status": "done",
    "due": "2026-03-20",
    "evidence": "See the pipeline",
    "because": "The pipeline moved",
}


@pytest.fixture
def action(add: AddRow, postmortem: Postmortem, facilitator: User) -> Row:
    """The one action of a published report."""
    row = add("actions", description="Validate variables", due_on="2026-03-15")
    publish(postmortem, facilitator)
    return row


@pytest.fixture
def client(responder: User) -> Client:
    return client_of(responder)


def address(action: Row) -> str:
    return f"/actions/{action.pk}/"


def test_a_contributor_says_that_it_is_done(
    client: Client, postmortem: Postmortem, action: Row
) -> None:
    answer = client.post(address(action), TYPED | {"version": 1})
    assert answer.headers["Location"] == f"{address(action)}#standing"
    settled = postmortem.action_items.get()
    assert (settled.status, settled.evidence) == ("done", "See the pipeline")
    assert settled.done_on is not None
    report = f"/incidents/{postmortem.incident.reference}/"
    assert "See the pipeline" in client.get(report).content.decode()


def test_the_report_leads_there(
    postmortem: Postmortem, action: Row, viewer: User
) -> None:
    report = f"/incidents/{postmortem.incident.reference}/"
    client = client_of(viewer)
    assert address(action) in client.get(report).content.decode()
    old = client.get(f"{report}actions/{action.pk}/")
    assert old.headers["Location"] == f"{address(action)}#standing"


def test_others_may_not(
    postmortem: Postmortem, action: Row, member: User, viewer: User
) -> None:
    for user in (member, viewer):
        answer = client_of(user).post(address(action), TYPED | {"version": 1})
        assert answer.status_code == 403
        with pytest.raises(PermissionDenied):
            settle_action(
                postmortem.pk, action.pk, {"status": "done"},
                version=1, by=user, at=NOW,
            )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"status": "wont_do"}, "Say why it won’t be done."),
        ({"evidence": ""}, "Say what shows that it is done"),
        ({"because": ""}, "This date was promised. Say why it moves."),
        ({"status": "finished"}, "Select a valid choice"),
        ({"due": "some day"}, 'aria-invalid="true"'),
        ({"evidence": "a" * 1_001}, "At most 1000 characters"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    client: Client,
    postmortem: Postmortem,
    action: Row,
    change: dict[str, Any],
    sentence: str,
) -> None:
    answer = client.post(address(action), TYPED | {"version": 1} | change)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert postmortem.action_items.get().status == "open"


def test_of_two_who_save_the_second_sees_both(
    client: Client, postmortem: Postmortem, action: Row
) -> None:
    where = address(action)
    client.post(where, TYPED | {"version": 1})
    answer = client.post(
        where,
        TYPED | {"status": "in_progress", "evidence": "Half of it", "version": 1},
    )
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "See the pipeline" in page
    assert "Half of it" in page
    assert postmortem.action_items.get().status == "done"


def test_saving_twice_with_one_key_saves_once(
    client: Client, postmortem: Postmortem, action: Row
) -> None:
    body = TYPED | {"version": 1, "request_key": "k" * 32}
    answers = [client.post(address(action), body) for _n in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert postmortem.action_items.get().version == 2


def test_the_words_of_a_published_action_do_not_change(
    postmortem: Postmortem, action: Row, facilitator: User
) -> None:
    with pytest.raises(ValueError, match="description"):
        settle_action(
            postmortem.pk, action.pk, {"description": "Else"},
            version=1, by=facilitator, at=NOW,
        )  # fmt: skip


def test_an_action_deleted_since_is_not_settled(
    add: AddRow, postmortem: Postmortem, facilitator: User
) -> None:
    row = add("actions")
    rows.delete_row(kind("actions"), postmortem.pk, row.pk, by=facilitator, at=NOW)
    answer = client_of(facilitator).get(address(row))
    assert answer.status_code == 404
