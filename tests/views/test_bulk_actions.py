"""Many actions at once: asked, previewed, changed, and taken back."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Role, Team, User
from actions.models import ActionItem, BulkChange, DateMove
from actions.operations.bulk import Wanted, change_many, take_back
from actions.tasks import forget_bulk_changes
from config.limits import LIMITS
from outbound.models import Notice
from postmortems.models import Change, Postmortem
from postmortems.operations.desk import RequestKey, UsedKey
from postmortems.operations.incidents import set_restricted
from postmortems.policies import TooMany
from tests.publishing import publish
from tests.written import a_person, a_report, a_team

pytestmark = pytest.mark.django_db
BULK = "/actions/bulk/"
HTMX = {"HX-Request": "true"}
NOW = datetime(2026, 3, 23, 12, tzinfo=UTC)


@pytest.fixture
def maren() -> User:
    return a_person("Maren Holt")


@pytest.fixture
def client(maren: User) -> Client:
    return signed_in(maren)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def report(maren: User) -> Postmortem:
    return a_report(maren)


def an_action(report: Postmortem, what: str = "Alert on lag", **values: Any) -> Any:
    return ActionItem.objects.create(
        postmortem=report, description=what, created_at=NOW, **values
    )


def chosen(*actions: ActionItem) -> list[str]:
    return [f"{action.pk}.{action.version}" for action in actions]


def send(
    client: Client, do: str, actions: Any, step: str = "apply", **more: Any
) -> Any:
    headers = more.pop("headers", {})
    body = {
        "do": do,
        "step": step,
        "action": chosen(*actions),
        "request_key": uuid4().hex,
        **more,
    }
    return client.post(BULK, body, headers=headers)


def as_now(*actions: ActionItem) -> list[ActionItem]:
    for action in actions:
        action.refresh_from_db()
    return list(actions)


# --- Asking and previewing ------------------------------------------------------------


@pytest.mark.parametrize(
    ("do", "field"),
    [
        ("assign", "team"),
        ("date", "due"),
        ("status", "evidence"),
        ("priority", "priority"),
    ],
)
def test_a_change_is_asked_for_first(
    client: Client, report: Postmortem, do: str, field: str
) -> None:
    action = an_action(report)
    answer = send(client, do, [action], step="")
    assert answer.status_code == 200
    assert f'name="{field}"' in answer.content.decode()
    assert as_now(action)[0].version == 1


def test_the_preview_says_what_changes_and_what_stays_and_why(
    client: Client, report: Postmortem
) -> None:
    theirs = an_action(a_report(a_person()), "Of others")
    high = an_action(report, "Is high", priority="high")
    low = an_action(report, "Is low", priority="low")
    answer = send(client, "priority", [theirs, high, low], "preview", priority="high")
    page = " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())
    assert "Is low Priority: Low → becomes High" in page
    assert "2 stay as they are Of others Its report’s people" in page
    assert "Is high It is so already." in page
    assert "Change 1 action" in page
    assert as_now(low)[0].priority == "low"


@pytest.mark.parametrize(
    ("do", "typed", "sentence"),
    [
        ("assign", {}, "Choose a team, a person, or both."),
        ("assign", {"team": "999"}, "Select a valid choice"),
        ("date", {"due": "soonish"}, "is not a day"),
        ("date", {"due": ""}, "This field is required"),
        ("status", {"status": "done"}, "Say what shows that it is done"),
        ("status", {"status": "wont_do"}, "Say why it won’t be done."),
        ("status", {"status": "lost"}, "Select a valid choice"),
        ("priority", {"priority": ""}, "This field is required"),
    ],
)
@pytest.mark.parametrize("step", ["preview", "apply"])
def test_what_is_missing_is_said_beside_the_field(
    client: Client, report: Postmortem, do: str, typed: Any, sentence: str, step: str
) -> None:
    action = an_action(report)
    answer = send(client, do, [action], step, **typed)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert as_now(action)[0].version == 1


def test_a_promised_date_gets_a_later_one_only_with_a_reason(
    client: Client, maren: User
) -> None:
    report = published(maren)
    action = an_action(report, due_on=date(2026, 4, 1))
    answer = send(client, "date", [action], "preview", due="2030-01-07")
    assert answer.status_code == 422
    assert "This date was promised. Say why it moves." in answer.content.decode()
    because = "The vendor ships in January"
    send(client, "date", [action], due="2030-01-07", because=because)
    assert as_now(action)[0].due_on == date(2030, 1, 7)
    assert DateMove.objects.get().reason == because


def published(by: User) -> Postmortem:
    report = a_report(by)
    publish(report, by)
    return report


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"do": "delete", "action": "1.1"},
        {"do": "priority"},
        {"do": "priority", "action": ["x", "1", "²", "9" * 40, "1.²", "-1.1"]},
        {"do": "priority", "all": "on", "filters": "ordering=x"},
    ],
)
def test_what_is_no_selection_is_refused(client: Client, body: Any) -> None:
    answer = client.post(BULK, body)
    assert answer.status_code == 422
    assert "Nothing was changed" in answer.content.decode()


# --- Changing -------------------------------------------------------------------------


def test_each_kind_of_change_is_made(client: Client, report: Postmortem) -> None:
    team, jonas = a_team("SRE Team"), a_person("Jonas Adeyemi")
    actions = [an_action(report, owner_team_name="Ops"), an_action(report)]
    send(client, "assign", actions, team=team.pk, person=jonas.pk)
    send(client, "priority", as_now(*actions), priority="high")
    send(client, "date", as_now(*actions), due="2030-01-07")
    send(client, "status", as_now(*actions), status="done", evidence="In the pipeline")
    for action in as_now(*actions):
        assert action.owner_team == team
        assert action.owner_team_name == ""
        assert action.owner_person == jonas
        assert action.priority == "high"
        assert action.due_on == date(2030, 1, 7)
        assert (action.status, action.evidence) == ("done", "In the pipeline")
        assert action.done_on is not None
    assert Change.objects.filter(part="row:actions", what="changed").count() == 8


def test_an_owner_is_taken_away_or_left(client: Client, report: Postmortem) -> None:
    team, jonas = a_team("SRE Team"), a_person("Jonas Adeyemi")
    action = an_action(report, owner_team=team, owner_person=jonas)
    send(client, "assign", [action], person="none")
    assert (as_now(action)[0].owner_team, action.owner_person) == (team, None)


def test_done_says_how_many_and_takes_back(
    client: Client, report: Postmortem, maren: User
) -> None:
    actions = [an_action(report), an_action(a_report(maren, "Another"), priority="low")]
    answer = send(client, "priority", actions, priority="high", headers=HTMX)
    events = json.loads(answer.headers["HX-Trigger"])
    assert events["undo"]["sentence"] == "2 actions changed."
    assert events["bulk-done"] == {"stays": False}
    back = client.post(events["undo"]["url"], headers=HTMX)
    assert [action.priority for action in as_now(*actions)] == ["medium", "low"]
    told = json.loads(back.headers["HX-Trigger"])["told"]["sentence"]
    assert told == "2 actions are as they were."
    assert [action.version for action in actions] == [3, 3]


def test_without_scripts_a_message_offers_to_take_it_back(
    client: Client, report: Postmortem
) -> None:
    action = an_action(report)
    answer = send(client, "priority", [action], priority="high", filters="show=open")
    assert answer.headers["Location"] == "/actions/?show=open"
    page = client.get("/actions/?show=open").content.decode()
    assert "1 action changed." in page
    assert re.search(r'action="/actions/bulk/\d+/undo/"', page)


def test_everything_that_matches_is_changed(client: Client, report: Postmortem) -> None:
    found = [an_action(report, f"lag {n}", due_on=date(2026, 3, 1)) for n in range(3)]
    other = an_action(report, "other", due_on=date(2026, 3, 1))
    body = {"do": "priority", "all": "on", "filters": "q=lag", "step": "preview"}
    page = client.post(BULK, body | {"priority": "high"}).content.decode()
    assert len(re.findall('name="action"', page)) == len(found)
    assert f'value="{other.pk}.1"' not in page


def test_a_version_that_was_not_shown_is_not_changed(
    client: Client, report: Postmortem
) -> None:
    fresh, late = an_action(report, "Fresh"), an_action(report, "Late")
    before = chosen(fresh, late)
    ActionItem.objects.filter(pk=late.pk).update(version=2)
    body = {"do": "priority", "step": "apply", "action": before, "priority": "high"}
    answer = client.post(BULK, body | {"request_key": "k1"}, headers=HTMX)
    page = answer.content.decode()
    assert "Late" in page
    assert "somebody changed it in the meantime" in page
    assert [action.priority for action in as_now(fresh, late)] == ["high", "medium"]


def test_undo_leaves_what_somebody_changed_since(
    client: Client, report: Postmortem
) -> None:
    ours, touched = an_action(report, "Ours"), an_action(report, "Touched")
    answer = send(client, "priority", [ours, touched], priority="high", headers=HTMX)
    send(client, "status", as_now(touched), status="in_progress")
    url = json.loads(answer.headers["HX-Trigger"])["undo"]["url"]
    page = client.post(url, headers=HTMX)
    told = json.loads(page.headers["HX-Trigger"])["told"]["sentence"]
    assert "1 action is as it was." in told
    assert "“Touched” stays" in told
    assert [one.priority for one in as_now(ours, touched)] == ["medium", "high"]
    client.post(url, headers=HTMX)
    assert as_now(ours)[0].version == 3


def test_sending_it_again_changes_nothing_more(
    client: Client, report: Postmortem
) -> None:
    action = an_action(report)
    body = {
        "do": "priority",
        "step": "apply",
        "action": chosen(action),
        "priority": "high",
        "request_key": "same",
    }
    first, again = (client.post(BULK, body, headers=HTMX) for _ in range(2))
    assert json.loads(first.headers["HX-Trigger"]) == json.loads(
        again.headers["HX-Trigger"]
    )
    assert as_now(action)[0].version == 2
    assert BulkChange.objects.count() == 1
    other = client.post(BULK, body | {"priority": "low"}, headers=HTMX)
    assert other.status_code == 409


# --- Rights ---------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["lead", "manager", "owner"])
def test_lead_manager_and_owner_change_what_is_theirs(part: str) -> None:
    user = a_person()
    team = a_team("SRE Team")
    if part == "owner":
        action = an_action(published(a_person()), owner_person=user)
    else:
        Team.objects.filter(pk=team.pk).update(**{part: user})
        action = an_action(published(a_person()), owner_team=team)
    send(signed_in(user), "priority", [action], priority="high")
    assert as_now(action)[0].priority == "high"


@pytest.mark.parametrize("who", ["member", "viewer who leads", "uninvited lead"])
def test_others_change_nothing(who: str) -> None:
    user = a_person(role=Role.VIEWER if who.startswith("viewer") else Role.MEMBER)
    team = a_team("SRE Team", user)
    if who != "member":
        Team.objects.filter(pk=team.pk).update(lead=user)
    hidden = who.startswith("uninvited")
    action = an_action(a_report(a_person(), restricted=hidden), owner_team=team)
    answer = send(signed_in(user), "priority", [action], priority="high")
    assert as_now(action)[0].priority == "medium"
    assert ("Select the actions first" in answer.content.decode()) == hidden


def test_a_bulk_change_of_others_cannot_be_taken_back(
    client: Client, report: Postmortem, maren: User
) -> None:
    action = an_action(report)
    change = change_many(
        [Wanted(action.pk, 1, {"priority": "high"})], by=maren, at=NOW, key=a_key()
    )
    stranger = signed_in(a_person())
    assert stranger.post(f"/actions/bulk/{change.pk}/undo/").status_code == 404
    assert as_now(action)[0].priority == "high"


def a_key(key: str = "k", fingerprint: str = "f") -> RequestKey:
    return RequestKey(key, fingerprint)


# --- The operation --------------------------------------------------------------------


def test_no_more_than_the_limit_at_once(maren: User) -> None:
    wanted = [
        Wanted(n, 1, {"priority": "high"}) for n in range(LIMITS.bulk_actions + 1)
    ]
    with pytest.raises(TooMany):
        change_many(wanted, by=maren, at=NOW, key=a_key())


def test_the_same_key_for_something_else_is_refused(maren: User) -> None:
    change_many([], by=maren, at=NOW, key=a_key())
    with pytest.raises(UsedKey):
        change_many([], by=maren, at=NOW, key=a_key(fingerprint="other"))


def test_it_goes_on_where_it_ended(maren: User, report: Postmortem) -> None:
    """As after a crash between two reports."""
    first, second = an_action(report), an_action(a_report(maren, "Another"))
    wanted = [Wanted(one.pk, 1, {"priority": "high"}) for one in (first, second)]
    change_many(wanted[:1], by=maren, at=NOW, key=a_key())
    change = change_many(wanted, by=maren, at=NOW, key=a_key())
    assert [one.version for one in as_now(first, second)] == [2, 2]
    assert change.items.filter(outcome="changed").count() == 2


def test_what_is_refused_leaves_nothing_behind(maren: User, report: Postmortem) -> None:
    """Done without a word of what shows it; the other one is changed all the same."""
    bare, shown = an_action(report), an_action(report, evidence="In the pipeline")
    values = {"status": "done", "done_on": NOW.date()}
    wanted = [Wanted(one.pk, 1, values) for one in (bare, shown)]
    change = change_many(wanted, by=maren, at=NOW, key=a_key())
    assert dict(change.items.values_list("action_id", "outcome")) == {
        bare.pk: "refused",
        shown.pk: "changed",
    }
    assert [one.status for one in as_now(bare, shown)] == ["open", "done"]
    assert bare.version == 1


def test_a_report_of_which_nothing_is_changed_counts_no_revision(
    maren: User, report: Postmortem
) -> None:
    action = an_action(report)
    revision = Postmortem.objects.get(pk=report.pk).revision
    change = change_many(
        [Wanted(action.pk, 1, {"priority": "high"})], by=a_person(), at=NOW, key=a_key()
    )
    assert change.items.get().outcome == "forbidden"
    assert Postmortem.objects.get(pk=report.pk).revision == revision


def test_taking_back_a_later_date_leaves_no_move(maren: User) -> None:
    action = an_action(published(maren), due_on=date(2026, 4, 1))
    values = {"due_on": date(2026, 5, 1), "because": "Holidays"}
    change = change_many([Wanted(action.pk, 1, values)], by=maren, at=NOW, key=a_key())
    assert DateMove.objects.count() == 1
    take_back(change, by=maren, at=NOW + timedelta(seconds=8))
    assert as_now(action)[0].due_on == date(2026, 4, 1)
    assert DateMove.objects.count() == 0


# --- Reminding ------------------------------------------------------------------------


def test_reminding_names_who_is_told_and_then_tells_them(
    client: Client, report: Postmortem
) -> None:
    jonas = a_person("Jonas Adeyemi")
    action = an_action(report, owner_person=jonas, due_on=date(2026, 3, 1))
    settled = an_action(report, status="done", evidence="x", owner_person=jonas)
    page = send(client, "remind", [action, settled], "").content.decode()
    assert "One person is told of 1 of these actions" in page
    assert "Jonas Adeyemi" in page
    assert not Notice.objects.exists()
    send(client, "remind", [action, settled])
    assert Notice.objects.get().recipient == jonas


def test_a_preview_of_many_costs_no_more_queries(
    client: Client, maren: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    actions = [
        an_action(a_report(maren, f"Report {n}"), owner_team=a_team(f"Team {n}"))
        for n in range(15)
    ]
    with django_assert_max_num_queries(20):
        send(client, "assign", actions, "preview", person=maren.pk)
    with django_assert_max_num_queries(22):
        send(client, "remind", actions, "")


def test_a_manager_takes_back_what_went_to_another_team(maren: User) -> None:
    """Though it is no longer hers to change."""
    mine, other = a_team("Delivery"), a_team("Payments")
    manager = a_person()
    Team.objects.filter(pk=mine.pk).update(manager=manager)
    action = an_action(a_report(maren), owner_team=mine)
    client = signed_in(manager)
    answer = send(client, "assign", [action], team=other.pk, headers=HTMX)
    url = json.loads(answer.headers["HX-Trigger"])["undo"]["url"]
    assert as_now(action)[0].owner_team == other
    client.post(url, headers=HTMX)
    assert as_now(action)[0].owner_team == mine


def test_nobody_takes_back_what_they_cannot_see_any_more(
    maren: User, report: Postmortem
) -> None:
    manager = a_person()
    action = an_action(report, owner_person=manager)
    change = change_many(
        [Wanted(action.pk, 1, {"priority": "high"})], by=manager, at=NOW, key=a_key()
    )
    set_restricted(report.pk, restricted=True, by=maren, at=NOW)
    take_back(change, by=manager, at=NOW)
    assert as_now(action)[0].priority == "high"


def test_changes_of_many_are_forgotten_after_a_day(
    client: Client, report: Postmortem, maren: User
) -> None:
    old, new = an_action(report), an_action(report)
    for action, at, key in (
        (old, datetime.now(UTC) - timedelta(hours=25), "old"),
        (new, datetime.now(UTC) - timedelta(hours=1), "new"),
    ):
        change_many(
            [Wanted(action.pk, 1, {"priority": "high"})],
            by=maren,
            at=at,
            key=a_key(key),
        )
    forget_bulk_changes()
    assert [change.key for change in BulkChange.objects.all()] == ["new"]
