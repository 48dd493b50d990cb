"""A tracker that is slow, busy or silent, and a process that dies anywhere."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from accounts.models import User
from actions.models import ActionItem
from integrations.models import Connection, IssueLink
from integrations.trackers import adapter
from integrations.trackers.adapter import AdapterKind
from integrations.trackers.jira import CLOUD
from integrations.trackers.operations import connecting, keeping_step, linking
from integrations.trackers.operations.connecting import Destination, Terms
from tests.fixtures import NOW
from tests.trackers.base import Trouble
from tests.trackers.jira import TOKEN, JiraServer
from tests.trackers.stage import later, now_is, visit


def made(jira: JiraServer) -> int:
    return len(jira.state.issues)


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(500, method="POST", path="/issue"),
        Trouble(502, method="POST", path="/search"),
        Trouble(method="POST", path="/api/3/issue", after=True),
        Trouble(method="GET", path="/issue/", after=True),
    ],
    ids=["refused", "search fails", "made, no answer", "made, not read"],
)
def test_an_issue_is_made_once_whatever_goes_wrong(
    link: IssueLink, connection: Connection, jira: JiraServer, trouble: Trouble
) -> None:
    jira.trouble.append(trouble)
    for minutes in (0, 1, 3, 6, 12):
        visit(connection, minutes)
    assert made(jira) == 1
    assert now_is(link).state == "linked"
    assert now_is(link).delayed_since is None


def test_a_create_without_an_answer_is_not_tried_again_at_once(
    link: IssueLink, connection: Connection, jira: JiraServer
) -> None:
    """The tracker's search may not know yet what it made."""
    jira.trouble.append(Trouble(method="POST", path="/api/3/issue", after=True))
    visit(connection)
    asked = len(jira.requests("POST"))
    visit(connection, 1)
    assert len(jira.requests("POST")) == asked


def test_a_busy_tracker_is_left_alone_as_long_as_it_says(
    link: IssueLink, connection: Connection, jira: JiraServer
) -> None:
    jira.trouble.append(Trouble(429, {"Retry-After": "600"}))
    visit(connection)
    connection.refresh_from_db()
    assert connection.wait_until == later(10)
    assert connection.state() == "delayed"
    assert not visit(connection, 9)
    assert len(jira.asked) == 1
    assert visit(connection, 10)
    connection.refresh_from_db()
    assert (connection.state(), connection.delayed_since) == ("working", None)
    assert made(jira) == 1


def test_an_outage_is_shown_since_when_and_ends_by_itself(
    link: IssueLink, connection: Connection, jira: JiraServer
) -> None:
    jira.trouble = [Trouble(500) for _ in range(4)]
    visit(connection)
    visit(connection, 5)
    connection.refresh_from_db()
    assert connection.delayed_since == NOW
    assert now_is(link).delayed_since == NOW
    visit(connection, 30)
    connection.refresh_from_db()
    assert connection.state() == "working"
    assert made(jira) == 1


def test_one_issue_in_trouble_holds_up_no_other(
    link: IssueLink,
    action: ActionItem,
    connection: Connection,
    jira: JiraServer,
    facilitator: User,
    add: Callable[..., Any],
) -> None:
    other = linking.start_issue(
        add("actions", description="Another"), connection, by=facilitator, at=NOW
    )
    jira.trouble.append(Trouble(500, method="POST", path="/api/3/issue"))
    visit(connection)
    states = {now_is(link).state, now_is(other).state}
    connection.refresh_from_db()
    assert states == {"to_create", "linked"}
    assert connection.state() == "working"


def test_a_refused_token_is_shown_and_asked_for_no_more(
    link: IssueLink, connection: Connection, jira: JiraServer
) -> None:
    jira.state.token_is_good = False
    visit(connection)
    connection.refresh_from_db()
    assert connection.state() == "forbidden"
    assert not visit(connection, 20)
    jira.state.token_is_good = True
    visit(connection, 31)
    connection.refresh_from_db()
    assert connection.state() == "working"
    assert made(jira) == 1


def test_an_issue_that_may_not_be_seen_any_more_is_its_own_state(
    link: IssueLink, connection: Connection, jira: JiraServer
) -> None:
    visit(connection)
    jira.trouble.append(Trouble(403, path="/issue/"))
    visit(connection, 25 * 60)
    connection.refresh_from_db()
    assert now_is(link).state == "forbidden"
    assert connection.state() == "working"


def test_a_host_that_may_not_be_called_gets_nothing(
    link: IssueLink, connection: Connection, jira: JiraServer, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW = []
    visit(connection)
    assert not jira.asked
    connection.refresh_from_db()
    assert connection.state() == "delayed"


def test_one_worker_visits_a_tracker_at_a_time(
    link: IssueLink, connection: Connection, jira: JiraServer
) -> None:
    assert keeping_step.claim_connection(connection.pk, NOW)
    assert not visit(connection)
    assert not jira.asked
    assert visit(connection, 6)
    assert made(jira) == 1


def test_a_paused_tracker_is_not_visited_and_goes_on_later(
    link: IssueLink, connection: Connection, administrator: User, jira: JiraServer
) -> None:
    connecting.pause(connection, by=administrator, at=NOW)
    assert not visit(connection)
    assert keeping_step.connections_with_work(NOW) == []
    connecting.resume(connection, by=administrator, at=later(1))
    assert keeping_step.connections_with_work(later(1)) == [connection.pk]
    assert visit(connection, 1)
    assert made(jira) == 1


# --- A process that dies --------------------------------------------------------------


class Killed(BaseException):
    """The process is gone: nothing of ours runs after it."""


class Dying:
    """Jira's adapter in a process that dies at its call number `at`."""

    def __init__(self, jira: Any, calls: list[str], at: int, *, after: bool) -> None:
        self._jira, self._calls, self._at, self._after = jira, calls, at, after

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            self._calls.append(name)
            dies = len(self._calls) - 1 == self._at
            if dies and not self._after:
                raise Killed
            found = getattr(self._jira, name)(*args, **kwargs)
            if dies:
                raise Killed
            return found

        return call


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(6))
def test_a_process_may_die_at_any_call(
    jira: JiraServer,
    administrator: User,
    facilitator: User,
    action: ActionItem,
    at: int,
    *,
    after: bool,
) -> None:
    calls: list[str] = []
    adapter.register(
        AdapterKind(
            "dying",
            "Dying",
            lambda site: Dying(CLOUD.make(site), calls, at, after=after),
        )
    )
    terms = Terms("Jira", jira.url, "bot@x.example", TOKEN)
    connection = connecting.connect("dying", terms, by=administrator, at=NOW)
    connecting.map_project(connection, Destination("OPS"), by=administrator)
    ActionItem.objects.update(status="in_progress", due_on=date(2026, 4, 2))
    action.refresh_from_db()
    link = linking.start_issue(action, connection, by=facilitator, at=NOW)
    for minutes in (0, 6, 12, 18):
        try:
            visit(connection, minutes)
        except Killed:
            Connection.objects.update(leased_until=None)
    fields = jira.only()["fields"]
    assert now_is(link).state == "linked"
    assert (fields["status"]["name"], fields["duedate"]) == (
        "In Progress",
        "2026-04-02",
    )
    assert now_is(link).action.version == action.version
    assert len(calls) > at
