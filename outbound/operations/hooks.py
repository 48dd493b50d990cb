"""Chats: added, changed, removed, and switched off when they answer no more."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import people
from accounts.models import Role, Team, User
from outbound.models import ChatHook, Delivery, DeliveryState, NoticeKind
from outbound.mornings import next_moment
from outbound.operations.noticing import NoticeDraft, note
from outbound.secrets import seal

GIVEN_UP_AFTER = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Chat:
    """What somebody enters of a chat."""

    name: str
    flavour: str
    address: str = field(repr=False)

    @property
    def columns(self) -> dict[str, object]:
        """Another address begins anew: what was wrong with the old one is forgotten."""
        return {
            "name": self.name,
            "flavour": self.flavour,
            "address": seal(self.address),
            "host": urlsplit(self.address).hostname or "",
            "failing_since": None,
            "disabled_at": None,
        }


def keep(chat: Chat, owner: User | Team | None, *, by: User, at: datetime) -> ChatHook:
    """The chat of a person or team, in place of the one before; or one of everybody's.

    PermissionDenied where it is not theirs to change.
    """
    check_may_change(by, owner)
    columns = chat.columns | {"created_at": at}
    if owner is None:
        return ChatHook.objects.create(**columns)
    whose = {"user": owner} if isinstance(owner, User) else {"team": owner}
    kept, _made = ChatHook.objects.update_or_create(
        **whose, defaults=columns, create_defaults=columns | whose
    )
    return kept


def remove(hook: ChatHook, *, by: User) -> None:
    check_may_change(by, hook.user or hook.team)
    hook.delete()


def note_answered(hook: ChatHook) -> None:
    ChatHook.objects.filter(pk=hook.pk).update(failing_since=None)


def put_off(hook: ChatHook, *, until: datetime) -> None:
    """Nothing else is sent there before the next attempt: others wait for no answer."""
    Delivery.objects.filter(
        hook=hook, state=DeliveryState.PENDING, due_at__lt=until
    ).update(due_at=until)


@transaction.atomic
def note_failing(hook: ChatHook, *, at: datetime, gone: bool = False) -> None:
    """Switch it off when it is gone, or has failed for 72 hours, and tell its owner."""
    hook = ChatHook.objects.select_for_update().get(pk=hook.pk)
    if hook.disabled_at is not None:
        return
    since = hook.failing_since or at
    over = gone or at - since >= GIVEN_UP_AFTER
    hook.failing_since, hook.disabled_at = since, at if over else None
    hook.save(update_fields=["failing_since", "disabled_at"])
    if over:
        _give_up(hook, at)


def _give_up(hook: ChatHook, at: datetime) -> None:
    Delivery.objects.filter(hook=hook, state=DeliveryState.PENDING).update(
        state=DeliveryState.FAILED,
        error=_("The chat does not answer any more and is switched off."),
    )
    note([_draft(hook, user, at) for user in owners(hook)], at)


def owners(hook: ChatHook) -> list[User]:
    """Who is told that it does not answer: its person, or the administrators."""
    if hook.user is not None:
        return [hook.user]
    return list(people().filter(role=Role.ADMINISTRATOR))


def _draft(hook: ChatHook, user: User, at: datetime) -> NoticeDraft:
    due_at = next_moment(user, at)
    return NoticeDraft(
        kind=NoticeKind.CHAT_ENDED,
        about=f"hook:{hook.pk}",
        recipient_id=user.pk,
        day=due_at.astimezone(user.zone).date(),
        due_at=due_at,
    )


def check_may_change(user: User, owner: User | Team | None) -> None:
    """Their own; a lead the chat of their team; administrators any that is shared."""
    own = owner == user
    leads = isinstance(owner, Team) and owner.lead_id == user.pk
    shared = not isinstance(owner, User)
    if not (own or leads or (shared and user.administers)):
        raise PermissionDenied
