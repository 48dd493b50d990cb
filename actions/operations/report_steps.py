"""Facilitators are reminded of reports that are not published yet.

By the rule of docs/follow-through.md, as owners are of actions: the deadline is that of
the policy, counted from when the incident was resolved. Runs with each tick.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max, Q, QuerySet

from accounts.access import people
from accounts.models import Role, User
from actions import schedule
from actions.cases import Calendars
from actions.deadlines import deadline
from actions.models import Policy
from actions.policies import Rule, policies_of_reports
from actions.schedule import Hours, Slots
from outbound.models import Notice, NoticeKind
from outbound.operations.noticing import NoticeDraft, note
from postmortems.models import Participation, Postmortem
from postmortems.vocabulary import Status

KIND = NoticeKind.REPORT_STEP
BATCH = 500
LONG_AGO = timedelta(days=30)
"""An incident that was over so long before its report was begun is history, such as an
import: its report is due from when it was begun."""


@dataclass(frozen=True, slots=True)
class Step:
    """That one person is to bring one report forward."""

    postmortem: Postmortem
    user: User
    facilitates: bool
    """Else they administer, and nobody facilitates it who could be told."""
    due: date
    slots: Slots
    hours: Hours
    policy: Policy


def about(postmortem_id: int) -> str:
    return f"report:{postmortem_id}"


def report_id(about: str) -> int:
    return int(about.removeprefix("report:"))


def plan(now: datetime, until: float) -> bool:
    """Note who is to be reminded now, in batches; False where `until` has passed."""
    calendars, after = Calendars(), 0
    while reports := list(unpublished().filter(pk__gt=after)[:BATCH]):
        steps = steps_of(
            reports, calendars, only=lambda user: calendars.hours(user).open(now)
        )
        note(drafts_of(steps, now), now)
        if time.monotonic() >= until:
            return False
        after = reports[-1].pk
    return True


def unpublished() -> QuerySet[Postmortem]:
    """Reports that nobody was shown yet, in the order of their ids."""
    return (
        Postmortem.objects.exclude(status__in=[Status.PUBLISHED, Status.CLOSED])
        .filter(publications=None, incident__deleted_at=None)
        .select_related("incident__severity")
        .order_by("pk")
    )


def steps_of(
    reports: Sequence[Postmortem],
    calendars: Calendars,
    *,
    only: Callable[[User], bool] = lambda _user: True,
    rules: Sequence[Rule] | None = None,
) -> list[Step]:
    """Who is to bring these forward, and by when; a constant number of queries."""
    told = [
        (postmortem, user, facilitates)
        for postmortem, user, facilitates in _recipients(reports)
        if only(user)
    ]
    if not told:
        return []
    wanted = list({postmortem.pk: postmortem for postmortem, *_ in told}.values())
    policies = policies_of_reports(wanted, rules)
    return [
        _step(postmortem, user, facilitates, policies[postmortem.pk], calendars)
        for postmortem, user, facilitates in told
    ]


def _recipients(
    reports: Sequence[Postmortem],
) -> Iterator[tuple[Postmortem, User, bool]]:
    """Its facilitators; where none can be told, those administrators who may see it."""
    facilitating = _people(Q(part=Participation.Part.FACILITATOR), reports)
    orphaned = [one for one in reports if one.pk not in facilitating]
    for postmortem in reports:
        for user in facilitating.get(postmortem.pk, []):
            yield postmortem, user, True
    if not orphaned:
        return
    invited = _people(Q(user__role=Role.ADMINISTRATOR), orphaned)
    administrators = list(people().filter(role=Role.ADMINISTRATOR))
    for postmortem in orphaned:
        restricted = postmortem.incident.restricted
        for user in invited.get(postmortem.pk, []) if restricted else administrators:
            yield postmortem, user, False


def _people(which: Q, reports: Sequence[Postmortem]) -> dict[int, list[User]]:
    """Active people who take part in these reports as `which` says, by report."""
    found: dict[int, list[User]] = {}
    parts = Participation.objects.filter(
        which, postmortem__in=reports, user__active=True
    )
    for one in parts.select_related("user").order_by("pk"):
        found.setdefault(one.postmortem_id, []).append(one.user)
    return found


def _step(
    postmortem: Postmortem,
    user: User,
    facilitates: bool,  # noqa: FBT001
    policy: Policy,
    calendars: Calendars,
) -> Step:
    hours = calendars.hours(user)
    due = deadline(policy, hours.day(counted_from(postmortem)), hours.days)
    slots = schedule.reminders(due, policy)
    return Step(postmortem, user, facilitates, due, slots, hours, policy)


def counted_from(postmortem: Postmortem) -> datetime:
    resolved, begun = postmortem.incident.resolved_at, postmortem.created_at
    if resolved is None or begun - resolved > LONG_AGO:
        return begun
    return resolved


def drafts_of(steps: Sequence[Step], now: datetime) -> list[NoticeDraft]:
    last = _last_days(steps)
    return [
        NoticeDraft(
            kind=KIND,
            about=about(step.postmortem.pk),
            recipient_id=step.user.pk,
            day=step.hours.day(now),
            due_at=now,
            why={
                "role": "facilitator" if step.facilitates else "administrator",
                "policy": step.policy.name,
                "slot": slot.isoformat(),
                "due": step.due.isoformat(),
            },
        )
        for step in steps
        if (slot := _slot(step, now, last)) is not None
    ]


def _slot(step: Step, now: datetime, last: dict[tuple[str, int], date]) -> date | None:
    if not step.hours.open(now):
        return None
    told = last.get((about(step.postmortem.pk), step.user.pk))
    return schedule.slot_to_tell(step.slots, step.hours.day(now), told)


def _last_days(steps: Sequence[Step]) -> dict[tuple[str, int], date]:
    told = (
        Notice.objects.filter(
            about__in={about(step.postmortem.pk) for step in steps}, kind=KIND
        )
        .values_list("about", "recipient_id")
        .annotate(last=Max("day"))
        .order_by()
    )
    return {(thing, who): last for thing, who, last in told}


def still_steps(notices: Sequence[Notice]) -> dict[tuple[str, int], Step]:
    """The steps that are still to be taken, by what they are about and by whom."""
    wanted = unpublished().filter(pk__in={report_id(one.about) for one in notices})
    steps = steps_of(list(wanted), Calendars())
    return {(about(step.postmortem.pk), step.user.pk): step for step in steps}
