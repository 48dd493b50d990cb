"""The one client by which this server calls others (BAR §2.6, §6.I).

An address is resolved once, every answer of the name server is checked, and the
connection goes to a checked address, so that no name leads inside by a second answer.
No redirect is followed, no proxy of the environment used, no cookie kept. Nothing is
logged here, since addresses and headers carry secrets.
"""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from json import dumps, loads
from typing import Any

from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from config.limits import LIMITS
from outbound.addresses import (
    NotAllowed,
    Resolve,
    Target,
    addresses_of,
    resolve_name,
    target_of,
)

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 10.0
MOST_ADDRESSES = 3
"""Addresses of one name that are tried where the first is not reached."""
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+", re.ASCII)
_HEADER_VALUE = re.compile(r"[ -~]*", re.ASCII)


class OutboundError(Exception):
    """The call did not bring an answer. Its text holds no address and no secret."""


class Refused(OutboundError):
    """The address may not be called; nothing was sent."""


class Unreachable(OutboundError):
    """No connection, or it broke: the other side may or may not have got the call."""


class TimedOut(OutboundError):
    """No answer within the time there is; it may have got the call."""


class AnswerTooLarge(OutboundError):
    """The answer is larger than what is read."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    """By lower-case name; of several alike the values joined by ", "."""
    body: bytes

    def json(self) -> Any:
        """ValueError where the body is no JSON, or too deep to be read."""
        try:
            return loads(self.body)
        except RecursionError:
            raise ValueError("too deep") from None


def fetch(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    body: bytes | None = None,
    ca_file: str = "",
    private_hosts: Collection[str] = frozenset(),
    resolve: Resolve = resolve_name,
    seconds: float = TOTAL_SECONDS,
) -> Answer:
    """Call another server once, within 10 seconds; any status is an answer.

    `private_hosts` are names (or "name:port") inside the house that this call may
    reach beside those of AFTERWORD_OUTBOUND_ALLOW. `ca_file` replaces the public
    certification authorities.
    """
    deadline = time.monotonic() + min(seconds, TOTAL_SECONDS)
    try:
        target = target_of(url, private_hosts)
        sent = _Sent(method, target, _checked(headers or {}), body)
        if json is not None:
            sent = sent.with_json(json)
        found = _in_time(lambda: addresses_of(target, resolve), deadline)
    except NotAllowed as refusal:
        raise Refused(str(refusal)) from None
    return _first_answer(sent, found[:MOST_ADDRESSES], ca_file, deadline)


@dataclass(frozen=True, slots=True)
class _Sent:
    method: str
    target: Target
    headers: dict[str, str]
    body: bytes | None

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise NotAllowed("the method is not one that is used")

    def with_json(self, value: Any) -> "_Sent":
        headers = {"Content-Type": "application/json", **self.headers}
        return _Sent(self.method, self.target, headers, dumps(value).encode())


def _checked(headers: Mapping[str, str]) -> dict[str, str]:
    """No header starts another one (I8)."""
    for name, value in headers.items():
        if not (_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)):
            raise NotAllowed("a header holds what no header may")
        if name.lower() in {"host", "cookie", "connection", "transfer-encoding"}:
            raise NotAllowed("a header is set that is not the caller's to set")
    return dict(headers)


def _in_time(work: Callable[[], list[str]], deadline: float) -> list[str]:
    """Ask the name server, which has no time limit of its own, for a while at most."""
    found: list[list[str] | Exception] = []

    def ask() -> None:
        try:
            found.append(work())
        except (OSError, UnicodeError, NotAllowed) as error:
            found.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(min(CONNECT_SECONDS, deadline - time.monotonic()))
    match found:
        case [list() as answers]:
            return answers
        case [NotAllowed() as refusal]:
            raise refusal
        case [_]:
            raise Unreachable("the name is not known")
    raise TimedOut("the name server does not answer")


def _first_answer(
    sent: _Sent, found: list[str], ca_file: str, deadline: float
) -> Answer:
    """From the first address that lets us connect; then nothing is sent again."""
    for address in found:
        if time.monotonic() >= deadline:
            raise TimedOut("no connection in time")
        connection = _connection(sent.target, address, ca_file)
        connection.reach_within = min(CONNECT_SECONDS, deadline - time.monotonic())
        try:
            with _Watch(connection, deadline) as watch:
                if _connected(connection, watch):
                    return _exchange(connection, sent, watch)
        finally:
            connection.close()
    raise Unreachable("no connection")


class _Pinned:
    """Connects to an address that was checked; names, SNI and Host stay as given."""

    address: str
    port: int
    reach_within = CONNECT_SECONDS
    guard: socket.socket | None = None
    """The same connection by another handle, which TLS does not take over."""

    def _new_conn(self) -> socket.socket:
        made = socket.create_connection((self.address, self.port), self.reach_within)
        made.settimeout(TOTAL_SECONDS)
        self.guard = made.dup()
        return made


class _PinnedHTTP(_Pinned, HTTPConnection):
    pass


class _PinnedHTTPS(_Pinned, HTTPSConnection):
    pass


def _connection(
    target: Target, address: str, ca_file: str
) -> _PinnedHTTP | _PinnedHTTPS:
    made = (
        _PinnedHTTPS(
            target.host,
            target.port,
            timeout=TOTAL_SECONDS,
            ssl_context=_tls(ca_file or settings.OUTBOUND_CA_FILE),
        )
        if target.scheme == "https"
        else _PinnedHTTP(target.host, target.port, timeout=TOTAL_SECONDS)
    )
    made.address = address
    return made


@cache
def _tls(ca_file: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file or None)


class _Watch:
    """Breaks the connection off at the deadline, whatever it is doing (I7)."""

    def __init__(self, connection: _PinnedHTTP | _PinnedHTTPS, deadline: float) -> None:
        self.connection, self.over = connection, False
        left = max(0.0, deadline - time.monotonic())
        self._timer = threading.Timer(left, self._break_off)
        self._timer.daemon = True

    def _break_off(self) -> None:
        self.over = True
        if self.connection.guard is not None:
            with suppress(OSError):
                self.connection.guard.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> "_Watch":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self.connection.guard is not None:
            self.connection.guard.close()

    def failure(self, error: Exception) -> OutboundError:
        if self.over or isinstance(error, TimeoutError):
            return TimedOut("no answer in time")
        return Unreachable("the connection broke")


def _connected(connection: _PinnedHTTP | _PinnedHTTPS, watch: _Watch) -> bool:
    """False where another address may be tried: nobody listens at this one."""
    try:
        connection.connect()
    except (OSError, HTTPError, HTTPException, ValueError) as error:
        if watch.over:
            raise TimedOut("no connection in time") from None
        if connection.guard is not None:
            why = "its certificate" if _is_certificate(error) else "TLS"
            raise Unreachable(f"{why} is not accepted") from None
        return False
    if watch.over:
        raise TimedOut("no connection in time")
    return True


def _is_certificate(error: Exception) -> bool:
    return isinstance(error, ssl.SSLCertVerificationError) or isinstance(
        error.__cause__ or error.__context__, ssl.SSLCertVerificationError
    )


def _exchange(
    connection: _PinnedHTTP | _PinnedHTTPS, sent: _Sent, watch: _Watch
) -> Answer:
    headers = {
        "Host": sent.target.name,
        "User-Agent": f"Afterword/{settings.VERSION}",
        "Accept-Encoding": "identity",
        "Connection": "close",
        **sent.headers,
    }
    try:
        connection.request(
            sent.method,
            sent.target.path,
            body=sent.body,
            headers=headers,
            preload_content=False,
            decode_content=False,
        )
        response = connection.getresponse()
        answer = Answer(
            response.status,
            {name.lower(): text for name, text in response.headers.itermerged()},
            _body(response),
        )
    except (OSError, HTTPError, HTTPException, ValueError) as error:
        raise watch.failure(error) from None
    if watch.over:
        raise TimedOut("no answer in time")
    return answer


def _body(response: BaseHTTPResponse) -> bytes:
    """What was sent, never unpacked, so that nothing small becomes large (I7)."""
    limit = LIMITS.outbound_answer
    body = bytearray()
    for chunk in response.stream(65_536, decode_content=False):
        body += chunk
        if len(body) > limit:
            raise AnswerTooLarge("the answer is too large")
    return bytes(body)
