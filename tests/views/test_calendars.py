"""Calendars: what stands in them, for whom, and by which address."""

import logging
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from accounts.models import Team, User
from accounts.operations import people, teams
from actions.models import ActionItem, CalendarFeed
from actions.operations import feeds
from actions.operations.settling import settle_action
from config.logs import TokensMasked
from postmortems.models import Postmortem
from postmortems.operations import incidents
from tests.fixtures import NOW, AddRow
from tests.publishing import client_of

TEN_KILOBYTES = "long " * 199
TEXTS = (
    "Two\nlines\r\nand a third",
    "END:VEVENT\nEND:VCALENDAR",
    "commas, semicolons; and \\ backslashes",
    "🧯" * 120,
    TEN_KILOBYTES,
    "BEGIN:VALARM\nTRIGGER:-PT0M",
)


@pytest.fixture
def due(add: AddRow, responder: User) -> Callable[..., ActionItem]:
    """Something that is due from the responder."""

    def promise(**values: Any) -> ActionItem:
        wanted = {"due_on": date(2026, 3, 20), "owner_person_id": responder.pk}
        row = add("actions", **wanted, **values)
        return ActionItem.objects.get(pk=row.pk)

    return promise


def fetch(token: str, **headers: str) -> Any:
    return Client().get(f"/feeds/actions/{token}.ics", headers=headers)


def events(token: str) -> list[Any]:
    answer = fetch(token)
    assert answer.status_code == 200
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


@pytest.fixture
def token(responder: User) -> str:
    return feeds.reset_feed(responder, None, at=NOW)


def test_an_open_action_is_a_day_that_blocks_no_time(
    token: str, due: Callable[..., ActionItem], postmortem: Postmortem
) -> None:
    action = due()
    (event,) = events(token)
    postmortem.refresh_from_db()
    assert event["summary"] == "Validate variables before deployment"
    assert event.decoded("dtstart") == date(2026, 3, 20)
    assert event["transp"] == "TRANSPARENT"
    assert event["uid"].startswith(f"action-{action.pk}@")
    assert event.decoded("dtstamp") == postmortem.changed_at
    assert b"DTSTAMP:20260309T120000Z" in fetch(token).content
    assert event["url"].endswith(f"/actions/{action.pk}/")


def test_a_change_counts_up_under_the_same_id(
    token: str, due: Callable[..., ActionItem], facilitator: User
) -> None:
    action = due()
    (before,) = events(token)
    settle_action(
        action.postmortem_id, action.pk, {"due_on": date(2026, 3, 25)},
        version=1, by=facilitator, at=NOW,
    )  # fmt: skip
    (after,) = events(token)
    assert (after["uid"], after["sequence"]) == (before["uid"], before["sequence"] + 1)


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_breaks_a_calendar(
    text: str, token: str, due: Callable[..., ActionItem]
) -> None:
    due(description=text)
    answer = fetch(token)
    lines = answer.content.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert b"\n" not in b"".join(lines)
    for line in lines:
        line.decode()  # folded between characters
    (event,) = events(token)
    assert "\n" not in event["summary"]
    assert answer.content.count(b"END:VEVENT\r\n") == 1


def test_what_is_settled_undated_deleted_or_anothers_is_not_in_it(
    token: str, due: Callable[..., ActionItem], add: AddRow
) -> None:
    due(status="done", evidence="See it")
    due(status="wont_do", reason="Replaced")
    add("actions", due_on=date(2026, 3, 20))
    ActionItem.objects.filter(pk=due().pk).update(deleted_at=NOW)
    ActionItem.objects.filter(pk=due().pk).update(due_on=None)
    assert events(token) == []


def test_nothing_restricted_is_in_it_for_nobody(
    token: str, due: Callable[..., ActionItem], postmortem: Postmortem,
    facilitator: User,
) -> None:  # fmt: skip
    due()
    before = fetch(token).headers["ETag"]
    incidents.set_restricted(postmortem.pk, restricted=True, by=facilitator, at=NOW)
    assert events(token) == []
    incidents.set_restricted(postmortem.pk, restricted=False, by=facilitator, at=NOW)
    assert len(events(token)) == 1
    assert before


def test_a_team_has_a_calendar_of_its_own_with_its_own_address(
    token: str, responder: User, add: AddRow, administrator: User
) -> None:
    team = teams.add_team(name="Delivery", by=administrator)
    add("actions", due_on=date(2026, 3, 20), owner_team_id=team.pk)
    of_team = feeds.reset_feed(responder, team, at=NOW)
    assert len(events(of_team)) == 1
    assert events(token) == []
    assert CalendarFeed.objects.count() == 2


def test_an_address_ends_when_it_is_reset_removed_or_its_person_leaves(
    token: str, responder: User, administrator: User
) -> None:
    other = feeds.reset_feed(responder, None, at=NOW)
    assert fetch(token).status_code == 404
    assert fetch(other).status_code == 200
    people.deactivate(responder, by=administrator)
    assert fetch(other).status_code == 404
    people.reactivate(responder, by=administrator)
    feeds.remove_feed(responder, None)
    assert fetch(other).status_code == 404


def test_a_token_opens_this_path_alone(token: str) -> None:
    for address in (f"/?token={token}", f"/actions/mine/?token={token}"):
        assert Client().get(address).status_code == 302
    assert Client().get(f"/invitations/{token}/accept/").status_code == 404


def test_what_has_not_changed_is_not_sent_again(
    token: str, due: Callable[..., ActionItem]
) -> None:
    due()
    first = fetch(token)
    assert first.headers["Cache-Control"] == "private, no-store"
    again = fetch(token, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    due()
    changed = fetch(token, **{"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200


def test_who_asks_too_often_waits(token: str, responder: User) -> None:
    with time_machine.travel(NOW, tick=False):
        found = [fetch(token).status_code for _n in range(61)]
        other = feeds.reset_feed(responder, None, at=NOW)
        assert fetch(other).status_code == 200
    assert found == [*[200] * 60, 429]


def test_no_log_keeps_the_token(token: str) -> None:
    record = logging.makeLogRecord({"msg": f"GET /feeds/actions/{token}.ics 200"})
    TokensMasked().filter(record)
    assert token not in record.getMessage()


def test_the_address_is_shown_once(responder: User) -> None:
    client = client_of(responder)
    shown = client.post("/actions/mine/calendar/").content.decode()
    token = shown.partition("/feeds/actions/")[2].partition(".ics")[0]
    assert fetch(token).status_code == 200
    later = client.get("/actions/mine/").content.decode()
    assert "Your calendar has an address since" in later
    assert token not in later
    assert token not in str(CalendarFeed.objects.values_list().get())
    client.post("/actions/mine/calendar/remove/")
    assert fetch(token).status_code == 404


# --- The lists ------------------------------------------------------------------------


@pytest.fixture
def team(responder: User, facilitator: User, administrator: User) -> Team:
    return teams.add_team(
        name="Delivery", lead=facilitator, manager=facilitator,
        members=[responder], by=administrator,
    )  # fmt: skip


def test_a_team_shows_who_it_is_and_what_it_promised(
    team: Team, add: AddRow, viewer: User
) -> None:
    add("actions", owner_team_id=team.pk, due_on=date(2026, 3, 1))
    add(
        "actions",
        owner_team_id=team.pk,
        description="Write the runbook",
        status="done",
        evidence="See it",
        done_on=date(2026, 3, 2),
    )
    shown = client_of(viewer).get(f"/actions/teams/{team.pk}/").content.decode()
    for expected in (
        "Maren Holt",
        "Priya Raman",
        "Overdue",
        "Validate variables before deployment",
        "Done lately",
        "Write the runbook",
        "Not proven yet",
    ):
        assert expected in shown


def test_what_is_restricted_counts_for_nobody_who_is_not_invited(
    team: Team, add: AddRow, postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    address = f"/actions/teams/{team.pk}/"
    before = client_of(viewer).get(address).content
    add("actions", owner_team_id=team.pk, due_on=date(2026, 3, 1))
    incidents.set_restricted(postmortem.pk, restricted=True, by=facilitator, at=NOW)
    after = client_of(viewer).get(address).content
    assert b"Validate variables" not in after
    assert before.count(b"<dd>0</dd>") == after.count(b"<dd>0</dd>")
    assert b"Validate variables" in client_of(facilitator).get(address).content


def test_mine_are_mine_and_my_teams(
    team: Team, add: AddRow, responder: User, member: User
) -> None:
    add("actions", owner_person_id=responder.pk, description="Mine alone")
    add("actions", owner_team_id=team.pk, description="The team’s")
    add("actions", owner_person_id=member.pk, description="Another’s")
    shown = client_of(responder).get("/actions/mine/").content.decode()
    assert "Mine alone" in shown
    assert "The team’s" in shown
    assert "Another’s" not in shown


def test_lists_ask_the_database_the_same_however_long_they_are(
    team: Team, add: AddRow, responder: User
) -> None:
    client = client_of(responder)
    promise = {"owner_team_id": team.pk, "due_on": date(2026, 3, 1)}
    add("actions", **promise)
    for address in ("/actions/mine/", f"/actions/teams/{team.pk}/"):
        client.get(address)
        few = queries(client, address)
        for _n in range(3):
            add("actions", **promise)
        assert few == queries(client, address) <= 30


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as found:
        client.get(address)
        return len(found)
