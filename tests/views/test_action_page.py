"""An action's own page: what it shows, and what people say and change there."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from actions.models import ActionItem, Dependency, FollowThrough, Subtask
from actions.operations import checklists, depending
from actions.operations.settling import settle_action
from postmortems.models import Comment, Postmortem
from postmortems.operations import discussion, rows
from tests.fixtures import NOW, SMALLEST, AddRow, kind, open_report
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


def test_a_restricted_one_is_answered_like_one_that_is_not(
    restricted: Postmortem, facilitator: User, member: User
) -> None:

    hidden = rows.add_row(
        kind("actions"), restricted.pk, SMALLEST["actions"], by=facilitator, at=NOW
    )
    client = client_of(member)
    for to in ("", "parts/", "steps/add/", "comments/", "remind/", "verdict/"):
        there = f"/actions/{hidden.pk}/{to}"
        nowhere = f"/actions/{hidden.pk + 1_000}/{to}"
        for ask in (client.get, client.post):
            answers = ask(there), ask(nowhere)
            assert answers[0].status_code in {404, 405}
            assert answers[0].status_code == answers[1].status_code


# --- Steps ----------------------------------------------------------------------------


def texts(action: ActionItem) -> list[str]:
    found = action.subtasks.filter(deleted_at=None).order_by("position", "pk")
    return [one.text for one in found]


@pytest.fixture
def steps(action: ActionItem, facilitator: User) -> list[Subtask]:
    return [
        checklists.add_subtask(action, text, by=facilitator, at=NOW)
        for text in ("One", "Two", "Three")
    ]


def test_steps_are_added_ticked_moved_deleted_and_brought_back(
    client: Client, action: ActionItem, steps: list[Subtask]
) -> None:
    two = steps[1].pk
    send(client, action, "steps/add/", text="Four")
    send(client, action, f"steps/{two}/tick/", done="on")
    assert "1 of 4 done" in page(client, action)
    send(client, action, f"steps/{two}/move/", direction="up")
    assert texts(action) == ["Two", "One", "Three", "Four"]
    send(client, action, f"steps/{two}/tick/", done="")
    assert "0 of 4 done" in page(client, action)
    answer = send(client, action, f"steps/{two}/delete/")
    assert texts(action) == ["One", "Three", "Four"]
    assert (
        f"/actions/{action.pk}/steps/{two}/restore/"
        in client.get(answer.headers["Location"]).content.decode()
    )
    send(client, action, f"steps/{two}/restore/")
    assert texts(action) == ["Two", "One", "Three", "Four"]


def test_a_step_is_renamed_over_the_version_that_was_seen(
    client: Client, action: ActionItem, steps: list[Subtask]
) -> None:
    where = f"steps/{steps[0].pk}/"
    send(client, action, where, text="First", version=1)
    answer = send(client, action, where, text="Mine", version=1)
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "“First”" in shown
    assert 'value="Mine"' in shown
    send(client, action, where, text="Mine", version=2)
    assert texts(action)[0] == "Mine"


def test_a_step_that_is_sent_twice_is_added_once(
    client: Client, action: ActionItem
) -> None:
    for _time in range(2):
        send(client, action, "steps/add/", text="Once", request_key="k" * 32)
    assert texts(action) == ["Once"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("", "required"), ("a" * 501, "At most 500 characters")],
)
def test_a_step_that_cannot_be_is_refused_beside_its_field(
    client: Client, action: ActionItem, text: str, sentence: str
) -> None:
    answer = send(client, action, "steps/add/", text=text)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_there_are_a_hundred_steps_at_most(
    client: Client, action: ActionItem, facilitator: User
) -> None:
    Subtask.objects.bulk_create(
        [Subtask(action=action, text="x", created_at=NOW) for _n in range(100)]
    )
    answer = send(client, action, "steps/add/", text="One more")
    assert answer.status_code == 422
    assert "which is the limit" in answer.content.decode()
    assert "One more" in answer.content.decode()


# --- Waiting for others ---------------------------------------------------------------


def test_an_action_waits_for_one_of_another_report(
    client: Client, action: ActionItem, facilitator: User, add: AddRow
) -> None:
    other = elsewhere(facilitator)
    send(client, action, "waits/add/", address=f"https://here.example/actions/{other}/")
    assert "Renew the certificate" in page(client, action)
    assert "Waiting for this one" in client.get(f"/actions/{other}/").content.decode()
    send(client, action, f"waits/{other}/remove/")
    assert "Renew the certificate" not in page(client, action)


def test_what_one_may_not_see_is_neither_named_nor_found(
    client: Client, action: ActionItem, facilitator: User
) -> None:
    before = page(client, action)
    hidden = elsewhere(facilitator, restricted=True)
    depending.add_dependency(
        action, ActionItem.objects.get(pk=hidden), by=facilitator, at=NOW
    )
    after = page(client, action)
    assert "Renew" not in after
    assert after.count("It waits for no other action.") == before.count(
        "It waits for no other action."
    )
    answer = send(client, action, "waits/add/", address=str(hidden))
    assert answer.status_code == 422
    assert "There is no such action" in answer.content.decode()


def test_no_circle_is_closed(
    client: Client, action: ActionItem, facilitator: User
) -> None:
    first, second = elsewhere(facilitator), elsewhere(facilitator)
    for waits, needs in ((first, second), (second, action.pk)):
        depending.add_dependency(
            ActionItem.objects.get(pk=waits),
            ActionItem.objects.get(pk=needs),
            by=facilitator,
            at=NOW,
        )
    for address in (first, action.pk):
        answer = send(client, action, "waits/add/", address=address)
        assert answer.status_code == 409
        assert "That would be a circle" in answer.content.decode()
    assert Dependency.objects.count() == 2


@pytest.mark.parametrize("address", ["", "somewhere", "https://else.example/"])
def test_what_is_no_address_is_refused(
    client: Client, action: ActionItem, address: str
) -> None:
    answer = send(client, action, "waits/add/", address=address)
    assert answer.status_code == 422


def elsewhere(by: User, *, restricted: bool = False) -> int:
    """An action of another report."""
    report = open_report(by, "Another", restricted=restricted)
    row = rows.add_row(
        kind("actions"),
        report.pk,
        {"description": "Renew the certificate"},
        by=by,
        at=NOW,
    )
    pk: int = row.pk
    return pk


# --- What is said about it ------------------------------------------------------------


def test_a_comment_stands_here_and_beside_the_report(
    action: ActionItem, postmortem: Postmortem, viewer: User
) -> None:
    client = client_of(viewer)
    send(client, action, "comments/", text="Which pipeline?")
    thread = Comment.objects.get().thread
    send(client, action, f"comments/{thread.pk}/", text="The new one")
    beside = f"/incidents/{postmortem.incident.reference}/comments/"
    for shown in (page(client, action), client.get(beside).content.decode()):
        assert "Which pipeline?" in shown
        assert "The new one" in shown


def test_a_thread_about_something_else_does_not_exist_here(
    client: Client, action: ActionItem, postmortem: Postmortem, facilitator: User
) -> None:

    said = discussion.start_thread(
        postmortem.pk, discussion.About("report"), "All of it", by=facilitator, at=NOW
    )
    answer = send(client, action, f"comments/{said.thread_id}/", text="Here?")
    assert answer.status_code == 404


def test_an_empty_comment_is_refused(client: Client, action: ActionItem) -> None:
    answer = send(client, action, "comments/", text=" ")
    assert answer.status_code == 422
    assert "Write something first." in answer.content.decode()


# --- Reminders, and whether it worked -------------------------------------------------


def test_reminders_are_put_off_with_a_day_and_a_reason(
    client: Client, action: ActionItem
) -> None:
    answer = send(client, action, "snooze/", until="in a while", reason="Later")
    assert answer.status_code == 422
    assert "in a while" in answer.content.decode()
    answer = send(client, action, "snooze/", until="in 3 days")
    assert answer.status_code == 422
    assert "Say why it can wait." in answer.content.decode()
    send(client, action, "snooze/", until="in 3 days", reason="Parts are late")
    assert "Parts are late" in page(client, action)


def test_its_owner_is_reminded_once_a_day(client: Client, action: ActionItem) -> None:
    told = [send(client, action, "remind/").headers["Location"] for _n in range(2)]
    assert told == [f"/actions/{action.pk}/#remind"] * 2
    shown = page(client, action)
    assert "1 person is reminded." in shown
    assert "Nobody is reminded" in shown


def test_whether_it_worked_is_asked_once_it_is_done(
    client: Client, action: ActionItem, facilitator: User
) -> None:
    answer = send(client, action, "verdict/", verdict="effective")
    assert answer.status_code == 409
    settle_action(
        action.postmortem_id,
        action.pk,
        {"status": "done", "evidence": "See it", "done_on": action.due_on},
        version=action.version,
        by=facilitator,
        at=NOW,
    )
    assert "Done, not proven yet." in page(client, action)
    answer = send(client, action, "verdict/", verdict="maybe", note="Kept")
    assert answer.status_code == 422
    assert "Kept" in answer.content.decode()
    send(client, action, "verdict/", verdict="not_effective", note="It came again")
    shown = page(client, action)
    assert "It did not work" in shown
    assert "It came again" in shown
    assert "Add another action to the report" in shown


def test_it_says_because_of_which_incident_it_is_asked_again(
    action: ActionItem, facilitator: User, responder: User, viewer: User
) -> None:
    """Only to whoever may know that incident."""

    settle_action(
        action.postmortem_id,
        action.pk,
        {"status": "done", "evidence": "See it", "done_on": action.due_on},
        version=action.version,
        by=facilitator,
        at=NOW,
    )
    later = open_report(facilitator, "Again", restricted=True)
    factor = rows.add_row(
        kind("factors"), later.pk, {"text": "As before"}, by=facilitator, at=NOW
    )
    FollowThrough.objects.filter(pk=action.pk).update(reopened_by_id=factor.pk)
    reference = later.incident.reference
    assert reference in page(client_of(facilitator), action)
    assert reference not in page(client_of(viewer), action)


# --- As a whole -----------------------------------------------------------------------


def test_the_page_asks_the_database_the_same_however_much_there_is(
    client: Client,
    action: ActionItem,
    facilitator: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:

    def fill() -> None:
        checklists.add_subtask(action, "Step", by=facilitator, at=NOW)
        needed = ActionItem.objects.get(pk=elsewhere(facilitator))
        depending.add_dependency(action, needed, by=facilitator, at=NOW)
        send(client, action, "comments/", text="Said")

    fill()
    page(client, action)
    with CaptureQueriesContext(connection) as queries:
        page(client, action)
        few = len(queries)
    for _time in range(3):
        fill()
    with django_assert_max_num_queries(min(few, 30)):
        page(client, action)


def test_parts_are_fetched_alone(client: Client, action: ActionItem) -> None:
    answer = client.get(f"/actions/{action.pk}/parts/?part=steps&part=nothing")
    shown = answer.content.decode()
    assert shown.count("<template") == 1
    assert 'data-part="steps"' in shown


def test_htmx_gets_the_form_anew_and_what_to_fetch_again(
    client: Client, action: ActionItem
) -> None:
    answer = client.post(
        f"/actions/{action.pk}/steps/add/",
        {"text": "One"},
        headers={"HX-Request": "true", "HX-Target": "form-step"},
    )
    assert answer.status_code == 200
    assert 'id="form-step"' in answer.content.decode()
    assert '"parts": ["standing"' in answer.headers["HX-Trigger"]
    assert "X-Saved-At" in answer.headers
