"""Refuses junk before any session, view or database sees it.

One rule in one place: a request whose address, headers or cookies carry control
characters, lone surrogates or invalid UTF-8 is answered 400; in the values of a form
that holds for NUL and invalid UTF-8, while other control characters (a terminal's
colours in a pasted log) are let through and taken out by the field (plaintext.py).
Methods outside the list get 405, a long address 414, large headers 431, a large body
413.

`EdgeMiddleware` works under ASGI and WSGI. `bounded` wraps the ASGI application so that
a body is cut off while it arrives, and `refuse_bad_scope` serves websockets later.
"""

import errno
import logging
import re
from collections.abc import (
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    MutableMapping,
)
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, parse_cookie
from django.http.request import RawPostDataException

from config.headers import NOTHING_ALLOWED, PERMISSIONS, strict_transport
from config.limits import LIMITS

logger = logging.getLogger("afterword.security")

FULL = {errno.ENOSPC, errno.EDQUOT}
LONGEST_LENGTH = 18
"""Digits of a Content-Length; more is nobody's body."""

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_BAD_TEXT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_BAD_QUERY = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_BAD_HEADER = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

# What other middleware puts on every other answer; refusals are made outside it.
_REFUSAL_HEADERS = {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Security-Policy": NOTHING_ALLOWED,
    "Permissions-Policy": PERMISSIONS,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}

Headers = list[tuple[bytes, bytes]]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    sentence: str


BAD_METHOD = Refusal(405, "This method is not offered here.")
BAD_ADDRESS = Refusal(400, "The address contains characters that are not text.")
BAD_HEADERS = Refusal(400, "A header or cookie contains characters that are not text.")
BAD_FORM = Refusal(400, "The form contains characters that are not text.")
TOO_MANY_PARAMETERS = Refusal(400, "The address has too many parameters.")
LONG_ADDRESS = Refusal(414, "The address is too long.")
LONG_HEADERS = Refusal(431, "The headers of this request are too large.")
LARGE_BODY = Refusal(413, "This is larger than Afterword takes in one request.")
DISK_FULL = Refusal(507, "The server has no room for this just now. Nothing was kept.")


# --- The checks -----------------------------------------------------------------------


def check_address(raw_path: bytes, query: bytes) -> Refusal | None:
    """Path and query as they were sent, still percent-encoded."""
    if len(raw_path) + len(query) + 1 > LIMITS.url:
        return LONG_ADDRESS
    if query.count(b"&") >= LIMITS.form_fields:
        return TOO_MANY_PARAMETERS
    if _unfit(unquote_to_bytes(raw_path), _BAD_TEXT):
        return BAD_ADDRESS
    if query and _unfit(unquote_to_bytes(query), _BAD_QUERY):
        return BAD_ADDRESS
    return None


def check_headers(headers: Headers) -> Refusal | None:
    """All headers, names in lower case."""
    size = sum(len(name) + len(value) + 4 for name, value in headers)
    if size > LIMITS.header_block:
        return LONG_HEADERS
    for name, value in headers:
        if _BAD_HEADER.search(value):
            return BAD_HEADERS
        if name == b"cookie" and _bad_cookies(value):
            return BAD_HEADERS
    return None


def body_limit(content_type: str) -> int:
    """Bytes a body of this type may have."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return LIMITS.upload_body
    if kind == "application/x-www-form-urlencoded":
        return LIMITS.form_body
    return LIMITS.json_body


def check_length(headers: Headers) -> Refusal | None:
    """What the request says of its body; what it really sends is `bounded`'s matter."""
    found = dict(headers)
    length = found.get(b"content-length", b"").strip()
    if not length:
        return None
    if not length.isdigit() or len(length) > LONGEST_LENGTH:
        return BAD_HEADERS
    content_type = found.get(b"content-type", b"").decode("latin-1")
    return LARGE_BODY if int(length) > body_limit(content_type) else None


def refuse_bad_scope(scope: Scope) -> Refusal | None:
    """Why this ASGI connection (HTTP or websocket) is refused, or None."""
    method = scope.get("method")
    if method is not None and method not in METHODS:
        return BAD_METHOD
    headers = list(scope.get("headers", ()))
    raw_path = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")
    return (
        check_address(raw_path, _bytes(scope.get("query_string", b"")))
        or check_headers(headers)
        or check_length(headers)
    )


def _bytes(query: bytes | str) -> bytes:
    """Django's own asynchronous test client gives the query as text."""
    return query.encode("utf-8", "surrogatepass") if isinstance(query, str) else query


def _unfit(raw: bytes, bad: re.Pattern[str]) -> bool:
    try:
        return bool(bad.search(raw.decode("utf-8")))
    except UnicodeDecodeError:
        return True


def _bad_cookies(header: bytes) -> bool:
    """Also what a quoted value hides: `"\\000"` is NUL once it is read."""
    try:
        text = header.decode("utf-8")
    except UnicodeDecodeError:
        return True
    pairs = parse_cookie(text).items()
    return any(_BAD_TEXT.search(part) for pair in pairs for part in pair)


# --- Under Django ---------------------------------------------------------------------


class EdgeMiddleware:
    """Before sessions in MIDDLEWARE; only what adds headers stands outside it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if refusal := refuse_bad_scope(_scope_of(request)) or _check_form(request):
            logger.warning("refused at the edge: %s", refusal.status)
            return _answer(refusal)
        return self.get_response(request)


def _scope_of(request: HttpRequest) -> Scope:
    """The request's ASGI scope, or one drawn from its WSGI environment."""
    scope: Scope | None = getattr(request, "scope", None)
    if scope is not None:
        return scope
    environ = request.META
    path = str(environ.get("SCRIPT_NAME", "")) + str(environ.get("PATH_INFO", ""))
    return {
        "method": request.method,
        # Django has decoded it and left invalid UTF-8 percent-encoded, so that decoding
        # once more finds it.
        "path": path,
        "query_string": environ.get("QUERY_STRING", "").encode("latin-1", "replace"),
        "headers": list(_wsgi_headers(environ)),
    }


def _wsgi_headers(environ: dict[str, Any]) -> Iterable[tuple[bytes, bytes]]:
    for name, value in environ.items():
        if name.startswith("HTTP_") or name in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            header = name.removeprefix("HTTP_").replace("_", "-").lower()
            yield (
                header.encode("latin-1", "replace"),
                str(value).encode("latin-1", "replace"),
            )


def _check_form(request: HttpRequest) -> Refusal | None:
    if request.method not in {"POST", "PUT", "PATCH", "DELETE"}:
        return None
    try:
        return _check_fields(request)
    except RequestDataTooBig:
        return LARGE_BODY
    except RawPostDataException:
        return None
    except OSError as error:  # large files lie on the disk while they arrive
        if error.errno not in FULL:
            raise
        return DISK_FULL


def _check_fields(request: HttpRequest) -> Refusal | None:
    if request.content_type == "application/x-www-form-urlencoded":
        return _check_encoded_form(request.body)
    if request.content_type == "multipart/form-data" and request.method == "POST":
        return _check_read_form(request)
    return None


def _check_encoded_form(body: bytes) -> Refusal | None:
    if len(body) > LIMITS.form_body:
        return LARGE_BODY
    raw = unquote_to_bytes(body)
    if b"\x00" in raw:
        return BAD_FORM
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return BAD_FORM
    return None


def _check_read_form(request: HttpRequest) -> Refusal | None:
    names_and_values = (
        part for name, values in request.POST.lists() for part in (name, *values)
    )
    return BAD_FORM if any("\x00" in part for part in names_and_values) else None


def _answer(refusal: Refusal) -> HttpResponse:
    return HttpResponse(
        f"{refusal.sentence}\n", status=refusal.status, headers=_headers_of(refusal)
    )


def _headers_of(refusal: Refusal) -> dict[str, str]:
    allow = {"Allow": ", ".join(METHODS)} if refusal is BAD_METHOD else {}
    return {**_REFUSAL_HEADERS, **strict_transport(), **allow}


# --- Around an ASGI application -------------------------------------------------------


class _BodyTooLarge(Exception):
    pass


def bounded(application: Application) -> Application:
    """The application, with junk and overlong bodies refused while they arrive.

    Django keeps a whole body before its first middleware runs, so a body without a
    stated length could fill the disk; here it ends at the limit of its type.
    """

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        if refusal := refuse_bad_scope(scope):
            await _send_refusal(send, refusal)
            return
        content_type = dict(scope["headers"]).get(b"content-type", b"")
        counted = _counting(receive, body_limit(content_type.decode("latin-1")))
        started = False

        async def remember(message: MutableMapping[str, Any]) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await application(scope, counted, remember)
        except (_BodyTooLarge, OSError) as error:
            refusal = _cut_off_by(error)
            if refusal is None:
                raise
            if not started:
                await _send_refusal(send, refusal)

    return guarded


def _cut_off_by(error: Exception) -> Refusal | None:
    """Django keeps a large body on the disk, which may be full."""
    if isinstance(error, _BodyTooLarge):
        return LARGE_BODY
    return DISK_FULL if isinstance(error, OSError) and error.errno in FULL else None


def _counting(receive: Receive, limit: int) -> Receive:
    received = 0

    async def counted() -> MutableMapping[str, Any]:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise _BodyTooLarge
        return message

    return counted


async def _send_refusal(send: Send, refusal: Refusal) -> None:
    """Plain, with the headers every answer has; the connection closes after it."""
    logger.warning("refused at the edge: %s", refusal.status)
    body = f"{refusal.sentence}\n".encode()
    headers = [
        (name.lower().encode(), value.encode())
        for name, value in _headers_of(refusal).items()
    ]
    headers.append((b"content-length", str(len(body)).encode()))
    headers.append((b"connection", b"close"))
    await send(
        {"type": "http.response.start", "status": refusal.status, "headers": headers}
    )
    await send({"type": "http.response.body", "body": body})
