"""What may have to be told: to whom, about which action, in which way, on what days.

The planning of reminders, the words of a message and the dry run all start from here,
so that they never differ. Asked for many actions in a constant number of queries.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Max

from accounts.access import organisation
from accounts.models import User
from actions import schedule
from actions.models import ActionItem, DayOff, Policy
from actions.policies import policies_of
from actions.recipients import Recipients, Told, recipients_of
from actions.schedule import Hours, Slots
from actions.working_days import working_days_of
from outbound.models import Notice, NoticeKind
from postmortems.vocabulary import ActionStatus

KINDS = (NoticeKind.REMINDER, NoticeKind.ESCALATION, NoticeKind.EFFECTIVENESS)
"""What is told by the calendar."""


@dataclass(frozen=True, slots=True)
class Case:
    """That one person may have to be told of one action, in one way."""

    action: ActionItem
    kind: NoticeKind
    told: Told
    slots: Slots
    hours: Hours
    policy: Policy
    last: date | None = None
    """The latest day on which they were told of it in this way."""
    not_before: date | None = None
    """The end of a snooze."""


def about(action_id: int) -> str:
    """What its notices are about."""
    return f"action:{action_id}"


def action_id(about: str) -> int:
    return int(about.removeprefix("action:"))


def anything_to_tell(action: ActionItem) -> bool:
    """Whether somebody has to be told some day, whoever it is."""
    if action.deleted_at or action.postmortem.incident.deleted_at:
        return False
    if not action.settled:
        return action.due_on is not None
    follow = action.follow_through
    return (
        action.status == ActionStatus.DONE
        and follow.check_on is not None
        and not follow.verdict
    )


def cases_of(actions: Sequence[ActionItem]) -> dict[int, list[Case]]:
    """By the action's id. Actions have their report with its incident and their
    follow-through at hand.
    """
    open_ones = [one for one in actions if anything_to_tell(one)]
    if not open_ones:
        return {}
    policies = policies_of(open_ones)
    recipients = recipients_of(open_ones)
    calendars = Calendars()
    last = _last_days(open_ones)
    return {
        one.pk: [
            Case(
                one,
                kind,
                told,
                slots,
                calendars.hours(told.user),
                policies[one.pk],
                last.get((about(one.pk), told.user.pk, kind)),
                _end_of_snooze(one, kind),
            )
            for kind, told, slots in _told(one, policies[one.pk], recipients[one.pk])
        ]
        for one in open_ones
    }


class Calendars:
    """The hours of people, by their days and those of the organisation. Two queries."""

    def __init__(self) -> None:
        self.holidays = organisation().holidays
        self.days_off = frozenset(DayOff.objects.values_list("on", flat=True))
        self._known: dict[int, Hours] = {}

    def hours(self, user: User) -> Hours:
        if user.pk not in self._known:
            days = working_days_of(user, holidays=self.holidays, days_off=self.days_off)
            self._known[user.pk] = schedule.hours_of(user, days)
        return self._known[user.pk]


def _told(
    action: ActionItem, policy: Policy, recipients: Recipients
) -> Iterator[tuple[NoticeKind, Told, Slots]]:
    follow = action.follow_through
    if action.settled:
        assert follow.check_on is not None  # noqa: S101  anything_to_tell says so
        asked = schedule.questions(follow.check_on, policy)
        for told in recipients.owners:
            yield NoticeKind.EFFECTIVENESS, told, asked
        return
    assert action.due_on is not None  # noqa: S101  anything_to_tell says so
    reminded = schedule.reminders(action.due_on, policy, follow.snoozed_until)
    for told in recipients.owners:
        yield NoticeKind.REMINDER, told, reminded
    for told, days in escalated(policy, recipients):
        yield (
            NoticeKind.ESCALATION,
            told,
            schedule.escalations(action.due_on, days, policy),
        )


def escalated(policy: Policy, recipients: Recipients) -> Iterator[tuple[Told, int]]:
    """Whom an escalation reaches, and how many days after the due date.

    Whoever leads and manages a team is told once, as what they hear of it first.
    """
    found: dict[int, tuple[Told, int]] = {}
    for told, days in (
        (recipients.lead, policy.lead_after_days),
        (recipients.manager, policy.manager_after_days),
    ):
        if told is None or days is None:
            continue
        known = found.get(told.user.pk)
        if known is None or days < known[1]:
            found[told.user.pk] = (told, days)
    yield from found.values()


def _end_of_snooze(action: ActionItem, kind: NoticeKind) -> date | None:
    follow = action.follow_through
    return follow.snoozed_until if kind == NoticeKind.REMINDER else None


def _last_days(actions: Sequence[ActionItem]) -> dict[tuple[str, int, str], date]:
    told = (
        Notice.objects.filter(
            about__in=[about(one.pk) for one in actions], kind__in=KINDS
        )
        .values_list("about", "recipient_id", "kind")
        .annotate(last=Max("day"))
        .order_by()
    )
    return {(thing, who, kind): last for thing, who, kind, last in told}
