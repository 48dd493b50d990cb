"""Which policy holds for which action, and for which report."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from actions.models import ActionItem, Policy, PolicySubject
from actions.policies import policies_of, policies_of_reports, policy_of
from postmortems.models import Postmortem, Service, Severity
from tests.fixtures import NOW

pytestmark = pytest.mark.django_db


def action_of(postmortem: Postmortem, **values: Any) -> ActionItem:
    return ActionItem.objects.create(
        postmortem=postmortem, description="Alert on it", created_at=NOW, **values
    )


def of_severity(postmortem: Postmortem, rank: int | None) -> Postmortem:
    incident = postmortem.incident
    incident.severity = Severity.objects.get(rank=rank) if rank else None
    incident.save()
    return postmortem


def policy(name: str = "Ours", **values: Any) -> Policy:
    return Policy.objects.create(name=name, enabled=True, **values)


@pytest.mark.parametrize(
    ("rank", "days"), [(1, 15), (2, 30), (3, 60), (4, 60), (None, 60)]
)
def test_as_shipped_the_deadline_goes_by_severity(
    postmortem: Postmortem, rank: int | None, days: int
) -> None:
    found = policy_of(action_of(of_severity(postmortem, rank)))
    assert (found.deadline_days, found.deadline_unit) == (days, "calendar")
    assert (found.first_reminder_days, found.repeat_days) == (2, 7)
    assert (found.lead_after_days, found.manager_after_days) == (7, 14)


@pytest.mark.parametrize(
    ("rank", "due"), [(1, (3, "calendar")), (2, (5, "working")), (None, (5, "working"))]
)
def test_as_shipped_reports_of_the_worst_are_due_first(
    postmortem: Postmortem, rank: int | None, due: tuple[int, str]
) -> None:
    report = of_severity(postmortem, rank)
    found = policies_of_reports([report])[report.pk]
    assert (found.deadline_days, found.deadline_unit) == due


def test_the_first_policy_that_agrees_holds(postmortem: Postmortem) -> None:
    action = action_of(postmortem)
    policy("Second", position=2)
    policy("First", position=1)
    assert policy_of(action).name == "First"


def test_a_policy_that_is_off_holds_for_nothing(postmortem: Postmortem) -> None:
    Policy.objects.create(name="Off", deadline_days=1)
    assert policy_of(action_of(postmortem)).deadline_days == 60


def test_where_no_policy_agrees_the_shipped_ones_hold(postmortem: Postmortem) -> None:
    policy(priorities=["high"], deadline_days=3)
    action = action_of(of_severity(postmortem, 2), priority="low")
    assert policy_of(action).deadline_days == 30


def test_policies_of_reports_say_nothing_of_actions(postmortem: Postmortem) -> None:
    policy(subject=PolicySubject.REPORTS, deadline_days=1)
    assert policy_of(action_of(postmortem)).deadline_days == 60
    assert policies_of_reports([postmortem])[postmortem.pk].deadline_days == 1


def agreeing(name: str, postmortem: Postmortem, person: User) -> tuple[Any, Any]:
    """(a policy with one condition, values of an action that meets it)."""
    team = Team.objects.create(name="Payments")
    values: dict[str, Any] = {}
    if name == "severities":
        of_severity(postmortem, 3)
        ours = policy()
        ours.severities.add(Severity.objects.get(rank=3))
    elif name == "services":
        ours = policy()
        service = Service.objects.create(name="checkout")
        postmortem.incident.affected.create(service=service)
        ours.services.add(service)
    elif name == "teams":
        ours, values = policy(), {"owner_team": team}
        ours.teams.add(team)
    elif name == "teams of the person":
        person.teams.add(team, Team.objects.create(name="Search"))
        person.teams.add(Team.objects.create(name="Atlas", archived_at=NOW))
        ours, values = policy(), {"owner_person": person}
        ours.teams.add(team)
    elif name == "types":
        ours = policy(types=["detective", "corrective"])
        values = {"types": ["preventative", "detective"]}
    else:
        ours, values = policy(priorities=["high"]), {"priority": "high"}
    return ours, values


CONDITIONS = (
    "severities",
    "services",
    "teams",
    "teams of the person",
    "types",
    "priorities",
)


@pytest.mark.parametrize("name", CONDITIONS)
def test_each_condition_can_agree(
    name: str, postmortem: Postmortem, member: User
) -> None:
    ours, values = agreeing(name, postmortem, member)
    assert policy_of(action_of(postmortem, **values)) == ours


@pytest.mark.parametrize("name", CONDITIONS)
def test_each_condition_can_disagree(
    name: str, postmortem: Postmortem, member: User, facilitator: User
) -> None:
    agreeing(name, postmortem, member)
    of_severity(postmortem, 4)
    postmortem.incident.affected.all().delete()
    action = action_of(postmortem, types=["corrective"][: name != "types"])
    assert policy_of(action).pk is None


def test_all_conditions_must_agree(postmortem: Postmortem) -> None:
    policy(priorities=["high"], types=["detective"])
    assert policy_of(action_of(postmortem, priority="high")).pk is None


def test_many_actions_take_as_many_queries_as_one(
    postmortem: Postmortem, member: User
) -> None:
    ours = policy()
    ours.teams.add(Team.objects.create(name="Payments"))
    other = policy()
    other.services.add(Service.objects.create(name="checkout"))
    counts: list[int] = []
    for _again in range(2):
        for _each in range(3 if counts else 1):
            action_of(postmortem, owner_person=member)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            policies_of(list(ActionItem.objects.all()))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
