"""The words for the one kind of notice that is about the messages themselves."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from outbound import access
from outbound.models import ChatHook, Notice
from outbound.telling import Item, Named, Teller, Telling


class ChatEnded(Teller):
    def still(self, notices: Sequence[Notice], now: datetime) -> list[Notice]:
        found = _hooks(notices)
        return [
            notice
            for notice in notices
            if (hook := found.get(notice.about)) is not None and hook.disabled_at
        ]

    def tell(
        self, recipient: User, notices: Sequence[Notice], now: datetime
    ) -> Telling:
        found = _hooks(notices)
        items = [_item(found[notice.about]) for notice in notices]
        return Telling(
            heading=_("Chats that do not answer"),
            items=items,
            subject=_("%(name)s does not answer any more")
            % {"name": found[notices[0].about].name},
        )

    def named(self, recipient: User, notices: Sequence[Notice]) -> dict[int, Named]:
        found = _hooks(notices)
        return {
            notice.pk: Named(found[notice.about].name, reverse("outbound:settings"))
            for notice in notices
            if notice.about in found
        }


def _hooks(notices: Iterable[Notice]) -> dict[str, ChatHook]:
    ids = [int(notice.about.removeprefix("hook:")) for notice in notices]
    return {f"hook:{hook.pk}": hook for hook in access.hooks(ids)}


def _item(hook: ChatHook) -> Item:
    return Item(
        title=hook.name,
        address=reverse("outbound:settings"),
        due=_("It has not answered for three days, or said that it is gone."),
        facts=[(_("Chat"), f"{hook.get_flavour_display()}, {hook.host}")],
        why=_("You are told since you settle this chat; nothing is sent there now."),
    )
