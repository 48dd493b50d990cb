"""What does not belong is refused, and harms neither the process nor anybody else."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pycrdt
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
from websockets.exceptions import InvalidStatus

from accounts import sessions
from accounts.models import User
from accounts.operations import people
from config.limits import LIMITS
from live.models import LiveDocument, LiveUpdate, RefusedUpdate
from live.threads import in_thread
from live.updates import piece
from postmortems.models import Postmortem
from postmortems.operations import incidents, sharing
from tests.fixtures import NOW
from tests.live.conftest import Opened, Web, session_of
from tests.live.page import caret
from tests.live.test_writing_together import eventually
from tests.publishing import publish
from tests.views.routes import SOCKETS

Together = Callable[..., Any]
UPDATE = b"\x00\x02"


@pytest.fixture
def key(facilitator: User, postmortem: Postmortem) -> str:
    return session_of(facilitator)


def update_of(name: str, kind: Any = None) -> bytes:
    document: pycrdt.Doc[Any] = pycrdt.Doc()
    shared = document.get(name, type=kind or pycrdt.Text)
    if kind is pycrdt.Map:
        shared["a"] = 1
    else:
        shared.insert(0, "x")
    return bytes(document.get_update())


def unfinished() -> bytes:
    """An update that builds on one that was never sent."""
    document: pycrdt.Doc[Any] = pycrdt.Doc()
    shared = document.get("section-1", type=pycrdt.Text)
    shared.insert(0, "x")
    state = document.get_state()
    shared.insert(1, "y")
    return bytes(document.get_update(state))


# --- Getting in -----------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", None])
def test_a_foreign_or_missing_origin_is_refused(
    together: Together, webs: tuple[Web, Web], key: str, origin: str | None
) -> None:
    async def story(page: Opened) -> None:
        with pytest.raises(InvalidStatus) as refused:
            await page(webs[0], key).open(origin=origin)
        assert refused.value.response.status_code == 403

    together(story)


def test_junk_in_a_header_is_refused_before_anything_is_asked(
    together: Together, webs: tuple[Web, Web], key: str
) -> None:
    async def story(page: Opened) -> None:
        with pytest.raises(InvalidStatus) as refused:
            await page(webs[0], f'{key}; b="\\000"').open()
        assert refused.value.response.status_code == 403

    together(story)


def test_without_a_session_it_says_to_sign_in(
    together: Together, webs: tuple[Web, Web]
) -> None:
    async def story(page: Opened) -> None:
        assert await (await page(webs[0], "nobody").open()).closed() == 4401

    together(story)


def test_a_restricted_report_is_as_unknown_as_one_that_does_not_exist(
    together: Together, webs: tuple[Web, Web], restricted: Postmortem, member: User
) -> None:
    key = session_of(member)

    async def story(page: Opened) -> None:
        one = page(webs[0], key)
        assert await (await one.open()).closed() == 4404
        one.reference = "INC-2020-01-01-001"
        assert await (await one.open()).closed() == 4404

    together(story, restricted)


def test_a_page_of_another_epoch_is_told_to_begin_anew(
    together: Together, webs: tuple[Web, Web], key: str
) -> None:
    async def story(page: Opened) -> None:
        one = page(webs[0], key)
        one.epoch = 7
        assert await (await one.open()).closed() == 4410
        assert one.reason == "epoch"

    together(story)


def test_one_person_opens_so_many_sockets_and_no_more(
    together: Together, webs: tuple[Web, Web], key: str
) -> None:
    """Whatever process they come by; one that is closed makes room again."""

    async def story(page: Opened) -> None:
        opened = [
            await page(webs[count % 2], key).ready()
            for count in range(LIMITS.live_sockets_of_user)
        ]
        for web in webs:
            assert await (await page(web, key).open()).closed() == 4429
        await opened[0].close()
        assert (await page(webs[1], key).ready()).code is None

    together(story)


def test_who_comes_back_from_a_killed_process_is_not_counted_twice(
    together: Together, webs: tuple[Web, Web], key: str
) -> None:
    victim = Web().wait()

    async def story(page: Opened) -> None:
        pages = [
            await page(victim, key).ready() for _ in range(LIMITS.live_sockets_of_user)
        ]
        victim.kill()
        for one in pages:
            await one.closed()
            one.address = webs[0].address
            assert (await one.ready()).code is None

    try:
        together(story)
    finally:
        victim.kill()


# --- What is said ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "frame",
    [
        b"\x07",
        b"\x00",
        b"\x00\x05\x00",
        b"\x00\x00",
        b"\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        UPDATE + piece(b"\x01\xff\xff\xff\xff\xff\xff\xff\x0f\x01\x00"),
        UPDATE + piece(b"nonsense"),
        UPDATE + b"\xff\xff\xff\xff\xff\xff\xff\x0f",
        UPDATE + piece(update_of("section-1")) + b"more",
        UPDATE + piece(update_of("elsewhere")),
        UPDATE + piece(update_of("section-1", pycrdt.Map)),
        b"\x01" + piece(b"\x7f\x01"),
        caret(5, 1, {"much": "x" * LIMITS.live_awareness}),
        caret(5, 1, "no object"),
        "no JSON",
        '{"t":"unknown"}',
        '{"t":"here","section":"<b>","row":null}',
        "[" * 100,
    ],
    # Numbers: some frames differ with each run, and workers compare names.
    ids=[str(number) for number in range(18)],
)
def test_the_third_message_that_cannot_be_read_closes_its_socket_alone(
    together: Together,
    webs: tuple[Web, Web],
    key: str,
    responder: User,
    summary: str,
    frame: bytes | str,
) -> None:
    other_key = session_of(responder)

    async def story(page: Opened) -> None:
        bad = await page(webs[0], key).ready()
        good = await page(webs[0], other_key).ready()
        for _ in range(LIMITS.live_errors):
            await bad.send(frame)
        assert await bad.closed() == 1003
        await good.write(summary, "All is well.")
        await good.saved()

    together(story)
    assert LiveUpdate.objects.exclude(authors=[]).count() == 1


def test_a_malformed_update_is_set_aside_with_its_hash(
    together: Together, webs: tuple[Web, Web], key: str, facilitator: User
) -> None:
    async def story(page: Opened) -> None:
        one = await page(webs[0], key).ready()
        await one.send(UPDATE + piece(b"nonsense"))
        await one.heard("refused", reason="malformed", n=2)

    together(story)
    refused = RefusedUpdate.objects.get()
    assert len(refused.digest) == 64
    assert refused.user_id == facilitator.pk


def test_an_update_that_lacks_what_it_builds_on_is_asked_for_whole(
    together: Together, webs: tuple[Web, Web], key: str
) -> None:
    async def story(page: Opened) -> None:
        one = await page(webs[0], key).ready()
        await one.send(UPDATE + piece(unfinished()))
        await one.heard("refused", reason="incomplete")

    together(story)
    assert LiveDocument.objects.get().version == 1


@pytest.mark.parametrize(
    ("size", "code"), [(LIMITS.live_message, 1003), (LIMITS.live_message + 1, 1009)]
)
def test_a_message_is_as_large_as_it_may_be_and_no_larger(
    together: Together, webs: tuple[Web, Web], key: str, size: int, code: int
) -> None:
    async def story(page: Opened) -> None:
        one = await page(webs[0], key).ready()
        for _ in range(LIMITS.live_errors):
            await one.send(b"\x07" * size)
        assert await one.closed() == code

    together(story)


def test_a_flood_is_closed(together: Together, webs: tuple[Web, Web], key: str) -> None:
    async def story(page: Opened) -> None:
        one = await page(webs[0], key).ready()
        for _ in range(2 * LIMITS.live_burst):
            await one.say(t="ping")
        assert await one.closed() == 4429

    together(story)


def test_a_report_takes_no_more_text_than_it_may(
    together: Together, webs: tuple[Web, Web], key: str, postmortem: Postmortem
) -> None:
    keys = [section.live_key for section in postmortem.sections.order_by("pk")[:3]]

    async def story(page: Opened) -> None:
        one = await page(webs[0], key).ready()
        for text in keys[:2]:
            for _ in range(2):
                await one.write(text, "x" * 240_000)
        await one.saved()
        await one.write(keys[2], "x" * (LIMITS.live_document - 960_000))
        await one.heard("refused", reason="too_large")

    together(story)


@pytest.mark.parametrize("over", [-1, 0, 1])
def test_a_section_takes_no_more_text_than_it_may(
    together: Together, webs: tuple[Web, Web], key: str, summary: str, over: int
) -> None:
    async def story(page: Opened) -> None:
        one = await page(webs[0], key).ready()
        for _ in range(4):
            await one.write(summary, "x" * 120_000)
        await one.write(summary, "y" * (LIMITS.live_text - 480_000 + over))
        if over > 0:
            await one.heard("refused", reason="too_large", n=one.sent)
        else:
            await one.saved()

    together(story)


def test_a_full_section_can_be_shortened_and_others_written(
    together: Together, webs: tuple[Web, Web], key: str, postmortem: Postmortem
) -> None:
    full, other = (
        section.live_key for section in postmortem.sections.order_by("pk")[:2]
    )

    async def story(page: Opened) -> None:
        one = await page(webs[0], key).ready()
        for _ in range(4):
            await one.write(full, "x" * (LIMITS.live_text // 4))
        await one.write(other, "Goes on.")
        await one.delete(full, 0, 10)
        await one.write(full, "0123456789")
        await one.saved()
        assert not [said for said in one.said if said["t"] == "refused"]
        await one.write(full, "more")
        await one.heard("refused", reason="too_large")

    together(story)


def test_a_caret_moves_so_often_and_ends_where_it_was_moved_last(
    together: Together, webs: tuple[Web, Web], key: str, responder: User
) -> None:
    other_key = session_of(responder)

    async def story(page: Opened) -> None:
        one = await page(webs[0], key).ready()
        other = await page(webs[1], other_key).ready()
        for place in range(1, 41):
            await one.send(caret(77, place, {"cursor": f"at {place}"}))
        await other.until(lambda: any(b"at 40" in c for c in other.carets))
        assert len(other.carets) < 20

    together(story)


# --- Rights ---------------------------------------------------------------------------


def test_who_only_reads_is_shown_and_not_heard(
    together: Together, webs: tuple[Web, Web], key: str, member: User, summary: str
) -> None:
    member_key = session_of(member)

    async def story(page: Opened) -> None:
        writer = await page(webs[0], key).ready()
        reader = await page(webs[1], member_key).ready()
        assert not reader.can_write
        await reader.write(summary, "Not mine to say.")
        await reader.heard("refused", reason="read_only", n=1)
        await writer.write(summary, "Seen by all. ")
        await reader.until(lambda: "Seen by all." in reader.text(summary))
        assert "Not mine" not in writer.text(summary)

    together(story)
    assert not LiveUpdate.objects.filter(authors__contains=[member.pk]).exists()


@pytest.mark.parametrize("what", ["signed out", "deactivated", "restricted", "trashed"])
@pytest.mark.parametrize("hints", [True, False])
def test_a_right_that_is_taken_closes_the_socket_within_five_seconds(
    together: Together,
    webs: tuple[Web, Web],
    deaf: Web,
    postmortem: Postmortem,
    facilitator: User,
    administrator: User,
    member: User,
    what: str,
    hints: bool,
) -> None:
    key = session_of(member)

    def take() -> None:
        if what == "signed out":
            Session.objects.get(session_key=key).delete()
        elif what == "deactivated":
            people.deactivate(member, by=administrator)
        elif what == "restricted":
            incidents.set_restricted(
                postmortem.pk, restricted=True, by=facilitator, at=NOW
            )
        else:
            incidents.trash_incident(postmortem.pk, by=facilitator, at=NOW)

    async def story(page: Opened) -> None:
        one = await page(webs[0] if hints else deaf, key).ready()
        await in_thread(take)
        expected = 4401 if what in {"signed out", "deactivated"} else 4404
        assert await one.closed(5) == expected

    together(story)


def test_who_only_types_stays_signed_in(
    together: Together, key: str, summary: str
) -> None:
    """Noted by the process, which looks every two seconds, once a minute at most."""
    nearly = SessionStore(key)
    nearly[sessions.SEEN] = int(time.time()) - 11 * 3600
    nearly.save()
    web = Web().wait()

    async def story(page: Opened) -> None:
        one = await page(web, key).ready()
        await one.write(summary, "Still here.")
        await eventually(lambda: time.time() - SessionStore(key)[sessions.SEEN] < 60)

    try:
        together(story)
    finally:
        web.stop()


def test_who_signed_out_is_not_signed_in_again_by_typing(
    key: str, facilitator: User
) -> None:
    later = timezone.now() + timedelta(hours=1)
    SessionStore(key).delete()
    sessions.note_use_of([key], later)
    assert not Session.objects.filter(session_key=key).exists()


def test_a_contributor_who_is_no_longer_one_reads_on(
    together: Together,
    deaf: Web,
    postmortem: Postmortem,
    facilitator: User,
    responder: User,
    summary: str,
) -> None:
    key = session_of(responder)

    async def story(page: Opened) -> None:
        one = await page(deaf, key).ready()
        await in_thread(
            incidents.set_part, postmortem.pk, responder, None, by=facilitator, at=NOW
        )
        await one.heard("hello", 5, can_write=False)
        await one.write(summary, "Too late.")
        await one.heard("refused", reason="read_only")
        await in_thread(incidents.join_report, postmortem.pk, by=responder, at=NOW)
        await one.until(lambda: "Too late." in one.text(summary) and one.can_write)
        await one.saved()

    together(story)


def test_publishing_makes_open_pages_read_only(
    together: Together,
    webs: tuple[Web, Web],
    key: str,
    postmortem: Postmortem,
    facilitator: User,
    summary: str,
) -> None:
    async def story(page: Opened) -> None:
        one = await page(webs[0], key).ready()
        await one.write(summary, "As it was published.")
        await one.saved()
        await in_thread(sharing.bring_up_to_date, postmortem.pk)
        publication = await in_thread(publish, postmortem, facilitator)
        assert "As it was published." in str(publication.document)
        await one.heard("hello", 5, can_write=False)
        await one.write(summary, " And more.")
        await one.heard("refused", reason="read_only")

    together(story)


def test_every_websocket_is_in_the_table() -> None:
    """And whatever else is asked for is refused before the handshake."""
    from config.asgi import websockets  # noqa: PLC0415  after the test settings

    *named, last = [str(route.pattern) for route in websockets.routes]
    assert named == list(SOCKETS)
    assert last == ""


def test_an_unknown_websocket_is_refused(
    together: Together, webs: tuple[Web, Web], key: str
) -> None:
    async def story(page: Opened) -> None:
        one = page(webs[0], key)
        one.reference = "a/b"
        with pytest.raises(InvalidStatus) as refused:
            await one.open()
        assert refused.value.response.status_code == 403

    together(story)
