"""Jira over the wire: both adapters against a server that answers as Jira does."""

import hmac
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from integrations.trackers import adapter
from integrations.trackers.adapter import Changes, Draft, Site
from integrations.trackers.jira import CLOUD, DATA_CENTER, Jira
from integrations.trackers.jira_issues import issue_of, status_of
from integrations.trackers.jira_texts import document_of, plain_of, wiki_of
from postmortems.vocabulary import ActionStatus
from tests.trackers.base import Trouble
from tests.trackers.jira import BEGIN, INVENTED, TOKEN, JiraServer, real_shape

KEY = "0f6b1c2d3e4f40718293a4b5c6d7e8f9"
DRAFT = Draft(
    "OPS",
    "Validate variables before deployment",
    "All of them.\n\n[Open in Afterword](https://afterword.example/actions/12/)",
    issue_type="Task",
    labels=("post mortem",),
    assignee="5f8a-lena",
    due_on=date(2026, 4, 1),
)


@pytest.fixture(params=["invented", "real"])
def jira(request: pytest.FixtureRequest, settings: Any) -> Iterator[JiraServer]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1:*"]
    shape = INVENTED if request.param == "invented" else real_shape()
    with JiraServer(shape).listening() as server:
        yield server


@pytest.fixture(params=[CLOUD, DATA_CENTER], ids=["cloud", "data_center"])
def tracker(request: pytest.FixtureRequest, jira: JiraServer) -> Jira:
    made = request.param.make(Site(jira.url, "bot@x.example", TOKEN))
    assert isinstance(made, Jira)
    return made


def test_an_issue_is_made_as_drafted(tracker: Jira, jira: JiraServer) -> None:
    issue = tracker.create(DRAFT, KEY)
    assert (issue.key, issue.title, issue.due_on) == (
        "OPS-1",
        DRAFT.title,
        DRAFT.due_on,
    )
    assert issue.assignee is not None
    assert issue.assignee.account == "5f8a-lena"
    assert issue.labels == ("post-mortem", f"afterword-{KEY}")
    assert issue.status.means == ActionStatus.OPEN
    assert issue.url == f"{jira.url}/browse/OPS-1"
    assert "Open in Afterword" in issue.description


def test_an_issue_is_found_by_its_key(tracker: Jira) -> None:
    assert tracker.find_by_key(KEY, "OPS") is None
    made = tracker.create(DRAFT, KEY)
    assert tracker.find_by_key(KEY, "OPS") == made


def test_a_screen_without_dates_keeps_no_issue_from_being_made(
    tracker: Jira, jira: JiraServer
) -> None:
    jira.state.not_on_screen = {"duedate"}
    assert tracker.create(DRAFT, KEY).due_on is None
    with pytest.raises(adapter.Rejected) as refused:
        tracker.update("OPS-1", Changes(due_on=date(2026, 5, 1)))
    assert "not on the appropriate screen" in refused.value.messages["duedate"]


@pytest.mark.parametrize(
    ("wanted", "name", "resolution"),
    [
        (ActionStatus.IN_PROGRESS, "In Progress", ""),
        (ActionStatus.DONE, "Done", "Done"),
        (ActionStatus.WONT_DO, "Done", "Won't Do"),
    ],
)
def test_a_status_goes_by_a_step_of_the_workflow(
    tracker: Jira, wanted: ActionStatus, name: str, resolution: str
) -> None:
    made = tracker.create(DRAFT, KEY)
    issue = tracker.update(made.remote_id, Changes(status=wanted))
    assert (issue.status.name, issue.resolution) == (name, resolution)
    assert issue.status.means == wanted


def test_a_step_that_the_workflow_lacks_is_told(
    tracker: Jira, jira: JiraServer
) -> None:
    made = tracker.create(DRAFT, KEY)
    jira.state.workflow = jira.state.workflow[:2]
    with pytest.raises(adapter.Rejected) as refused:
        tracker.update(made.remote_id, Changes(status="done"))
    assert refused.value.messages.keys() == {"status"}


def test_only_what_is_named_changes(tracker: Jira, jira: JiraServer) -> None:
    made = tracker.create(DRAFT, KEY)
    issue = tracker.update(made.remote_id, Changes(title="Other", assignee=""))
    assert (issue.title, issue.assignee) == ("Other", None)
    assert issue.due_on == DRAFT.due_on
    assert jira.requests("PUT")[0].body["fields"].keys() == {"summary", "assignee"}


def test_what_changed_is_asked_by_the_server_s_own_clock(
    tracker: Jira, jira: JiraServer
) -> None:
    tracker.create(DRAFT, KEY)
    first = tracker.changed_since(["OPS"], "")
    assert not first.issues
    jira.someone_changes("OPS-1", summary="Renamed")
    second = tracker.changed_since(["OPS"], first.cursor)
    assert [issue.title for issue in second.issues] == ["Renamed"]
    assert not second.more
    assert not tracker.changed_since(["WEB"], second.cursor).issues


def test_many_changes_come_page_by_page(tracker: Jira, jira: JiraServer) -> None:
    cursor = tracker.changed_since(["OPS"], "").cursor
    for number in range(51):
        jira.create_quietly(f"Number {number}")
    first = tracker.changed_since(["OPS"], cursor)
    second = tracker.changed_since(["OPS"], first.cursor)
    assert (len(first.issues), first.more) == (50, True)
    assert (len(second.issues), second.more) == (1, False)


@pytest.mark.parametrize(
    ("path", "reference"),
    [
        ("/browse/OPS-12", "OPS-12"),
        ("/browse/ops-12?focusedCommentId=3", "OPS-12"),
        ("/jira/software/projects/OPS/boards/1?selectedIssue=OPS-7", "OPS-7"),
        ("/browse/OPS", None),
        ("/browse/../OPS-1", None),
        ("", None),
    ],
)
def test_an_address_names_an_issue(
    tracker: Jira, jira: JiraServer, path: str, reference: str | None
) -> None:
    assert tracker.reference_of(jira.url + path) == reference
    assert tracker.reference_of("https://other.example" + path) is None


def test_people_are_found_by_address(tracker: Jira) -> None:
    (found,) = tracker.people("lena.fischer@afterword.example")
    assert (found.account, found.name) == ("5f8a-lena", "Lena Fischer")


def test_a_project_s_statuses_mean_something(tracker: Jira) -> None:
    meanings = [status.means for status in tracker.statuses("OPS")]
    assert meanings == ["open", "in_progress", "done"]


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (Trouble(401), adapter.Forbidden),
        (Trouble(403), adapter.Forbidden),
        (Trouble(404), adapter.NotFound),
        (Trouble(429, {"Retry-After": "7"}), adapter.RateLimited),
        (Trouble(503, {"Retry-After": "7"}), adapter.RateLimited),
        (Trouble(500), adapter.Unavailable),
        (Trouble(after=True), adapter.Unavailable),
        (Trouble(200, body=[1]), adapter.Unavailable),
    ],
)
def test_what_goes_wrong_has_a_name(
    jira: JiraServer, trouble: Trouble, error: type[Exception]
) -> None:
    tracker = CLOUD.make(Site(jira.url, "bot@x.example", TOKEN))
    jira.trouble.append(trouble)
    with pytest.raises(error) as told:
        tracker.fetch("OPS-1")
    if isinstance(told.value, adapter.RateLimited):
        assert told.value.seconds == 7


def test_the_token_stands_in_no_repr(jira: JiraServer) -> None:
    assert TOKEN not in repr(Site(jira.url, "bot@x.example", TOKEN))


# --- Webhooks ---

RAW = b'{"webhookEvent": "jira:issue_updated",  "issue": {"id": "10001"}}'


def signature(secret: str, raw: bytes = RAW) -> str:
    return hmac.new(secret.encode(), raw, "sha256").hexdigest()


HEX = signature("s3cret")
RE_SERIALISED = signature("s3cret", json.dumps(json.loads(RAW)).encode())


@pytest.mark.parametrize(
    "header",
    [
        "",
        "sha256=",
        HEX,
        f"sha256={HEX.upper()}",
        f"sha256={HEX[:-1]}",
        f"sha1={HEX}",
        f"sha256={RE_SERIALISED}",
        f"sha256={signature('other')}",
        f"sha256={signature('')}",
        "sha256=é",
    ],
)
def test_a_webhook_that_proves_nothing_is_refused(header: str) -> None:
    tracker = CLOUD.make(Site("https://x.example"))
    for secrets in (["s3cret"], ["", "s3cret"]):
        with pytest.raises(adapter.BadSignature):
            tracker.check_hook({"x-hub-signature": header}, RAW, secrets)


@pytest.mark.parametrize("secrets", [["s3cret"], ["new", "s3cret"]])
def test_one_of_two_secrets_suffices_while_they_rotate(secrets: list[str]) -> None:
    tracker = CLOUD.make(Site("https://x.example"))
    headers = {
        "x-hub-signature": f"sha256={HEX}",
        "x-atlassian-webhook-identifier": "id-1",
    }
    assert tracker.check_hook(headers, RAW, secrets).event_id == "id-1"


def test_data_center_may_sign_nothing_but_must_where_a_secret_is_set() -> None:
    tracker = DATA_CENTER.make(Site("https://x.example"))
    assert tracker.check_hook({}, RAW, []).event_id == ""
    with pytest.raises(adapter.BadSignature):
        tracker.check_hook({}, RAW, ["s3cret"])


def test_an_event_says_which_issue_and_whether_it_is_gone(jira: JiraServer) -> None:
    tracker = CLOUD.make(Site(jira.url, "bot@x.example", TOKEN))
    tracker.create(DRAFT, KEY)
    receipt = adapter.Receipt("")
    (changed,) = tracker.read_hook(receipt, jira.hook("OPS-1"))
    (gone,) = tracker.read_hook(receipt, jira.hook("OPS-1", "jira:issue_deleted"))
    assert (changed.remote_id, changed.deleted) == ("10001", False)
    assert (gone.remote_id, gone.deleted) == ("10001", True)
    assert not tracker.read_hook(receipt, b'{"webhookEvent": "sprint_started"}')


@pytest.mark.parametrize("raw", [b"", b"[1]", b"\xff", b"{", b"[" * 100_000])
def test_an_event_that_is_no_object_cannot_be_read(raw: bytes) -> None:
    tracker = CLOUD.make(Site("https://x.example"))
    with pytest.raises(adapter.BadHook):
        tracker.read_hook(adapter.Receipt(""), raw)


# --- Shapes and texts ---


def test_real_statuses_and_transitions_are_read() -> None:
    categories = real_shape("gojira_all_statuscategories")
    meanings = {
        one["key"]: str(status_of({"id": "1", "statusCategory": one}).means)
        for one in categories
    }
    assert meanings == {
        "undefined": "open",
        "new": "open",
        "indeterminate": "in_progress",
        "done": "done",
    }
    offered = real_shape("gojira_transitions")["transitions"]
    assert status_of(offered[0]["to"]).means == ActionStatus.IN_PROGRESS


def test_a_real_webhook_s_issue_is_read() -> None:
    issue = issue_of(
        real_shape("superplane_webhook_issue")["data"]["issue"], "https://x.example"
    )
    assert (issue.remote_id, issue.key, issue.project) == ("10001", "ENG-42", "ENG")
    assert issue.assignee is not None
    assert issue.assignee.email == "alice@example.com"
    assert issue.updated_at > BEGIN


def test_a_description_is_written_in_the_tracker_s_own_way() -> None:
    text = "One\nline\n\nSee [here](https://a.example/1) {now}"
    document = document_of(text)
    assert [one["type"] for one in document["content"]] == ["paragraph", "paragraph"]
    assert document["content"][1]["content"][1]["marks"][0]["attrs"] == {
        "href": "https://a.example/1"
    }
    assert plain_of(document) == "One\nline\n\nSee here {now}"
    assert wiki_of(text).endswith(r"[here|https://a.example/1] \{now\}")


@pytest.mark.parametrize("odd", [None, 3, [], {"type": "doc", "content": "x"}])
def test_an_odd_description_is_read_as_empty(odd: Any) -> None:
    assert plain_of(odd) == ""
