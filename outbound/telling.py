"""What is told of a notice: words from the app that knows its kind.

Each kind of notice has one teller, registered by the app that writes such notices. It
is asked when a message is sent, never earlier, so that rights and needs are of that
moment (BAR R10, R11).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from accounts.models import User
from outbound.models import Notice


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in a message. Addresses are paths of this server, or whole URLs."""

    title: str
    address: str
    due: str = ""
    """"Due in 2 days, Friday 20 March 2026"; empty where there is no date."""
    facts: list[tuple[str, str]] = field(default_factory=list)
    """Labels and texts: ("From", "Stale product data"), ("Type", "Preventative")."""
    links: list[tuple[str, str]] = field(default_factory=list)
    """What else can be done from here: ("Mark it done", address)."""
    why: str = ""
    """Why this person is told: "Sent to you because you own it."."""
    restricted: bool = False
    """Told without title, facts and links (BAR R10), and never in a shared chat."""


@dataclass(frozen=True, slots=True)
class Telling:
    """A message, or a part of one that gathers several kinds."""

    heading: str
    """Above the items where a message has several parts: "Overdue"."""
    items: list[Item]
    subject: str
    """Of the mail, where this is all that it tells."""
    thread: str = ""
    """What mails are shown together: "report-7"; the same as for mentions."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a notice of the past was about, for the page "What you were told"."""

    title: str
    address: str
    why: str = ""
    """Why they were told: "You own it; its due date had passed."."""


class Teller(ABC):
    @abstractmethod
    def still(self, notices: Sequence[Notice], now: datetime) -> list[Notice]:
        """Those that are still needed, and whose recipients may still see the thing.

        The notices may be of several recipients, all of the registered kind. Their
        recipients are at hand. In a constant number of queries.
        """

    @abstractmethod
    def tell(
        self, recipient: User, notices: Sequence[Notice], now: datetime
    ) -> Telling:
        """The words, for notices that `still` has let by; an item for each notice."""

    def parts(
        self, recipient: User, notices: Sequence[Notice], now: datetime
    ) -> list[Telling]:
        """The same in several parts, where headings help; of one subject all."""
        return [self.tell(recipient, notices, now)]

    def named(self, recipient: User, notices: Sequence[Notice]) -> dict[int, Named]:
        """What past notices were about, by their ids, settled things included.

        What the recipient may not see any more is left out.
        """
        return {}


_tellers: dict[str, Teller] = {}


def register(kind: str, teller: Teller) -> None:
    """Called in AppConfig.ready of the app that knows the kind."""
    _tellers[kind] = teller


def teller_of(kind: str) -> Teller | None:
    return _tellers.get(kind)


def kinds_of(notices: Iterable[Notice]) -> dict[str, list[Notice]]:
    """The notices of each kind, in the order in which the kinds come first."""
    found: dict[str, list[Notice]] = {}
    for notice in notices:
        found.setdefault(notice.kind, []).append(notice)
    return found
