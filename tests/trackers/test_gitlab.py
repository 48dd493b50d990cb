"""GitLab over the wire: the adapter against a server that answers as GitLab does."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from integrations.trackers import adapter
from integrations.trackers.adapter import Changes, Draft, Site
from integrations.trackers.gitlab import GITLAB, GitLab
from postmortems.vocabulary import ActionStatus
from tests.trackers.base import Trouble
from tests.trackers.gitlab import TOKEN, GitLabServer

KEY = "0f6b1c2d3e4f40718293a4b5c6d7e8f9"
PROJECT = "acme/web/shop"
DRAFT = Draft(
    PROJECT,
    "Validate variables before deployment",
    "From INC-2026-001.",
    labels=("afterword",),
    assignee="51",
    due_on=date(2026, 4, 1),
)


@pytest.fixture
def gitlab(settings: Any) -> Iterator[GitLabServer]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1:*"]
    with GitLabServer().listening() as server:
        yield server


@pytest.fixture
def tracker(gitlab: GitLabServer) -> GitLab:
    made = GITLAB.make(Site(gitlab.url, secret=TOKEN))
    assert isinstance(made, GitLab)
    return made


def test_an_issue_is_made_as_drafted(tracker: GitLab, gitlab: GitLabServer) -> None:
    issue = tracker.create(DRAFT, KEY)
    assert issue == tracker.fetch("14#1") == tracker.fetch(f"{PROJECT}#1")
    assert (issue.remote_id, issue.key) == ("14#1", f"{PROJECT}#1")
    assert issue.url == f"{gitlab.url}/{PROJECT}/-/issues/1"
    assert (issue.title, issue.description) == (DRAFT.title, DRAFT.description)
    assert (issue.due_on, issue.labels) == (DRAFT.due_on, ("afterword",))
    assert issue.assignee == adapter.Person("51", "Lena Fischer")
    assert gitlab.all[0]["description"].endswith(f"Afterword: {KEY}")


def test_an_issue_of_a_settled_action_is_closed(tracker: GitLab) -> None:
    issue = tracker.create(replace(DRAFT, status=ActionStatus.WONT_DO), KEY)
    assert issue.status.means == ActionStatus.WONT_DO
    assert issue.labels == ("afterword", "wont-do")


def test_words_of_an_action_are_no_commands(
    tracker: GitLab, gitlab: GitLabServer
) -> None:
    tracker.create(DRAFT, KEY)
    issue = tracker.update("14#1", Changes(description="Then:\n/close the valve"))
    assert issue.status.means == ActionStatus.OPEN


def test_a_key_finds_the_issue_that_was_made_with_it(
    tracker: GitLab, gitlab: GitLabServer
) -> None:
    assert tracker.find_by_key(KEY, PROJECT) is None
    gitlab.trouble = [Trouble(method="POST", after=True)]
    with pytest.raises(adapter.Unavailable):
        tracker.create(DRAFT, KEY)
    made = tracker.fetch("14#1")
    gitlab.put(description=gitlab.all[0]["description"])
    assert tracker.find_by_key(KEY, PROJECT) == made
    for _number in range(31):
        gitlab.put()
    assert tracker.find_by_key(KEY, PROJECT) == made


@pytest.mark.parametrize(
    ("status", "state", "labels"),
    [
        (ActionStatus.DONE, "closed", []),
        (ActionStatus.WONT_DO, "closed", ["wont-do"]),
        ("closed_wont_do", "closed", ["wont-do"]),
        (ActionStatus.IN_PROGRESS, "opened", []),
    ],
)
def test_a_status_goes_there_and_back(
    tracker: GitLab, gitlab: GitLabServer, status: str, state: str, labels: list[str]
) -> None:
    gitlab.put()
    told = tracker.update("14#1", Changes(status=status))
    assert (gitlab.all[0]["state"], gitlab.all[0]["labels"]) == (state, labels)
    assert told.status == tracker.fetch("14#1").status
    assert tracker.update("14#1", Changes(status="open")).status.id == "opened"
    assert gitlab.all[0]["labels"] == []


def test_each_field_is_changed_alone(tracker: GitLab, gitlab: GitLabServer) -> None:
    made = tracker.create(DRAFT, KEY)
    for changes, expected in (
        (Changes(title="Twice"), {"title": "Twice"}),
        (Changes(description="Better."), {"description": "Better."}),
        (Changes(due_on=date(2026, 5, 1)), {"due_on": date(2026, 5, 1)}),
        (Changes(due_on=None), {"due_on": None}),
        (Changes(assignee="52"), {"assignee": adapter.Person("52", "Priya Raman")}),
        (Changes(assignee=""), {"assignee": None}),
    ):
        before = tracker.fetch(made.remote_id)
        after = tracker.update(made.remote_id, changes)
        assert after == replace(before, updated_at=after.updated_at, **expected)
    assert tracker.find_by_key(KEY, PROJECT) is not None


def test_a_moved_issue_is_followed(tracker: GitLab, gitlab: GitLabServer) -> None:
    gitlab.move(gitlab.put())
    with pytest.raises(adapter.Moved) as moved:
        tracker.update("14#1", Changes(title="New"))
    assert moved.value.reference == "acme/attic#1"
    assert tracker.fetch("acme/attic#1").remote_id == "15#1"
    gitlab.hidden.add(15)
    with pytest.raises(adapter.Forbidden):
        tracker.fetch("14#1")


def test_what_stands_against_it_is_told_apart(
    tracker: GitLab, gitlab: GitLabServer
) -> None:
    gitlab.put()
    with pytest.raises(adapter.NotFound):
        tracker.fetch("14#2")
    gitlab.hidden.add(14)
    with pytest.raises(adapter.Forbidden):
        tracker.fetch("14#1")
    with pytest.raises(adapter.Forbidden):
        tracker.create(DRAFT, KEY)
    gitlab.tokens.clear()
    with pytest.raises(adapter.Forbidden):
        tracker.whoami()


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (Trouble(429, {"Retry-After": "30"}), adapter.RateLimited),
        (Trouble(502, body="<html>"), adapter.Unavailable),
        (Trouble(200, body="<html>"), adapter.Unavailable),
        (Trouble(200, body={"id": 1}), adapter.Unavailable),
        (Trouble(301, {"Location": "https://evil.example/x"}), adapter.Unavailable),
        (Trouble(400, body={"message": {"title": ["blank"]}}), adapter.Rejected),
    ],
)
def test_odd_answers_have_a_meaning(
    tracker: GitLab, gitlab: GitLabServer, trouble: Trouble, error: type[Exception]
) -> None:
    gitlab.trouble = [trouble]
    with pytest.raises(error):
        tracker.fetch("14#1")


def test_a_renamed_project_is_followed(tracker: GitLab, gitlab: GitLabServer) -> None:
    gitlab.put()
    new = {"Location": f"{gitlab.url}/api/v4/projects/14/issues/1"}
    gitlab.trouble = [Trouble(301, new)]
    assert tracker.fetch("acme/old#1").key == f"{PROJECT}#1"


def test_polling_begins_now_and_tells_each_change(
    tracker: GitLab, gitlab: GitLabServer
) -> None:
    old = gitlab.put(title="Old")
    both = [PROJECT, "15"]
    begun = tracker.changed_since(both, "")
    assert begun.issues == []
    gitlab.put(15, title="Other")
    gitlab.edit(old, title="Changed")
    page = tracker.changed_since(both, begun.cursor)
    assert [issue.title for issue in page.issues] == ["Other", "Changed"]
    assert not page.more


@pytest.mark.parametrize(
    ("path", "reference"),
    [
        ("/acme/web/shop/-/issues/12", "acme/web/shop#12"),
        ("/acme/shop/issues/12#note_3", "acme/shop#12"),
        ("/acme/shop/-/work_items/12", "acme/shop#12"),
        ("/acme/shop/-/issues/incident/12", "acme/shop#12"),
        ("/acme/shop/-/boards/12", None),
        ("/acme/../-/issues/12", None),
        ("/shop", None),
    ],
)
def test_addresses_of_issues_are_known(
    tracker: GitLab, gitlab: GitLabServer, path: str, reference: str | None
) -> None:
    assert tracker.reference_of(gitlab.url + path) == reference
    assert tracker.reference_of("https://evil.example" + path) is None
    deeper = GITLAB.make(Site("https://acme.example/gitlab"))
    assert deeper.reference_of("https://acme.example/gitlab" + path) == reference


def test_a_merge_request_is_refused_with_a_sentence(
    tracker: GitLab, gitlab: GitLabServer
) -> None:
    with pytest.raises(adapter.Rejected) as refusal:
        tracker.reference_of(f"{gitlab.url}/acme/shop/-/merge_requests/12")
    assert "merge request" in refusal.value.messages[""]


@pytest.mark.parametrize("project", ["shop", "../shop", "acme/..", "a b/c", ""])
def test_a_project_is_named_by_path_or_number(tracker: GitLab, project: str) -> None:
    with pytest.raises(adapter.Rejected):
        tracker.create(replace(DRAFT, project=project), KEY)


def test_people_and_statuses_are_told(tracker: GitLab) -> None:
    assert tracker.people("lena") == [adapter.Person("51", "Lena Fischer")]
    assert tracker.people(" ") == []
    assert tracker.whoami() == adapter.Person("7", "Afterword")
    assert len(tracker.statuses(PROJECT)) == 3
