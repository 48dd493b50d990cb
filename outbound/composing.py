"""One message from the notices of a delivery: what every channel tells in its own way.

Whatever is restricted loses its words here, before any channel sees them (BAR R10), and
is left out of chats that several people read (R13).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.mails import public
from accounts.models import User
from outbound.models import Delivery, Notice
from outbound.telling import Item, Telling, kinds_of, teller_of

MOST_ITEMS = 50
"""Items that one message names; the rest is a number."""


@dataclass(frozen=True, slots=True)
class Message:
    subject: str
    tellings: list[Telling]
    kinds: list[str]
    thread: str = ""
    more: int = 0
    """Items that are left out since they are too many."""

    @property
    def items(self) -> list[Item]:
        return [item for telling in self.tellings for item in telling.items]

    @property
    def only(self) -> Item | None:
        """The one item, where there is no other."""
        return self.items[0] if len(self.items) == 1 else None


def compose(
    delivery: Delivery, notices: Sequence[Notice], now: datetime
) -> Message | None:
    """The message; None where nothing is left to say. `still` was asked before."""
    shared = delivery.recipient is None
    told = []
    for kind, some in kinds_of(notices).items():
        if (teller := teller_of(kind)) is not None:
            about = _once_each(some) if shared else some
            parts = teller.parts(_reader(delivery, some), about, now)
            told += [(kind, telling) for telling in parts]
    tellings = [_shown(telling, shared=shared) for _kind, telling in told]
    tellings = [telling for telling in tellings if telling.items]
    if not tellings:
        return None
    tellings, more = _at_most(tellings)
    return Message(
        subject=_subject(tellings, more),
        tellings=tellings,
        kinds=list(dict.fromkeys(kind for kind, _telling in told)),
        thread=_thread(tellings),
        more=more,
    )


def _reader(delivery: Delivery, notices: Sequence[Notice]) -> User:
    return delivery.recipient or notices[0].recipient


def _once_each(notices: Sequence[Notice]) -> list[Notice]:
    """A shared chat is told of a thing once, however many people are."""
    return list({notice.about: notice for notice in reversed(notices)}.values())[::-1]


def _shown(telling: Telling, *, shared: bool) -> Telling:
    items = [
        _neutral(item) if item.restricted else _absolute(item, shared=shared)
        for item in telling.items
        if not (shared and item.restricted)
    ]
    return replace(telling, items=items)


def _neutral(item: Item) -> Item:
    """That there is something, and where: nothing of what it is."""
    return Item(
        title=_("Something in a restricted report"),
        address=_public(item.address),
        due=_("Sign in to view it."),
        why=_("You are told since you are invited to that report."),
        restricted=True,
    )


def _absolute(item: Item, *, shared: bool) -> Item:
    return replace(
        item,
        address=_public(item.address),
        links=[(label, _public(address)) for label, address in item.links],
        why="" if shared else item.why,
    )


def _public(address: str) -> str:
    return public(address) if address.startswith("/") else address


def _at_most(tellings: list[Telling]) -> tuple[list[Telling], int]:
    """No more than MOST_ITEMS, in order; how many more there are."""
    kept: list[Telling] = []
    left = MOST_ITEMS
    for telling in tellings:
        if left > 0:
            kept.append(replace(telling, items=telling.items[:left]))
        left -= len(telling.items)
    return kept, max(0, -left)


def _subject(tellings: list[Telling], more: int) -> str:
    items = [item for telling in tellings for item in telling.items]
    if all(item.restricted for item in items):
        return _("[Restricted] update, sign in to view")
    subjects = {telling.subject for telling in tellings}
    if len(subjects) == 1 and not any(item.restricted for item in items):
        return subjects.pop()
    number = len(items) + more
    return ngettext("%(n)s thing to look at", "%(n)s things to look at", number) % {
        "n": number
    }


def _thread(tellings: list[Telling]) -> str:
    """Shared by all, or none: and none that names a restricted report (R10)."""
    threads = {telling.thread for telling in tellings}
    restricted = any(item.restricted for one in tellings for item in one.items)
    return threads.pop() if len(threads) == 1 and not restricted else ""
