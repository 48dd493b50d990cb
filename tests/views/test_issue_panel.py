"""The issue of an action on its page: every state it can be in, and each way on."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from actions.models import ActionItem
from integrations.models import Connection, IssueLink
from integrations.models.issue import LinkState
from integrations.trackers.operations import connecting, linking
from integrations.trackers.operations.connecting import Destination, Terms
from postmortems.models import Postmortem
from postmortems.operations import rows
from postmortems.vocabulary import ActionStatus
from tests.fixtures import NOW, SMALLEST, AddRow, kind

ADDRESS = "https://github.com/acme/shop/issues/12"


@pytest.fixture
def action(add: AddRow) -> ActionItem:
    row = add("actions")
    assert isinstance(row, ActionItem)
    return row


def connected(administrator: User, name: str = "GitHub", **more: Any) -> Connection:
    terms = Terms(name, "https://github.com", secret="token", **more)
    made = connecting.connect("github", terms, by=administrator, at=NOW)
    connecting.map_project(made, Destination("acme/shop"), by=administrator)
    return made


@pytest.fixture
def tracker(administrator: User) -> Connection:
    return connected(administrator)


@pytest.fixture
def link(action: ActionItem, tracker: Connection, facilitator: User) -> IssueLink:
    """As it is once the issue was made."""
    made = linking.start_issue(action, tracker, by=facilitator, at=NOW)
    return changed(
        made,
        state=LinkState.LINKED,
        remote_id="acme/shop#12",
        issue_key="acme/shop#12",
        url=ADDRESS,
        status_name="Open",
        due_at=None,
        checked_at=NOW,
    )


def changed(link: IssueLink, **values: Any) -> IssueLink:
    IssueLink.objects.filter(pk=link.pk).update(**values)
    return IssueLink.objects.get(pk=link.pk)


def page(client: Client, action: ActionItem) -> str:
    return client.get(f"/actions/{action.pk}/").content.decode()


def post(client: Client, name: str, *args: int, **data: str) -> Any:
    return client.post(reverse(f"integrations:{name}", args=args), data)


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def at(client: Client, facilitator: User) -> Client:
    client.force_login(facilitator)
    return client


# --- Making and linking ---


def test_without_a_tracker_there_is_nothing_to_show(
    at: Client, action: ActionItem
) -> None:
    assert 'id="issue"' not in page(at, action)
    assert at.get(f"/actions/{action.pk}/issue/").status_code == 404


def test_an_issue_is_made_where_the_project_is_mapped(
    at: Client, action: ActionItem, tracker: Connection
) -> None:
    assert "Create issue in acme/shop (GitHub)" in page(at, action)
    for _click in range(2):
        answer = post(at, "issue-create", action.pk, connection=str(tracker.pk))
        assert answer.status_code == 302
        assert answer["Location"].endswith("#issue")
    (link,) = action.issue_links.all()
    assert link.state == LinkState.TO_CREATE
    assert "An issue in acme/shop is being made" in page(at, action)


def test_a_tracker_that_went_meanwhile_makes_none(
    at: Client, action: ActionItem, tracker: Connection, administrator: User
) -> None:
    connecting.remove(tracker, by=administrator, at=NOW)
    answer = post(at, "issue-create", action.pk, connection=str(tracker.pk))
    assert answer.status_code == 409
    assert "not connected any more" in answer.content.decode()


def test_an_issue_is_linked_by_its_address(
    at: Client, action: ActionItem, tracker: Connection
) -> None:
    data = {"issue-address": f"{ADDRESS}#issuecomment-1"}
    assert post(at, "issue-link", action.pk, **data).status_code == 302
    (link,) = action.issue_links.all()
    assert (link.state, link.reference) == (LinkState.TO_LINK, "acme/shop#12")


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("https://gitlab.com/acme/shop/-/issues/1", "no address of an issue in github"),
        ("https://github.com/acme/shop/pull/3", "This is a pull request."),
        ("https://[", "no address of an issue"),
        ("<b>", "no address of an issue"),
        ("", "This field is required."),
    ],
)
def test_another_address_is_refused_and_kept(
    at: Client, action: ActionItem, tracker: Connection, address: str, sentence: str
) -> None:
    answer = post(at, "issue-link", action.pk, **{"issue-address": address})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert sentence in text
    assert address.replace("<", "&lt;").replace(">", "&gt;") in text
    assert not action.issue_links.exists()


def test_an_issue_of_another_action_is_refused(
    at: Client, link: IssueLink, add: AddRow
) -> None:
    other = add("actions", description="Another promise")
    answer = post(at, "issue-link", other.pk, **{"issue-address": ADDRESS})
    assert answer.status_code == 409
    assert "stands for another action" in answer.content.decode()


# --- How it stands ---

SINCE = {"delayed_since": NOW}
SHOWN: list[tuple[dict[str, Any], str]] = [
    ({}, "In step. GitHub says: Open."),
    ({"state": "to_create"}, "An issue in acme/shop is being made"),
    ({"state": "to_link", "reference": "a/b#1"}, "a/b#1 is being linked"),
    ({"state": "deleted"}, "Deleted in GitHub."),
    ({"state": "hidden"}, "GitHub does not show it to us any more"),
    ({"state": "forbidden"}, "GitHub does not let us see or change it"),
    ({"state": "rejected", "messages": {"labels": "is invalid"}}, "labels: is invalid"),
    ({"state": "not_allowed"}, "Held back: the incident is restricted"),
    ({"moved_from": "acme/old#3"}, "It was acme/old#3 before; we followed."),
    ({"waiting": {"due_on": "Too far away."}}, "Due: Too far away."),
    (SINCE, "Sync delayed since 2026-03-09 12:00 UTC; it is tried again."),
]


@pytest.mark.parametrize(("values", "sentence"), SHOWN)
def test_every_state_is_said(
    at: Client,
    action: ActionItem,
    link: IssueLink,
    values: dict[str, Any],
    sentence: str,
) -> None:
    changed(link, **values)
    assert sentence in words(page(at, action))


TROUBLES: list[tuple[dict[str, Any], str]] = [
    (SINCE, "Sync delayed since 2026-03-09 12:00 UTC: GitHub gives no answer."),
    ({"forbidden_since": NOW}, "GitHub refuses our token."),
    ({"secret": ""}, "GitHub refuses our token."),
    ({"paused_at": NOW}, "The connection to GitHub is paused."),
    ({"removed_at": NOW, "secret": ""}, "GitHub is not connected any more."),
]


@pytest.mark.parametrize(("values", "sentence"), TROUBLES)
def test_the_trouble_of_a_tracker_is_said(
    at: Client,
    action: ActionItem,
    link: IssueLink,
    values: dict[str, Any],
    sentence: str,
) -> None:
    Connection.objects.filter(pk=link.connection_id).update(**values)
    assert sentence in page(at, action)


def test_a_page_asks_again_while_something_is_to_happen(
    at: Client, action: ActionItem, link: IssueLink
) -> None:
    asking = f'hx-get="/actions/{action.pk}/issue/"'
    assert asking not in page(at, action)
    changed(link, state="to_create")
    assert asking in page(at, action)
    assert (
        f'id="issue-{link.pk}"'
        in at.get(f"/actions/{action.pk}/issue/").content.decode()
    )
    changed(link, delayed_since=NOW)
    assert asking not in page(at, action)


# --- Ways on ---


def test_an_issue_is_let_go_of(at: Client, action: ActionItem, link: IssueLink) -> None:
    assert post(at, "issue-unlink", action.pk, link.pk).status_code == 302
    assert changed(link).state == LinkState.CUT
    assert "No issue stands for this action." in page(at, action)


def test_another_issue_is_made_for_one_that_is_gone(
    at: Client, action: ActionItem, link: IssueLink
) -> None:
    post(at, "issue-another", action.pk, link.pk)
    assert changed(link).state == LinkState.LINKED
    changed(link, state="deleted")
    assert "Make another issue" in page(at, action)
    post(at, "issue-another", action.pk, link.pk)
    found = changed(link)
    assert (found.state, found.remote_id) == (LinkState.TO_CREATE, "")
    assert found.key != link.key


def test_a_sync_is_asked_for_a_few_times_a_minute(
    at: Client, action: ActionItem, link: IssueLink, own_counters: None
) -> None:
    changed(link, state="forbidden")
    assert post(at, "issue-sync", action.pk, link.pk).status_code == 302
    found = changed(link)
    assert (found.state, found.checked_at) == (LinkState.LINKED, None)
    answers = [post(at, "issue-sync", action.pk, link.pk) for _time in range(6)]
    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert answers[-1]["Retry-After"]


def two_versions(link: IssueLink) -> IssueLink:
    """Both sides have another date; a bot closed it there."""
    versions = {
        "due_on": {
            "ours": None,
            "theirs": "2026-05-01",
            "ours_kept": None,
            "theirs_kept": "2026-05-01",
            "value": "2026-05-01",
        },
        "status": {
            "ours": "open",
            "theirs": "done",
            "ours_kept": "open",
            "theirs_kept": "done",
            "value": "done",
            "theirs_name": "Closed as completed",
        },
    }
    return changed(
        link, state=LinkState.TWO_VERSIONS, versions=versions, closed_by_bot=True
    )


def test_two_versions_are_shown_beside_each_other(
    at: Client, action: ActionItem, link: IssueLink
) -> None:
    two_versions(link)
    text = words(page(at, action))
    for piece in ("no date", "1 May 2026", "Closed as completed", "A machine closed"):
        assert piece in text


@pytest.mark.parametrize(
    ("side", "status"), [("ours", ActionStatus.OPEN), ("theirs", ActionStatus.DONE)]
)
def test_one_version_is_chosen_for_each_field(
    at: Client, action: ActionItem, link: IssueLink, side: str, status: str
) -> None:
    two_versions(link)
    for name in ("status", "due_on", "due_on"):
        answer = post(at, "issue-choose", action.pk, link.pk, field=name, side=side)
        assert answer.status_code == 302
    action.refresh_from_db()
    assert action.status == status
    assert (action.due_on is not None) == (side == "theirs")
    assert (action.evidence == ADDRESS) == (side == "theirs")
    found = changed(link)
    assert (found.state, found.versions) == (LinkState.LINKED, {})


@pytest.mark.parametrize("data", [{}, {"field": "secret", "side": "ours"}])
def test_what_is_no_choice_is_refused(
    at: Client, action: ActionItem, link: IssueLink, data: dict[str, str]
) -> None:
    answer = post(at, "issue-choose", action.pk, link.pk, **data)
    assert answer.status_code == 422


# --- Who may ---


def test_whoever_may_only_read_sees_how_it_stands(
    client: Client, action: ActionItem, link: IssueLink, member: User
) -> None:
    client.force_login(member)
    two_versions(link)
    text = page(client, action)
    assert "GitHub says otherwise." in text
    assert "issue/" not in text.partition('id="issue"')[2].partition("</section>")[
        0
    ].replace(ADDRESS, "")
    for name, args in (
        ("issue-create", [action.pk]),
        ("issue-link", [action.pk]),
        ("issue-unlink", [action.pk, link.pk]),
        ("issue-sync", [action.pk, link.pk]),
        ("issue-another", [action.pk, link.pk]),
        ("issue-choose", [action.pk, link.pk]),
    ):
        assert post(client, name, *args).status_code == 403


def test_the_owner_may_without_taking_part(
    client: Client, action: ActionItem, link: IssueLink, member: User
) -> None:
    ActionItem.objects.filter(pk=action.pk).update(owner_person=member)
    client.force_login(member)
    assert post(client, "issue-unlink", action.pk, link.pk).status_code == 302


def test_a_link_of_another_action_does_not_exist_here(
    at: Client, link: IssueLink, add: AddRow
) -> None:
    other = add("actions", description="Another promise")
    assert post(at, "issue-unlink", other.pk, link.pk).status_code == 404


def test_a_restricted_action_goes_only_where_it_may(
    at: Client, restricted: Postmortem, facilitator: User, administrator: User
) -> None:
    tracker = connected(administrator)
    row: Any = rows.add_row(
        kind("actions"), restricted.pk, SMALLEST["actions"], by=facilitator, at=NOW
    )
    assert "no tracker is marked for those" in page(at, row)
    answer = post(at, "issue-create", row.pk, connection=str(tracker.pk))
    assert answer.status_code == 409
    answer = post(at, "issue-link", row.pk, **{"issue-address": ADDRESS})
    assert answer.status_code == 422
    connected(administrator, "GitHub, closed", restricted_too=True)
    assert "(GitHub, closed)" in page(at, row)
    assert "(GitHub)" not in page(at, row)


def test_more_trackers_and_links_cost_no_more_queries(
    at: Client,
    action: ActionItem,
    link: IssueLink,
    administrator: User,
    facilitator: User,
    django_assert_max_num_queries: Callable[[int], Any],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    connected(administrator, "Free")
    address = f"/actions/{action.pk}/issue/"
    at.get(address)
    with django_assert_max_num_queries(30) as few:
        at.get(address)
    for number in range(3):
        more = connected(administrator, f"Tracker {number}")
        linking.start_issue(action, more, by=facilitator, at=NOW)
        connected(administrator, f"Free {number}")
    with django_assert_num_queries(len(few)):
        at.get(address)
