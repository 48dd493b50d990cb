"""Notices without an app that knows them: a teller that says what it is about."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from accounts.models import Team, User
from outbound import telling
from outbound.models import ChatHook, Delivery, Notice, NoticeKind
from outbound.operations import hooks
from outbound.operations.delivering import gather
from outbound.operations.noticing import NoticeDraft, note
from outbound.telling import Item, Named, Teller, Telling

DAY = date(2026, 3, 9)
"""A Monday."""
NINE = datetime(2026, 3, 9, 9, tzinfo=UTC)


class Plain(Teller):
    """Tells of anything, by the words after its colon."""

    def __init__(self) -> None:
        self.over: set[str] = set()
        """What need not be told any more, or may not."""
        self.restricted: set[str] = set()
        self.title = ""
        """Of everything, where it is set."""

    def still(self, notices: Sequence[Notice], now: datetime) -> list[Notice]:
        return [notice for notice in notices if notice.about not in self.over]

    def tell(
        self, recipient: User, notices: Sequence[Notice], now: datetime
    ) -> Telling:
        titles = [self.title or title_of(notice) for notice in notices]
        return Telling(
            heading="Due soon",
            items=[self._item(notice) for notice in notices],
            subject=f"Due soon: {titles[0]}",
            thread="report-7",
        )

    def named(self, recipient: User, notices: Sequence[Notice]) -> dict[int, Named]:
        return {
            notice.pk: Named(title_of(notice), f"/told/{notice.pk}/", "You own it.")
            for notice in notices
            if notice.about not in self.restricted
        }

    def _item(self, notice: Notice) -> Item:
        return Item(
            title=self.title or title_of(notice),
            address=f"/told/{notice.pk}/",
            due="Due on Friday",
            facts=[("From", f"The report of {title_of(notice)}")],
            links=[("Mark it done", f"/told/{notice.pk}/done/")],
            why="Told to you because you own it.",
            restricted=notice.about in self.restricted,
        )


def title_of(notice: Notice) -> str:
    return notice.about.partition(":")[2]


@pytest.fixture
def teller(monkeypatch: pytest.MonkeyPatch) -> Plain:
    found = Plain()
    for kind in NoticeKind.values:
        if kind != NoticeKind.CHAT_ENDED:
            monkeypatch.setitem(telling._tellers, kind, found)
    return found


def draft(user: User, title: str = "Alert early", **more: Any) -> NoticeDraft:
    given: dict[str, Any] = {
        "kind": NoticeKind.REMINDER,
        "about": f"thing:{title}",
        "recipient_id": user.pk,
        "day": DAY,
        "due_at": NINE,
    }
    return NoticeDraft(**given | more)


def told(user: User, *titles: str, at: datetime = NINE, **more: Any) -> list[Delivery]:
    """Notices to somebody, gathered; their deliveries."""
    note([draft(user, title, **more) for title in titles or ("Alert early",)], at)
    gather(at)
    return list(Delivery.objects.filter(recipient=user).order_by("pk"))


def chat(owner: User | Team | None, by: User, address: str, **more: Any) -> ChatHook:
    given = {"name": "Ops", "flavour": "slack", "address": address} | more
    return hooks.keep(hooks.Chat(**given), owner, by=by, at=NINE)
