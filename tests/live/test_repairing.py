"""A damaged log: everybody goes on with the texts that readers have."""

import logging
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from accounts.models import User
from live import compaction, crdt, log, saving
from live.models import LiveDocument, LiveSnapshot, LiveUpdate
from live.threads import in_thread
from live.writing import replace_text
from postmortems.models import Postmortem
from postmortems.topics import topic_of
from tests.fixtures import NOW
from tests.live.conftest import Opened, Web, session_of

Together = Callable[..., Any]


@pytest.fixture
def topic(postmortem: Postmortem) -> str:
    return topic_of(postmortem.pk)


@pytest.fixture
def written(topic: str, facilitator: User, summary: str) -> LiveDocument:
    """Ten versions and a snapshot, saved for readers."""
    log.found_or_begun(topic)
    for count in range(1, 11):
        text = "".join(f"w{word} " for word in range(count))
        with transaction.atomic():
            replace_text(topic, summary, None, text, facilitator.pk, at=NOW)
    saving.save_now(topic)
    compaction.compact(topic, NOW)
    return LiveDocument.objects.get()


def truncate(model: type[LiveUpdate] | type[LiveSnapshot], **which: int) -> None:
    for row in model.objects.filter(**which):
        row_bytes = bytes(row.payload if isinstance(row, LiveUpdate) else row.state)
        name = "payload" if isinstance(row, LiveUpdate) else "state"
        half = row_bytes[: len(row_bytes) // 2]
        model.objects.filter(pk=row.pk).update(**{name: half})


def text_of(topic: str, key: str) -> str:
    document = log.find(topic)
    assert document is not None
    folded = log.fold(document)
    assert folded.skipped == 0
    return crdt.text(folded.document, key)


def test_a_truncated_snapshot_is_passed_over_and_reported(
    topic: str,
    written: LiveDocument,
    summary: str,
    postmortem: Postmortem,
    caplog: pytest.LogCaptureFixture,
) -> None:
    truncate(LiveSnapshot)
    logging.getLogger("afterword").addHandler(caplog.handler)
    assert text_of(topic, summary) == postmortem.sections.get(key="summary").body + " "
    assert f"{topic}: snapshot 11 is corrupt" in caplog.text
    assert LiveDocument.objects.get().epoch == 1


def test_where_snapshot_and_log_are_damaged_it_begins_anew_from_what_readers_have(
    together: Together,
    webs: tuple[Web, Web],
    topic: str,
    written: LiveDocument,
    facilitator: User,
    summary: str,
    postmortem: Postmortem,
) -> None:
    key = session_of(facilitator)
    body = postmortem.sections.get(key="summary").body
    truncate(LiveSnapshot)
    truncate(LiveUpdate, version=5)

    async def story(page: Opened) -> None:
        one = await page(webs[0], key).ready()
        assert one.text(summary) == body
        assert one.epoch == 2
        await one.write(summary, " And on.")
        await one.saved()
        old = page(webs[1], key)
        old.epoch = 1
        assert await (await old.open()).closed() == 4410
        assert await in_thread(text_of, topic, summary) == f"{body} And on."

    together(story)
    kept = LiveUpdate.objects.order_by("version").values_list("version", flat=True)
    assert list(kept[:12]) == list(range(1, 13))


def test_a_form_on_a_damaged_document_keeps_what_readers_have(
    topic: str,
    written: LiveDocument,
    facilitator: User,
    summary: str,
    postmortem: Postmortem,
) -> None:
    body = postmortem.sections.get(key="summary").body
    LiveSnapshot.objects.all().delete()
    truncate(LiveUpdate, version=5)
    new = body.replace("w9", "w nine")
    replace_text(topic, summary, written.version, new, facilitator.pk, at=NOW)
    assert text_of(topic, summary) == new


def test_what_was_not_saved_for_readers_yet_is_taken_from_the_log(
    topic: str, written: LiveDocument, summary: str
) -> None:
    LiveSnapshot.objects.all().delete()
    truncate(LiveUpdate, version=11)
    LiveDocument.objects.update(saved_version=5)
    saving.save_now(topic)
    assert text_of(topic, summary) == "".join(f"w{word} " for word in range(9))


def test_a_damaged_document_is_never_saved_over_what_readers_have(
    topic: str, written: LiveDocument, postmortem: Postmortem
) -> None:
    body = postmortem.sections.get(key="summary").body
    LiveSnapshot.objects.all().delete()
    truncate(LiveUpdate, version=5)
    LiveDocument.objects.update(saved_version=10)
    saving.save_now(topic)
    assert postmortem.sections.get(key="summary").body == body


def test_pages_that_are_open_while_it_is_begun_anew_are_sent_away(
    together: Together,
    webs: tuple[Web, Web],
    topic: str,
    written: LiveDocument,
    facilitator: User,
    summary: str,
    postmortem: Postmortem,
) -> None:
    key = session_of(facilitator)
    reference = postmortem.incident.reference

    async def story(page: Opened) -> None:
        one = await page(webs[0], key).ready()
        await one.write(summary, "Typed. ", 0)
        await one.saved()
        await in_thread(saving.save_now, topic)
        await in_thread(call_command, "live_repair", reference, "--anew", stdout=None)
        await one.closed()
        assert (one.code, one.reason) == (4410, "epoch")
        fresh = await page(webs[0], key).ready()
        assert fresh.text(summary).startswith("Typed. w0 ")

    together(story)


@pytest.mark.parametrize(
    ("damaged", "said"),
    [
        (False, "Everything reads, up to version 11.\n"),
        (True, "Begun anew at version 12, epoch 2.\n"),
    ],
)
def test_the_command_says_what_it_found(
    written: LiveDocument, postmortem: Postmortem, damaged: bool, said: str
) -> None:
    if damaged:
        LiveSnapshot.objects.all().delete()
        truncate(LiveUpdate, version=5)
    out = StringIO()
    call_command("live_repair", postmortem.incident.reference, stdout=out)
    assert out.getvalue() == said


def test_the_command_knows_no_report_that_is_not_there(postmortem: Postmortem) -> None:
    with pytest.raises(CommandError):
        call_command("live_repair", "INC-2020-01-01-001")
    out = StringIO()
    call_command("live_repair", postmortem.incident.reference, stdout=out)
    assert out.getvalue() == "Nobody has written it together yet.\n"
