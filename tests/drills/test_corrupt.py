"""The stored document is damaged: what can be read is there, and nothing is deleted."""

import asyncio
from hashlib import sha256

import pytest

from live import compaction, log
from live.models import LiveDocument, LiveSnapshot, LiveUpdate, RefusedUpdate
from live.threads import in_thread
from postmortems.topics import topic_of
from tests.drills.conftest import Told
from tests.drills.stage import Scene, everybody, play
from tests.drills.typist import Typist
from tests.fixtures import NOW

pytestmark = pytest.mark.drill


async def write_a_little(it: Scene) -> None:
    """One person writes and a snapshot is made, twice; then they leave."""
    one = it.typists[0]
    await one.ready()
    for _turn in range(2):
        for _word in range(20):
            await one.word()
        await one.saved()
        await in_thread(compaction.compact, topic_of(it.report.pk), NOW)
    await one.word()
    await one.saved()
    await one.close()


def restart(it: Scene) -> None:
    """So that no process has the document in memory."""
    for web in it.webs:
        web.stop()
        web.again()


def loaded_again(one: Typist) -> Typist:
    """The page of the same person, without what it had: the document began anew."""
    again = Typist(one.name, one.places, one.reference, one.session_key, one.key)
    again.typed, again.acked = one.typed, one.acked
    return again


def truncate_newest_snapshot() -> bytes:
    newest = LiveSnapshot.objects.order_by("-version").first()
    assert newest is not None
    broken = bytes(newest.state)[: len(newest.state) // 2]
    LiveSnapshot.objects.filter(pk=newest.pk).update(state=broken)
    return broken


def all_snapshots() -> list[bytes]:
    return [bytes(one.state) for one in LiveSnapshot.objects.all()]


def add_what_does_not_apply(it: Scene) -> None:
    document = LiveDocument.objects.get(topic=topic_of(it.report.pk))
    log.append(document, b"\xff\xff not an update", [], NOW)


def test_dr17_a_truncated_snapshot_is_passed_over(
    five: Scene, told: Told, capfd: pytest.CaptureFixture[str]
) -> None:
    async def story() -> None:
        await write_a_little(five)
        broken = await in_thread(truncate_newest_snapshot)
        await asyncio.to_thread(restart, five)

        async def fault(it: Scene) -> None:
            await everybody(it, lambda one: len(one.words) > 40, 5)

        await play(five, fault)
        kept = await in_thread(
            lambda: list(LiveSnapshot.objects.values_list("state", flat=True))
        )
        assert broken in map(bytes, kept), "what is damaged is kept"

    asyncio.run(story())
    assert "is corrupt" in capfd.readouterr().err, "a web process says so"
    told("DR17 Snapshot truncated", five.told())


def test_dr17_an_update_that_does_not_apply_costs_itself_alone(
    five: Scene, told: Told
) -> None:
    async def story() -> None:
        await write_a_little(five)
        await in_thread(add_what_does_not_apply, five)
        await asyncio.to_thread(restart, five)
        five.typists[0] = loaded_again(five.typists[0])

        async def fault(it: Scene) -> None:
            await everybody(it, lambda one: len(one.words) > 40, 5)

        await play(five, fault)

    asyncio.run(story())
    digest = sha256(b"\xff\xff not an update").hexdigest()
    assert RefusedUpdate.objects.filter(digest=digest).exists(), "it is set aside"
    assert LiveUpdate.objects.filter(payload=b"\xff\xff not an update").exists()
    told("DR17 Update that does not apply", five.told())
