"""Commented words are found again: as Yjs names them, whatever is written around."""

from base64 import b64decode

import pytest
from pycrdt import Assoc, Doc, StickyIndex, Text

from live import anchors, crdt, updates
from live.anchors import Anchor

KEY = "section-1"
TEXT = "Prices in Zürich 😀 too were stale"
WRITER, OTHER = 77, 5
YJS_FIRST, YJS_LAST = b64decode("AE0KAA=="), b64decode("AE0WQQ==")
"""What Yjs itself encodes for the first and last character of “Zürich 😀 too”, written
by client 77: relative positions to 10 (sticking to what follows) and 23 (to what stands
before), in UTF-16 units."""


@pytest.fixture
def document() -> crdt.Document:
    made: crdt.Document = Doc(client_id=WRITER)
    made.get(KEY, type=Text).insert(0, TEXT)
    return made


def words(document: crdt.Document, *ends: tuple[bytes, bytes]) -> list[str]:
    """What the anchors say now, each in a copy of the document."""
    copy = crdt.blank()
    crdt.apply(copy, crdt.encoded(document))
    wanted = [Anchor(KEY, start, end) for start, end in ends]
    found = anchors._words(copy, KEY, wanted)
    return [found[anchor] for anchor in wanted]


def write(document: crdt.Document, at: str, text: str) -> None:
    """Somebody else writes before these words."""
    theirs: crdt.Document = Doc(client_id=OTHER)
    crdt.apply(theirs, crdt.encoded(document))
    shared = theirs.get(KEY, type=Text)
    shared.insert(len(str(shared).partition(at)[0].encode()), text)
    crdt.apply(document, crdt.encoded(theirs))


def delete(document: crdt.Document, text: str) -> None:
    shared = document.get(KEY, type=Text)
    start = len(str(shared).partition(text)[0].encode())
    del shared[start : start + len(text.encode())]


def test_what_yjs_encodes_is_read_as_the_character_that_it_means(
    document: crdt.Document,
) -> None:
    assert anchors.read(YJS_FIRST) == (WRITER, 10)
    assert anchors.read(YJS_LAST) == (WRITER, 22)
    assert words(document, (YJS_FIRST, YJS_LAST)) == ["Zürich 😀 too"]


def test_pycrdt_encodes_like_yjs_but_counts_bytes() -> None:
    """Why the server does not read anchors with it."""
    made: crdt.Document = Doc(client_id=WRITER)
    shared = made.get(KEY, type=Text)
    shared.insert(0, TEXT)
    first = StickyIndex.new(shared, 10, Assoc.AFTER).encode()
    assert bytes(first) == YJS_FIRST  # only ASCII stands before it
    last = StickyIndex.new(shared, len(b"Prices in Z\xc3\xbcrich "), Assoc.AFTER)
    assert anchors.read(bytes(last.encode())) == (WRITER, 18)  # it is the 17th


def test_words_stay_what_they_are_while_others_write_around_them(
    document: crdt.Document,
) -> None:
    write(document, "Prices", "Ä😀 before. ")
    write(document, "Zürich", "the ")
    write(document, " were", " and Bern")
    assert words(document, (YJS_FIRST, YJS_LAST)) == ["Zürich 😀 too"]


def test_what_is_written_between_them_belongs_to_them(
    document: crdt.Document,
) -> None:
    write(document, "😀", "(CH) ")
    assert words(document, (YJS_FIRST, YJS_LAST)) == ["Zürich (CH) 😀 too"]


@pytest.mark.parametrize(
    ("deleted", "left"),
    [
        ("Zürich ", "😀 too"),
        (" too", "Zürich 😀"),
        ("in Zü", "rich 😀 too"),
        ("Zürich 😀 too", ""),
        (TEXT, ""),
    ],
)
def test_words_of_which_some_are_deleted(
    document: crdt.Document, deleted: str, left: str
) -> None:
    delete(document, deleted)
    assert words(document, (YJS_FIRST, YJS_LAST)) == [left]


def test_several_anchors_do_not_disturb_one_another(
    document: crdt.Document,
) -> None:
    whole = (YJS_FIRST, YJS_LAST)
    one = (YJS_FIRST, b64decode("AE0KQQ=="))
    assert words(document, whole, one, whole) == [
        "Zürich 😀 too",
        "Z",
        "Zürich 😀 too",
    ]


def test_an_anchor_to_what_nobody_wrote_finds_nothing(
    document: crdt.Document,
) -> None:
    unknown = updates.join([b"\x00", updates.number(999), b"\x05\x00"])
    later = updates.join([b"\x00", updates.number(WRITER), updates.number(9_999), b"A"])
    assert words(document, (unknown, later), (YJS_FIRST, YJS_LAST)) == [
        "",
        "Zürich 😀 too",
    ]


def test_an_anchor_into_another_text_finds_nothing(document: crdt.Document) -> None:
    other = document.get("section-2", type=Text)
    other.insert(0, "elsewhere")
    clock = len(TEXT) + 1  # the emoji counts twice
    there = updates.join([b"\x00", updates.number(WRITER), updates.number(clock)])
    assert words(document, (there + b"\x00", there + b"A")) == [""]


@pytest.mark.parametrize(
    "position",
    [
        b"",
        b"\x00",
        b"\x00\x01",
        b"\x00\x01\x01",
        b"\x00\x01\x01\x02",
        b"\x01\x03abc\x00",
    ],
)
def test_what_is_no_character_is_refused(position: bytes) -> None:
    with pytest.raises(updates.Malformed):
        anchors.read(position)
