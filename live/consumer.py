"""The websocket of a report. Channels routes to it; the Hub does the rest."""

import logging
from typing import Any
from urllib.parse import parse_qs, urlsplit

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import Error as DatabaseError
from django.http import parse_cookie
from django.http.request import validate_host

from config.edge import refuse_bad_scope
from config.limits import LIMITS
from live import conversation
from live.counting import limits_of
from live.hub import SIGNED_OUT, Hub, hub
from live.members import Frame, Member
from live.rooms import BEGUN_ANEW, GONE, Room

logger = logging.getLogger("afterword.security")

PROTOCOL = "1"
FLUSH = 5.0
"""Seconds that a socket which is gone waits for its last updates to be committed."""


class Refused(Exception):
    """The socket is closed with this code."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code, self.reason = code, reason


class ReportConsumer(AsyncWebsocketConsumer):
    channel_layer_alias = "none"
    """There is no channel layer: Redis is not asked for each socket."""
    member: Member | None = None
    room: Room

    async def connect(self) -> None:
        if refuse_bad_scope(self.scope) or not _own_origin(self.scope):
            logger.warning("a websocket was refused at the edge")
            await self.close()
            return
        await self.accept()
        try:
            await self._enter(hub())
        except Refused as refused:
            await self.close(refused.code, refused.reason)
        except (DatabaseError, OSError) as error:
            logger.warning("the database is away: %s", type(error).__name__)
            await self.close(1013)

    async def _enter(self, here: Hub) -> None:
        query = parse_qs(self.scope["query_string"].decode())
        if query.get("v") != [PROTOCOL]:
            raise Refused(BEGUN_ANEW, "version")
        session_key = _session_key(self.scope)
        topic, found = await here.door.look_up(self._reference(), session_key)
        if session_key not in found.visitors:
            raise Refused(SIGNED_OUT)
        right = found.right(topic, session_key) if topic else "none"
        if right == "none":
            raise Refused(GONE)
        try:
            self.room = await here.room(topic)
        except LookupError as error:
            raise Refused(GONE) from error
        _check_epoch(query, self.room)
        self.room.rows_version = max(
            self.room.rows_version, found.revisions.get(topic, 0)
        )
        visitor, address = found.visitors[session_key], _address(self.scope)
        if await here.sockets.are_enough(
            limits_of(topic, visitor.id, address, can_write=right == "write")
        ):
            raise Refused(conversation.TOO_MANY)
        self.member = Member(
            visitor,
            session_key,
            address,
            can_write=right == "write",
            send=self._put,
            close=self.close,
        )
        here.join(self.member, self.room)
        conversation.hello(self.room, self.member)

    def _reference(self) -> str:
        return str(self.scope["url_route"]["kwargs"]["reference"])

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        if self.member is None or self.member.gone.is_set():
            return
        data = bytes_data if bytes_data is not None else text_data or ""
        if len(data) > LIMITS.live_first_message:
            self.member.send_away(conversation.TOO_LARGE)
            return
        try:
            await conversation.hear(self.room, self.member, data)
        except Exception:
            logger.exception("a fault in live editing")
            self.member.send_away(1011)

    async def disconnect(self, code: int) -> None:
        if self.member is None:
            return
        self.member.leave()
        self.room.hub.leave(self.member)
        self.room.leave(self.member)
        await self.room.committer.at_rest(FLUSH)

    async def _put(self, frame: Frame) -> None:
        if isinstance(frame, bytes):
            await self.send(bytes_data=frame)
        else:
            await self.send(text_data=frame)


class NoSuchSocket(AsyncWebsocketConsumer):
    channel_layer_alias = "none"

    async def connect(self) -> None:
        await self.close()


def _check_epoch(query: dict[str, list[str]], room: Room) -> None:
    given = query.get("epoch")
    if given is not None and given != [str(room.epoch)]:
        raise Refused(BEGUN_ANEW, "epoch")


def _own_origin(scope: dict[str, Any]) -> bool:
    """Only our own pages: a missing Origin is refused like a foreign one (BAR T27)."""
    headers = dict(scope["headers"])
    origin = urlsplit(headers.get(b"origin", b"").decode("latin-1"))
    host = headers.get(b"host", b"").decode("latin-1")
    allowed = validate_host(origin.hostname or "", settings.ALLOWED_HOSTS)
    return origin.scheme in {"http", "https"} and allowed and origin.netloc == host


def _session_key(scope: dict[str, Any]) -> str:
    cookies = parse_cookie(dict(scope["headers"]).get(b"cookie", b"").decode())
    return str(cookies.get(settings.SESSION_COOKIE_NAME, ""))


def _address(scope: dict[str, Any]) -> str:
    """The client's address, by as many proxies as are trusted."""
    count = settings.TRUSTED_PROXY_COUNT
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1")
    hops: list[str] = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    if count and len(hops) >= count:
        return hops[-count]
    client = scope.get("client")
    return str(client[0]) if client else ""
