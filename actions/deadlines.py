"""By when an action is to be due, as the policy that holds for it says."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from accounts.access import organisation
from accounts.models import User
from actions import access
from actions.models import DayUnit, Policy
from actions.policies import (
    Facts,
    Rule,
    facts_of_incident,
    first_that_agrees,
    policies_in_force,
)
from actions.working_days import WorkingDays, working_days_of
from postmortems.models import Incident


@dataclass(frozen=True, slots=True)
class Offer:
    """A due date that is offered where none is typed."""

    day: date
    policy: Policy
    severity: str
    """Its label; empty where the incident has none."""
    varies: bool
    """Whether another owner, type or priority can lead to another date."""


def deadline(policy: Policy, start: date, days: WorkingDays) -> date:
    """`start` and as many days, calendar or working ones, as the policy gives."""
    if policy.deadline_unit == DayUnit.WORKING:
        return days.add(start, policy.deadline_days)
    return start + timedelta(days=policy.deadline_days)


def offer_for(
    incident: Incident,
    *,
    by: User,
    today: date,
    types: Iterable[str] = (),
    priority: str = "",
    team: int | None = None,
) -> Offer:
    """What an action that is promised today would be due by."""
    rules = policies_in_force()
    facts = replace(
        facts_of_incident(incident, by_service=any(rule.services for rule in rules)),
        types=frozenset(types),
        priority=priority,
        teams=frozenset([team] if team else []),
    )
    policy = first_that_agrees(rules, facts)
    return Offer(
        deadline(policy, today, working_days(by)),
        policy,
        incident.severity.label if incident.severity else "",
        varies(rules, facts),
    )


def varies(rules: Iterable[Rule], facts: Facts) -> bool:
    """Whether a rule asks for more than what the incident says."""
    said = replace(facts, types=frozenset(), priority="", teams=frozenset())
    return any(
        (rule.types or rule.priorities or rule.teams)
        and replace(
            rule, types=frozenset(), priorities=frozenset(), teams=frozenset()
        ).agrees(said)
        for rule in rules
    )


def working_days(user: User) -> WorkingDays:
    """As of today's settings. Two queries."""
    return working_days_of(
        user, holidays=organisation().holidays, days_off=access.days_off()
    )
