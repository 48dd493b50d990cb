"""The log by itself: snapshots, what does not read, and the server's own edits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from live import compaction, crdt, log, saving, updates
from live.models import LiveDocument, LiveSnapshot, LiveUpdate
from live.writing import replace_text
from postmortems.models import Postmortem
from postmortems.operations import history, writing
from postmortems.operations.rows import Stale
from tests.fixtures import NOW

TOPIC = "report:{}"
WORDS = st.text(st.sampled_from("ab \n😀é"), max_size=40)


@pytest.fixture
def topic(postmortem: Postmortem) -> str:
    return TOPIC.format(postmortem.pk)


@pytest.fixture
def document(topic: str) -> LiveDocument:
    found = log.found_or_begun(topic)
    assert found is not None
    return found


def type_into(topic: str, key: str, text: str, by: User) -> None:
    replace_text(topic, key, None, text, by.pk, at=NOW)


def text_of(topic: str, key: str) -> str:
    document = LiveDocument.objects.get(topic=topic)
    return crdt.text(log.fold(document).document, key)


def write_many(topic: str, key: str, by: User, count: int) -> str:
    text = ""
    for number in range(count):
        text += f"{number} "
        type_into(topic, key, text, by)
    return text


@given(old=WORDS, new=WORDS)
def test_the_edits_between_two_texts_make_one_of_the_other(old: str, new: str) -> None:
    document = crdt.blank()
    crdt.replace(document, "section-1", old)
    crdt.replace(document, "section-1", new)
    assert crdt.text(document, "section-1") == new


@given(mine=WORDS, theirs=WORDS)
def test_an_update_that_the_server_made_passes_its_own_check(
    mine: str, theirs: str
) -> None:
    document = crdt.blank()
    known: dict[int, int] = {}
    for text in (mine, theirs):
        payload = crdt.replace(document, "section-1", text)
        if payload:
            update = updates.read(payload)
            assert update.fits(known)
            update.learn(known)
    assert known == crdt.state_of(document)


def test_what_a_commit_merged_may_leave_out_what_the_log_has() -> None:
    document = crdt.blank()
    first, _second, third = (
        crdt.replace(document, "section-1", text) for text in ("a", "ab", "abc")
    )
    merged = crdt.merged([first, third])
    assert updates.read(merged, ours=True).gives.popitem()[1] == (0, 3)
    with pytest.raises(updates.Malformed):
        updates.read(merged)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_an_update_or_malformed(data: bytes) -> None:
    try:
        updates.read(data)
    except updates.Malformed:
        return


def test_small_edits_stay_small() -> None:
    document = crdt.blank()
    text = "A paragraph about what happened.\n\n" * 200
    crdt.replace(document, "section-1", text)
    changed = text.replace("what", "all that", 1)
    assert len(crdt.replace(document, "section-1", changed)) < 100


def test_a_document_begins_once_with_the_texts_that_are_there(
    topic: str, postmortem: Postmortem, facilitator: User, summary: str
) -> None:
    save(postmortem, "Written alone.", by=facilitator)
    for _ in range(2):
        log.found_or_begun(topic)
    assert text_of(topic, summary) == "Written alone."
    assert LiveUpdate.objects.count() == 1


def test_compaction_keeps_everything(
    topic: str, document: LiveDocument, facilitator: User, summary: str
) -> None:
    text = write_many(topic, summary, facilitator, compaction.EVERY)
    compaction.compact_due(NOW)
    LiveUpdate.objects.all().delete()
    assert text_of(topic, summary) == text
    assert LiveSnapshot.objects.get().version == compaction.EVERY + 1


def test_compaction_lets_go_of_old_rows_and_still_reads(
    topic: str, document: LiveDocument, facilitator: User, summary: str
) -> None:
    for turn in range(5):
        type_into(topic, summary, f"Turn {turn}", facilitator)
        compaction.compact(topic, NOW + timedelta(days=20 * turn))
    rows = list(
        LiveUpdate.objects.order_by("version").values_list("version", flat=True)
    )
    assert 1 < rows[0] <= rows[-1] == 6
    assert text_of(topic, summary) == "Turn 4"
    assert log.fold(LiveDocument.objects.get(), rows[0]).skipped == 0


def test_a_corrupt_snapshot_falls_back_on_the_one_before(
    topic: str, document: LiveDocument, facilitator: User, summary: str
) -> None:
    for text in ("One.", "One. Two.", "One. Two. Three."):
        type_into(topic, summary, text, facilitator)
        compaction.compact(topic, NOW)
    LiveSnapshot.objects.filter(version__gte=3).update(state=b"\x00\x01broken")
    assert text_of(topic, summary) == "One. Two. Three."


def test_without_any_good_snapshot_the_whole_log_is_read(
    topic: str, document: LiveDocument, facilitator: User, summary: str
) -> None:
    type_into(topic, summary, "All of it.", facilitator)
    compaction.compact(topic, NOW)
    LiveSnapshot.objects.update(state=b"broken")
    assert text_of(topic, summary) == "All of it."


def test_an_update_that_does_not_apply_stops_nothing(
    topic: str, document: LiveDocument, facilitator: User, summary: str
) -> None:
    type_into(topic, summary, "Before.", facilitator)
    document.refresh_from_db()
    log.append(document, b"\xff\xff nonsense", [], NOW)
    assert not compaction.compact(topic, NOW)
    type_into(topic, summary, "Before. After.", facilitator)
    assert text_of(topic, summary) == "Before. After."
    assert compaction.compact(topic, NOW)


def test_two_edits_of_one_version_are_both_kept(
    topic: str, document: LiveDocument, facilitator: User, summary: str
) -> None:
    type_into(topic, summary, "One two three", facilitator)
    for new in ("1 two three", "One two 3"):
        replace_text(topic, summary, 2, new, facilitator.pk, at=NOW)
    assert text_of(topic, summary) == "1 two 3"


def test_the_domain_is_given_the_newest_text_and_never_an_older_one(
    topic: str,
    document: LiveDocument,
    postmortem: Postmortem,
    facilitator: User,
    summary: str,
) -> None:
    type_into(topic, summary, "Older.", facilitator)
    type_into(topic, summary, "Newer.", facilitator)
    saving.save(topic, {summary: "Newer."}, 3)
    saving.save(topic, {summary: "Older."}, 2)
    assert postmortem.sections.get(key="summary").body == "Newer."


def test_a_save_without_reading_what_others_wrote_in_other_lines_keeps_it(
    topic: str,
    document: LiveDocument,
    postmortem: Postmortem,
    facilitator: User,
    summary: str,
) -> None:
    type_into(topic, summary, "One.\n\nTwo.", facilitator)
    saving.save_now(topic)
    opened = postmortem.sections.get(key="summary")
    type_into(topic, summary, "One.\n\nTwo, typed.", facilitator)
    saving.save_now(topic)
    save(postmortem, "One, by form.\n\nTwo.", by=facilitator, opened=opened)
    assert text_of(topic, summary) == "One, by form.\n\nTwo, typed."


def test_a_save_over_the_same_line_shows_both_versions(
    topic: str,
    document: LiveDocument,
    postmortem: Postmortem,
    facilitator: User,
    summary: str,
) -> None:
    type_into(topic, summary, "One.", facilitator)
    saving.save_now(topic)
    opened = postmortem.sections.get(key="summary")
    type_into(topic, summary, "One, typed.", facilitator)
    saving.save_now(topic)
    with pytest.raises(Stale):
        save(postmortem, "One, by form.", by=facilitator, opened=opened)


def test_restoring_replaces_what_people_have_open_and_keeps_what_they_typed(
    topic: str,
    document: LiveDocument,
    postmortem: Postmortem,
    facilitator: User,
    summary: str,
) -> None:
    save(postmortem, "To come back.", by=facilitator)
    first = postmortem.history.get(part="section:summary")
    type_into(topic, summary, "Typed, not saved yet.", facilitator)
    history.restore_change(
        postmortem.pk, first.pk, side="after", by=facilitator, at=NOW
    )
    assert text_of(topic, summary) == "To come back."
    newest = postmortem.history.order_by("-id").first()
    assert newest is not None
    assert newest.before is not None
    assert newest.before["body"] == "Typed, not saved yet."


def test_control_characters_stay_out_of_what_readers_get(
    topic: str,
    document: LiveDocument,
    postmortem: Postmortem,
    facilitator: User,
    summary: str,
) -> None:
    type_into(topic, summary, "a\x00b\x1bc", facilitator)
    saving.save_now(topic)
    assert postmortem.sections.get(key="summary").body == "abc"


def save(postmortem: Postmortem, text: str, *, by: User, opened: Any = None) -> None:
    section = opened or postmortem.sections.get(key="summary")
    writing.save_section(
        postmortem.pk,
        section.pk,
        body=text,
        version=section.version,
        live_version=section.live_version,
        by=by,
        at=datetime(2026, 3, 9, 12, 0, 1, tzinfo=UTC),
    )
