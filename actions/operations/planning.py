"""Write down who is told what, before anything is sent; and when to look again.

Runs with each tick. A row of FollowThrough is claimed, its notices and its next time
are written in one transaction: a crash in between leaves it as it was.
"""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from actions.cases import Case, about, anything_to_tell, cases_of
from actions.models import ActionItem, FollowThrough
from actions.models.follow_through import PLAN_ANEW
from actions.schedule import day_to_ask, next_instant, slot_to_tell
from outbound.models import NoticeKind
from outbound.operations.noticing import NoticeDraft, note
from postmortems.models import Publication
from postmortems.vocabulary import ActionStatus

BATCH = 1_000
"""Actions in one transaction; whoever changes one of them waits for it that long."""
NEEDED = (
    *("types", "priority", "status", "due_on", "done_on", "deleted_at"),
    *("owner_team_id", "owner_person_id", "postmortem__incident_id"),
    *("postmortem__incident__restricted", "postmortem__incident__deleted_at"),
    "postmortem__incident__severity__rank",
)
"""All that decides: there are many rows, and they are wide."""
LOOK_AGAIN = timedelta(days=1)
"""Where nobody may be told who should be: should a trigger miss a change, we do not."""


def plan(now: datetime, until: float) -> bool:
    """Plan all that is due, in batches; False where time.monotonic() passed `until`."""
    while plan_batch(now):
        if time.monotonic() >= until:
            return False
    return True


@transaction.atomic
def plan_batch(now: datetime, size: int = BATCH) -> int:
    """Claim some rows that are due, write their notices and their next times.

    Returns how many. Rows that another process holds are left to it.
    """
    actions = planned_actions(claim(now, size))
    for action in actions:
        settle_dates(action, now)
    cases = cases_of(actions)
    drafts: list[NoticeDraft] = []
    for action in actions:
        follow = action.follow_through
        found = [_tell(case, now, drafts) for case in cases.get(action.pk, [])]
        follow.next_at = _next_at(action, found, now)
    note(drafts, now)
    _save([action.follow_through for action in actions])
    return len(actions)


def claim(now: datetime, size: int) -> list[FollowThrough]:
    """The rows that have been due for longest, held until the transaction ends."""
    due = FollowThrough.objects.filter(next_at__lte=now).order_by("next_at")
    return list(due.select_for_update(skip_locked=True)[:size])


def planned_actions(follows: Sequence[FollowThrough], *more: str) -> list[ActionItem]:
    """The actions of these rows, as they stand now that the rows are locked; with
    NEEDED of their columns, and `more`.
    """
    by_action = {follow.pk: follow for follow in follows}
    published = Publication.objects.filter(postmortem=OuterRef("postmortem"))
    actions = list(
        ActionItem.objects.filter(pk__in=by_action)
        .select_related("postmortem__incident__severity")
        .only(*NEEDED, *more)
        .annotate(published=Exists(published))
    )
    for action in actions:
        action.follow_through = by_action[action.pk]
    return actions


def plan_anew() -> None:
    """For what changes the plans of all: policies, days off, holidays."""
    FollowThrough.objects.filter(next_at__isnull=False).update(next_at=PLAN_ANEW)


def settle_dates(action: ActionItem, now: datetime) -> None:
    """The first date that was promised, and the day to ask whether it worked."""
    follow = action.follow_through
    if follow.promised_on is None and getattr(action, "published", False):
        follow.promised_on = action.due_on
    if action.status != ActionStatus.DONE or action.done_on is None:
        follow.check_on = None
    elif follow.reopened_by_id is not None:
        follow.check_on = follow.check_on or now.date()
    elif not follow.verdict:
        # Asked for the first time: then only if it was done not too long ago.
        today = action.done_on if follow.check_on else now.date()
        follow.check_on = day_to_ask(action.done_on, action.types, today)


def _tell(case: Case, now: datetime, drafts: list[NoticeDraft]) -> Case:
    """Note it where it is time to; the case as it is then."""
    day = case.hours.day(now)
    slot = slot_to_tell(case.slots, day, case.last, case.not_before)
    if slot is None or not case.hours.open(now):
        return case
    drafts.append(draft_of(case, slot, day, now))
    return replace(case, last=day)


def draft_of(case: Case, slot: date, day: date, due_at: datetime) -> NoticeDraft:
    return NoticeDraft(
        kind=case.kind,
        about=about(case.action.pk),
        recipient_id=case.told.user.pk,
        day=day,
        due_at=due_at,
        why=_why(case, slot),
    )


def _why(case: Case, slot: date) -> dict[str, object]:
    due, team = case.action.due_on, case.told.team
    why: dict[str, object] = {
        "role": case.told.role.value,
        "policy": case.policy.name,
        "slot": slot.isoformat(),
    }
    if due is not None:
        why["due"] = due.isoformat()
    if team is not None:
        why["of"] = team.pk
        if _tells_the_chat(case):
            why["team"] = team.pk
    return why


def _tells_the_chat(case: Case) -> bool:
    """What a team owns is told in its chat, too; what is restricted, never."""
    return (
        case.kind == NoticeKind.REMINDER
        and case.action.owner_person_id is None
        and not case.action.postmortem.incident.restricted
    )


def _next_at(
    action: ActionItem, cases: Sequence[Case], now: datetime
) -> datetime | None:
    if not anything_to_tell(action):
        return None
    found = [
        at
        for case in cases
        if (at := next_instant(case.slots, case.hours, now, case.last, case.not_before))
    ]
    if all(case.kind == NoticeKind.ESCALATION for case in cases):
        found.append(now + LOOK_AGAIN)
    return min(found, default=None)


def _save(follows: Sequence[FollowThrough]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE actions_followthrough AS kept SET next_at = given.next_at,"
            " promised_on = given.promised_on, check_on = given.check_on"
            " FROM unnest(%s::bigint[], %s::timestamptz[], %s::date[], %s::date[])"
            " AS given (action_id, next_at, promised_on, check_on)"
            " WHERE kept.action_id = given.action_id",
            [
                [one.pk for one in follows],
                [one.next_at for one in follows],
                [one.promised_on for one in follows],
                [one.check_on for one in follows],
            ],
        )
