"""What a page says, and what it is answered. Anything unreadable raises Malformed."""

import asyncio
import logging
import time

from config.json_input import parse_json
from config.limits import LIMITS
from live import awareness, crdt, log, people, updates
from live.members import Member
from live.outlets import UPDATE
from live.rooms import BEGUN_ANEW, Room
from live.threads import in_thread
from live.updates import Malformed, Reader, piece

logger = logging.getLogger("afterword.live")

STEP_1, STEP_2 = b"\x00\x00", b"\x00\x01"
NOTHING = b"\x00\x00"
"""An update that says nothing: the answer of a page that has nothing new."""
READS_ONLY, UNREADABLE, TOO_LARGE, TOO_MANY = 4403, 1003, 1009, 4429
FRESH = 5.0
"""Seconds for which a look at somebody's rights may be trusted (BAR §2.3)."""


def hello(room: Room, member: Member) -> None:
    room.tell(
        {
            "t": "hello",
            "user": member.visitor.as_json(),
            "can_write": member.can_write,
            "epoch": room.epoch,
            "version": room.version,
            "rows_version": room.rows_version,
        },
        [member],
    )


def ask_for_news(room: Room, member: Member) -> None:
    """Step 1: the page answers with what the server lacks."""
    member.put(STEP_1 + piece(room.document.get_state()))


def may_write(room: Room, member: Member, *, can_write: bool) -> None:
    """Note a right that was given or taken, and tell the page."""
    if member.can_write == can_write:
        return
    member.can_write = can_write
    hello(room, member)
    if can_write and member in room.members:
        ask_for_news(room, member)


async def hear(room: Room, member: Member, data: bytes | str) -> None:
    """One message, whatever it is; the third that cannot be read ends it."""
    member.heard_at = time.monotonic()
    if not member.rate.take():
        member.send_away(TOO_MANY)
        return
    try:
        if isinstance(data, str):
            _hear_text(room, member, data)
        else:
            await _hear_bytes(room, member, data)
    except Malformed:
        member.errors += 1
        if member.errors >= LIMITS.live_errors:
            member.send_away(UNREADABLE)
        else:
            room.tell({"t": "error", "reason": "malformed"}, [member])


def _hear_text(room: Room, member: Member, data: str) -> None:
    try:
        message = parse_json(data.encode())
    except ValueError as error:
        raise Malformed(str(error)) from error
    kind = message.get("t") if isinstance(message, dict) else None
    if kind == "ping":
        room.tell({"t": "pong"}, [member])
    elif kind == "here":
        member.here = people.read_here(message, member.here)
        member.here_at = time.monotonic()
        room.people_moved()
    elif kind == "sum":
        _compare(room, member, message.get("sum"))
    else:
        raise Malformed("a message of an unknown kind")


def _compare(room: Room, member: Member, checksum: object) -> None:
    """Find a page whose texts are not those of the server (BAR §8.3).

    The first time something may be under way; not once more at the same version.
    """
    if not isinstance(checksum, int):
        raise Malformed("no checksum")
    if checksum == room.checksum():
        member.differed_at = None
    elif member.differed_at != room.version:
        member.differed_at = room.version
    else:
        logger.error("%s: the texts of a page differ", room.topic)
        member.send_away(BEGUN_ANEW, "differs")


async def _hear_bytes(room: Room, member: Member, data: bytes) -> None:
    kind = data[:2]
    is_first = kind == STEP_2
    if len(data) > (LIMITS.live_first_message if is_first else LIMITS.live_message):
        member.send_away(TOO_LARGE)
    elif kind == STEP_1:
        _greet(room, member, _body(data))
    elif is_first or kind == UPDATE:
        member.received += 1
        await _take(room, member, data)
    elif data[:1] == b"\x01":
        _hear_awareness(room, member, data[1:])
    else:
        raise Malformed("a frame of an unknown kind")


def _body(data: bytes) -> bytes:
    reader = Reader(data[2:])
    body = reader.piece()
    reader.end()
    return body


def _greet(room: Room, member: Member, state: bytes) -> None:
    updates.read_state(state)
    everything = state == b"\x00"
    try:
        answer = room.whole() if everything else crdt.missing(room.document, state)
    except Exception as error:
        raise Malformed("a state that cannot be read") from error
    member.put(STEP_2 + piece(answer), first=True)
    if member.can_write:
        ask_for_news(room, member)
    if member not in room.members:
        room.members.add(member)
        room.people_moved()
    if room.awareness:
        member.put(room.awareness.frame())
    room.tell(room.people(), [member])


async def _take(room: Room, member: Member, data: bytes) -> None:
    count = member.received
    if time.monotonic() - member.checked_at > FRESH:
        await room.hub.look_at(room, member)
    if member.gone.is_set():
        return
    if not member.can_write:
        refuse(room, member, count, "read_only")
        return
    try:
        payload = _body(data)
        update = updates.read(payload)
    except Malformed as error:
        await _set_aside(room, member, data, str(error))
        refuse(room, member, count, "malformed")
        raise
    if not update.fits(room.known):
        # Not wrong, but something before it is missing: the page sends both together.
        refuse(room, member, count, "incomplete")
        ask_for_news(room, member)
        return
    if not update.only_deletes and not room.measure.fits(payload):
        refuse(room, member, count, "too_large")
        return
    update.learn(room.known)
    member.typed = member.typed or payload != NOTHING
    room.committer.add(member, b"" if payload == NOTHING else payload)


def refuse(room: Room, member: Member, count: int, reason: str) -> None:
    member.refusals += 1
    if member.refusals > LIMITS.live_refusals:
        member.send_away(READS_ONLY)
    else:
        room.tell({"t": "refused", "n": count, "reason": reason}, [member])


async def _set_aside(room: Room, member: Member, data: bytes, reason: str) -> None:
    await in_thread(log.set_aside, room.topic, data, reason, member.visitor.id)


def _hear_awareness(room: Room, member: Member, data: bytes) -> None:
    """Move a caret; more often than it may, only the last of its places is shown."""
    for entry in awareness.read(data):
        if member.client_id is None and not _is_taken(room, entry.client_id):
            member.client_id = entry.client_id
        if entry.client_id != member.client_id:
            continue  # somebody else's caret is not this page's to move
        late = member.caret is not None
        member.caret = awareness.with_name(entry, member.visitor)
        if not late:
            loop = asyncio.get_running_loop()
            loop.call_later(member.carets.wait(), _show_caret, room, member)


def _show_caret(room: Room, member: Member) -> None:
    entry, member.caret = member.caret, None
    if entry is not None and not member.gone.is_set() and room.awareness.put(entry):
        room.show_caret(entry)


def _is_taken(room: Room, client_id: int) -> bool:
    return any(other.client_id == client_id for other in room.members)
