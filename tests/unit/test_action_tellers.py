"""What messages say of actions, and to whom they say nothing any more."""

from datetime import datetime, time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from actions.models import ActionItem, FollowThrough
from actions.operations import following
from actions.operations.settling import settle_action
from outbound.models import Notice
from outbound.telling import Item, Telling, teller_of
from postmortems.models import Incident, Postmortem, Severity
from tests.acting import TUESDAY, after, at, promise, team, tick
from tests.fixtures import AddRow, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(db: None) -> User:
    return person("Olga Owner")


@pytest.fixture
def lead(owner: User) -> User:
    made = person("Lea Lead")
    team("DevOps Team", owner, lead=made)
    return made


@pytest.fixture
def action(
    postmortem: Postmortem, facilitator: User, owner: User, add: AddRow
) -> ActionItem:
    Incident.objects.filter(postmortem=postmortem).update(
        severity=Severity.objects.order_by("rank")[1]
    )
    return promise(
        postmortem,
        facilitator,
        owner_person_id=owner.pk,
        types=["preventative"],
        priority="high",
        factors=[add("factors").pk],
    )


def parts(kind: str, recipient: User, now: datetime) -> list[Telling]:
    """What a message tells of all notices of that kind that they have."""
    notices = list(
        Notice.objects.filter(kind=kind, recipient=recipient).select_related(
            "recipient"
        )
    )
    teller = teller_of(kind)
    assert teller is not None
    return teller.parts(recipient, teller.still(notices, now), now)


def the_item(kind: str, recipient: User, now: datetime) -> Item:
    (part,) = parts(kind, recipient, now)
    (item,) = part.items
    return item


def test_a_reminder_says_what_it_is_and_what_can_be_done(
    action: ActionItem, owner: User
) -> None:
    tick(at(after(-1)))
    (part,) = parts("reminder", owner, at(after(-1)))
    assert part == Telling(
        heading="Due soon",
        items=[
            Item(
                title="Validate variables before deployment",
                address=f"/actions/{action.pk}/",
                due="Due tomorrow, Tuesday 10 March 2026",
                facts=[
                    ("From", "Stale product data (SEV-2, INC-2026-03-05-001)"),
                    ("Addresses", "No validation before deploy"),
                    ("Type", "Preventative, high priority"),
                ],
                links=[
                    ("Mark it done", f"/actions/{action.pk}/#standing"),
                    ("Move the date", f"/actions/{action.pk}/#standing"),
                    ("Snooze", f"/actions/{action.pk}/#snooze"),
                ],
                why=(
                    "Sent to you because you own this action. "
                    "The next reminder comes on Tuesday 10 March."
                ),
            )
        ],
        subject="Due Tuesday: Validate variables before deployment",
        thread=f"report-{action.postmortem_id}",
    )


def test_what_is_overdue_due_today_and_due_soon_stands_apart(
    action: ActionItem, owner: User, postmortem: Postmortem, facilitator: User
) -> None:
    for days in (-3, 2, 0):
        promise(postmortem, facilitator, owner_person_id=owner.pk, due_on=after(days))
    tick(at(TUESDAY))
    told = parts("reminder", owner, at(TUESDAY))
    assert [(part.heading, [item.due for item in part.items]) for part in told] == [
        ("Overdue", ["Overdue by 3 days, since Saturday 7 March 2026"]),
        (
            "Due today",
            ["Due today, Tuesday 10 March 2026"] * 2,
        ),
        ("Due soon", ["Due in 2 days, Thursday 12 March 2026"]),
    ]
    assert {part.subject for part in told} == {"4 actions, 1 overdue"}


def test_days_are_counted_where_the_reader_is(action: ActionItem, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(time_zone="Pacific/Kiritimati")
    owner.refresh_from_db()
    tuesday_morning_there = at(after(-1), time(20))
    tick(tuesday_morning_there)
    item = the_item("reminder", owner, tuesday_morning_there)
    assert item.due == "Due today, Tuesday 10 March 2026"


@pytest.mark.parametrize(
    ("whose", "says"),
    [
        ("lead", "the DevOps Team, which you lead, owns this action"),
        ("members", "you are in DevOps Team, which owns this action"),
        ("manager", "DevOps Team, which you manage, owns this action"),
        ("nobody", "you facilitate its report, and no owner"),
    ],
)
def test_why_somebody_is_told_names_their_part(
    postmortem: Postmortem, facilitator: User, whose: str, says: str
) -> None:
    one = facilitator if whose == "nobody" else person("One")
    owning = {
        "lead": lambda: team("the DevOps Team", lead=one),
        "members": lambda: team("DevOps Team", one),
        "manager": lambda: team("DevOps Team", manager=one),
        "nobody": lambda: None,
    }[whose]()
    promise(postmortem, facilitator, owner_team_id=owning.pk if owning else None)
    tick(at(TUESDAY))
    assert says in the_item("reminder", one, at(TUESDAY)).why


def test_an_escalation_says_whose_action_it_is(action: ActionItem, lead: User) -> None:
    tick(at(after(7)))
    (part,) = parts("escalation", lead, at(after(7)))
    assert part.heading == "Overdue in teams that you lead or manage"
    assert part.items[0].why == (
        "Sent to you because you lead DevOps Team, whose action this is, and it is"
        " overdue. The next message about it comes on Tuesday 24 March."
    )


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


def test_the_question_whether_it_worked_leads_to_the_answer(
    action: ActionItem, owner: User, facilitator: User
) -> None:
    settle(action, owner, status="done", done_on=TUESDAY, evidence="Merged")
    tick(at(TUESDAY))
    tick(at(after(30)))
    (part,) = parts("effectiveness", owner, at(after(30)))
    assert part.subject == "Did it work? Validate variables before deployment"
    assert part.items[0].due == "Done on Tuesday 10 March 2026"
    assert part.items[0].links == [
        ("Say whether it worked", f"/actions/{action.pk}/#proof")
    ]
    assert part.items[0].why.endswith("You are asked again on Thursday 16 April.")


def test_a_nudge_says_who_asks(
    action: ActionItem, owner: User, facilitator: User
) -> None:
    following.nudge([action.pk], by=facilitator, at=at(TUESDAY))
    item = the_item("nudge", owner, at(TUESDAY))
    assert item.why == "Sent to you because Maren Holt asks about this action."


def test_of_a_restricted_report_nothing_is_said(
    restricted: Postmortem, facilitator: User
) -> None:
    action = promise(restricted, facilitator, owner_person_id=facilitator.pk)
    tick(at(after(3)))
    (part,) = parts("reminder", facilitator, at(after(3)))
    assert part.heading == "Restricted"
    assert part.subject == "[Restricted] update, sign in to view"
    (item,) = part.items
    assert item.restricted
    said = f"{part}"
    assert action.description not in said
    assert "Leaked credential" not in said
    assert (item.due, item.facts, item.links) == ("", [], [])


# --- Asked anew when it is sent -------------------------------------------------------


def _settled(action: ActionItem, owner: User) -> None:
    settle(action, owner, status="wont_do", reason="Retired")


def _moved(action: ActionItem, owner: User) -> None:
    settle(action, owner, due_on=after(30))


def _handed_over(action: ActionItem, owner: User) -> None:
    settle(action, owner, owner_person_id=person("Sam Successor").pk)


def _snoozed(action: ActionItem, owner: User) -> None:
    following.snooze(action.pk, after(5), "Later", by=owner, at=at(TUESDAY))


def _deleted(action: ActionItem, owner: User) -> None:
    ActionItem.objects.filter(pk=action.pk).update(deleted_at=at(TUESDAY))


def _trashed(action: ActionItem, owner: User) -> None:
    Incident.objects.filter(postmortem=action.postmortem_id).update(
        deleted_at=at(TUESDAY)
    )


def _restricted(action: ActionItem, owner: User) -> None:
    Incident.objects.filter(postmortem=action.postmortem_id).update(restricted=True)


def _left(action: ActionItem, owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(active=False)


@pytest.mark.parametrize(
    "change",
    [
        _settled,
        _moved,
        _handed_over,
        _snoozed,
        _deleted,
        _trashed,
        _restricted,
        _left,
    ],
)
def test_what_is_not_needed_or_allowed_any_more_is_not_told(
    action: ActionItem, owner: User, change: Any
) -> None:
    tick(at(TUESDAY))
    assert parts("reminder", owner, at(TUESDAY))
    change(action, owner)
    assert parts("reminder", owner, at(TUESDAY)) == []


@pytest.mark.parametrize("change", [_settled, _deleted, _trashed, _restricted, _left])
def test_nor_is_a_nudge(
    action: ActionItem, owner: User, facilitator: User, change: Any
) -> None:
    following.nudge([action.pk], by=facilitator, at=at(TUESDAY))
    change(action, owner)
    assert parts("nudge", owner, at(TUESDAY)) == []


def test_past_notices_are_named_as_long_as_they_may_be_seen(
    action: ActionItem, owner: User
) -> None:
    tick(at(TUESDAY))
    settle(action, owner, status="wont_do", reason="Retired")
    notice = Notice.objects.get()
    teller = teller_of("reminder")
    assert teller is not None
    assert teller.named(owner, [notice])[notice.pk].title == action.description
    _restricted(action, owner)
    assert teller.named(owner, [notice]) == {}


def test_a_digest_of_many_costs_as_many_queries_as_one_of_few(
    action: ActionItem, owner: User, postmortem: Postmortem, facilitator: User
) -> None:
    def queries() -> int:
        tick(at(TUESDAY))
        with CaptureQueriesContext(connection) as counted:
            parts("reminder", owner, at(TUESDAY))
        return len(counted)

    FollowThrough.objects.update(snoozed_until=None)
    few = queries()
    for _number in range(20):
        promise(postmortem, facilitator, owner_person_id=owner.pk)
    assert queries() == few <= 30
    assert len(parts("reminder", owner, at(TUESDAY))[0].items) == 21
