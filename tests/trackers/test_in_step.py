"""Actions and issues stay in step: both ways, without doubles, echoes or losses."""

from datetime import date
from typing import Any

import pytest

from accounts.models import User
from actions.models import ActionItem
from actions.operations.settling import settle_action
from integrations.models import Connection, IssueLink, PersonLink
from integrations.trackers.operations import connecting, linking
from postmortems.models import Postmortem
from postmortems.operations import rows
from tests.fixtures import NOW, fresh, kind
from tests.trackers.jira import DOING, DONE, TO_DO, JiraServer
from tests.trackers.stage import (
    action_of,
    confirmed,
    last_change,
    later,
    now_is,
    visit,
)


def settle(action: ActionItem, by: User, **values: Any) -> ActionItem:
    action.refresh_from_db()
    return settle_action(
        action.postmortem_id,
        action.pk,
        values,
        version=action.version,
        by=by,
        at=later(1),
    )


# --- Making and linking ---


def test_an_issue_is_made_and_says_where_it_comes_from(
    link: IssueLink, connection: Connection, jira: JiraServer
) -> None:
    assert visit(connection)
    made, found = jira.only(), now_is(link)
    assert (found.state, found.issue_key, found.remote_id) == (
        "linked",
        "OPS-1",
        "10001",
    )
    assert made["fields"]["summary"] == "Validate variables before deployment"
    assert f"afterword-{link.key}" in made["fields"]["labels"]
    text = str(made["fields"]["description"])
    assert found.action.postmortem.incident.reference in text
    assert f"/actions/{found.action_id}/" in text


def test_the_same_intent_twice_is_one(
    link: IssueLink, action: ActionItem, connection: Connection, facilitator: User
) -> None:
    again = linking.start_issue(action, connection, by=facilitator, at=NOW)
    assert again.pk == link.pk


def test_an_issue_that_is_there_is_linked_and_keeps_its_words(
    action: ActionItem, connection: Connection, jira: JiraServer, facilitator: User
) -> None:
    jira.create_quietly("Their own title")
    link = linking.link_issue(action, connection, "OPS-1", by=facilitator, at=NOW)
    visit(connection)
    settle(action, facilitator, due_on=date(2026, 4, 2))
    visit(connection, 2)
    assert now_is(link).state == "linked"
    assert jira.only()["fields"]["summary"] == "Their own title"
    assert jira.only()["fields"]["duedate"] == "2026-04-02"


def test_an_issue_stands_for_one_action(
    link: IssueLink,
    action: ActionItem,
    connection: Connection,
    facilitator: User,
) -> None:
    visit(connection)
    other = rows.add_row(
        kind("actions"),
        action.postmortem_id,
        {"description": "Another"},
        by=facilitator,
        at=NOW,
    )
    assert isinstance(other, ActionItem)
    with pytest.raises(linking.LinkedAlready):
        linking.link_issue(other, connection, "OPS-1", by=facilitator, at=NOW)


# --- From here to there ---


def test_what_changes_here_is_pushed_and_comes_back_as_no_change(
    link: IssueLink,
    action: ActionItem,
    connection: Connection,
    jira: JiraServer,
    facilitator: User,
) -> None:
    visit(connection)
    settle(action, facilitator, status="in_progress", due_on=date(2026, 4, 2))
    visit(connection, 2)
    fields = jira.only()["fields"]
    assert (fields["status"], fields["duedate"]) == (DOING, "2026-04-02")
    writes = [one for one in jira.asked if one.method in {"PUT", "POST"}]
    version = action_of(link).version
    for minutes in (3, 10, 20):
        visit(connection, minutes)
    quiet = [
        one
        for one in jira.asked
        if one.method in {"PUT", "POST"} and "search" not in one.path
    ]
    assert [one for one in writes if "search" not in one.path] == quiet
    assert action_of(link).version == version


def test_nothing_is_asked_where_nothing_changed(
    link: IssueLink, connection: Connection, jira: JiraServer
) -> None:
    visit(connection)
    before = len(jira.asked)
    visit(connection, 1)
    assert len(jira.asked) == before


def test_an_owner_is_proposed_by_address_and_assigned_once_confirmed(
    link: IssueLink,
    action: ActionItem,
    connection: Connection,
    jira: JiraServer,
    facilitator: User,
    member: User,
) -> None:
    rows.change_row(
        kind("actions"),
        action.postmortem_id,
        action.pk,
        {"owner_person_id": member.pk},
        version=action.version,
        by=facilitator,
        at=NOW,
    )
    visit(connection)
    assert jira.only()["fields"]["assignee"] is None
    assert "assignee" in now_is(link).waiting
    person = PersonLink.objects.get(account="5f8a-lena")
    assert (person.user, person.confirmed_at) == (member, None)
    connecting.confirm_person(person, member, by=connection.created_by, at=NOW)
    visit(connection, 1)
    assert jira.only()["fields"]["assignee"]["accountId"] == "5f8a-lena"
    assert not now_is(link).waiting


# --- From there to here ---


def test_what_changes_there_becomes_the_action_s_in_the_tracker_s_name(
    link: IssueLink,
    connection: Connection,
    jira: JiraServer,
    member: User,
) -> None:
    confirmed(connection, member, "5f8a-lena")
    visit(connection)
    lena = {"accountId": "5f8a-lena", "displayName": "Lena Fischer"}
    jira.someone_changes("OPS-1", status=DOING, duedate="2026-05-01", assignee=lena)
    visit(connection, 10)
    action = action_of(link)
    assert (action.status, action.due_on, action.owner_person) == (
        "in_progress",
        date(2026, 5, 1),
        member,
    )
    change = last_change(action)
    assert (change.by, change.note) == (connection.bot, "By Jira, OPS-1")


@pytest.mark.parametrize(
    ("resolution", "status", "evidence", "reason"),
    [
        ("Done", "done", "{url}/browse/OPS-1", ""),
        ("Won't Do", "wont_do", "", "Won't Do"),
    ],
)
def test_an_issue_is_the_evidence_and_its_resolution_the_reason(
    link: IssueLink,
    connection: Connection,
    jira: JiraServer,
    resolution: str,
    status: str,
    evidence: str,
    reason: str,
) -> None:
    visit(connection)
    jira.someone_changes("OPS-1", status=DONE, resolution={"name": resolution})
    visit(connection, 10)
    action = action_of(link)
    assert action.status == status
    assert action.evidence == evidence.format(url=jira.url)
    assert action.reason == reason
    assert (action.done_on is not None) == (status == "done")


def test_a_published_action_is_settled_there_too(
    link: IssueLink, connection: Connection, jira: JiraServer, postmortem: Postmortem
) -> None:
    visit(connection)
    Postmortem.objects.filter(pk=postmortem.pk).update(status="closed")
    jira.someone_changes("OPS-1", status=DONE)
    visit(connection, 10)
    assert action_of(link).status == "done"


def test_somebody_unknown_is_asked_for_before_they_own_anything(
    link: IssueLink, connection: Connection, jira: JiraServer
) -> None:
    visit(connection)
    whoever = {"accountId": "99", "displayName": "Whoever"}
    jira.someone_changes("OPS-1", assignee=whoever)
    visit(connection, 10)
    assert action_of(link).owner_person is None
    assert "Whoever" in now_is(link).waiting["assignee"]
    assert PersonLink.objects.get(account="99").confirmed_at is None


def test_a_date_out_of_all_reason_is_not_taken(
    link: IssueLink, connection: Connection, jira: JiraServer
) -> None:
    visit(connection)
    jira.someone_changes("OPS-1", duedate="9999-12-31")
    visit(connection, 10)
    assert action_of(link).due_on is None
    assert "due_on" in now_is(link).waiting


# --- Both ---


@pytest.fixture
def both(
    link: IssueLink,
    action: ActionItem,
    connection: Connection,
    jira: JiraServer,
    facilitator: User,
) -> IssueLink:
    """Both sides gave the action another due date, and ours another status."""
    visit(connection)
    settle(action, facilitator, due_on=date(2026, 4, 2), status="in_progress")
    jira.someone_changes("OPS-1", duedate="2026-05-01")
    visit(connection, 2)
    return now_is(link)


def test_two_versions_are_kept_and_neither_is_overwritten(
    both: IssueLink, jira: JiraServer
) -> None:
    assert both.state == "two_versions"
    version = both.versions["due_on"]
    assert (version["ours"], version["theirs"]) == ("2026-04-02", "2026-05-01")
    assert both.action.due_on == date(2026, 4, 2)
    assert jira.only()["fields"]["duedate"] == "2026-05-01"
    assert jira.only()["fields"]["status"] == DOING


@pytest.mark.parametrize(
    ("side", "due_on"), [("ours", "2026-04-02"), ("theirs", "2026-05-01")]
)
def test_a_person_chooses_one_of_two_versions(
    both: IssueLink,
    connection: Connection,
    jira: JiraServer,
    facilitator: User,
    side: str,
    due_on: str,
) -> None:
    linking.choose(both, "due_on", side, by=facilitator, at=later(3))
    visit(connection, 4)
    assert now_is(both).state == "linked"
    assert str(action_of(both).due_on) == jira.only()["fields"]["duedate"] == due_on


def test_titles_edited_on_both_sides_are_a_choice_too(
    link: IssueLink,
    action: ActionItem,
    connection: Connection,
    jira: JiraServer,
    facilitator: User,
) -> None:
    visit(connection)
    jira.someone_changes("OPS-1", summary="Theirs")
    visit(connection, 10)
    assert now_is(link).state == "linked"
    rows.change_row(
        kind("actions"),
        action.postmortem_id,
        action.pk,
        {"description": "Ours"},
        version=action.version,
        by=facilitator,
        at=NOW,
    )
    visit(connection, 11)
    found = now_is(link)
    assert found.versions["title"]["theirs"] == "Theirs"
    assert jira.only()["fields"]["summary"] == "Theirs"
    linking.choose(found, "title", "ours", by=facilitator, at=later(12))
    visit(connection, 12)
    assert jira.only()["fields"]["summary"] == "Ours"


def test_an_assignee_who_goes_takes_no_promise_along(
    link: IssueLink,
    connection: Connection,
    jira: JiraServer,
    member: User,
    facilitator: User,
) -> None:
    confirmed(connection, member, "5f8a-lena")
    visit(connection)
    lena = {"accountId": "5f8a-lena", "displayName": "Lena Fischer"}
    jira.someone_changes("OPS-1", assignee=lena)
    visit(connection, 10)
    jira.someone_changes("OPS-1", assignee=None)
    visit(connection, 20)
    found = now_is(link)
    assert found.action.owner_person == member
    assert found.versions["assignee"]["ours"] == "Lena Fischer"
    linking.choose(found, "assignee", "theirs", by=facilitator, at=later(21))
    assert action_of(link).owner_person is None


# --- What happens to issues ---


def test_a_moved_issue_is_followed(
    link: IssueLink, connection: Connection, jira: JiraServer
) -> None:
    visit(connection)
    jira.someone_moves("OPS-1", "WEB-7")
    visit(connection, 25 * 60)
    found = now_is(link)
    assert (found.issue_key, found.moved_from) == ("WEB-7", "OPS-1")
    jira.someone_changes("WEB-7", status=DOING)
    visit(connection, 25 * 60 + 10)
    assert action_of(link).status == "in_progress"


def test_a_hidden_issue_waits_for_a_person_who_may_make_another(
    link: IssueLink, connection: Connection, jira: JiraServer, facilitator: User
) -> None:
    visit(connection)
    jira.state.hidden = {"OPS-1"}
    visit(connection, 25 * 60)
    assert now_is(link).state == "hidden"
    linking.make_another(now_is(link), by=facilitator, at=later(25 * 60 + 1))
    visit(connection, 25 * 60 + 1)
    found = now_is(link)
    assert (found.state, found.issue_key) == ("linked", "OPS-2")


def test_what_the_tracker_refuses_is_shown_and_keeps_nothing_else_back(
    link: IssueLink,
    action: ActionItem,
    connection: Connection,
    jira: JiraServer,
    facilitator: User,
) -> None:
    visit(connection)
    jira.state.not_on_screen = {"duedate"}
    settle(action, facilitator, due_on=date(2026, 4, 2), status="in_progress")
    visit(connection, 2)
    found = now_is(link)
    assert found.state == "rejected"
    assert found.messages.keys() == {"duedate"}
    assert jira.only()["fields"]["status"] == DOING
    jira.state.not_on_screen = set()
    linking.try_again(found, at=later(3))
    visit(connection, 3)
    assert now_is(link).state == "linked"
    assert jira.only()["fields"]["duedate"] == "2026-04-02"


def test_a_deleted_action_leaves_its_issue_alone(
    link: IssueLink,
    action: ActionItem,
    connection: Connection,
    jira: JiraServer,
    facilitator: User,
) -> None:
    visit(connection)
    rows.delete_row(
        kind("actions"), action.postmortem_id, action.pk, by=facilitator, at=NOW
    )
    before = len(jira.asked)
    visit(connection, 1)
    assert len(jira.asked) == before
    assert jira.only()["fields"]["status"] == TO_DO


# --- Restricted incidents ---


def test_a_restricted_incident_s_action_goes_nowhere_unless_it_may(
    link: IssueLink,
    action: ActionItem,
    connection: Connection,
    jira: JiraServer,
    facilitator: User,
    postmortem: Postmortem,
) -> None:
    incident = fresh(postmortem).incident
    incident.restricted = True
    incident.save()
    fresh_action = ActionItem.objects.get(pk=action.pk)
    with pytest.raises(linking.RestrictedHere):
        linking.start_issue(fresh_action, connection, by=facilitator, at=NOW)
    visit(connection)
    assert not jira.requests("POST")
    assert now_is(link).state == "not_allowed"


def test_a_marked_connection_gets_an_id_and_a_link_of_restricted_incidents(
    link: IssueLink,
    action: ActionItem,
    connection: Connection,
    jira: JiraServer,
    postmortem: Postmortem,
) -> None:
    incident = fresh(postmortem).incident
    incident.restricted = True
    incident.save()
    Connection.objects.update(restricted_too=True)
    visit(connection)
    sent = str([one.body for one in jira.asked])
    assert jira.only()["fields"]["summary"] == f"Action item {action.pk}"
    assert f"/actions/{action.pk}/" in sent
    assert action.description not in sent
    assert incident.title not in sent
    assert incident.reference not in sent
