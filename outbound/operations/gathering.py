"""Notices that are due become messages: one for a person, a channel and a day.

What comes later on the same day makes a second message rather than none. Each notice
is gathered once, in one transaction with its messages.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import prefetch_related_objects

from outbound import access
from outbound.models import DAILY, Channel, ChatHook, Delivery, Notice
from outbound.wishes import Wanted

PEOPLE_AT_ONCE = 200


def gather(now: datetime) -> int:
    """Put notices that are due into messages; how many messages that makes."""
    made = 0
    while True:
        notices, messages = _gather_some(now)
        made += messages
        if not notices:
            return made


@dataclass(frozen=True, slots=True)
class _Group:
    """What is told together."""

    channel: str
    recipient_id: int | None
    hook_id: int | None
    alone: int = 0
    """The notice that makes a message of its own."""


@transaction.atomic
def _gather_some(now: datetime) -> tuple[int, int]:
    waiting = Notice.objects.to_gather(now)
    people = list(
        waiting.order_by("recipient_id")
        .values_list("recipient_id", flat=True)
        .distinct()[:PEOPLE_AT_ONCE]
    )
    # People are fetched apart: joined, they are looked for once for each notice as long
    # as PostgreSQL does not know yet how many notices the planning has written.
    notices = list(
        waiting.filter(recipient_id__in=people)
        .select_for_update(skip_locked=True)
        .order_by("pk")
    )
    prefetch_related_objects(notices, "recipient")
    groups = _grouped(notices, access.wanted(people), _Hooks.for_(notices))
    _write(groups, now)
    _note_gathered(notices, now)
    return len(notices), len(groups)


class _Hooks:
    """The chats that these notices may be told in."""

    def __init__(self, found: list[ChatHook]) -> None:
        self.of_people = {one.user_id: one for one in found if one.user_id}
        self.of_teams = {one.team_id: one for one in found if one.team_id}
        self.by_id = {one.pk: one for one in found}

    @classmethod
    def for_(cls, notices: list[Notice]) -> "_Hooks":
        return cls(
            access.working_hooks(
                users={one.recipient_id for one in notices},
                teams={one.why["team"] for one in notices if one.why.get("team")},
                ids={one.why["hook"] for one in notices if one.why.get("hook")},
            )
        )

    def shared_for(self, notice: Notice) -> list[ChatHook]:
        found = (
            self.of_teams.get(notice.why.get("team")),
            self.by_id.get(notice.why.get("hook")),
        )
        return [one for one in found if one is not None]


def _grouped(
    notices: list[Notice], wanted: Wanted, hooks: _Hooks
) -> dict[_Group, list[Notice]]:
    groups: dict[_Group, list[Notice]] = defaultdict(list)
    for notice in notices:
        for group in _groups_of(notice, wanted, hooks):
            groups[group].append(notice)
    return groups


def _groups_of(notice: Notice, wanted: Wanted, hooks: _Hooks) -> Iterator[_Group]:
    if not notice.recipient.active:
        return
    alone = 0 if notice.kind in DAILY else notice.pk
    own = hooks.of_people.get(notice.recipient_id)
    for channel in Channel:
        if not wanted(notice.recipient_id, notice.kind, channel):
            continue
        if channel != Channel.CHAT:
            yield _Group(channel, notice.recipient_id, None, alone)
        elif own is not None:
            yield _Group(channel, notice.recipient_id, own.pk, alone)
    for hook in hooks.shared_for(notice):
        yield _Group(Channel.CHAT, None, hook.pk, alone)


def _write(groups: dict[_Group, list[Notice]], now: datetime) -> None:
    deliveries = Delivery.objects.bulk_create(
        [_delivery(group, notices, now) for group, notices in groups.items()],
        batch_size=1_000,
    )
    pairs = [
        (delivery.pk, notice.pk)
        for delivery, notices in zip(deliveries, groups.values(), strict=True)
        for notice in notices
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO outbound_delivery_notices (delivery_id, notice_id)"
            " SELECT * FROM unnest(%s::bigint[], %s::bigint[])",
            [[one for one, _two in pairs], [two for _one, two in pairs]],
        )


def _note_gathered(notices: list[Notice], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbound_notice SET gathered_at = %s WHERE id = ANY(%s)",
            [now, [notice.pk for notice in notices]],
        )


def _delivery(group: _Group, notices: list[Notice], now: datetime) -> Delivery:
    """The key names the first notice, which no other message of this kind holds."""
    kind = notices[0].kind
    whom = f"hook-{group.hook_id}" if group.recipient_id is None else group.recipient_id
    what = kind if group.alone else "digest"
    day = max(notice.day for notice in notices)
    return Delivery(
        key=f"{what}-{whom}-{group.channel}-{day}-{notices[0].pk}",
        kind=kind,
        channel=group.channel,
        recipient_id=group.recipient_id,
        hook_id=group.hook_id,
        created_at=now,
        due_at=now,
    )
