"""GitHub, GitLab and Linear under the engine: one issue for an action, both ways."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from typing import Any

import pytest

from accounts.models import User
from actions.models import ActionItem
from actions.operations.settling import settle_action
from integrations.models import Connection, IssueLink
from integrations.models.issue import LinkState
from integrations.trackers import adapter
from integrations.trackers.adapter import Adapter, AdapterKind, Receipt, Site
from integrations.trackers.github import GITHUB
from integrations.trackers.gitlab import GITLAB
from integrations.trackers.linear import LINEAR
from integrations.trackers.operations import connecting, linking, receiving
from integrations.trackers.operations.connecting import Destination, Terms
from postmortems.vocabulary import ActionStatus
from tests.fixtures import NOW
from tests.trackers import github, gitlab, linear
from tests.trackers.base import TrackerServer
from tests.trackers.stage import action_of, later, now_is, visit


@dataclass(frozen=True)
class Place:
    """A tracker that listens, and where issues go in it."""

    kind: AdapterKind
    server: Any
    secret: str
    project: str

    def issues(self) -> list[dict[str, Any]]:
        if isinstance(self.server, github.GitHubServer):
            return [*self.server.repositories["acme/shop"].issues.values()]
        return list(self.server.all)

    def close(self) -> None:
        """Somebody there closes the first issue as done."""
        if isinstance(self.server, github.GitHubServer):
            self.server.close(1)
        elif isinstance(self.server, gitlab.GitLabServer):
            self.server.edit(self.server.all[0], state="closed")
        else:
            self.server.edit(self.server.all[0], state=linear.STATES[3])


PLACES: dict[str, tuple[AdapterKind, type[TrackerServer], str, str]] = {
    "github": (GITHUB, github.GitHubServer, github.TOKEN, "acme/shop"),
    "gitlab": (GITLAB, gitlab.GitLabServer, gitlab.TOKEN, "acme/web/shop"),
    "linear": (LINEAR, linear.LinearServer, linear.TOKEN, "OPS"),
}


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, settings: Any) -> Iterator[Place]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1:*"]
    kind, server, secret, project = PLACES[request.param]
    with server().listening() as listening:
        yield Place(kind, listening, secret, project)


def connected(place: Place, kind: str, administrator: User) -> Connection:
    terms = Terms("Tracker", place.server.url, secret=place.secret)
    made = connecting.connect(kind, terms, by=administrator, at=NOW)
    connecting.map_project(made, Destination(place.project), by=administrator)
    return made


@pytest.fixture
def here(place: Place, administrator: User) -> Connection:
    return connected(place, place.kind.name, administrator)


@pytest.fixture
def made(
    action: ActionItem, here: Connection, place: Place, facilitator: User
) -> IssueLink:
    """The link of an action whose issue was made."""
    link = linking.start_issue(action, here, by=facilitator, at=NOW)
    visit(here)
    assert now_is(link).state == LinkState.LINKED
    return now_is(link)


# --- Made once, wherever the process dies ---


class Killed(BaseException):
    """Nobody catches this: the process is gone."""


class Dying:
    """An adapter whose process dies before or after some of its calls."""

    def __init__(self, real: Adapter, chance: Random) -> None:
        self._real, self._chance = real, chance

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._real, name)

        def dying(*args: Any, **kwargs: Any) -> Any:
            if self._chance.random() < 0.4:
                raise Killed
            found = call(*args, **kwargs)
            if self._chance.random() < 0.4:
                raise Killed
            return found

        return dying


@pytest.mark.parametrize("seed", range(2))
def test_an_issue_is_made_once_wherever_the_process_dies(
    place: Place,
    action: ActionItem,
    administrator: User,
    facilitator: User,
    seed: int,
) -> None:
    chance = Random(seed)  # noqa: S311
    if isinstance(place.server, github.GitHubServer):
        place.server.search_lags = True

    def make(site: Site) -> Adapter:
        dying: Any = Dying(place.kind.make(site), chance)
        made: Adapter = dying
        return made

    adapter.register(replace(place.kind, name="dying", make=make))
    there = connected(place, "dying", administrator)
    link = linking.start_issue(action, there, by=facilitator, at=NOW)
    for minutes in count(step=10):
        try:
            visit(there, minutes)
        except Killed:
            continue
        if now_is(link).state == LinkState.LINKED:
            break
    assert len(place.issues()) == 1
    assert now_is(link).issue_key


# --- Both ways ---


def test_what_is_closed_there_is_done_here_with_evidence(
    place: Place, made: IssueLink, here: Connection
) -> None:
    place.close()
    raw = b'{"object_kind": "issue", "type": "Issue", "issue": {}}'
    receiving.keep_event(here, Receipt("one", "ping"), raw, at=later(1))
    visit(here, 11)
    found = action_of(made)
    assert found.status == ActionStatus.DONE
    assert found.evidence == now_is(made).url


def settle(action: ActionItem, status: str, by: User, **more: Any) -> None:
    settle_action(
        action.postmortem_id,
        action.pk,
        {"status": status, **more},
        version=action.version,
        by=by,
        at=later(1),
    )


def test_what_is_settled_here_is_closed_there(
    place: Place, made: IssueLink, here: Connection, facilitator: User
) -> None:
    settle(made.action, "wont_do", facilitator, reason="Replaced by another")
    visit(here, 1)
    issue = place.kind.make(Site(place.server.url, secret=place.secret)).fetch(
        made.remote_id
    )
    assert issue.status.means == ActionStatus.WONT_DO
    assert now_is(made).state == LinkState.LINKED


def test_what_is_in_progress_here_is_no_change_there(
    place: Place, made: IssueLink, here: Connection, facilitator: User
) -> None:
    """GitHub and GitLab know open and closed only; nothing swings to and fro."""
    settle(made.action, "in_progress", facilitator)
    visit(here, 1)
    linking.try_again(now_is(made), at=later(2))
    before = len(place.server.asked)
    visit(here, 2)
    writes = [
        one
        for one in place.server.asked[before:]
        if one.method in {"PATCH", "PUT"} or "mutation" in str(one.body)
    ]
    assert writes == []
    assert action_of(made).status == ActionStatus.IN_PROGRESS
    assert now_is(made).state == LinkState.LINKED


def test_what_is_linked_by_its_address_keeps_its_text(
    place: Place, action: ActionItem, here: Connection, facilitator: User
) -> None:
    place.server.put(title="Their own words")
    tracker = place.kind.make(Site(place.server.url, secret=place.secret))
    address = place.issues()[0].get("html_url") or place.issues()[0].get("web_url")
    reference = tracker.reference_of(str(address or place.issues()[0]["url"]))
    assert reference is not None
    link = linking.link_issue(action, here, reference, by=facilitator, at=NOW)
    visit(here)
    assert now_is(link).state == LinkState.LINKED
    assert place.issues()[0]["title"] == "Their own words"
    assert len(place.issues()) == 1
