"""What a policy would have sent in the last month, on the actions that there are.

Nothing is written. The same rules decide as for real reminders (schedule.py,
recipients.py); dates, owners and working days are taken as they stand today.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from accounts.models import User
from actions import access, schedule
from actions.cases import Calendars, escalated
from actions.models import ActionItem, Policy, PolicySubject
from actions.operations.report_steps import Step, steps_of
from actions.policies import Rule, policies_of, rule_of, shipped
from actions.recipients import Recipients, Told, recipients_of
from actions.schedule import Slots
from config.limits import LIMITS

MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Sent:
    """That somebody would have been told of something on a day."""

    user: int
    day: date
    team: str
    """Whose it is; empty where no team owns it."""


@dataclass(frozen=True, slots=True)
class Trial:
    things: int
    """Actions, or reports, that the policy would hold for."""
    mails: int
    """Many reminders of a day are one mail."""
    reminders: int
    people: int
    teams: tuple[tuple[str, int], ...]
    """By name, with the mails about what is theirs; "" stands for no team."""
    complete: bool
    """Whether everything was looked at; only the latest things are, where many are."""


def rules_with(policy: Policy) -> list[Rule]:
    """The rules as if this policy were on, at its place."""
    rows = access.policies(PolicySubject(policy.subject))
    on = [row for row in rows if row.enabled or row.pk == policy.pk]
    return [*map(rule_of, on), *shipped(PolicySubject(policy.subject))]


def trial_of(policy: Policy, *, by: User, now: datetime) -> Trial:
    """On what `by` may see, in a constant number of queries."""
    if policy.subject == PolicySubject.REPORTS:
        return try_on_reports(policy, by=by, now=now)
    return try_on_actions(policy, by=by, now=now)


def try_on_actions(policy: Policy, *, by: User, now: datetime) -> Trial:
    actions = access.actions_to_try(by, (now - MONTH).date())
    found = list(actions[: LIMITS.actions_tried + 1])
    complete = len(found) <= LIMITS.actions_tried
    held = held_by(policy, found[: LIMITS.actions_tried])
    recipients = recipients_of(held)
    calendars = Calendars()
    sent = [
        one
        for action in held
        for one in _sent(action, policy, recipients[action.pk], calendars, now)
    ]
    return summed_up(sent, things=len(held), complete=complete)


def try_on_reports(policy: Policy, *, by: User, now: datetime) -> Trial:
    reports = access.reports_to_try(by, now - MONTH)
    found = list(reports[: LIMITS.actions_tried + 1])
    complete = len(found) <= LIMITS.actions_tried
    steps = [
        step
        for step in steps_of(
            found[: LIMITS.actions_tried], Calendars(), rules=rules_with(policy)
        )
        if step.policy.pk == policy.pk
    ]
    sent = [
        Sent(step.user.pk, day, _team_of(step))
        for step in steps
        for day in _days(step, now)
    ]
    things = len({step.postmortem.pk for step in steps})
    return summed_up(sent, things=things, complete=complete)


def _days(step: Step, now: datetime) -> Iterator[date]:
    """Those of the month on which it was there and not published."""
    hours, published = step.hours, getattr(step.postmortem, "published_at", None)
    begun = max(now - MONTH, step.postmortem.created_at)
    span = hours.day(begun), hours.day(min(now, published or now))
    told_before = step.slots.latest(span[0] - timedelta(days=1))
    return schedule.days_told(step.slots, hours.days, span, told_before)


def _team_of(step: Step) -> str:
    """Of the first affected service that has an owner."""
    owners = [one.owner for one in step.postmortem.incident.services.all() if one.owner]
    return owners[0].name if owners else ""


def held_by(policy: Policy, actions: Sequence[ActionItem]) -> list[ActionItem]:
    found = policies_of(actions, rules_with(policy))
    return [action for action in actions if found[action.pk].pk == policy.pk]


def _sent(
    action: ActionItem,
    policy: Policy,
    recipients: Recipients,
    calendars: Calendars,
    now: datetime,
) -> Iterator[Sent]:
    """Reminders and escalations of the month, as if every tick had come in time."""
    assert action.due_on is not None  # noqa: S101  access asks for those with a date
    for told, slots in _told(action.due_on, policy, recipients):
        hours = calendars.hours(told.user)
        span = _span(action, hours.day(now - MONTH), hours.day(now))
        told_before = slots.latest(span[0] - timedelta(days=1))
        for day in schedule.days_told(slots, hours.days, span, told_before):
            yield Sent(told.user.pk, day, _team(action, told))


def _told(
    due: date, policy: Policy, recipients: Recipients
) -> Iterator[tuple[Told, Slots]]:
    for told in recipients.owners:
        yield told, schedule.reminders(due, policy)
    for told, days in escalated(policy, recipients):
        yield told, schedule.escalations(due, days, policy)


def _span(action: ActionItem, since: date, until: date) -> tuple[date, date]:
    """The days on which it was there and not settled."""
    written = action.created_at.astimezone(UTC).date()
    settled = action.done_on or until
    return max(since, written), min(until, settled)


def _team(action: ActionItem, told: Told) -> str:
    team = action.owner_team or told.team
    return team.name if team else ""


def summed_up(sent: Iterable[Sent], *, things: int, complete: bool) -> Trial:
    every = list(sent)
    mails = {(one.user, one.day) for one in every}
    teams = Counter(
        team for team, _user, _day in {(one.team, one.user, one.day) for one in every}
    )
    return Trial(
        things=things,
        mails=len(mails),
        reminders=len(every),
        people=len({user for user, _day in mails}),
        teams=tuple(sorted(teams.items())),
        complete=complete,
    )
