"""Webhooks of GitHub, GitLab and Linear: who sent them, and what they say."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.trackers.adapter import (
    Adapter,
    BadHook,
    BadSignature,
    HookEvent,
    Receipt,
    Site,
)
from integrations.trackers.github import GITHUB
from integrations.trackers.gitlab import GITLAB
from integrations.trackers.linear import LINEAR
from postmortems.vocabulary import ActionStatus
from tests.samples import SAMPLES

SECRET, NEXT = "a secret of the hook", "the next secret"
REMOTE_ID = "1f8e0a52-1111-4222-8333-444455556666"


def signature(raw: bytes, secret: str = SECRET, algorithm: Any = hashlib.sha256) -> str:
    return hmac.new(secret.encode(), raw, algorithm).hexdigest()


def milliseconds(late: timedelta = timedelta()) -> int:
    return int((datetime.now(UTC) - late).timestamp() * 1000)


@dataclass(frozen=True)
class Sender:
    """How one tracker proves that a webhook is its own."""

    adapter: Adapter
    header: str
    prefix: str = ""
    signs: bool = True

    def headers(self, raw: bytes, secret: str = SECRET) -> dict[str, str]:
        proof = signature(raw, secret) if self.signs else secret
        return {self.header: self.prefix + proof}


SENDERS = {
    "github": Sender(
        GITHUB.make(Site("https://github.com")), "x-hub-signature-256", "sha256="
    ),
    "gitlab": Sender(
        GITLAB.make(Site("https://gitlab.com")), "x-gitlab-token", signs=False
    ),
    "linear": Sender(LINEAR.make(Site("https://linear.app")), "linear-signature"),
}


@pytest.fixture(params=SENDERS)
def sender(request: pytest.FixtureRequest) -> Sender:
    return SENDERS[request.param]


@pytest.fixture
def raw() -> bytes:
    """With spaces that writing it anew would leave out."""
    return json.dumps({"webhookTimestamp": milliseconds(), "b": 1}, indent=1).encode()


# --- Who sent it ---


def test_a_secret_proves_who_sent_it(sender: Sender, raw: bytes) -> None:
    sender.adapter.check_hook(sender.headers(raw), raw, [SECRET])


def test_while_a_secret_is_rotated_both_hold(sender: Sender, raw: bytes) -> None:
    for secret in (SECRET, NEXT):
        sender.adapter.check_hook(sender.headers(raw, secret), raw, [NEXT, SECRET])


@pytest.mark.parametrize(
    "secrets", [[], [""], ["another secret"]], ids=["none", "empty", "another"]
)
def test_nothing_else_proves_it(sender: Sender, raw: bytes, secrets: list[str]) -> None:
    for headers in (sender.headers(raw), sender.headers(raw, ""), {}):
        with pytest.raises(BadSignature):
            sender.adapter.check_hook(headers, raw, secrets)


@pytest.mark.parametrize(
    "spoil",
    [str.upper, lambda proof: proof[:-1], lambda _proof: "", lambda proof: f"{proof} "],
    ids=["upper case", "cut off", "empty", "longer"],
)
def test_an_altered_proof_is_none(sender: Sender, raw: bytes, spoil: Any) -> None:
    headers = sender.headers(raw)
    altered = sender.prefix + spoil(headers[sender.header].removeprefix(sender.prefix))
    with pytest.raises(BadSignature):
        sender.adapter.check_hook({sender.header: altered}, raw, [SECRET])


@pytest.mark.parametrize("name", ["github", "linear"])
def test_the_raw_bytes_are_signed(name: str, raw: bytes) -> None:
    sender = SENDERS[name]
    anew = json.dumps(json.loads(raw)).encode()
    with pytest.raises(BadSignature):
        sender.adapter.check_hook(sender.headers(anew), raw, [SECRET])


def test_an_older_algorithm_is_not_taken() -> None:
    old = {"x-hub-signature-256": f"sha1={signature(b'{}', algorithm=hashlib.sha1)}"}
    for headers in (old, {"x-hub-signature": f"sha1={signature(b'{}')}"}):
        with pytest.raises(BadSignature):
            SENDERS["github"].adapter.check_hook(headers, b"{}", [SECRET])


@pytest.mark.parametrize(
    "moment",
    [
        timedelta(minutes=10),
        timedelta(minutes=-10),
        None,
        "now",
        True,
        10**30,
    ],
    ids=["late", "early", "none", "word", "true", "huge"],
)
def test_linear_hooks_are_of_this_moment(moment: Any) -> None:
    sent = milliseconds(moment) if isinstance(moment, timedelta) else moment
    raw = json.dumps({"webhookTimestamp": sent}).encode()
    linear = SENDERS["linear"]
    with pytest.raises(BadSignature):
        linear.adapter.check_hook(linear.headers(raw), raw, [SECRET])


def test_a_delivery_has_the_id_of_its_sender(raw: bytes) -> None:
    for name, headers in (
        ("github", {"x-github-delivery": "one", "x-github-event": "issues"}),
        ("gitlab", {"idempotency-key": "one", "x-gitlab-event": "Issue Hook"}),
        ("linear", {"linear-delivery": "one", "linear-event": "Issue"}),
    ):
        sender = SENDERS[name]
        told = sender.adapter.check_hook(
            {**sender.headers(raw), **headers}, raw, [SECRET]
        )
        assert told.event_id == "one"


UNREADABLE = {
    "form": b"payload=%7B%7D",
    "mark": b"\xef\xbb\xbf{}",
    "other encoding": "{}".encode("utf-16"),
    "packed": b"\x1f\x8b\x08\x00",
    "no JSON": b"{",
    "list": b"[]",
    "deep": b"[" * 100_000,
    "long number": b'{"a": ' + b"9" * 5_000 + b"}",
    "nothing": b"",
}


@pytest.mark.parametrize("raw", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_refused(sender: Sender, raw: bytes) -> None:
    with pytest.raises(BadHook):
        sender.adapter.read_hook(Receipt("", "issues"), raw)


# --- What GitHub says ---


def github_issue(**fields: Any) -> dict[str, Any]:
    return {
        "html_url": "https://github.com/acme/shop/issues/12",
        "number": 12,
        "title": "Validate variables",
        "body": "Said.\r\n\r\n---\r\nDue: 2026-04-01\r\nAfterword: abc",
        "state": "open",
        "assignees": [{"login": "lena"}],
        "labels": [{"name": "afterword"}],
        "updated_at": "2026-03-09T12:00:00Z",
        **fields,
    }


def github(action: str, name: str = "issues", **said: Any) -> HookEvent | None:
    told = {"issue": github_issue(), **said, "action": action}
    raw = json.dumps(told).encode()
    found = SENDERS["github"].adapter.read_hook(Receipt("", name), raw)
    return found[0] if found else None


@pytest.mark.parametrize("action", ["opened", "edited", "assigned", "labeled"])
def test_github_tells_the_issue_as_it_is(action: str) -> None:
    event = github(action)
    assert event is not None
    assert event.issue is not None
    assert event.remote_id == event.issue.key == "acme/shop#12"
    assert event.issue.description == "Said."
    assert event.issue.assignee is not None


@pytest.mark.parametrize(("kind", "by_bot"), [("Bot", True), ("User", False)])
def test_github_tells_who_closed_it(kind: str, *, by_bot: bool) -> None:
    event = github(
        "closed",
        issue=github_issue(state="closed", state_reason="not_planned"),
        sender={"login": "somebody", "type": kind},
    )
    assert event is not None
    assert event.issue is not None
    assert event.issue.status.means == ActionStatus.WONT_DO
    assert event.issue.by_bot == by_bot


def test_github_tells_what_is_gone() -> None:
    deleted = github("deleted")
    assert deleted is not None
    assert deleted.deleted
    new = github_issue(html_url="https://github.com/acme/attic/issues/3")
    moved = github("transferred", changes={"new_issue": new})
    assert moved is not None
    assert moved.moved_to == "acme/attic#3"


def test_github_tells_more_than_is_of_interest() -> None:
    assert github("created", "issue_comment") is None
    assert github("opened", "ping") is None
    assert github("opened", issue=github_issue(pull_request={"url": "…"})) is None
    with pytest.raises(BadHook):
        github("opened", issue={})


# --- What GitLab says ---


def gitlab(**fields: Any) -> HookEvent:
    told = {
        "object_kind": "issue",
        "user": {"username": "lena"},
        "project": {"path_with_namespace": "acme/shop"},
        "assignees": [{"id": 51, "name": "Lena Fischer"}],
        "labels": [{"title": "afterword"}],
        "object_attributes": {
            "iid": 23,
            "project_id": 14,
            "title": "Validate variables",
            "description": "Said.",
            "state": "opened",
            "due_date": "2026-04-01",
            "updated_at": "2026-03-09 12:00:00 UTC",
            "action": "update",
            **fields.pop("attributes", {}),
        },
        **fields,
    }
    raw = json.dumps(told).encode()
    (event,) = SENDERS["gitlab"].adapter.read_hook(Receipt(""), raw)
    return event


def test_gitlab_tells_the_issue_as_it_is() -> None:
    event = gitlab()
    assert event.remote_id == "14#23"
    assert event.at == datetime(2026, 3, 9, 12, tzinfo=UTC)
    assert event.issue is not None
    assert event.issue.url == "https://gitlab.com/acme/shop/-/issues/23"
    assert event.issue.labels == ("afterword",)


@pytest.mark.parametrize(
    ("username", "by_bot"), [("project_14_bot_0f6b", True), ("robert", False)]
)
def test_gitlab_tells_who_closed_it(username: str, *, by_bot: bool) -> None:
    closed = {"state": "closed", "action": "close"}
    event = gitlab(user={"username": username}, attributes=closed)
    assert event.issue is not None
    assert event.issue.by_bot == by_bot


@pytest.mark.parametrize(
    "said",
    [
        {"attributes": {"moved_to_id": 301}},
        {"assignees": [{"username": "lena"}]},
        {"project": None},
    ],
)
def test_what_gitlab_leaves_out_is_fetched(said: dict[str, Any]) -> None:
    assert gitlab(**said).issue is None


# --- What Linear says ---


def linear(action: str = "update", **said: Any) -> HookEvent:
    told = {
        "type": "Issue",
        "action": action,
        "actor": {"type": "user"},
        **said,
        "data": {
            "id": REMOTE_ID,
            "identifier": "OPS-12",
            "title": "Validate variables",
            "description": "Said.",
            "team": {"key": "OPS"},
            "state": {"id": "s", "name": "Done", "type": "completed"},
            "labels": [{"name": "afterword"}],
            "url": "https://linear.app/acme/issue/OPS-12",
            "updatedAt": "2026-03-09T12:00:00.000Z",
            **said.get("data", {}),
        },
    }
    raw = json.dumps(told).encode()
    (event,) = SENDERS["linear"].adapter.read_hook(Receipt(""), raw)
    return event


def test_linear_tells_the_issue_as_it_is() -> None:
    issue = linear().issue
    assert issue is not None
    assert (issue.key, issue.labels) == ("OPS-12", ("afterword",))
    assert issue.status.means == ActionStatus.DONE


@pytest.mark.parametrize(
    ("kind", "by_bot"), [("user", False), ("integration", True), ("OauthClient", True)]
)
def test_linear_tells_who_changed_the_status(kind: str, *, by_bot: bool) -> None:
    event = linear(actor={"type": kind}, updatedFrom={"stateId": "before"})
    assert event.issue is not None
    assert event.issue.by_bot == by_bot


def test_linear_tells_what_is_gone() -> None:
    assert linear("remove").deleted
    assert linear(data={"trashed": True}).deleted
    assert (
        SENDERS["linear"].adapter.read_hook(Receipt(""), b'{"type": "Comment"}') == []
    )


# --- Payloads that were sent once ---


def test_a_payload_of_github_is_read() -> None:
    path = SAMPLES / "payloads" / "github" / "webhooks_issues.json"
    if not path.exists():
        pytest.skip("No payloads of GitHub beside the samples (AFTERWORD_SAMPLES).")
    raw = path.read_bytes()
    (event,) = SENDERS["github"].adapter.read_hook(Receipt("", "issues"), raw)
    assert event.issue is not None
    assert event.issue.title == json.loads(raw)["issue"]["title"]
    assert event.issue.status.means == ActionStatus.OPEN


def test_a_payload_of_gitlab_is_read_and_the_issue_fetched() -> None:
    path = SAMPLES / "payloads" / "gitlab" / "webhooks_issue-event.json"
    if not path.exists():
        pytest.skip("No payloads of GitLab beside the samples (AFTERWORD_SAMPLES).")
    raw = path.read_bytes()
    told = json.loads(raw)["object_attributes"]
    (event,) = SENDERS["gitlab"].adapter.read_hook(Receipt(""), raw)
    assert event.remote_id == f"{told['project_id']}#{told['iid']}"
    assert event.issue is None
