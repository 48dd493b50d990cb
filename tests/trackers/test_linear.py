"""Linear over the wire: the adapter against a server that answers as Linear does."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from integrations.trackers import adapter
from integrations.trackers.adapter import Changes, Draft, Site
from integrations.trackers.linear import LINEAR, Linear, id_from
from postmortems.vocabulary import ActionStatus
from tests.trackers.base import Trouble
from tests.trackers.linear import BEGIN, TOKEN, LinearServer, refusal

KEY = "0f6b1c2d3e4f40718293a4b5c6d7e8f9"
DRAFT = Draft(
    "OPS",
    "Validate variables before deployment",
    "From INC-2026-001.",
    labels=("afterword", "unknown"),
    assignee="lena",
    due_on=date(2026, 4, 1),
)


@pytest.fixture
def linear(settings: Any) -> Iterator[LinearServer]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1:*"]
    with LinearServer().listening() as server:
        yield server


@pytest.fixture
def tracker(linear: LinearServer) -> Linear:
    made = LINEAR.make(Site(linear.url, secret=TOKEN))
    assert isinstance(made, Linear)
    return made


def test_an_issue_is_made_as_drafted(tracker: Linear, linear: LinearServer) -> None:
    issue = tracker.create(DRAFT, KEY)
    assert issue == tracker.fetch("OPS-1") == tracker.fetch(id_from(KEY))
    assert (issue.remote_id, issue.key) == (id_from(KEY), "OPS-1")
    assert issue.url == f"{linear.url}/acme/issue/OPS-1/found-there"
    assert (issue.title, issue.description) == (DRAFT.title, DRAFT.description)
    assert (issue.due_on, issue.labels) == (DRAFT.due_on, ("afterword",))
    assert issue.assignee is not None
    assert issue.assignee.account == "lena"
    assert issue.status.means == ActionStatus.OPEN


def test_no_second_issue_is_made_with_a_key(
    tracker: Linear, linear: LinearServer
) -> None:
    assert tracker.find_by_key(KEY, "OPS") is None
    linear.trouble = [Trouble(), Trouble(after=True)]
    with pytest.raises(adapter.Unavailable):
        tracker.create(replace(DRAFT, labels=()), KEY)
    assert tracker.create(DRAFT, KEY) == tracker.find_by_key(KEY, "OPS")
    assert len(linear.all) == 1


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (ActionStatus.OPEN, "Todo"),
        (ActionStatus.IN_PROGRESS, "Doing"),
        (ActionStatus.DONE, "Done"),
        (ActionStatus.WONT_DO, "Canceled"),
        ("state-backlog", "Backlog"),
    ],
)
def test_a_status_goes_there_and_back(
    tracker: Linear, linear: LinearServer, status: str, state: str
) -> None:
    issue = linear.put()
    told = tracker.update(issue["id"], Changes(status=status))
    assert told.status.name == linear.all[0]["state"]["name"] == state
    assert tracker.fetch("OPS-1").status == told.status


def test_an_issue_of_a_settled_action_is_closed(tracker: Linear) -> None:
    issue = tracker.create(replace(DRAFT, status=ActionStatus.DONE), KEY)
    assert issue.status.means == ActionStatus.DONE


def test_a_status_that_the_team_lacks_is_refused(
    tracker: Linear, linear: LinearServer
) -> None:
    issue = linear.put()
    with pytest.raises(adapter.Rejected):
        tracker.update(issue["id"], Changes(status="state-of-another-team"))


def test_each_field_is_changed_alone(tracker: Linear, linear: LinearServer) -> None:
    made = tracker.create(replace(DRAFT, labels=()), KEY)
    for changes, expected in (
        (Changes(title="Twice"), {"title": "Twice"}),
        (Changes(description="Better."), {"description": "Better."}),
        (Changes(due_on=None), {"due_on": None}),
        (Changes(assignee=""), {"assignee": None}),
    ):
        before = tracker.fetch(made.remote_id)
        after = tracker.update(made.remote_id, changes)
        assert after == replace(before, updated_at=after.updated_at, **expected)


@pytest.mark.parametrize(
    ("newest", "by_bot"),
    [({"botActor": {"id": "b"}}, True), ({"actor": {"id": "lena"}}, False)],
)
def test_whether_a_bot_closed_it_is_told(
    tracker: Linear, linear: LinearServer, newest: dict[str, Any], *, by_bot: bool
) -> None:
    issue = linear.put(stateId="state-done")
    other = {"toState": {"id": "state-todo"}, "actor": {"id": "priya"}}
    history = [{"toState": None}, {"toState": issue["state"], **newest}, other]
    linear.edit(issue, history={"nodes": history})
    assert tracker.fetch("OPS-1").by_bot == by_bot


def test_what_lies_in_the_trash_is_deleted(
    tracker: Linear, linear: LinearServer
) -> None:
    issue = linear.put()
    linear.edit(issue, trashed=True)
    with pytest.raises(adapter.Deleted):
        tracker.fetch("OPS-1")
    with pytest.raises(adapter.NotFound):
        tracker.fetch("OPS-2")
    with pytest.raises(adapter.NotFound):
        tracker.fetch("../x")


SOON = {
    "Date": BEGIN.strftime("%a, %d %b %Y %H:%M:%S GMT"),
    "X-RateLimit-Requests-Reset": str(int(BEGIN.timestamp() + 90) * 1000),
}
ODD = [
    (Trouble(400, SOON, body=refusal("RATELIMITED", "Slow")), adapter.RateLimited),
    (Trouble(401, body=refusal("AUTHENTICATION_ERROR", "No")), adapter.Forbidden),
    (Trouble(200, body=refusal("FORBIDDEN", "No")), adapter.Forbidden),
    (Trouble(200, body=refusal("INPUT_ERROR", "Odd date")), adapter.Rejected),
    (Trouble(200, body=refusal("INTERNAL_SERVER_ERROR", "?")), adapter.Unavailable),
    (Trouble(502, body="<html>"), adapter.Unavailable),
    (Trouble(200, body="<html>"), adapter.Unavailable),
    (Trouble(200, body={"data": {"issue": {"id": "x"}}}), adapter.Unavailable),
    (Trouble(200, body={"data": None}), adapter.NotFound),
]


@pytest.mark.parametrize(("trouble", "error"), ODD)
def test_odd_answers_have_a_meaning(
    tracker: Linear, linear: LinearServer, trouble: Trouble, error: type[Exception]
) -> None:
    linear.trouble = [trouble]
    with pytest.raises(error) as raised:
        tracker.fetch("OPS-1")
    if isinstance(raised.value, adapter.RateLimited):
        assert raised.value.seconds == 91


def test_polling_tells_each_change_though_the_newest_come_first(
    tracker: Linear, linear: LinearServer
) -> None:
    linear.page = 2
    linear.put(title="Old")
    cursor = tracker.changed_since(["OPS"], "").cursor
    for title in ("One", "Two", "Three"):
        linear.put(title=title)
    found: list[str] = []
    more = True
    while more:
        page = tracker.changed_since(["OPS"], cursor)
        found += [issue.title for issue in page.issues]
        cursor, more = page.cursor, page.more
    assert {"One", "Two", "Three"} <= set(found)
    linear.put(title="Four")
    page = tracker.changed_since(["OPS"], cursor)
    assert "Four" in {issue.title for issue in page.issues}
    assert "One" not in {issue.title for issue in page.issues}


@pytest.mark.parametrize(
    ("path", "reference"),
    [
        ("/acme/issue/OPS-12", "OPS-12"),
        ("/acme/issue/ops-12/validate-variables#comment-1", "OPS-12"),
        ("/acme/project/OPS-12", None),
        ("/acme/issue/12", None),
    ],
)
def test_addresses_of_issues_are_known(
    tracker: Linear, linear: LinearServer, path: str, reference: str | None
) -> None:
    assert tracker.reference_of(linear.url + path) == reference
    assert tracker.reference_of("https://evil.example" + path) is None


def test_people_and_statuses_are_told(tracker: Linear) -> None:
    assert [person.account for person in tracker.people("fischer")] == ["lena"]
    assert len(tracker.people("")) == 2
    assert tracker.whoami().account == "lena"
    assert [status.means for status in tracker.statuses("OPS")] == [
        ActionStatus.OPEN,
        ActionStatus.OPEN,
        ActionStatus.IN_PROGRESS,
        ActionStatus.DONE,
        ActionStatus.WONT_DO,
    ]
    with pytest.raises(adapter.Rejected):
        tracker.statuses("NONE")
