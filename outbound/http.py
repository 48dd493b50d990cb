"""The one client by which this server calls others (BAR §2.6, §6.I).

An address is resolved once, every answer of the name server is checked, and the
connection goes to a checked address, so that no name leads inside by a second answer.
No redirect is followed, no proxy of the environment used, no cookie kept.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any


class OutboundError(Exception):
    """The call did not bring an answer. Its text holds no address and no secret."""


class Refused(OutboundError):
    """The address may not be called; nothing was sent."""


class Unreachable(OutboundError):
    """No connection, or it broke: the other side may or may not have got the call."""


class TimedOut(OutboundError):
    """No answer within the time there is; it may have got the call."""


class TooLarge(OutboundError):
    """The answer is larger than what is read."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    """By lower-case name; of several alike the values joined by ", "."""
    body: bytes

    def json(self) -> Any:
        """ValueError where the body is no JSON."""
        raise NotImplementedError


def fetch(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    body: bytes | None = None,
    ca_file: str = "",
    private_hosts: Collection[str] = frozenset(),
) -> Answer:
    """Call another server once, within 10 seconds; any status is an answer.

    `private_hosts` are names (or "name:port") inside the house that this call may
    reach beside those of AFTERWORD_OUTBOUND_ALLOW. `ca_file` replaces the public
    certification authorities.
    """
    raise NotImplementedError
