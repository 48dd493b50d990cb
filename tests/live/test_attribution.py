"""Who wrote which words, read off the log."""

import time
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from django.db import transaction
from pycrdt import Doc, Text

from live import compaction, crdt, log
from live.attribution import Span, TooLong, spans_of
from live.models import LiveDocument, LiveUpdate
from live.writing import replace_text

TOPIC, KEY = "notes:1", "section-1"
AT = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
MAREN, PRIYA = 11, 12


class Writer:
    """Somebody's page, with a document of its own."""

    def __init__(self, author: int) -> None:
        self.author = author
        self.document: Doc[Any] = Doc()
        self.text = self.document.get(KEY, type=Text)

    def catch_up(self) -> None:
        found = log.find(TOPIC)
        assert found is not None
        for _version, payload in log.rows_after(found.pk, 0):
            self.document.apply_update(payload)

    def write(self, put: str, at: int | None = None) -> int:
        return self._append(
            lambda: self.text.insert(len(self.text) if at is None else at, put)
        )

    def delete(self, first: int, last: int) -> int:
        def edit() -> None:
            del self.text[first:last]

        return self._append(edit)

    def _append(self, edit: Any) -> int:
        """Edit on top of what is there; the version that it became."""
        self.catch_up()
        before = self.document.get_state()
        edit()
        payload = self.document.get_update(before)
        with transaction.atomic():
            document = log.locked(TOPIC)
            assert document is not None
            return log.append(document, payload, [self.author], AT)


def begin(text: str = "") -> None:
    document = LiveDocument.objects.create(
        topic=TOPIC, version=1, saved_version=1, changed_at=AT
    )
    LiveUpdate.objects.create(
        document=document, version=1, payload=crdt.written({KEY: text}), at=AT
    )


def spans(**limits: Any) -> list[tuple[str, int | None]]:
    found = spans_of(TOPIC, [KEY], **limits)[KEY]
    return [(span.text, span.author) for span in found]


@pytest.fixture
def both(db: None) -> tuple[Writer, Writer]:
    begin("Before. ")
    return Writer(MAREN), Writer(PRIYA)


def test_each_word_is_its_writers(both: tuple[Writer, Writer]) -> None:
    maren, priya = both
    maren.write("Prices stale. ")
    priya.write("were ", at=len(b"Before. Prices "))
    assert spans() == [
        ("Before. ", None), ("Prices ", MAREN), ("were ", PRIYA), ("stale. ", MAREN),
    ]  # fmt: skip


def test_words_of_other_alphabets_are_not_cut_apart(
    both: tuple[Writer, Writer],
) -> None:
    maren, priya = both
    maren.write("é😀汉")
    priya.write("ß", at=len("Before. é😀".encode()))
    maren.delete(0, len(b"Before. "))
    assert spans() == [("é😀", MAREN), ("ß", PRIYA), ("汉", MAREN)]


def test_what_was_deleted_is_nobodys_any_more(both: tuple[Writer, Writer]) -> None:
    maren, priya = both
    maren.write("abcdef")
    priya.delete(8, 11)
    assert spans() == [("Before. ", None), ("def", MAREN)]


def test_what_was_written_before_a_version_counts_as_earlier(
    both: tuple[Writer, Writer],
) -> None:
    maren, priya = both
    version = maren.write("One. ")
    priya.write("Two. ")
    assert spans(after=version) == [("Before. One. ", None), ("Two. ", PRIYA)]


def test_a_text_is_told_as_of_a_version(both: tuple[Writer, Writer]) -> None:
    maren, priya = both
    version = maren.write("One. ")
    priya.write("Two. ")
    assert spans(upto=version) == [("Before. ", None), ("One. ", MAREN)]


def test_an_edit_of_the_server_is_its_authors(both: tuple[Writer, Writer]) -> None:
    maren, _priya = both
    maren.write("stale")
    with transaction.atomic():
        replace_text(TOPIC, KEY, None, "Before. empty", PRIYA, at=AT)
    assert spans() == [("Before. ", None), ("empty", PRIYA)]


def test_an_update_of_several_people_names_nobody(both: tuple[Writer, Writer]) -> None:
    maren, _priya = both
    maren.write("x")
    LiveUpdate.objects.filter(authors=[MAREN]).update(authors=[MAREN, PRIYA])
    assert spans() == [("Before. x", None)]


def test_what_is_older_than_the_log_counts_as_earlier(
    both: tuple[Writer, Writer],
) -> None:
    maren, priya = both
    maren.write("Old. ")
    compaction.compact(TOPIC, AT)
    document = log.find(TOPIC)
    assert document is not None
    document.updates.all().delete()
    assert spans() == [("Before. Old. ", None)]
    priya.document.apply_update(bytes(document.snapshots.get().state))
    priya.write("New.")
    assert spans() == [("Before. Old. ", None), ("New.", PRIYA)]


def test_nothing_is_told_where_nobody_wrote_together(db: None) -> None:
    assert spans_of("notes:2", [KEY]) == {}


def test_the_text_is_told_whole_whatever_was_edited(
    both: tuple[Writer, Writer],
) -> None:
    chance = Random(7)  # noqa: S311  not a secret
    for _edit in range(60):
        writer = chance.choice(both)
        writer.catch_up()
        size = len(str(writer.text))
        if size > 20 and chance.random() < 0.4:
            first = chance.randrange(8, size - 4)
            writer.delete(first, first + 3)
        else:
            writer.write(chance.choice(["ab", "xyz "]), at=chance.randrange(size))
    document = log.find(TOPIC)
    assert document is not None
    text = crdt.text(log.fold(document).document, KEY)
    assert "".join(word for word, _author in spans()) == text


def test_twenty_thousand_updates_are_answered_in_a_second(db: None) -> None:
    begin()
    document = log.find(TOPIC)
    assert document is not None
    writers = [Writer(author) for author in range(20, 25)]
    everybody: Doc[Any] = Doc()
    text = everybody.get(KEY, type=Text)
    made: list[LiveUpdate] = []

    def note(event: Any) -> None:
        made.append(
            LiveUpdate(
                document=document,
                version=len(made) + 2,
                payload=bytes(event.update),
                authors=[writers[len(made) % 5].author],
                at=AT,
            )
        )

    everybody.observe(note)
    for _letter in range(20_000):
        text.insert(len(text), "a")
    LiveUpdate.objects.bulk_create(made, batch_size=2_000)
    LiveDocument.objects.update(version=len(made) + 1)
    begun = time.monotonic()
    try:
        found: list[Span] = spans_of(TOPIC, [KEY])[KEY]
    except TooLong:
        found = []
    assert time.monotonic() - begun < 1.5
    assert not found or sum(len(span.text) for span in found) == 20_000


def test_a_log_that_takes_too_long_says_so(both: tuple[Writer, Writer]) -> None:
    both[0].write("x")
    with pytest.raises(TooLong):
        spans_of(TOPIC, [KEY], seconds=-1)
