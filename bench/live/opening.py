"""A report with 20,000 updates: how long the server takes to show it."""

import time
from collections.abc import Iterator
from typing import Any

import pycrdt
from django.utils import timezone

from bench.live.crowd import Clock
from bench.live.machine import measuring
from bench.live.stage import Stage
from live import compaction, log
from live.domain import domain
from live.models import LiveDocument, LiveUpdate
from live.threads import in_thread

UPDATES = 20_000
SINCE_SNAPSHOT = 199
"""Updates behind the newest snapshot, at most."""


async def opening(stage: Stage) -> None:
    key = stage.keys[0]
    await in_thread(write_log, stage.reference, key)
    with measuring("A report with 20,000 updates") as measured:
        took = []
        for web in stage.webs:
            reader = stage.editors(1, Clock(), [web])[0]
            began = time.perf_counter()
            await reader.open()
            took.append(time.perf_counter() - began)
            assert len(reader.text) >= UPDATES, "it did not get the whole text"
            reader.leave()
        measured.add("opened, the slower of two", max(took) * 1000, "ms", 300)


def write_log(reference: str, key: str) -> None:
    """As after a long day: one letter a version, and the snapshots that are due."""
    topic = domain().topics_of([reference])[reference]
    assert topic is not None
    document = log.found_or_begun(topic)
    assert document is not None
    at, first = timezone.now(), document.version + 1
    rows = [
        LiveUpdate(document=document, version=first + n, payload=payload, at=at)
        for n, payload in enumerate(letters(log.fold(document).document, key))
    ]
    for part in (rows[:-SINCE_SNAPSHOT], rows[-SINCE_SNAPSHOT:]):
        LiveUpdate.objects.bulk_create(part, batch_size=2_000)
        version = part[-1].version
        LiveDocument.objects.filter(pk=document.pk).update(version=version)
        compaction.compact_due(at)


def letters(document: "pycrdt.Doc[Any]", key: str) -> Iterator[bytes]:
    text = document.get(key, type=pycrdt.Text)
    gathered: list[bytes] = []
    held = document.observe(lambda event: gathered.append(bytes(event.update)))
    for n in range(UPDATES):
        text.insert(len(text), "abcdefghi "[n % 10])
        yield gathered.pop()
    document.unobserve(held)
