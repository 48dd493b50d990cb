"""Who is told of an action, and when; written down once, whatever the ticks do."""

from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation, Role, User
from actions.models import ActionItem, DayOff, FollowThrough, Policy
from actions.models.follow_through import PLAN_ANEW
from actions.operations import planning
from actions.operations.settling import settle_action
from outbound.models import Notice
from postmortems.models import Participation, Postmortem
from postmortems.operations import incidents
from tests.acting import (
    TUESDAY,
    after,
    at,
    days_of,
    next_at,
    promise,
    team,
    tick,
    ticks,
    told,
)
from tests.fixtures import person
from tests.publishing import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(db: None) -> User:
    return person("Olga Owner")


@pytest.fixture
def action(postmortem: Postmortem, facilitator: User, owner: User) -> ActionItem:
    return promise(postmortem, facilitator, owner_person_id=owner.pk)


def settle(action: ActionItem, by: User, **values: Any) -> None:
    action.refresh_from_db()
    settle_action(
        action.postmortem_id,
        action.pk,
        values,
        version=action.version,
        by=by,
        at=at(TUESDAY),
    )


# --- When -----------------------------------------------------------------------------


def test_owners_are_reminded_before_on_and_weekly_after_the_due_date(
    action: ActionItem, owner: User
) -> None:
    ticks(after(-20), after(22))
    # Two days before a Tuesday is a Sunday, so the first one comes on Monday.
    assert days_of(owner) == [
        after(-1),
        TUESDAY,
        after(7),
        after(14),
        after(21),
    ]


def test_settled_actions_are_told_to_nobody(
    action: ActionItem, facilitator: User
) -> None:
    settle(action, facilitator, status="done", evidence="Merged")
    ticks(after(-5), after(10))
    assert told() == []


def test_a_deleted_action_and_a_trashed_report_are_told_to_nobody(
    action: ActionItem, postmortem: Postmortem, facilitator: User
) -> None:
    incidents.trash_incident(postmortem.pk, by=facilitator, at=at(after(-9)))
    ticks(after(-5), after(1))
    assert told() == []
    assert next_at(action) is None
    incidents.bring_back_incident(postmortem.pk, by=facilitator, at=at(after(2)))
    ticks(after(2), after(2))
    assert [day for _who, _what, day in told()] == [after(2)]


def test_nobody_is_told_in_the_night_or_at_the_weekend(
    action: ActionItem, owner: User
) -> None:
    tick(at(TUESDAY, time(8, 59)))
    tick(at(TUESDAY, time(18)))
    tick(at(after(4)))
    assert told() == []
    assert next_at(action) == at(after(6), time(9))


def test_mornings_are_those_of_the_recipient(action: ActionItem, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(time_zone="America/New_York")
    tick(at(TUESDAY, time(12, 59)))
    assert told() == []
    tick(at(TUESDAY, time(13)))
    assert days_of(owner) == [TUESDAY]


def test_days_off_and_public_holidays_are_skipped(
    action: ActionItem, owner: User
) -> None:
    DayOff.objects.create(on=TUESDAY, name="Inventory")
    Organisation.objects.update_or_create(pk=1, defaults={"holidays": "DE-BE"})
    ticks(TUESDAY, after(3))
    assert days_of(owner) == [after(1)]


def test_a_snooze_stops_reminders_but_no_escalation(
    action: ActionItem, owner: User
) -> None:
    lead = person("Lea Lead")
    team("Platform", owner, lead=lead)
    FollowThrough.objects.filter(pk=action.pk).update(
        snoozed_until=after(9), snooze_reason="Waiting for the vendor"
    )
    ticks(after(-3), after(9))
    assert days_of(owner) == [after(9)]
    assert days_of(lead, "escalation") == [after(7)]


def test_a_new_owner_is_told_at_once(
    action: ActionItem, owner: User, facilitator: User
) -> None:
    successor = person("Sam Successor")
    ticks(after(-3), after(2))
    settle(action, facilitator, owner_person_id=successor.pk)
    tick(at(after(2), time(10, 5)))
    assert days_of(successor) == [after(2)]
    assert days_of(owner) == [after(-1), TUESDAY]


def test_another_due_date_makes_other_days(
    action: ActionItem, owner: User, facilitator: User
) -> None:
    ticks(after(-3), TUESDAY)
    settle(action, facilitator, due_on=after(9))
    ticks(after(1), after(9))
    assert days_of(owner) == [after(-1), TUESDAY, after(7), after(9)]


# --- To whom --------------------------------------------------------------------------


def test_escalations_reach_the_lead_and_later_the_manager(
    action: ActionItem, owner: User
) -> None:
    lead, manager = person("Lea Lead"), person("Mia Manager")
    team("Platform", owner, lead=lead, manager=manager)
    ticks(TUESDAY, after(15))
    assert days_of(lead, "escalation") == [after(7), after(14)]
    assert days_of(manager, "escalation") == [after(14)]


def test_an_owner_gets_no_escalation_of_the_same_action(
    postmortem: Postmortem, facilitator: User
) -> None:
    lead = person("Lea Lead")
    owning = team("Platform", lead=lead, manager=lead)
    promise(postmortem, facilitator, owner_team_id=owning.pk)
    ticks(TUESDAY, after(15))
    assert days_of(lead, "escalation") == []
    assert days_of(lead) == [TUESDAY, after(7), after(14)]


def test_a_person_s_first_team_by_name_is_the_one_that_hears(
    action: ActionItem, owner: User
) -> None:
    team("Zebra", owner, lead=person("Zoe Zebra"))
    archived = team("Aardvark", owner, lead=person("Ada Ark"))
    type(archived).objects.filter(pk=archived.pk).update(archived_at=at(TUESDAY))
    lead = person("Lea Lead")
    team("Platform", owner, lead=lead)
    ticks(after(7), after(7))
    assert [who for who, what, _day in told() if what == "escalation"] == [lead.name]


def _lead(report: Postmortem, one: User, two: User) -> Any:
    return team("Platform", one, lead=two, manager=one)


def _members(report: Postmortem, one: User, two: User) -> Any:
    return team("Platform", one, two)


def _manager(report: Postmortem, one: User, two: User) -> Any:
    return team("Platform", manager=two)


def _nobody(report: Postmortem, one: User, two: User) -> Any:
    return None


def _left(report: Postmortem, one: User, two: User) -> Any:
    owning = team("Platform", one, lead=two)
    User.objects.filter(pk=two.pk).update(active=False)
    return owning


@pytest.mark.parametrize(
    ("build", "names"),
    [
        (_lead, ["Two"]),
        (_members, ["One", "Two"]),
        (_manager, ["Two"]),
        (_nobody, ["Maren Holt"]),
        (_left, ["One"]),
    ],
)
def test_whoever_stands_in_for_an_owner_is_told(
    postmortem: Postmortem,
    facilitator: User,
    build: Callable[..., Any],
    names: list[str],
) -> None:
    owning = build(postmortem, person("One"), person("Two"))
    promise(postmortem, facilitator, owner_team_id=owning.pk if owning else None)
    ticks(TUESDAY, TUESDAY)
    assert [who for who, _what, _day in told()] == names


def test_administrators_are_told_where_a_report_has_no_active_facilitator(
    postmortem: Postmortem, facilitator: User, administrator: User
) -> None:
    promise(postmortem, facilitator)
    User.objects.filter(pk=facilitator.pk).update(active=False)
    ticks(TUESDAY, TUESDAY)
    assert [who for who, _what, _day in told()] == [administrator.name]


def test_of_a_restricted_report_only_its_people_are_told(
    restricted: Postmortem, facilitator: User, administrator: User
) -> None:
    outsider = person("Olga Owner")
    team("Platform", outsider, lead=person("Lea Lead"))
    promise(restricted, facilitator, owner_person_id=outsider.pk)
    ticks(TUESDAY, after(14))
    assert {who for who, _what, _day in told()} == {facilitator.name}


def test_where_nobody_may_see_it_we_look_again_the_next_day(
    restricted: Postmortem, facilitator: User, administrator: User
) -> None:
    action = promise(restricted, facilitator)
    User.objects.filter(pk=facilitator.pk).update(active=False)
    tick(at(TUESDAY))
    assert told() == []
    assert next_at(action) == at(after(1))


# --- Whether it worked ----------------------------------------------------------------


def test_whether_it_worked_is_asked_thirty_days_after_and_then_weekly(
    action: ActionItem, owner: User, facilitator: User
) -> None:
    settle(
        action, facilitator, status="done", done_on=TUESDAY, evidence="Merged in #412"
    )
    tick(at(TUESDAY))
    assert FollowThrough.objects.get(pk=action.pk).check_on == after(30)
    ticks(after(28), after(40))
    assert days_of(owner, "effectiveness") == [after(30), after(37)]


def test_what_was_done_long_before_we_heard_of_it_is_not_asked_about(
    action: ActionItem, owner: User, facilitator: User
) -> None:
    settle(action, facilitator, status="done", done_on=after(-61), evidence="Long ago")
    ticks(TUESDAY, after(10))
    assert told() == []


def test_what_will_not_be_done_is_never_asked_about(
    action: ActionItem, facilitator: User
) -> None:
    settle(action, facilitator, status="wont_do", reason="The service is retired")
    ticks(after(25), after(40))
    assert told() == []


# --- What was promised ----------------------------------------------------------------


def test_publishing_promises_the_due_dates(
    action: ActionItem, postmortem: Postmortem, facilitator: User
) -> None:
    publish(postmortem, facilitator)
    settle(action, facilitator, due_on=after(20), because="The vendor is late")
    tick(at(after(1)))
    assert FollowThrough.objects.get(pk=action.pk).promised_on == TUESDAY


def test_a_date_that_comes_after_publishing_is_a_promise_too(
    postmortem: Postmortem, facilitator: User
) -> None:
    action = promise(postmortem, facilitator, due_on=None)
    publish(postmortem, facilitator)
    tick(at(TUESDAY))
    settle(action, facilitator, due_on=after(20))
    tick(at(after(1)))
    assert FollowThrough.objects.get(pk=action.pk).promised_on == after(20)


# --- Once, whatever happens -----------------------------------------------------------


def test_a_tick_that_runs_twice_or_with_the_clock_set_back_adds_nothing(
    action: ActionItem, owner: User
) -> None:
    for now in (at(TUESDAY), at(TUESDAY), at(TUESDAY, time(9, 30))):
        tick(now)
        FollowThrough.objects.update(next_at=PLAN_ANEW)
    assert days_of(owner) == [TUESDAY]


def test_a_tick_that_comes_months_late_tells_once(
    action: ActionItem, owner: User
) -> None:
    tick(at(after(100), time(11)))
    assert days_of(owner) == [after(100)]


def test_a_crash_between_leaves_all_as_it_was(action: ActionItem, owner: User) -> None:
    """The second of two writes is refused: neither is kept."""
    before = next_at(action)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION crash() RETURNS trigger AS $$ BEGIN"
            " RAISE EXCEPTION 'crash'; END $$ LANGUAGE plpgsql;"
            "CREATE TRIGGER crash BEFORE UPDATE OF next_at ON actions_followthrough"
            " FOR EACH ROW EXECUTE FUNCTION crash()"
        )
    with pytest.raises(Exception, match="crash"):
        planning.plan_batch(at(TUESDAY))
    assert not Notice.objects.exists()
    assert next_at(action) == before
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION crash() CASCADE")
    tick(at(TUESDAY))
    assert days_of(owner) == [TUESDAY]


def test_planning_stops_when_its_time_is_over(action: ActionItem) -> None:
    assert planning.plan(at(TUESDAY), until=0) is False
    assert planning.plan(at(TUESDAY), until=0) is True


# --- Woken by others ------------------------------------------------------------------


def _zone(report: Postmortem, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(time_zone="Pacific/Kiritimati")


def _morning(report: Postmortem, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(morning=time(6))


def _week(report: Postmortem, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(working_days=[1, 7])


def _leaves(report: Postmortem, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(active=False)


def _new_lead(report: Postmortem, owner: User) -> None:
    owner.teams.update(lead=person("Lea Lead"))


def _changes_teams(report: Postmortem, owner: User) -> None:
    team("Aardvark", owner)


def _leaves_team(report: Postmortem, owner: User) -> None:
    owner.teams.clear()


def _lead_moves(report: Postmortem, owner: User) -> None:
    lead = owner.teams.get().lead
    assert lead is not None
    User.objects.filter(pk=lead.pk).update(time_zone="Asia/Tokyo")


def _restricted(report: Postmortem, owner: User) -> None:
    type(report.incident).objects.filter(pk=report.incident_id).update(restricted=True)


def _severity(report: Postmortem, owner: User) -> None:
    type(report.incident).objects.filter(pk=report.incident_id).update(severity=1)


def _invited(report: Postmortem, owner: User) -> None:
    Participation.objects.create(
        postmortem=report, user=owner, part="reader", joined_at=at(TUESDAY)
    )


def _holidays(report: Postmortem, owner: User) -> None:
    Organisation.objects.filter(pk=1).update(holidays="DE")


def _policies(report: Postmortem, owner: User) -> None:
    Policy.objects.create(name="Quicker", enabled=True, first_reminder_days=5)
    planning.plan_anew()


@pytest.mark.parametrize(
    "change",
    [
        _zone,
        _morning,
        _week,
        _leaves,
        _new_lead,
        _changes_teams,
        _leaves_team,
        _lead_moves,
        _restricted,
        _severity,
        _invited,
        _holidays,
        _policies,
    ],
)
def test_what_else_decides_wakes_the_planning(
    action: ActionItem,
    postmortem: Postmortem,
    owner: User,
    facilitator: User,
    change: Callable[[Postmortem, User], None],
) -> None:
    Organisation.objects.get_or_create(pk=1)
    team("Platform", owner, lead=person("Lou Lead"))
    other = promise(postmortem, facilitator, due_on=None)
    tick(at(after(-20)))
    assert next_at(action) == at(after(-1), time(9))
    change(postmortem, owner)
    assert next_at(action) == PLAN_ANEW
    tick(at(after(-20)))
    assert next_at(other) is None


def _administrator_moves(administrator: User) -> None:
    User.objects.filter(pk=administrator.pk).update(time_zone="Asia/Tokyo")


def _another_one_comes(administrator: User) -> None:
    person("Ann Other", Role.ADMINISTRATOR)


def _another_one_is_made(administrator: User) -> None:
    User.objects.filter(name="Olga Owner").update(role=Role.ADMINISTRATOR)


@pytest.mark.parametrize(
    "change", [_administrator_moves, _another_one_comes, _another_one_is_made]
)
def test_administrators_who_stand_in_are_planned_anew(
    postmortem: Postmortem,
    facilitator: User,
    administrator: User,
    owner: User,
    change: Callable[[User], None],
) -> None:
    action = promise(postmortem, facilitator)
    User.objects.filter(pk=facilitator.pk).update(active=False)
    tick(at(after(-20)))
    assert next_at(action) == at(after(-1), time(9))
    change(administrator)
    assert next_at(action) == PLAN_ANEW


# --- What it costs --------------------------------------------------------------------


def queries_of_a_batch() -> int:
    with CaptureQueriesContext(connection) as counted:
        planning.plan_batch(at(TUESDAY))
    return len(counted)


def test_a_batch_takes_the_same_few_queries_whatever_is_in_it(
    postmortem: Postmortem, restricted: Postmortem, facilitator: User, owner: User
) -> None:
    owning = team("Platform", owner, lead=person("Lea Lead"))
    Organisation.objects.get_or_create(pk=1)
    promise(postmortem, facilitator, owner_person_id=owner.pk)
    promise(postmortem, facilitator, owner_team_id=owning.pk)
    few = queries_of_a_batch()
    for number in range(12):
        lead = person(f"Lead {number}")
        promise(postmortem, facilitator, owner_team_id=owning.pk)
        promise(restricted, facilitator, owner_person_id=lead.pk)
        promise(
            postmortem,
            facilitator,
            owner_team_id=team(f"Team {number}", lead, manager=owner).pk,
        )
    assert queries_of_a_batch() == few <= 20
    assert Notice.objects.count() > 36
