"""What people do about a promise that is not kept yet, or was: put its reminders off,
say whether it worked, or remind somebody by hand.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _

from accounts.models import User
from actions import permissions
from actions.cases import Calendars, about
from actions.models import ActionItem, FollowThrough, Verdict
from actions.models.follow_through import PLAN_ANEW
from actions.promises import Unanswered
from actions.recipients import Told, recipients_of
from actions.schedule import Hours
from config.limits import LIMITS
from outbound.models import NoticeKind
from outbound.operations.noticing import NoticeDraft, note
from postmortems import policies
from postmortems.models import Postmortem
from postmortems.operations.desk import Desk, Repeated, RequestKey, What, at_desk
from postmortems.operations.rows import Gone
from postmortems.vocabulary import ActionStatus

LONGEST_SNOOZE = timedelta(days=90)
PART = "follow_through"
"""What the history calls these changes; `object_id` is the action."""


class NotNow(policies.NotReady):
    """The action stands in a way in which this makes no sense."""


def snooze(
    action_id: int,
    until: date | None,
    reason: str,
    *,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> None:
    """Remind its owner no earlier than `until`; None wakes it again.

    Raises PermissionDenied, NotNow for an action that nobody is reminded of, and
    `promises.Unanswered` for a day or a reason that will not do.
    """
    with (
        suppress(Repeated),
        _followed(action_id, by=by, at=at, key=key) as (desk, follow),
    ):
        if follow.action.settled or follow.action.due_on is None:
            raise NotNow(_("Nobody is reminded of this action, so there is no need."))
        _check_snooze(until, reason, today=at.astimezone(by.zone).date())
        _write(
            desk,
            follow,
            {
                "snoozed_until": until,
                "snooze_reason": reason.strip() if until else "",
                "snoozed_by": by if until else None,
            },
            told=("snoozed_until", "snooze_reason"),
        )


def answer_verdict(
    action_id: int,
    verdict: str,
    note: str = "",
    *,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> None:
    """Say whether an action that is done worked. Saying it again replaces it.

    Raises PermissionDenied, NotNow for an action that is not done, and
    `promises.Unanswered` for no answer.
    """
    with (
        suppress(Repeated),
        _followed(action_id, by=by, at=at, key=key) as (desk, follow),
    ):
        if follow.action.status != ActionStatus.DONE:
            raise NotNow(_("Whether it worked is asked once it is done."))
        if verdict not in Verdict.values:
            raise Unanswered({"verdict": _("Say whether it worked.")})
        if len(note) > LIMITS.line:
            raise Unanswered({"note": _too_long()})
        _write(
            desk,
            follow,
            {
                "verdict": verdict,
                "verdict_note": note.strip(),
                "verdict_by": by,
                "verdict_at": at,
            },
            told=("verdict", "verdict_note"),
        )


@transaction.atomic
def nudge(action_ids: Sequence[int], *, by: User, at: datetime) -> int:
    """Remind the owners of unsettled actions by hand, each once a day; how many are.

    Actions that `by` neither may settle nor hears of as the lead or manager above are
    left out, and so is `by`. Whoever is asleep is told in their morning.
    """
    unsettled = ActionItem.objects.unsettled().filter(
        pk__in=action_ids, postmortem__incident__deleted_at=None
    )
    actions = list(unsettled.select_related("postmortem__incident", "owner_team"))
    may = permissions.settleable(by, actions)
    calendars, recipients = Calendars(), recipients_of(actions)
    return note(
        [
            _nudge(action, told, calendars.hours(told.user), by, at)
            for action in actions
            if action.pk in may or recipients[action.pk].above(by)
            for told in recipients[action.pk].owners
            if told.user.pk != by.pk
        ],
        at,
    )


def _nudge(
    action: ActionItem, told: Told, hours: Hours, by: User, at: datetime
) -> NoticeDraft:
    due_at = at if hours.open(at) else hours.next_morning(hours.day(at), at)
    return NoticeDraft(
        kind=NoticeKind.NUDGE,
        about=about(action.pk),
        recipient_id=told.user.pk,
        day=hours.day(due_at),
        due_at=due_at,
        why={"by": by.pk},
    )


def may_follow(by: User, action: ActionItem) -> bool:
    """Whoever may settle it, and whoever is reminded of it as its owner."""
    if permissions.can_settle(by, action):
        return True
    return by.may_write and recipients_of([action])[action.pk].owned(by)


def _check_snooze(until: date | None, reason: str, *, today: date) -> None:
    if until is None:
        return
    questions = {}
    if not today < until <= today + LONGEST_SNOOZE:
        questions["until"] = _(
            "Choose a day from tomorrow on, %(days)s ahead at most."
        ) % {"days": LONGEST_SNOOZE.days}
    if not reason.strip():
        questions["reason"] = _("Say why it can wait.")
    elif len(reason) > LIMITS.line:
        questions["reason"] = _too_long()
    if questions:
        raise Unanswered(questions)


def _too_long() -> str:
    return _("Shorten this to %(limit)s characters.") % {"limit": LIMITS.line}


@contextmanager
def _followed(
    action_id: int, *, by: User, at: datetime, key: RequestKey | None
) -> Iterator[tuple[Desk, FollowThrough]]:
    """Its report locked, and its follow-through. Raises Gone, and PermissionDenied."""
    found = FollowThrough.objects.filter(pk=action_id, action__deleted_at=None)
    report = found.values_list("action__postmortem_id", flat=True).first()
    if report is None:
        raise Gone(_("This was deleted while you were writing."))
    with at_desk(report, by=by, at=at, key=key, may=partial(_may, action_id)) as desk:
        follow = found.select_for_update(of=("self",)).select_related("action").first()
        if follow is None:
            raise Gone(_("This was deleted while you were writing."))
        yield desk, follow
        desk.outcome["row"] = action_id


def _may(action_id: int, by: User, postmortem: Postmortem) -> None:
    actions = postmortem.action_items.present().select_related("owner_team")
    action = actions.filter(pk=action_id).first()
    if action is None:
        raise Gone(_("This was deleted while you were writing."))
    action.postmortem = postmortem
    if not may_follow(by, action):
        raise PermissionDenied(
            _("Whoever owns this action, or may settle it, may say this.")
        )


def _write(
    desk: Desk, follow: FollowThrough, values: dict[str, Any], told: tuple[str, ...]
) -> None:
    before = _told(follow, told)
    for name, value in values.items():
        setattr(follow, name, value)
    follow.next_at = PLAN_ANEW
    follow.save(update_fields=[*values, "next_at"])
    after = _told(follow, told)
    if before != after:
        desk.record(What.CHANGED, PART, object_id=follow.pk, before=before, after=after)


def _told(follow: FollowThrough, names: tuple[str, ...]) -> dict[str, str]:
    """As the history keeps it: with the action's words, which name it there."""
    version = {"name": follow.action.description}
    for name in names:
        value = getattr(follow, name)
        version[name] = _in_words(value) if value else ""
    return version


def _in_words(value: date | str) -> str:
    if isinstance(value, date):
        return date_format(value, "j F Y")
    return str(Verdict(value).label) if value in Verdict.values else value
