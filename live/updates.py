"""What an update from outside may contain; read here before anything trusts it.

Shared texts are plain strings under names that the server gave. Everything else that
Yjs could carry (maps, arrays, embeds, formats, documents in documents) is refused, and
so is an update that builds on something nobody has: applied, it would wait unseen.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from config.limits import LIMITS

KEY = re.compile(r"[a-z]{1,20}-[1-9][0-9]{0,18}", re.ASCII)
_GC, _DELETED, _STRING, _SKIP = 0, 1, 4, 10
_HAS_ORIGIN, _HAS_RIGHT_ORIGIN, _HAS_PARENT_KEY = 0x80, 0x40, 0x20
_LONGEST_NUMBER = 9
"""Bytes of a number; eight carry 2^53, which is the most JavaScript counts to."""


class Malformed(ValueError):
    """These bytes are no update that belongs here."""


@dataclass(slots=True)
class Update:
    gives: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By client: the first clock that it brings, and the one behind its last."""
    needs: dict[int, int] = field(default_factory=dict)
    """By client: up to which clock (exclusive) everything has to be there."""

    @property
    def only_deletes(self) -> bool:
        return not self.gives

    def fits(self, known: Mapping[int, int]) -> bool:
        """Whether everything it builds on is known, or comes with it."""
        for client, (start, _end) in self.gives.items():
            if start > known.get(client, 0):
                return False
        return all(
            clock <= max(known.get(client, 0), self.gives.get(client, (0, 0))[1])
            for client, clock in self.needs.items()
        )

    def learn(self, known: dict[int, int]) -> None:
        for client, (_start, end) in self.gives.items():
            known[client] = max(known.get(client, 0), end)

    def need(self, client: int, clock: int) -> None:
        if clock > self.needs.get(client, 0):
            self.needs[client] = clock


class Reader:
    """Bytes read from front to back; Malformed at the first that cannot be."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def number(self) -> int:
        value = shift = 0
        for _ in range(_LONGEST_NUMBER):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:  # noqa: PLR2004  the bit that says more follow
                return value
            shift += 7
        raise Malformed("a number without an end")

    def byte(self) -> int:
        if self.at >= len(self.data):
            raise Malformed("it ends too early")
        self.at += 1
        return self.data[self.at - 1]

    def piece(self) -> bytes:
        """Bytes with their length before them."""
        size = self.number()
        if size > len(self.data) - self.at:
            raise Malformed("it ends too early")
        self.at += size
        return self.data[self.at - size : self.at]

    def text(self) -> str:
        try:
            return self.piece().decode()
        except UnicodeDecodeError as error:
            raise Malformed("a text is not UTF-8") from error

    def end(self) -> None:
        if self.at != len(self.data):
            raise Malformed("something follows")


def read(data: bytes, *, ours: bool = False) -> Update:
    """What an update (Yjs encoding 1) brings and needs; Malformed where it may not.

    Only one from our own log, which may have been merged of several, may leave out what
    the log has already.
    """
    reader, update = Reader(data), Update()
    structs = 0
    for _ in range(reader.number()):
        count = reader.number()
        structs += count
        if structs > LIMITS.live_structs:
            raise Malformed("too many pieces")
        _read_client(reader, update, count, skips=ours)
    for _ in range(reader.number()):
        _read_deletes(reader, update)
    reader.end()
    return update


def read_state(data: bytes) -> dict[int, int]:
    """A state vector: by client, the next clock."""
    reader = Reader(data)
    found = {}
    for _ in range(reader.number()):
        client = reader.number()
        found[client] = reader.number()
    reader.end()
    return found


def number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def piece(data: bytes) -> bytes:
    return number(len(data)) + data


def join(pieces: Iterable[bytes]) -> bytes:
    return b"".join(pieces)


def _read_client(reader: Reader, update: Update, count: int, *, skips: bool) -> None:
    client, start = reader.number(), reader.number()
    if client in update.gives or not count:
        raise Malformed("a client twice, or for nothing")
    clock = start
    for _ in range(count):
        clock += _read_struct(reader, update, skips=skips)
    update.gives[client] = (start, clock)


def _read_struct(reader: Reader, update: Update, *, skips: bool) -> int:
    """How many clocks it takes."""
    info = reader.byte()
    kind = info & 0x1F
    if kind == _GC or (kind == _SKIP and skips):
        return _length(reader.number())
    for flag in (_HAS_ORIGIN, _HAS_RIGHT_ORIGIN):
        if info & flag:
            client, clock = reader.number(), reader.number()
            update.need(client, clock + 1)
    if not info & (_HAS_ORIGIN | _HAS_RIGHT_ORIGIN):
        _read_parent(reader, info)
    if kind == _STRING:
        text = reader.text()
        return _length(len(text) if text.isascii() else _utf16_length(text))
    if kind == _DELETED:
        return _length(reader.number())
    raise Malformed("something that is no text")


def _read_parent(reader: Reader, info: int) -> None:
    if reader.number() != 1 or info & _HAS_PARENT_KEY:
        raise Malformed("a text inside something else")
    if not KEY.fullmatch(reader.text()):
        raise Malformed("a text of an unknown name")


def _read_deletes(reader: Reader, update: Update) -> None:
    client = reader.number()
    for _ in range(_bounded(reader.number())):
        clock = reader.number()
        update.need(client, clock + reader.number())


def _length(length: int) -> int:
    if not length:
        raise Malformed("an empty piece")
    return length


def _bounded(count: int) -> int:
    if count > LIMITS.live_structs:
        raise Malformed("too many pieces")
    return count


def _utf16_length(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)
