"""The one door to notices, deliveries, chats and what people want to be told."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, Prefetch, Q, QuerySet
from django.http import Http404

from accounts.models import Invitation, PasswordReset, User
from accounts.operations.letters import RESET_MAIL_HOURS
from outbound import wishes
from outbound.models import ChatHook, Delivery, Notice, Preference, Pulse


def notices_in(delivery: Delivery) -> list[Notice]:
    return list(delivery.notices.prefetch_related("recipient").order_by("pk"))


def notices_of(user: User) -> QuerySet[Notice]:
    """What somebody was told, newest first."""
    told = user.notices.exclude(gathered_at=None).order_by("-created_at", "-pk")
    ways = Delivery.objects.filter(recipient=user).order_by("channel")
    return told.prefetch_related(Prefetch("deliveries", queryset=ways))


def wanted(user_ids: Collection[int]) -> "wishes.Wanted":
    """What these people want to be told by which channel."""
    rows = Preference.objects.filter(user_id__in=user_ids)
    return wishes.Wanted(
        {(row.user_id, row.kind, row.channel): row.wanted for row in rows}
    )


def working_hooks(
    *,
    users: Iterable[int] = (),
    teams: Iterable[int] = (),
    ids: Iterable[int] = (),
) -> list[ChatHook]:
    """Chats that are not switched off: of people, of teams, and by their ids."""
    return list(
        ChatHook.objects.filter(disabled_at=None).filter(
            Q(user__in=list(users)) | Q(team__in=list(teams)) | Q(pk__in=list(ids))
        )
    )


def hooks(ids: Collection[int]) -> list[ChatHook]:
    return list(ChatHook.objects.filter(pk__in=ids))


def hook_of(user: User) -> ChatHook | None:
    return ChatHook.objects.filter(user=user).first()


def shared_hooks(user: User) -> QuerySet[ChatHook]:
    """Chats of teams that somebody may change: all for administrators, else as lead."""
    shared = ChatHook.objects.filter(user=None).select_related("team")
    if not user.administers:
        shared = shared.filter(team__lead=user)
    return shared.order_by("name", "pk")


def own_or_shared_hook(user: User, pk: int) -> ChatHook:
    """A chat that somebody may try and remove; 404 for every other."""
    found = (
        ChatHook.objects.filter(Q(user=user) | Q(pk__in=shared_hooks(user)))
        .select_related("user", "team")
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise Http404
    return found


def has_account(user_id: int) -> bool:
    return User.objects.filter(pk=user_id).exists()


def failed_deliveries() -> QuerySet[Delivery]:
    return Delivery.objects.failed().select_related("recipient", "hook")


def oldest_waiting(now: datetime) -> datetime:
    """Since when the notice that is due longest waits; `now` where none does."""
    found = Notice.objects.to_gather(now).aggregate(oldest=Min("due_at"))["oldest"]
    return found or now


def pulses() -> QuerySet[Pulse]:
    return Pulse.objects.order_by("name")


def last_beat(name: str) -> datetime | None:
    return Pulse.objects.filter(name=name).values_list("beat_at", flat=True).first()


def first_account_at() -> datetime | None:
    """When this installation began to be used."""
    return User.objects.order_by("pk").values_list("joined_at", flat=True).first()


def failed_delivery(pk: int) -> Delivery:
    found = Delivery.objects.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def oldest_notice(now: datetime) -> datetime | None:
    return _oldest(Notice.objects.to_gather(now))


def oldest_delivery(now: datetime) -> datetime | None:
    return _oldest(Delivery.objects.to_send(now))


def oldest_letter(now: datetime) -> datetime | None:
    """Of invitations and password resets; a wish that is over waits no more."""
    invited = Invitation.objects.open(now).to_send(now)
    reset = PasswordReset.objects.filter(
        asked_at__gt=now - timedelta(hours=RESET_MAIL_HOURS)
    ).to_send(now)
    return min(filter(None, [_oldest(invited), _oldest(reset)]), default=None)


def _oldest(waiting: QuerySet[Any]) -> datetime | None:
    found: datetime | None = waiting.aggregate(oldest=Min("due_at"))["oldest"]
    return found
