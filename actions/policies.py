"""Which rule holds for a promise, and for the steps of a report.

The rules that administrators wrote are asked in their order; behind them stand those
that Afterword ships, so that nothing is ever without a deadline and reminders.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from django.db.models import Model, prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from actions import access
from actions.models import ActionItem, DayUnit, Policy, PolicySubject
from postmortems.models import Incident, Postmortem


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions of policies are about."""

    severity: int | None = None
    rank: int | None = None
    """Of the severity; 1 is the most severe."""
    teams: frozenset[int] = frozenset()
    services: frozenset[int] = frozenset()
    types: frozenset[str] = frozenset()
    priority: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy with its conditions at hand; an empty one agrees with everything."""

    policy: Policy
    severities: frozenset[int] = frozenset()
    ranks: frozenset[int] = frozenset()
    """Of the shipped rules only, which know no scale."""
    teams: frozenset[int] = frozenset()
    services: frozenset[int] = frozenset()
    types: frozenset[str] = frozenset()
    priorities: frozenset[str] = frozenset()

    def agrees(self, facts: Facts) -> bool:
        return (
            _one_of(facts.severity, self.severities)
            and _one_of(facts.rank, self.ranks)
            and _one_of(facts.priority, self.priorities)
            and _any_of(facts.teams, self.teams)
            and _any_of(facts.services, self.services)
            and _any_of(facts.types, self.types)
        )


def _one_of(value: int | str | None, named: frozenset[int] | frozenset[str]) -> bool:
    return not named or value in named


def _any_of(
    values: frozenset[int] | frozenset[str], named: frozenset[int] | frozenset[str]
) -> bool:
    return not named or not named.isdisjoint(values)


def rule_of(policy: Policy) -> Rule:
    """A policy that is a row, its conditions prefetched by the caller."""
    return Rule(
        policy,
        severities=frozenset(severity.pk for severity in policy.severities.all()),
        teams=frozenset(team.pk for team in policy.teams.all()),
        services=frozenset(service.pk for service in policy.services.all()),
        types=frozenset(policy.types),
        priorities=frozenset(policy.priorities),
    )


def shipped(subject: PolicySubject) -> list[Rule]:
    """The rules that hold where no row agrees; their policies are no rows."""
    if subject == PolicySubject.REPORTS:
        return _shipped_for_reports()
    return _shipped_for_actions()


def _shipped_for_actions() -> list[Rule]:
    return [
        Rule(_policy(_("Actions of SEV-1"), 15), ranks=frozenset({1})),
        Rule(_policy(_("Actions of SEV-2"), 30), ranks=frozenset({2})),
        Rule(_policy(_("All other actions"), 60)),
    ]


def _shipped_for_reports() -> list[Rule]:
    return [
        Rule(_step(_("Reports of SEV-1"), 3, DayUnit.CALENDAR), ranks=frozenset({1})),
        Rule(_step(_("All other reports"), 5, DayUnit.WORKING)),
    ]


def _policy(name: object, days: int) -> Policy:
    return Policy(
        subject=PolicySubject.ACTIONS, name=str(name), enabled=True, deadline_days=days
    )


def _step(name: object, days: int, unit: DayUnit) -> Policy:
    """A deadline of days is begun to be reminded of on the day before it."""
    return Policy(
        subject=PolicySubject.REPORTS,
        name=str(name),
        enabled=True,
        deadline_days=days,
        deadline_unit=unit,
        first_reminder_days=1,
    )


def policies_in_force(
    subject: PolicySubject = PolicySubject.ACTIONS,
) -> list[Rule]:
    """In the order in which they are asked; the last one agrees with everything."""
    return [*map(rule_of, access.enabled_policies(subject)), *shipped(subject)]


def first_that_agrees(rules: Iterable[Rule], facts: Facts) -> Policy:
    return next(rule.policy for rule in rules if rule.agrees(facts))


def policy_of(action: ActionItem) -> Policy:
    return policies_of([action])[action.pk]


def policies_of(
    actions: Sequence[ActionItem], rules: Sequence[Rule] | None = None
) -> dict[int, Policy]:
    """By the action's id, in a constant number of queries; under `rules`, where given,
    instead of those in force.
    """
    rules = policies_in_force() if rules is None else rules
    by_team = any(rule.teams for rule in rules)
    by_service = any(rule.services for rule in rules)
    _fetch(actions, "postmortem__incident__severity")
    if by_team:
        _fetch(actions, "owner_person__teams")
    if by_service:
        _fetch(actions, "postmortem__incident__services")
    return {
        action.pk: first_that_agrees(
            rules, _facts_of_action(action, by_team=by_team, by_service=by_service)
        )
        for action in actions
    }


def policies_of_reports(
    postmortems: Sequence[Postmortem], rules: Sequence[Rule] | None = None
) -> dict[int, Policy]:
    """As `policies_of`, for the steps of reports, by the report's id."""
    rules = policies_in_force(PolicySubject.REPORTS) if rules is None else rules
    _fetch(postmortems, "incident__severity", "incident__services")
    return {
        postmortem.pk: first_that_agrees(rules, facts_of_incident(postmortem.incident))
        for postmortem in postmortems
    }


def facts_of_incident(incident: Incident, *, by_service: bool = True) -> Facts:
    """What conditions can say of a report, or of an action before it is written."""
    severity = incident.severity
    services = incident.services.all() if by_service else ()
    return Facts(
        severity=severity.pk if severity else None,
        rank=severity.rank if severity else None,
        teams=frozenset(one.owner_id for one in services if one.owner_id),
        services=frozenset(one.pk for one in services),
    )


def _facts_of_action(action: ActionItem, *, by_team: bool, by_service: bool) -> Facts:
    return replace(
        facts_of_incident(action.postmortem.incident, by_service=by_service),
        teams=frozenset(_owning_team(action) if by_team else ()),
        types=frozenset(action.types),
        priority=action.priority,
    )


def _owning_team(action: ActionItem) -> Iterator[int]:
    """Its team; where only a person owns it, the first one of theirs by name."""
    person = action.owner_person
    if action.owner_team_id:
        yield action.owner_team_id
    elif person is not None:
        in_use = [team for team in person.teams.all() if team.archived_at is None]
        yield from [team.pk for team in sorted(in_use, key=lambda one: one.name)][:1]


def _fetch(rows: Sequence[Model], *lookups: str) -> None:
    prefetch_related_objects(list(rows), *lookups)
