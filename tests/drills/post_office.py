"""A mail server that takes mails, and fails in every way a mail server can (DR9).

It writes down whatever it was handed, whether or not it said so to the sender.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from enum import Enum
from typing import Any

from aiosmtpd.controller import Controller

from devstack import ports


class Way(Enum):
    """What becomes of one mail."""

    TAKE = "taken"
    LATER = "451"
    DROP = "taken, then the connection dropped"
    HANG_BEFORE = "hung before it was taken"
    HANG_AFTER = "taken, then hung"


WRITTEN_DOWN = {Way.TAKE, Way.DROP, Way.HANG_AFTER}
AMBIGUOUS = {Way.DROP, Way.HANG_AFTER}
"""The server has the mail, and the sender cannot know."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that the server has."""

    at: datetime
    """By the clock of the drill (UTC)."""
    message_id: str
    to: str
    way: Way
    content: bytes = field(repr=False)

    @property
    def text(self) -> str:
        mail = message_from_bytes(self.content, policy=policy.default)
        body = mail.get_body(("plain",))
        return str(body.get_content()) if body else ""

    def header(self, name: str) -> str:
        return str(message_from_bytes(self.content, policy=policy.default)[name] or "")


def real_time() -> datetime:
    return datetime.now(UTC)


# It says each line of each conversation otherwise.
logging.getLogger("mail.log").setLevel(logging.WARNING)


class PostOffice:
    """Listens on a port that stays its own while it is away."""

    def __init__(
        self, *, now: Callable[[], datetime] = real_time, seed: int = 0
    ) -> None:
        self.now = now
        self.port = ports.any_free()
        self.letters: list[Letter] = []
        self.seen: list[tuple[datetime, str, Way]] = []
        """Every mail that was tried: when, to whom, and what became of it."""
        self.unknown: set[str] = set()
        """Addresses that it says do not exist: 550."""
        self.refused: list[str] = []
        """To whom it said so, each time."""
        self._way: Callable[[str], Way] = lambda _to: Way.TAKE
        self._chance = random.Random(seed)  # noqa: S311  the same faults each time
        self._hung = 0
        """Goes up whenever those that hang are let go."""
        self._server: Controller | None = None
        self.come_back()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    # --- What a drill says ------------------------------------------------------------

    def always(self, way: Way) -> None:
        self._way = lambda _to: way

    def to_one(self, address: str, way: Way) -> None:
        """That one only; everybody else gets their mails."""
        self._way = lambda to: way if to == address else Way.TAKE

    def sometimes(self, share: float, ways: Iterable[Way]) -> None:
        """Of each mail that comes, with this chance, in one of these ways."""
        list_of_ways = list(ways)

        def drawn(_to: str) -> Way:
            if self._chance.random() < share:
                return self._chance.choice(list_of_ways)
            return Way.TAKE

        self._way = drawn

    def go_away(self) -> None:
        """Nobody answers at the port: connections are refused."""
        if self._server is not None:
            self._hung += 1
            self._server.stop()
            self._server = None

    def come_back(self) -> None:
        if self._server is None:
            self._server = Controller(self, hostname="127.0.0.1", port=self.port)
            self._server.start()

    def mend(self) -> None:
        self.always(Way.TAKE)
        self.unknown.clear()
        self._hung += 1
        self.come_back()

    close = go_away

    # --- What it is asked about afterwards --------------------------------------------

    def to(self, address: str) -> list[Letter]:
        return [letter for letter in self.letters if letter.to == address]

    def by_message_id(self) -> dict[tuple[str, str], list[Letter]]:
        """All copies of a mail, by its Message-ID and addressee."""
        found: dict[tuple[str, str], list[Letter]] = {}
        for letter in self.letters:
            found.setdefault((letter.message_id, letter.to), []).append(letter)
        return found

    # --- What aiosmtpd asks (the names are its own) -----------------------------------

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.unknown:
            self.refused.append(address)
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(  # noqa: N802
        self, server: Any, _session: Any, envelope: Any
    ) -> str:
        (to,) = envelope.rcpt_tos
        way = self._way(to)
        at = self.now()
        self.seen.append((at, to, way))
        if way in WRITTEN_DOWN:
            content = bytes(envelope.content)
            mail = message_from_bytes(content, policy=policy.default)
            named = str(mail["Message-ID"])
            self.letters.append(Letter(at, named, to, way, content))
        if way is Way.DROP:
            server.transport.abort()
        if way in {Way.HANG_BEFORE, Way.HANG_AFTER}:
            await self._hang(server)
        return "451 4.3.0 try again later" if way is Way.LATER else "250 2.0.0 taken"

    async def _hang(self, server: Any) -> None:
        turn = self._hung
        while turn == self._hung and not server.transport.is_closing():  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # until the sender gives up, or the drill ends
        server.transport.abort()
