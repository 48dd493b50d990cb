"""Weekly and monthly reports: to whom, when, once, and what they say."""

import time as clocks
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation, User
from actions.models import ActionItem, FollowThrough, Policy, Rhythm, Scope
from actions.operations import reporting
from actions.report_teller import ReportTeller
from config.limits import LIMITS
from outbound.models import ChatFlavour, ChatHook, Notice
from postmortems.models import Postmortem, SavedView
from postmortems.policies import TooMany
from tests.acting import at, promise, team
from tests.fixtures import NOW, person

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 3, 16)
WEEKLY, MONTHLY = Rhythm.WEEKLY, Rhythm.MONTHLY


@pytest.fixture
def manager(db: None) -> User:
    return person("Mona Vidal")


@pytest.fixture
def payments(manager: User) -> Any:
    return team("Payments", manager=manager)


def tick(now: datetime) -> None:
    assert reporting.plan(now, clocks.monotonic() + 60)


def ticks(first: datetime, days: int) -> None:
    """Four a day; somewhere between nine and six in every zone there is one of them."""
    for quarter in range(days * 4):
        tick(first + timedelta(hours=6 * quarter))


def noted(**which: Any) -> list[tuple[str, str, date]]:
    found = Notice.objects.filter(**which).order_by("day", "kind", "about")
    return [(one.kind, one.about, one.day) for one in found]


def subscribe(user: User, rhythm: str = WEEKLY, **values: Any) -> Any:
    values = {"scope": Scope.EVERYTHING, "by": user, **values}
    return reporting.subscribe(user, rhythm=rhythm, at=NOW, **values)


# --- When -----------------------------------------------------------------------------


def test_managers_are_told_on_monday_morning(manager: User, payments: Any) -> None:
    tick(at(MONDAY, time(8, 59)))
    assert noted() == []
    tick(at(MONDAY, time(9)))
    tick(at(MONDAY, time(9, 1)))
    assert noted() == [("weekly", f"team:{payments.pk}", MONDAY)]
    assert Notice.objects.get().recipient == manager


def test_after_a_holiday_on_the_first_working_day(manager: User, payments: Any) -> None:
    manager.holidays = "DE"
    manager.save()
    tick(at(date(2026, 4, 6)))  # Easter Monday
    assert noted() == []
    tick(at(date(2026, 4, 7)))
    assert noted() == [("weekly", f"team:{payments.pk}", date(2026, 4, 6))]


def test_a_day_late_it_still_comes_and_later_no_more(
    manager: User, payments: Any
) -> None:
    tick(at(MONDAY + timedelta(days=2)))
    assert noted() == []
    tick(at(MONDAY + timedelta(days=8)))
    assert len(noted()) == 1


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_once_in_each_local_week_across_both_changes_of_the_clocks(
    zone: str, manager: User, payments: Any
) -> None:
    manager.time_zone = zone
    manager.save()
    for first, weeks in ((date(2026, 3, 2), 5), (date(2026, 10, 19), 3)):
        Notice.objects.all().delete()
        ticks(at(first, time(0)), 7 * weeks)
        assert [day for _kind, _about, day in noted()] == [
            first + timedelta(days=7 * week) for week in range(weeks)
        ]


def test_whoever_travels_round_the_world_is_told_once(
    manager: User, payments: Any
) -> None:
    for zone in ("Pacific/Kiritimati", "Asia/Tokyo", "UTC", "Pacific/Honolulu"):
        User.objects.filter(pk=manager.pk).update(time_zone=zone)
        ticks(datetime(2026, 3, 15, tzinfo=UTC), 3)
    assert noted() == [("weekly", f"team:{payments.pk}", MONDAY)]


def test_administrators_are_told_on_the_first_of_a_month(administrator: User) -> None:
    ticks(datetime(2026, 2, 27, tzinfo=UTC), 5)
    ticks(datetime(2026, 3, 30, tzinfo=UTC), 5)
    everything = ("monthly", "scope:everything")
    assert noted() == [
        (*everything, date(2026, 3, 1)),
        (*everything, date(2026, 4, 1)),
    ]
    sent = Notice.objects.order_by("day").values_list("due_at", flat=True)
    assert [moment.date() for moment in sent] == [date(2026, 3, 2), date(2026, 4, 1)]


def test_many_people_take_as_many_queries_as_one(manager: User) -> None:
    Organisation.objects.get_or_create(pk=1)
    counts = []
    for more in (1, 4):
        for number in range(more):
            subscribe(person(f"Reader {more} {number}"))
        Notice.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            tick(at(MONDAY))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 8


# --- To whom --------------------------------------------------------------------------


def test_a_subscription_names_a_person_and_a_chat(
    member: User, administrator: User
) -> None:
    hook = ChatHook.objects.create(
        name="All hands", flavour=ChatFlavour.SLACK, address="", host="", created_at=NOW
    )
    subscribe(member, hook=hook, by=administrator)
    tick(at(MONDAY))
    notice = Notice.objects.get(kind=WEEKLY)
    assert (notice.recipient, notice.why) == (member, {"hook": hook.pk})


def test_the_chat_of_a_team_is_told_with_its_manager(
    manager: User, payments: Any
) -> None:
    tick(at(MONDAY))
    assert Notice.objects.get().why == {"team": payments.pk}


def test_nobody_else_subscribes_another(member: User, manager: User) -> None:
    with pytest.raises(PermissionDenied):
        subscribe(member, by=manager)


def test_subscribing_twice_is_once(member: User) -> None:
    assert subscribe(member).pk == subscribe(member).pk
    assert subscribe(member, MONTHLY).pk


def test_a_view_of_another_is_not_subscribed_to_unless_shared(
    member: User, manager: User
) -> None:
    view = SavedView.objects.create(
        owner=manager, name="Late", query="show=open", page="actions"
    )
    with pytest.raises(reporting.NotYours):
        subscribe(member, scope=Scope.VIEW, view=view)
    view.shared = True
    view.save()
    subscribe(member, scope=Scope.VIEW, view=view)
    tick(at(MONDAY))
    assert noted(recipient=member) == [("weekly", f"view:{view.pk}", MONDAY)]


def test_there_is_a_most_of_subscriptions(member: User) -> None:
    for number in range(LIMITS.subscriptions):
        view = SavedView.objects.create(
            owner=member, name=f"View {number}", query="", page="actions"
        )
        subscribe(member, scope=Scope.VIEW, view=view)
    with pytest.raises(TooMany):
        subscribe(member)


def test_nothing_is_told_that_is_not_wanted_any_more(
    manager: User, payments: Any, member: User
) -> None:
    mine = subscribe(member)
    tick(at(MONDAY))
    notices = list(Notice.objects.filter(kind=WEEKLY).select_related("recipient"))
    teller, now = ReportTeller(WEEKLY), at(MONDAY)
    assert len(teller.still(notices, now)) == 2
    payments.manager = None
    payments.save()
    reporting.unsubscribe(mine, by=member)
    assert teller.still(notices, now) == []


# --- What it says ---------------------------------------------------------------------


@pytest.fixture
def promises(postmortem: Postmortem, facilitator: User, payments: Any) -> None:
    def made(text: str, **values: Any) -> ActionItem:
        values = {"owner_team_id": payments.pk, "description": text, **values}
        return promise(postmortem, facilitator, **values)

    made("Late one", due_on=date(2026, 3, 12))
    made("Later one", due_on=date(2026, 3, 30))
    made("Done last week", status="done", done_on=date(2026, 3, 11))
    made("Done long ago", status="done", done_on=date(2026, 2, 11))
    made("Of another team", owner_team_id=None, due_on=date(2026, 3, 1))
    proven = made("Proven last week", status="done", done_on=date(2026, 2, 1))
    FollowThrough.objects.filter(pk=proven.pk).update(
        verdict="effective", verdict_at=at(date(2026, 3, 10))
    )


def tellings(user: User, rhythm: str = WEEKLY) -> dict[str, list[str]]:
    tick(at(MONDAY))
    notices = list(
        Notice.objects.filter(recipient=user, kind=rhythm).select_related("recipient")
    )
    parts = ReportTeller(rhythm).parts(user, notices, at(MONDAY))
    return {part.heading: [item.title for item in part.items] for part in parts}


def test_it_says_what_is_overdue_done_proven_and_oldest(
    manager: User, promises: None
) -> None:
    assert tellings(manager) == {
        "Payments": ["Week of 9 March 2026"],
        "Overdue": ["Late one"],
        "Done": ["Done last week"],
        "Proven": ["Proven last week"],
        "Oldest promises": ["Late one", "Later one"],
    }


def test_it_counts_and_says_why(manager: User, payments: Any, promises: None) -> None:
    tick(at(MONDAY))
    notices = list(Notice.objects.filter(recipient=manager).select_related("recipient"))
    first = ReportTeller(WEEKLY).parts(manager, notices, at(MONDAY))[0]
    (summary,) = first.items
    assert first.subject == "Payments: 1 overdue, 1 done"
    assert summary.facts == [("Overdue", "1"), ("Done", "1"), ("Proven", "1")]
    assert summary.address == f"/actions/?team={payments.pk}&show=open"
    assert summary.why == (
        "Sent to you because you manage Payments. Restricted reports are left out."
    )


def test_nothing_restricted_is_in_it(
    manager: User, postmortem: Postmortem, promises: None
) -> None:
    postmortem.incident.restricted = True
    postmortem.incident.save()
    assert tellings(manager) == {}


def test_a_policy_can_keep_actions_out_of_it(manager: User, promises: None) -> None:
    Policy.objects.create(
        name="First", position=1, enabled=True, priorities=["low"], in_reports=True
    )
    Policy.objects.create(
        name="Quiet", position=2, enabled=True, priorities=["medium"], in_reports=False
    )
    ActionItem.objects.filter(description="Later one").update(priority="low")
    assert tellings(manager)["Oldest promises"] == ["Later one"]


def test_a_saved_view_is_followed_whatever_the_status(
    member: User, payments: Any, promises: None
) -> None:
    view = SavedView.objects.create(
        owner=member,
        name="Payments, open",
        query=f"team={payments.pk}&show=open",
        page="actions",
    )
    subscribe(member, scope=Scope.VIEW, view=view)
    told = tellings(member)
    assert told["Payments, open"] == ["Week of 9 March 2026"]
    assert told["Done"] == ["Done last week"]


def test_my_teams_are_those_i_belong_to(
    member: User, payments: Any, promises: None
) -> None:
    subscribe(member, scope=Scope.TEAMS)
    assert tellings(member) == {}
    payments.members.add(member)
    assert tellings(member)["Overdue"] == ["Late one"]
    assert "Of another team" not in str(tellings(member))


def test_past_reports_are_named(manager: User, payments: Any) -> None:
    tick(at(MONDAY))
    notice = Notice.objects.select_related("recipient").get()
    named = ReportTeller(WEEKLY).named(manager, [notice])[notice.pk]
    assert named.title == "Actions of the week: Payments"
