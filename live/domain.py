"""What `live` asks of whoever owns the texts; answered by one registered object."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

Right = Literal["none", "read", "write"]


class Domain(Protocol):
    def topics_of(self, references: Sequence[str]) -> dict[str, str]:
        """The topics at these addresses, whoever asks; unknown ones are left out."""

    def rights_of(self, topic: str, users: Sequence[int]) -> dict[int, Right]:
        """What these accounts may do now; who is not named may do nothing."""

    def sign_in_is_over(self, session: Mapping[str, Any], user: Any) -> bool:
        """Whether this sign-in has lasted too long."""

    def note_use_of(self, session_keys: Collection[str], *, at: datetime) -> None:
        """Note that these sign-ins are in use: somebody types."""

    def revisions_of(self, topics: Sequence[str]) -> dict[str, int]:
        """How often anything but the shared texts was saved."""

    def hold(self, topic: str) -> bool:
        """Lock what the texts belong to until the transaction ends.

        False where it is gone, or where its text stands frozen.
        """

    def texts_of(self, topic: str) -> dict[str, str]:
        """The texts that a new document begins with, by key; under `hold`."""

    def texts_saved(
        self,
        topic: str,
        texts: Mapping[str, str],
        version: int,
        authors: Sequence[int],
        *,
        at: datetime,
    ) -> None:
        """Keep the texts as of this version for everybody who reads; under `hold`."""


_registered: list[Domain] = []


def register(domain: Domain) -> None:
    _registered[:] = [domain]


def domain() -> Domain:
    return _registered[0]
