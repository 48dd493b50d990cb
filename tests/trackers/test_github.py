"""GitHub over the wire: the adapter against a server that answers as GitHub does."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from integrations.trackers import adapter
from integrations.trackers.adapter import Changes, Draft, Issue, Site
from integrations.trackers.github import GITHUB, GITHUB_APP, GitHub, web_and_api
from postmortems.vocabulary import ActionStatus
from tests.trackers.base import Trouble
from tests.trackers.github import BEGIN, INVENTED, TOKEN, GitHubServer, real_shape

KEY = "0f6b1c2d3e4f40718293a4b5c6d7e8f9"
DRAFT = Draft(
    "acme/shop",
    "Validate variables before deployment",
    "From INC-2026-001.",
    labels=("afterword",),
    assignee="lena",
    due_on=date(2026, 4, 1),
)


@pytest.fixture(params=["invented", "real"])
def github(request: pytest.FixtureRequest, settings: Any) -> Iterator[GitHubServer]:
    """With issues of an invented shape, and of the one that GitHub sends."""
    shape = INVENTED if request.param == "invented" else real_shape()
    settings.OUTBOUND_ALLOW = ["127.0.0.1:*"]
    with GitHubServer(shape).listening() as server:
        yield server


@pytest.fixture
def tracker(github: GitHubServer) -> GitHub:
    made = GITHUB.make(Site(github.url, secret=TOKEN))
    assert isinstance(made, GitHub)
    return made


def numbers(server: GitHubServer) -> list[int]:
    return [*server.repositories["acme/shop"].issues]


def body(server: GitHubServer, number: int = 1) -> str:
    return str(server.repositories["acme/shop"].issues[number]["body"])


# --- Making an issue, once ---


def test_an_issue_is_made_as_drafted(tracker: GitHub, github: GitHubServer) -> None:
    issue = tracker.create(DRAFT, KEY)
    assert issue == tracker.fetch("acme/shop#1")
    assert (issue.key, issue.url) == ("acme/shop#1", f"{github.url}/acme/shop/issues/1")
    assert (issue.title, issue.description) == (DRAFT.title, DRAFT.description)
    assert issue.status.means == ActionStatus.OPEN
    assert issue.assignee is not None
    assert issue.assignee.account == "lena"
    assert issue.labels == ("afterword",)
    assert body(github).endswith(f"---\nDue: 2026-04-01\nAfterword: {KEY}")
    assert not issue.has_due_date


def test_an_issue_of_a_settled_action_is_closed(tracker: GitHub) -> None:
    issue = tracker.create(replace(DRAFT, status=ActionStatus.WONT_DO), KEY)
    assert issue.status.id == "not_planned"


def test_who_cannot_be_assigned_keeps_no_issue_from_being_made(
    tracker: GitHub, github: GitHubServer
) -> None:
    issue = tracker.create(replace(DRAFT, assignee="stranger"), KEY)
    assert issue.assignee is None
    assert numbers(github) == [1]


def test_a_key_is_found_before_search_knows_it(
    tracker: GitHub, github: GitHubServer
) -> None:
    github.search_lags = True
    assert tracker.find_by_key(KEY, "acme/shop") is None
    made = tracker.create(DRAFT, KEY)
    assert tracker.find_by_key(KEY, "acme/shop") == made


def test_a_key_is_found_among_more_issues_than_are_listed(
    tracker: GitHub, github: GitHubServer
) -> None:
    tracker.create(DRAFT, KEY)
    for _number in range(301):
        github.put()
    found = tracker.find_by_key(KEY, "acme/shop")
    assert found is not None
    assert found.key == "acme/shop#1"
    assert len(github.requests("GET", "/repos/acme/shop/issues")) == 10


def test_a_copy_is_not_taken_for_the_issue(
    tracker: GitHub, github: GitHubServer
) -> None:
    made = tracker.create(DRAFT, KEY)
    github.put(body=f"They wrote:\n> Afterword: {KEY}\nand so on")
    github.put(body=body(github))
    assert tracker.find_by_key(KEY, "acme/shop") == made


def test_issues_with_long_texts_are_asked_for_in_smaller_parts(
    tracker: GitHub, github: GitHubServer
) -> None:
    tracker.create(DRAFT, KEY)
    for _number in range(20):
        github.put(body="x" * 65_000)
    found = tracker.find_by_key(KEY, "acme/shop")
    assert found is not None
    assert found.key == "acme/shop#1"


def test_an_answer_that_gets_lost_leaves_one_issue(
    tracker: GitHub, github: GitHubServer
) -> None:
    github.trouble = [Trouble(method="POST", after=True)]
    with pytest.raises(adapter.Unavailable):
        tracker.create(DRAFT, KEY)
    found = tracker.find_by_key(KEY, "acme/shop")
    assert found is not None
    assert numbers(github) == [1]


# --- Both ways ---


def test_a_change_leaves_alone_what_it_does_not_name(
    tracker: GitHub, github: GitHubServer
) -> None:
    tracker.create(DRAFT, KEY)
    issue = tracker.update("acme/shop#1", Changes(title="Validate them twice"))
    assert issue.title == "Validate them twice"
    assert issue.description == DRAFT.description
    (patch,) = github.requests("PATCH")
    assert patch.body == {"title": "Validate them twice"}


def test_a_new_text_keeps_the_key_and_the_due_date(
    tracker: GitHub, github: GitHubServer
) -> None:
    tracker.create(DRAFT, KEY)
    issue = tracker.update("acme/shop#1", Changes(description="Said better."))
    assert issue.description == "Said better."
    assert body(github).endswith(f"Due: 2026-04-01\nAfterword: {KEY}")


def test_the_due_date_is_a_line_in_the_text(
    tracker: GitHub, github: GitHubServer
) -> None:
    tracker.create(DRAFT, KEY)
    tracker.update("acme/shop#1", Changes(due_on=date(2026, 5, 1)))
    assert f"Due: 2026-05-01\nAfterword: {KEY}" in body(github)
    tracker.update("acme/shop#1", Changes(due_on=None))
    assert "Due:" not in body(github)
    assert body(github).startswith(DRAFT.description)


def test_an_issue_that_was_linked_gets_no_lines(
    tracker: GitHub, github: GitHubServer
) -> None:
    github.put(body="Their own words.")
    tracker.update("acme/shop#1", Changes(due_on=date(2026, 5, 1)))
    assert body(github) == "Their own words."


def test_whoever_else_is_assigned_stays(tracker: GitHub, github: GitHubServer) -> None:
    github.put(assignees=["lena", "priya"])
    issue = tracker.update("acme/shop#1", Changes(assignee=""))
    assert issue.assignee is not None
    assert issue.assignee.account == "priya"


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        (ActionStatus.DONE, "closed", "completed"),
        (ActionStatus.WONT_DO, "closed", "not_planned"),
        ("duplicate", "closed", "duplicate"),
        (ActionStatus.IN_PROGRESS, "open", None),
    ],
)
def test_a_status_goes_there(
    tracker: GitHub, github: GitHubServer, status: str, state: str, reason: str | None
) -> None:
    github.put()
    tracker.update("acme/shop#1", Changes(status=status))
    issue = github.repositories["acme/shop"].issues[1]
    assert issue["state"] == state
    assert issue.get("state_reason") == reason


@pytest.mark.parametrize(
    ("reason", "means"),
    [
        ("completed", ActionStatus.DONE),
        (None, ActionStatus.DONE),
        ("not_planned", ActionStatus.WONT_DO),
        ("something new", ActionStatus.DONE),
    ],
)
def test_a_status_comes_from_there(
    tracker: GitHub, github: GitHubServer, reason: Any, means: ActionStatus
) -> None:
    github.put()
    github.close(1, reason)
    assert tracker.fetch("acme/shop#1").status.means == means


def test_whether_a_bot_closed_it_is_told(tracker: GitHub, github: GitHubServer) -> None:
    github.put()
    github.close(1, kind="Bot")
    assert tracker.fetch("acme/shop#1").by_bot


# --- What can become of an issue there ---


def test_a_transferred_issue_is_followed(tracker: GitHub, github: GitHubServer) -> None:
    github.put()
    new = github.transfer(1)
    for ask in (
        lambda: tracker.fetch("acme/shop#1"),
        lambda: tracker.update("acme/shop#1", Changes(title="New")),
    ):
        with pytest.raises(adapter.Moved) as moved:
            ask()
        assert moved.value.reference == new
    assert tracker.fetch(new).project == "acme/attic"


def test_an_issue_that_went_out_of_sight(tracker: GitHub, github: GitHubServer) -> None:
    github.put()
    github.transfer(1)
    github.repositories["acme/attic"].visible = False
    with pytest.raises(adapter.Forbidden):
        tracker.fetch("acme/shop#1")


def test_a_redirect_to_elsewhere_is_not_followed(
    tracker: GitHub, github: GitHubServer
) -> None:
    elsewhere = {"Location": "http://127.0.0.1:9/api/v3/repos/acme/shop/issues/1"}
    github.trouble = [Trouble(301, elsewhere, method="GET")]
    with pytest.raises(adapter.Unavailable):
        tracker.fetch("acme/shop#1")


def spoil(server: GitHubServer, how: str) -> None:
    shop = server.repositories["acme/shop"]
    match how:
        case "deleted":
            server.delete(1)
        case "hidden":
            shop.visible = False
        case "archived":
            shop.archived = True
        case "switched off":
            shop.has_issues = False
        case "token gone":
            server.tokens.clear()
        case "number gone":
            shop.issues.clear()


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("deleted", adapter.Deleted),
        ("hidden", adapter.Forbidden),
        ("archived", adapter.Forbidden),
        ("token gone", adapter.Forbidden),
        ("number gone", adapter.NotFound),
    ],
)
def test_what_stands_against_a_change(
    tracker: GitHub, github: GitHubServer, how: str, error: type[Exception]
) -> None:
    github.put()
    spoil(github, how)
    with pytest.raises(error) as raised:
        tracker.update("acme/shop#1", Changes(title="New"))
    assert type(raised.value) is error or isinstance(raised.value, adapter.Forbidden)


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("hidden", adapter.Forbidden),
        ("archived", adapter.Forbidden),
        ("switched off", adapter.Rejected),
    ],
)
def test_what_stands_against_a_new_issue(
    tracker: GitHub, github: GitHubServer, how: str, error: type[Exception]
) -> None:
    spoil(github, how)
    with pytest.raises(error):
        tracker.create(DRAFT, KEY)


SOON = {
    "x-ratelimit-remaining": "0",
    "x-ratelimit-reset": str(int(BEGIN.timestamp()) + 120),
}
SECONDARY = {"message": "You have exceeded a secondary rate limit."}


@pytest.mark.parametrize(
    ("trouble", "seconds"),
    [
        (Trouble(429, {"Retry-After": "30"}), 30),
        (Trouble(403, SOON), 121),
        (Trouble(403, {"Retry-After": "90"}, body=SECONDARY), 90),
        (Trouble(403, {"x-ratelimit-remaining": "4000"}, body=SECONDARY), 60),
        (Trouble(429), 60),
        (Trouble(503, {"Retry-After": "7"}), 7),
    ],
)
def test_a_limit_says_how_long_to_wait(
    tracker: GitHub, github: GitHubServer, trouble: Trouble, seconds: int
) -> None:
    github.trouble = [trouble]
    with pytest.raises(adapter.RateLimited) as limited:
        tracker.fetch("acme/shop#1")
    assert limited.value.seconds == seconds


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (Trouble(500), adapter.Unavailable),
        (Trouble(502, body="<html>Unicorn</html>"), adapter.Unavailable),
        (Trouble(200, body="<html>Sign in</html>"), adapter.Unavailable),
        (Trouble(200, body=["no", "object"]), adapter.Unavailable),
        (Trouble(200, body={"id": 1}), adapter.Unavailable),
        (Trouble(403, body={"message": "Resource not accessible"}), adapter.Forbidden),
        (Trouble(451), adapter.Forbidden),
        (Trouble(422, body={"message": "Validation Failed"}), adapter.Rejected),
    ],
)
def test_odd_answers_have_a_meaning(
    tracker: GitHub, github: GitHubServer, trouble: Trouble, error: type[Exception]
) -> None:
    github.trouble = [trouble]
    with pytest.raises(error):
        tracker.fetch("acme/shop#1")


def test_what_cannot_be_stored_is_taken_out(
    tracker: GitHub, github: GitHubServer
) -> None:
    github.put(title="Red\x1b[31m\x00 alert\ud800", body="One\r\nTwo\x00")
    issue = tracker.fetch("acme/shop#1")
    assert (issue.title, issue.description) == ("Red[31m alert", "One\nTwo")


# --- Polling ---


def test_polling_begins_now_and_tells_each_change(
    tracker: GitHub, github: GitHubServer
) -> None:
    github.put(title="Old")
    begun = tracker.changed_since(["acme/shop", "acme/attic"], "")
    assert begun.issues == []
    github.put("acme/attic", title="Other")
    github.edit(1, title="Changed")
    github.put(pull_request={"url": "…"})
    page = tracker.changed_since(["acme/shop", "acme/attic"], begun.cursor)
    assert [issue.title for issue in page.issues] == ["Other", "Changed"]
    assert not page.more
    last = tracker.changed_since(["acme/shop", "acme/attic"], page.cursor)
    assert {issue.title for issue in last.issues} <= {"Other", "Changed"}


def test_polling_goes_on_behind_a_full_page_of_one_second(
    tracker: GitHub, github: GitHubServer
) -> None:
    cursor = tracker.changed_since(["acme/shop"], "").cursor
    for number in range(1, 66):
        github.put()
        github.repositories["acme/shop"].issues[number]["updated_at"] = (
            "2026-03-09T13:00:00Z"
        )
    found: set[str] = set()
    for _round in range(5):
        page = tracker.changed_since(["acme/shop"], cursor)
        found |= {issue.key for issue in page.issues}
        cursor = page.cursor
        if not page.more:
            break
    assert len(found) == 65


def test_one_hidden_repository_keeps_no_other_from_being_polled(
    tracker: GitHub, github: GitHubServer
) -> None:
    both = ["acme/attic", "acme/shop"]
    cursor = tracker.changed_since(both, "").cursor
    github.repositories["acme/attic"].visible = False
    github.put(title="New")
    page = tracker.changed_since(both, cursor)
    assert [issue.title for issue in page.issues] == ["New"]
    with pytest.raises(adapter.NotFound):
        tracker.changed_since(["acme/attic"], cursor)


# --- Addresses ---


@pytest.mark.parametrize(
    ("path", "reference"),
    [
        ("/acme/shop/issues/12", "acme/shop#12"),
        ("/acme/shop/issues/12/", "acme/shop#12"),
        ("/acme/shop/issues/12?x=1#issuecomment-5", "acme/shop#12"),
        ("/acme/shop", None),
        ("/acme/../issues/12", None),
        ("/../x/issues/12", None),
        ("/acme/shop/issues/twelve", None),
        ("/acme/shop/discussions/12", None),
    ],
)
def test_addresses_of_issues_are_known(
    tracker: GitHub, github: GitHubServer, path: str, reference: str | None
) -> None:
    assert tracker.reference_of(github.url + path) == reference


def test_addresses_of_other_sites_are_not(tracker: GitHub) -> None:
    assert tracker.reference_of("https://evil.example/acme/shop/issues/12") is None


def test_a_pull_request_is_refused_with_a_sentence(
    tracker: GitHub, github: GitHubServer
) -> None:
    with pytest.raises(adapter.Rejected) as refusal:
        tracker.reference_of(f"{github.url}/acme/shop/pull/12")
    assert "pull request" in refusal.value.messages[""]
    github.put(pull_request={"url": "…"})
    with pytest.raises(adapter.Rejected):
        tracker.fetch("acme/shop#1")


@pytest.mark.parametrize(
    "project", ["shop", "acme/..", "../shop", "acme/shop/x", "a/b#"]
)
def test_a_repository_is_named_by_owner_and_name(tracker: GitHub, project: str) -> None:
    with pytest.raises(adapter.Rejected):
        tracker.create(replace(DRAFT, project=project), KEY)


@pytest.mark.parametrize(
    ("base", "web", "api"),
    [
        ("https://github.com", "https://github.com", "https://api.github.com"),
        ("https://api.github.com", "https://github.com", "https://api.github.com"),
        (
            "https://acme.ghe.com",
            "https://acme.ghe.com",
            "https://api.acme.ghe.com",
        ),
        (
            "https://git.acme.example",
            "https://git.acme.example",
            "https://git.acme.example/api/v3",
        ),
    ],
)
def test_where_programs_ask(base: str, web: str, api: str) -> None:
    assert web_and_api(base) == (web, api)


def test_people_are_found_by_their_login(tracker: GitHub) -> None:
    assert [person.account for person in tracker.people("lena")] == ["lena"]
    assert tracker.people("") == []


def test_the_account_of_a_token_is_told(tracker: GitHub) -> None:
    assert tracker.whoami() == adapter.Person("afterword-bot", "Afterword")


# --- As an app ---


@pytest.fixture(scope="module")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def app(github: GitHubServer, private_key: rsa.RSAPrivateKey) -> GitHub:
    pem = private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()
    options = {"app_id": "99", "installation_id": "4711"}
    made = GITHUB_APP.make(Site(github.url, secret=pem, options=options))
    assert isinstance(made, GitHub)
    return made


def test_an_app_signs_for_a_token_and_keeps_it(
    app: GitHub, github: GitHubServer, private_key: rsa.RSAPrivateKey
) -> None:
    github.put()
    app.fetch("acme/shop#1")
    app.fetch("acme/shop#1")
    assert github.app_tokens == ["installation-1"]
    signed = github.app_keys[0].removeprefix("Bearer ")
    claims = jwt.decode(signed, private_key.public_key(), algorithms=["RS256"])
    assert claims["iss"] == "99"
    assert claims["exp"] - claims["iat"] <= 600
    assert claims["iat"] <= datetime.now(UTC).timestamp() - 50


def test_an_app_makes_a_new_token_for_one_that_is_refused(
    app: GitHub, github: GitHubServer
) -> None:
    github.put()
    app.fetch("acme/shop#1")
    github.tokens.discard("installation-1")
    assert isinstance(app.fetch("acme/shop#1"), Issue)
    assert github.app_tokens == ["installation-1", "installation-2"]


def test_an_app_is_told_by_its_name(app: GitHub, github: GitHubServer) -> None:
    assert app.whoami() == adapter.Person("afterword[bot]", "Afterword")
    assert github.app_tokens != []


def test_a_key_that_is_none_is_refused(github: GitHubServer) -> None:
    tracker = GITHUB_APP.make(Site(github.url, secret="no key", options={}))
    with pytest.raises(adapter.Forbidden):
        tracker.whoami()
