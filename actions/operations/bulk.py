"""Change many actions at once, and take that back.

Each report has a desk of its own, with one transaction: what is done in one stands
whatever becomes of the next. The same request, sent again, goes on where it ended.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from actions.models import ActionItem, BulkChange, BulkItem
from actions.operations.settling import LIVING, settle_at
from actions.parts import ACTIONS
from actions.permissions import can_settle
from config.limits import LIMITS
from postmortems import policies
from postmortems.models import Postmortem
from postmortems.operations.desk import Desk, RequestKey, UsedKey, What, at_desk
from postmortems.operations.rows import Stale, still_valid
from postmortems.permissions import may_see

Outcome = BulkItem.Outcome


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to become of one action, of which `version` was looked at."""

    action_id: int
    version: int
    values: Mapping[str, Any]


def change_many(
    wanted: Sequence[Wanted], *, by: User, at: datetime, key: RequestKey
) -> BulkChange:
    """Change what may be changed; what becomes of each is kept beside the change.

    Raises TooMany beyond the limit, and UsedKey where the key stands for another one.
    """
    if len(wanted) > LIMITS.bulk_actions:
        raise policies.TooMany(
            _("%(limit)s actions can be changed at once.")
            % {"limit": LIMITS.bulk_actions}
        )
    change = _begun(by, at, key)
    here = _by_report([one.action_id for one in wanted])
    by_id = {one.action_id: one for one in wanted}
    for postmortem_id, action_ids in here:
        _change_report(change, postmortem_id, [by_id[pk] for pk in action_ids])
    return change


def take_back(change: BulkChange, *, by: User, at: datetime) -> BulkChange:
    """Give every action that nobody changed since what it had; twice is like once."""
    waiting = change.items.filter(outcome=Outcome.CHANGED, taken_back=None)
    for postmortem_id, action_ids in _by_report(
        waiting.values_list("action_id", flat=True)
    ):
        with at_desk(postmortem_id, by=by, at=at, may=_anybody) as desk:
            items = waiting.filter(action_id__in=action_ids).select_for_update()
            for item in items.order_by("pk"):
                item.taken_back = _give_back(desk, item)
                item.save(update_fields=["taken_back"])
    BulkChange.objects.filter(pk=change.pk, taken_back_at=None).update(taken_back_at=at)
    change.refresh_from_db()
    return change


def forget_bulk_changes_before(moment: datetime) -> None:
    """Whoever wants to take a change back does so soon; what stood there is let go."""
    BulkChange.objects.filter(at__lt=moment).delete()


def _begun(by: User, at: datetime, key: RequestKey) -> BulkChange:
    with transaction.atomic(durable=True):
        change, _created = BulkChange.objects.get_or_create(
            by=by, key=key.key, defaults={"at": at, "fingerprint": key.fingerprint}
        )
    if change.fingerprint != key.fingerprint:
        raise UsedKey(
            _("This form was sent before with other content. Reload the page.")
        )
    return change


def _by_report(action_ids: Iterable[int]) -> list[tuple[int, list[int]]]:
    """Always in the same order, so that two changes never wait for each other."""
    found = (
        ActionItem.objects.filter(pk__in=list(action_ids))
        .order_by("postmortem_id", "pk")
        .values_list("postmortem_id", "pk")
    )
    return [
        (report, [pk for _report, pk in rows])
        for report, rows in groupby(found, key=lambda row: row[0])
    ]


def _change_report(
    change: BulkChange, postmortem_id: int, wanted: Sequence[Wanted]
) -> None:
    """The actions of one report, at its desk; what is decided already stays so."""
    if _all_settled(change, postmortem_id, wanted):
        return
    with at_desk(postmortem_id, by=change.by, at=change.at, may=_anybody) as desk:
        decided = set(change.items.values_list("action_id", flat=True))
        for one in wanted:
            if one.action_id not in decided:
                _change_one(desk, change, one)


def _all_settled(
    change: BulkChange, postmortem_id: int, wanted: Sequence[Wanted]
) -> bool:
    """Decide without a desk where nothing can change: a report that is not touched
    counts no revision.
    """
    actions = (
        ActionItem.objects.filter(
            pk__in=[one.action_id for one in wanted], postmortem_id=postmortem_id
        )
        .exclude(pk__in=change.items.values("action_id"))
        .select_related("postmortem__incident", "owner_team")
    )
    forbidden = [one for one in actions if not can_settle(change.by, one)]
    if len(forbidden) < len(actions):
        return False
    BulkItem.objects.bulk_create(
        (
            BulkItem(change=change, action=one, outcome=Outcome.FORBIDDEN)
            for one in forbidden
        ),
        ignore_conflicts=True,
    )
    return True


def _anybody(by: User, postmortem: Postmortem) -> None:
    """Rights are asked action by action, at the open desk."""


def _change_one(desk: Desk, change: BulkChange, wanted: Wanted) -> None:
    action = _at_hand(desk, wanted.action_id)
    stood = ACTIONS.plain(action) if action else {}
    outcome = _settled(desk, action, wanted)
    item = BulkItem(change=change, action_id=wanted.action_id, outcome=outcome)
    if outcome == Outcome.CHANGED:
        changed = ActionItem.objects.get(pk=wanted.action_id)
        now = ACTIONS.plain(changed)
        item.version = changed.version
        item.before = {
            name: stood[name] for name in sorted(LIVING) if stood[name] != now[name]
        }
    item.save(force_insert=True)


def _at_hand(desk: Desk, action_id: int) -> ActionItem | None:
    action = (
        desk.postmortem.action_items.present()
        .select_related("owner_team")
        .filter(pk=action_id)
        .first()
    )
    if action is not None:
        action.postmortem = desk.postmortem
    return action


def _settled(desk: Desk, action: ActionItem | None, wanted: Wanted) -> Outcome:
    """Change it where that is right and says something new."""
    if action is None:
        return Outcome.GONE
    if not can_settle(desk.by, action):
        return Outcome.FORBIDDEN
    if is_so(action, wanted.values):
        return Outcome.AS_IT_IS
    try:
        with transaction.atomic():  # a refusal leaves nothing of itself behind
            settle_at(desk, action.pk, wanted.values, version=wanted.version)
    except policies.Refusal as refusal:
        return Outcome.STALE if isinstance(refusal, Stale) else Outcome.REFUSED
    return Outcome.CHANGED


def is_so(action: ActionItem, values: Mapping[str, Any]) -> bool:
    """Whether the change would change nothing."""
    return all(
        getattr(action, name) == value
        for name, value in values.items()
        if name in LIVING
    )


def _give_back(desk: Desk, item: BulkItem) -> bool:
    """False where somebody changed it since, or it cannot be seen any more.

    Whoever gave an action to another team may take that back, though it is no longer
    theirs to change.
    """
    action = _at_hand(desk, item.action_id)
    sees = desk.by.may_write and may_see(desk.by, desk.postmortem)
    if action is None or not sees:
        return False
    values = still_valid(desk, ACTIONS, item.before)
    try:
        with transaction.atomic():
            settle_at(desk, action.pk, values, version=item.version, what=What.RESTORED)
    except policies.Refusal:
        return False
    return True
