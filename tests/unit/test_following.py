"""Snoozes, answers to whether it worked, and reminders by hand."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import User
from actions.models import ActionItem, FollowThrough
from actions.models.follow_through import PLAN_ANEW
from actions.operations import following
from actions.operations.settling import settle_action
from actions.promises import Unanswered
from outbound.models import Notice
from postmortems.models import Postmortem
from postmortems.operations import incidents, rows
from postmortems.operations.rows import Gone
from tests.acting import TUESDAY, after, at, days_of, promise, team, tick, ticks, told
from tests.drafting import writer
from tests.fixtures import AddRow, fresh, kind, open_report, person
from tests.publishing import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(db: None) -> User:
    return person("Olga Owner")


@pytest.fixture
def action(postmortem: Postmortem, facilitator: User, owner: User) -> ActionItem:
    return promise(postmortem, facilitator, owner_person_id=owner.pk)


def follow(action: ActionItem) -> FollowThrough:
    return FollowThrough.objects.get(pk=action.pk)


def finish(action: ActionItem, by: User, done_on: date = TUESDAY) -> None:
    action.refresh_from_db()
    settle_action(
        action.postmortem_id,
        action.pk,
        {"status": "done", "done_on": done_on, "evidence": "Merged"},
        version=action.version,
        by=by,
        at=at(TUESDAY),
    )


def snooze(action: ActionItem, by: User, until: date | None, reason: str = "") -> None:
    following.snooze(action.pk, until, reason, by=by, at=at(TUESDAY))


# --- Snoozing -------------------------------------------------------------------------


def test_an_owner_puts_reminders_off_and_the_history_says_why(
    action: ActionItem, owner: User, postmortem: Postmortem
) -> None:
    snooze(action, owner, after(9), "Waiting for the vendor")
    kept = follow(action)
    assert (kept.snoozed_until, kept.snoozed_by) == (after(9), owner)
    assert kept.next_at == PLAN_ANEW
    change = postmortem.history.latest("pk")
    assert (change.part, change.object_id, change.by) == (
        "follow_through",
        action.pk,
        owner,
    )
    assert change.after is not None
    assert change.after["snooze_reason"] == "Waiting for the vendor"
    ticks(TUESDAY, after(9))
    assert days_of(owner) == [after(9)]


def test_an_action_of_a_published_report_is_snoozed_too(
    action: ActionItem, owner: User, postmortem: Postmortem, facilitator: User
) -> None:
    publish(postmortem, facilitator)
    snooze(action, owner, after(9), "Waiting for the vendor")
    assert follow(action).snoozed_until == after(9)


def test_a_snooze_is_taken_back(action: ActionItem, owner: User) -> None:
    snooze(action, owner, after(9), "Waiting for the vendor")
    snooze(action, owner, None)
    kept = follow(action)
    assert (kept.snoozed_until, kept.snooze_reason, kept.snoozed_by) == (None, "", None)


def test_whoever_is_told_as_its_owner_may_put_it_off(
    postmortem: Postmortem, facilitator: User, member: User
) -> None:
    owning = team("Platform", member)
    action = promise(postmortem, facilitator, owner_team_id=owning.pk)
    snooze(action, member, after(9), "Waiting for the vendor")
    assert follow(action).snoozed_by == member


@pytest.mark.parametrize(
    ("days", "reason", "field"),
    [
        (0, "Later", "until"),
        (91, "Later", "until"),
        (5, " ", "reason"),
        (5, "x" * 1001, "reason"),
    ],
)
def test_a_snooze_needs_a_day_and_a_reason(
    action: ActionItem, owner: User, days: int, reason: str, field: str
) -> None:
    with pytest.raises(Unanswered) as refused:
        snooze(action, owner, after(days), reason)
    assert [*refused.value.questions] == [field]
    assert follow(action).snoozed_until is None


def test_a_snooze_may_last_ninety_days(action: ActionItem, owner: User) -> None:
    snooze(action, owner, after(90), "Next quarter")
    assert follow(action).snoozed_until == after(90)


def test_strangers_snooze_nothing(
    action: ActionItem, member: User, viewer: User
) -> None:
    for somebody in (member, viewer):
        with pytest.raises(PermissionDenied):
            snooze(action, somebody, after(5), "Later")


def test_what_is_settled_or_has_no_date_is_not_snoozed(
    action: ActionItem, owner: User, postmortem: Postmortem, facilitator: User
) -> None:
    finish(action, owner)
    dateless = promise(postmortem, facilitator, due_on=None)
    for one in (action, dateless):
        with pytest.raises(following.NotNow):
            snooze(one, facilitator, after(5), "Later")


def test_a_deleted_action_is_gone(
    action: ActionItem, facilitator: User, postmortem: Postmortem
) -> None:
    rows.delete_row(
        kind("actions"), postmortem.pk, action.pk, by=facilitator, at=at(TUESDAY)
    )
    with pytest.raises(Gone):
        snooze(action, facilitator, after(5), "Later")


# --- Whether it worked ----------------------------------------------------------------


def test_an_answer_ends_the_question_and_stands_in_the_history(
    action: ActionItem, owner: User, postmortem: Postmortem
) -> None:
    finish(action, owner)
    ticks(after(29), after(30))
    following.answer_verdict(
        action.pk, "effective", "No alert since", by=owner, at=at(after(31))
    )
    kept = follow(action)
    assert kept.proven
    assert (kept.verdict_by, kept.verdict_at) == (owner, at(after(31)))
    ticks(after(31), after(60))
    assert days_of(owner, "effectiveness") == [after(30)]
    change = postmortem.history.latest("pk")
    assert change.after is not None
    assert change.after["verdict"] == "It worked"


@pytest.mark.parametrize("verdict", ["", "yes"])
def test_an_answer_is_one_of_three(
    action: ActionItem, owner: User, verdict: str
) -> None:
    finish(action, owner)
    with pytest.raises(Unanswered):
        following.answer_verdict(action.pk, verdict, by=owner, at=at(TUESDAY))


def test_only_what_is_done_can_have_worked(action: ActionItem, owner: User) -> None:
    with pytest.raises(following.NotNow):
        following.answer_verdict(action.pk, "effective", by=owner, at=at(TUESDAY))


@pytest.fixture
def answered(
    action: ActionItem, owner: User, facilitator: User, add: AddRow
) -> ActionItem:
    """An action that worked, for the factor "No validation before deploy"."""
    action.factors.add(add("factors").pk)
    finish(action, owner)
    tick(at(TUESDAY))
    following.answer_verdict(action.pk, "effective", by=owner, at=at(after(31)))
    return action


def name_again(
    answered: ActionItem, by: User, report: Postmortem, **values: Any
) -> None:
    earlier = answered.factors.get()
    rows.add_row(
        kind("factors"),
        report.pk,
        {"text": "Again", "earlier_id": earlier.pk, **values},
        by=by,
        at=at(after(50)),
    )


def test_a_later_incident_with_the_same_factor_asks_anew(
    answered: ActionItem, owner: User, facilitator: User
) -> None:
    name_again(answered, facilitator, open_report(facilitator, "Stale again"))
    kept = follow(answered)
    assert (kept.verdict, str(kept.reopened_by)) == ("", "Again")
    ticks(after(51), after(52))
    assert days_of(owner, "effectiveness") == [after(51)]


def test_a_factor_of_a_factor_asks_anew_too(
    answered: ActionItem, owner: User, facilitator: User
) -> None:
    second = open_report(facilitator, "Stale again")
    name_again(answered, facilitator, second)
    tick(at(after(51)))
    following.answer_verdict(answered.pk, "cannot_tell", by=owner, at=at(after(52)))
    again = second.factors.get()
    third = open_report(facilitator, "Stale once more")
    name_again(answered, facilitator, third, earlier_id=again.pk)
    assert follow(answered).verdict == ""


def test_a_restricted_incident_asks_nothing(
    answered: ActionItem, facilitator: User, restricted: Postmortem
) -> None:
    name_again(answered, facilitator, restricted)
    assert follow(answered).verdict == "effective"


def test_naming_the_earlier_factor_in_the_form_asks_anew(
    answered: ActionItem, facilitator: User, postmortem: Postmortem
) -> None:
    later = open_report(facilitator, "Stale again")
    reference = postmortem.incident.reference
    writer(facilitator, later).post(
        "rows/factors/add/",
        text="Like before",
        same_as=f"{reference}: No validation before deploy",
    )
    assert follow(answered).reopened_by == later.factors.get()


# --- Reminding by hand ----------------------------------------------------------------


def test_owners_are_reminded_by_hand_once_a_day(
    action: ActionItem, owner: User, facilitator: User
) -> None:
    assert following.nudge([action.pk], by=facilitator, at=at(after(-8))) == 1
    assert following.nudge([action.pk], by=facilitator, at=at(after(-8))) == 0
    assert following.nudge([action.pk], by=facilitator, at=at(after(-7))) == 1
    assert days_of(owner, "nudge") == [after(-8), after(-7)]


def test_somebody_asleep_is_reminded_in_their_morning(
    action: ActionItem, owner: User, facilitator: User
) -> None:
    friday = after(3)
    following.nudge([action.pk], by=facilitator, at=at(friday, time(20)))
    notice = Notice.objects.get()
    assert notice.day == friday + timedelta(days=3)
    assert notice.due_at == at(notice.day, time(9))


def test_nobody_reminds_themselves_or_of_what_is_settled_or_not_theirs(
    action: ActionItem, owner: User, facilitator: User, member: User
) -> None:
    assert following.nudge([action.pk], by=owner, at=at(TUESDAY)) == 0
    assert following.nudge([action.pk], by=member, at=at(TUESDAY)) == 0
    finish(action, owner)
    assert following.nudge([action.pk], by=facilitator, at=at(TUESDAY)) == 0


def test_whoever_hears_of_it_as_a_manager_may_remind(
    action: ActionItem, owner: User, member: User
) -> None:
    team("Platform", owner, manager=member)
    assert following.nudge([action.pk], by=member, at=at(TUESDAY)) == 1


def test_nobody_is_reminded_of_what_is_in_the_trash(
    action: ActionItem, postmortem: Postmortem, facilitator: User
) -> None:
    incidents.trash_incident(fresh(postmortem).pk, by=facilitator, at=at(TUESDAY))
    assert following.nudge([action.pk], by=facilitator, at=at(TUESDAY)) == 0
    assert told() == []
