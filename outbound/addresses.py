"""Which addresses of others this server may call (BAR §6.I).

Public addresses by https, at the usual ports. What lies inside the house, or elsewhere
than at those ports, the operator names in AFTERWORD_OUTBOUND_ALLOW.
"""

import re
import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

PORTS = {"https": 443, "http": 80}
LONGEST, LONGEST_NAME = 8_192, 253
_PLAIN = re.compile(r"[!-~]+", re.ASCII)
"""Visible ASCII: no blanks, controls, or letters that look like others."""
_NOT_IN_AN_ADDRESS = re.compile(r'[#\\"<>^`{|}]')
_LABEL = re.compile(r"[a-z0-9_][a-z0-9_-]{0,62}", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_GLOBAL_6, _SIX_TO_FOUR = IPv6Network("2000::/3"), IPv6Network("2002::/16")

Resolve = Callable[[str, int], Sequence[str]]
"""All addresses of a name, as text; OSError where it has none."""


class NotAllowed(ValueError):
    """The address may not be called. Says why, without the address."""


@dataclass(frozen=True, slots=True)
class Target:
    scheme: str
    host: str
    """Lower case, or an IP address without brackets."""
    port: int
    path: str
    """Path and query, as they are sent."""
    allowed_inside: bool
    """Whether the operator has named it, so that it may be a private address."""

    @property
    def name(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def target_of(url: str, allowed: Collection[str] = ()) -> Target:
    """Read an address strictly; NotAllowed where it is none that may be called.

    `allowed` adds to what the operator allows: "jira.internal" (the usual ports),
    "jira.internal:8443", "127.0.0.1:*".
    """
    parts = _split(url)
    host = _host(parts)
    port = _port(parts)
    inside = _names(host, port, [*settings.OUTBOUND_ALLOW, *allowed])
    if not inside and parts.scheme != "https":
        raise NotAllowed("only https addresses are called")
    if not inside and port not in PORTS.values():
        raise NotAllowed("the port is not 443")
    query = f"?{parts.query}" if parts.query else ""
    return Target(parts.scheme, host, port, (parts.path or "/") + query, inside)


def addresses_of(target: Target, resolve: Resolve) -> list[str]:
    """Where to connect: all that the name has, if each of them may be called."""
    try:
        found = [str(ip_address(target.host))]
    except ValueError:
        found = list(dict.fromkeys(resolve(target.host, target.port)))
    if not found or not all(_may_be_called(one, target) for one in found):
        raise NotAllowed("the name leads to an address that is not public")
    return found


def check_address(url: str) -> None:
    """Refuse at once what will never be called; a name is resolved with each call."""
    target = target_of(url)
    if ":" in target.host or _NUMBER.fullmatch(target.host.rpartition(".")[2]):
        addresses_of(target, lambda _host, _port: [])


def resolve_name(host: str, port: int) -> list[str]:
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(answer[4][0]) for answer in answers]


def is_public(address: str) -> bool:
    """Whether anybody in the internet has this address; an IPv4 in an IPv6 has not."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        return ip in _GLOBAL_6 and ip not in _SIX_TO_FOUR and ip.is_global
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _may_be_called(address: str, target: Target) -> bool:
    return is_public(address) or (target.allowed_inside and _is_a_machine(address))


def _is_a_machine(address: str) -> bool:
    """Private or loopback; never what clouds answer their secrets from."""
    try:
        ip: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    mapped = isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None
    return not (ip.is_link_local or ip.is_multicast or ip.is_unspecified or mapped)


def _split(url: str) -> SplitResult:
    if (
        len(url) > LONGEST
        or not _PLAIN.fullmatch(url)
        or _NOT_IN_AN_ADDRESS.search(url)
    ):
        raise NotAllowed("it is no plain web address")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise NotAllowed("it is no web address") from None
    if parts.scheme not in PORTS or not parts.netloc:
        raise NotAllowed("it is no web address")
    if "@" in parts.netloc or "%" in parts.netloc:
        raise NotAllowed("it carries a name, a password or a code before its path")
    return parts


def _host(parts: SplitResult) -> str:
    try:
        host = (parts.hostname or "").lower()
        if ":" in host:
            return str(IPv6Address(host))
    except ValueError:
        raise NotAllowed("it names no host") from None
    labels = host.split(".")
    if len(host) > LONGEST_NAME or not all(map(_LABEL.fullmatch, labels)):
        raise NotAllowed("it names no host")
    if _NUMBER.fullmatch(labels[-1]):
        return _plain_ipv4(host)
    return host


def _plain_ipv4(host: str) -> str:
    """127.1, 0x7f.1 and 2130706433 are written to be misread."""
    try:
        return str(IPv4Address(host))
    except ValueError:
        raise NotAllowed("it names its host by an odd number") from None


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        raise NotAllowed("it names no port") from None
    if parts.netloc.endswith(":") or port == 0:
        raise NotAllowed("it names no port")
    return port or PORTS[parts.scheme]


def _names(host: str, port: int, allowed: Collection[str]) -> bool:
    shown = f"[{host}]" if ":" in host else host
    fits = {f"{shown}:{port}", f"{shown}:*"}
    if port in PORTS.values():
        fits.add(shown)
    return any(entry.strip().lower() in fits for entry in allowed)
