"""The one door to notices, deliveries, chats and what people want to be told."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Min, Prefetch, Q, QuerySet
from django.http import Http404

from accounts.models import User
from outbound import wishes
from outbound.models import ChatHook, Delivery, Notice, Preference


def notices_in(delivery: Delivery) -> list[Notice]:
    return list(delivery.notices.select_related("recipient").order_by("pk"))


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
