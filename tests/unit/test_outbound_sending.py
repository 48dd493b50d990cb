"""Messages on their way: through a real mail server and a real web server."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from accounts.models import User
from accounts.operations import people
from outbound import sending
from outbound.models import Channel, Delivery, DeliveryState
from outbound.operations.delivering import gather, retry
from outbound.operations.noticing import note
from outbound.operations.preferring import end_mails
from tests.http_server import Elsewhere
from tests.mail_server import Mailbox
from tests.outbound import NINE, Plain, chat, draft, told

MAILS = {Channel.MAIL.value}
CHATS = {Channel.CHAT.value}
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SECRET = "The credential of the vault"


def send(at: Any = NINE, channels: set[str] = MAILS) -> int:
    return sending.send_due(at, channels)


def states(channel: Channel = Channel.MAIL) -> list[str]:
    return [
        one.state for one in Delivery.objects.filter(channel=channel).order_by("pk")
    ]


# --- What a mail says -----------------------------------------------------------------


def test_one_thing_is_told_by_its_own_subject(
    member: User, teller: Plain, mailbox: Mailbox
) -> None:
    (delivery, _page) = told(member, "Alert on stale data")
    send()
    (mail,) = mailbox.mails
    assert mailbox.recipients == [member.email]
    assert mail["Subject"] == "Due soon: Alert on stale data"
    for body in (mailbox.text("plain"), mailbox.text("html")):
        for part in (
            "Alert on stale data",
            "Due on Friday",
            "The report of Alert on stale data",
            "Mark it done",
            "Told to you because you own it.",
            "https://afterword.example/told/",
            "https://afterword.example/settings/notifications/",
            "https://afterword.example/notices/",
        ):
            assert part in body
    assert states() == [DeliveryState.SENT]
    assert delivery.notices.count() == 1


def test_many_things_are_one_mail(
    member: User, teller: Plain, mailbox: Mailbox
) -> None:
    told(member, *(f"Thing {n}" for n in range(60)))
    send()
    (mail,) = mailbox.mails
    assert mail["Subject"] == "Due soon: Thing 0"
    for body in (mailbox.text("plain"), mailbox.text("html")):
        assert body.count("Due on Friday") == 50
        assert "And 10 more" in body


def test_headers_say_what_kind_of_mail_it_is(
    member: User, teller: Plain, mailbox: Mailbox
) -> None:
    (delivery, _page) = told(member)
    send()
    (mail,) = mailbox.mails
    assert mail["Message-ID"] == f"<{delivery.key}@afterword.example>"
    assert mail["References"] == "<report-7@afterword.example>"
    assert mail["List-Id"].endswith("<reminder.afterword.example>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["Precedence"] is None
    link = r"<https://afterword\.example/unsubscribe/[\w:.-]+/>"
    assert re.fullmatch(link, mail["List-Unsubscribe"].strip())


def test_a_mail_reads_well_in_the_dark(
    member: User, teller: Plain, mailbox: Mailbox
) -> None:
    told(member)
    send()
    page = mailbox.text("html")
    assert '<meta name="color-scheme" content="light dark">' in page
    assert "prefers-color-scheme: dark" in page
    assert not re.search(r"<img|<link|<script|@import", page)


@pytest.mark.parametrize(
    "title", ["a\r\nBcc: x@y.example", "a\0b", "\u202ea", "🙂", "x" * 5_000]
)
def test_a_title_of_any_kind_is_one_line_of_a_header(
    member: User, teller: Plain, mailbox: Mailbox, title: str
) -> None:
    teller.title = title
    told(member)
    send()
    (mail,) = mailbox.mails
    assert len(mail["Subject"]) <= 200
    assert mail["Bcc"] is None
    assert mailbox.recipients == [member.email]


# --- Restricted reports (R10, R13) ----------------------------------------------------


def test_of_a_restricted_report_a_mail_says_only_that_there_is_something(
    member: User, teller: Plain, mailbox: Mailbox
) -> None:
    teller.restricted.add(f"thing:{SECRET}")
    told(member, SECRET)
    send()
    (mail,) = mailbox.mails
    assert mail["Subject"] == "[Restricted] update, sign in to view"
    assert mail["References"] is None
    assert SECRET not in mail.as_string()
    assert SECRET not in mailbox.text("plain") + mailbox.text("html")
    assert "https://afterword.example/told/" in mailbox.text("plain")


def test_among_other_things_a_restricted_one_stays_without_words(
    member: User, teller: Plain, mailbox: Mailbox
) -> None:
    teller.restricted.add(f"thing:{SECRET}")
    told(member, SECRET, "Alert early")
    send()
    (mail,) = mailbox.mails
    assert mail["Subject"] == "2 things to look at"
    assert SECRET not in mailbox.text("plain") + mailbox.text("html")
    assert "Alert early" in mailbox.text("plain")


def test_a_shared_chat_is_never_told_of_it(
    administrator: User, teller: Plain, elsewhere: Elsewhere
) -> None:
    teller.restricted.add(f"thing:{SECRET}")
    hook = chat(None, administrator, f"{elsewhere.address}/in")
    why = {"hook": hook.pk}
    note([draft(administrator, SECRET, why=why)], NINE)
    gather(NINE)
    send(channels=CHATS)
    assert (elsewhere.got, states(Channel.CHAT)) == ([], [DeliveryState.DROPPED])
    told(administrator, "Alert early", SECRET + " 2", why=why)
    send(channels=CHATS)
    assert SECRET.encode() not in elsewhere.got[0].body.replace(b"vault 2", b"")


# --- Asked anew at the last moment (R11) ----------------------------------------------


def test_what_is_over_by_then_is_dropped(
    member: User, teller: Plain, mailbox: Mailbox
) -> None:
    told(member, "One")
    teller.over.add("thing:One")
    send()
    assert (mailbox.mails, states()) == ([], [DeliveryState.DROPPED])


def test_the_rest_of_a_message_is_sent(
    member: User, teller: Plain, mailbox: Mailbox
) -> None:
    told(member, "One", "Two")
    teller.over.add("thing:One")
    send()
    assert mailbox.mails[0]["Subject"] == "Due soon: Two"


def test_who_wants_it_no_more_by_then_is_not_told(
    member: User, teller: Plain, mailbox: Mailbox
) -> None:
    told(member)
    end_mails(member.pk, ["reminder"])
    send()
    assert (mailbox.mails, states()) == ([], [DeliveryState.DROPPED])


def test_who_is_deactivated_by_then_is_not_told(
    member: User, administrator: User, teller: Plain, mailbox: Mailbox
) -> None:
    told(member)
    people.deactivate(member, by=administrator)
    send()
    assert (mailbox.mails, states()) == ([], [DeliveryState.DROPPED])


# --- Mail servers that fail (DR9) -----------------------------------------------------


def until_settled(limit: int = 40) -> int:
    """Send whenever something is due; how many attempts that took."""
    for _ in range(limit):
        waiting = Delivery.objects.filter(channel=Channel.MAIL, state="pending")
        following = waiting.order_by("due_at").first()
        if following is None:
            break
        send(following.due_at)
    return sum(one.attempts for one in Delivery.objects.filter(channel=Channel.MAIL))


def test_a_refusal_for_now_is_tried_again_with_the_same_message_id(
    member: User, teller: Plain, mailbox: Mailbox
) -> None:
    told(member)
    mailbox.refusals = 2
    assert until_settled() == 3
    assert len(mailbox.mails) == 1
    assert states() == [DeliveryState.SENT]


def test_a_recipient_who_does_not_exist_is_given_up_and_others_are_not(
    member: User, viewer: User, teller: Plain, mailbox: Mailbox
) -> None:
    mailbox.unknown.add(member.email)
    note([draft(member), draft(viewer)], NINE)
    gather(NINE)
    send()
    assert mailbox.recipients == [viewer.email]
    failed = Delivery.objects.failed().get()
    assert (failed.recipient, failed.attempts) == (member, 1)
    assert failed.error == "The mail server refused the recipient (550)."


def test_a_connection_that_breaks_after_the_mail_is_repeated_with_its_message_id(
    member: User, teller: Plain, mailbox: Mailbox
) -> None:
    told(member)
    mailbox.breaks = 1
    assert until_settled() == 2
    first, second = mailbox.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_a_server_that_is_away_costs_a_run_three_attempts(
    member: User, viewer: User, teller: Plain, no_mail_server: None
) -> None:
    for n in range(6):
        told(member, f"Thing {n}")
    assert send() == 3
    assert Delivery.objects.filter(channel=Channel.MAIL, attempts=1).count() == 3
    assert states() == [DeliveryState.PENDING] * 6


def test_an_outage_is_waited_for(
    member: User, teller: Plain, mailbox: Mailbox, settings: Any
) -> None:
    told(member)
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    send()
    settings.EMAIL_PORT = port
    until_settled()
    assert (len(mailbox.mails), states()) == (1, [DeliveryState.SENT])


def test_what_was_given_up_is_sent_by_an_administrators_wish(
    member: User, administrator: User, teller: Plain, mailbox: Mailbox
) -> None:
    mailbox.unknown.add(member.email)
    told(member)
    send()
    mailbox.unknown.clear()
    retry(Delivery.objects.failed().get(), by=administrator, at=NINE + HOUR)
    send(NINE + HOUR)
    assert (len(mailbox.mails), states()) == (1, [DeliveryState.SENT])


def test_many_mails_go_by_one_connection(
    member: User, teller: Plain, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        told(member, f"Thing {n}")
    assert send() == 5
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 5
    assert mailbox.connections == 1


# --- Chats (DR10) ---------------------------------------------------------------------


@pytest.fixture
def room(member: User, elsewhere: Elsewhere) -> Elsewhere:
    """The member's own chat."""
    chat(member, member, f"{elsewhere.address}/hooks/secret")
    return elsewhere


def test_a_chat_is_told_by_its_incoming_webhook(
    member: User, teller: Plain, room: Elsewhere
) -> None:
    told(member, "Alert early")
    send(channels=CHATS)
    (got,) = room.got
    assert (got.method, got.path) == ("POST", "/hooks/secret")
    assert b"Alert early" in got.body
    assert states(Channel.CHAT) == [DeliveryState.SENT]


@pytest.mark.parametrize(
    ("status", "said"), [(500, "answered with 500"), (302, "answered with 302")]
)
def test_a_chat_that_refuses_is_tried_again(
    member: User, teller: Plain, room: Elsewhere, status: int, said: str
) -> None:
    told(member)
    room.will_answer(status, Location=f"{room.address}/elsewhere")
    send(channels=CHATS)
    delivery = Delivery.objects.get(channel=Channel.CHAT)
    assert (delivery.state, said in delivery.error) == (DeliveryState.PENDING, True)
    send(NINE + MINUTE, CHATS)
    assert [got.path for got in room.got] == ["/hooks/secret"] * 2
    assert states(Channel.CHAT) == [DeliveryState.SENT]


def test_a_chat_that_asks_for_patience_gets_it(
    member: User, teller: Plain, room: Elsewhere
) -> None:
    told(member)
    room.will_answer(429, Retry_After="1800")
    send(channels=CHATS)
    delivery = Delivery.objects.get(channel=Channel.CHAT)
    assert delivery.due_at >= NINE + timedelta(minutes=30)


def test_a_chat_that_is_gone_is_switched_off(
    member: User, teller: Plain, room: Elsewhere, mailbox: Mailbox
) -> None:
    told(member)
    room.will_answer(410)
    send(channels=CHATS)
    member.chat_hook.refresh_from_db()
    assert member.chat_hook.disabled_at is not None
    assert states(Channel.CHAT) == [DeliveryState.FAILED]
    gather(NINE + MINUTE)
    send(NINE + MINUTE)
    subjects = [mail["Subject"] for mail in mailbox.mails]
    assert "Ops does not answer any more" in subjects


def test_no_error_and_no_log_names_the_address_of_a_chat(
    member: User, teller: Plain, room: Elsewhere, caplog: pytest.LogCaptureFixture
) -> None:
    told(member)
    room.will_answer(500)
    send(channels=CHATS)
    error = Delivery.objects.get(channel=Channel.CHAT).error
    for text in (error, caplog.text, repr(member.chat_hook)):
        assert "secret" not in text
        assert urlsplit(room.address).netloc not in text


def test_one_that_fails_holds_no_other_up(
    member: User, administrator: User, teller: Plain, elsewhere: Elsewhere
) -> None:
    chat(member, member, "http://127.0.0.1:1/")
    chat(administrator, administrator, f"{elsewhere.address}/in")
    for n in range(3):
        told(member, f"Thing {n}")
    told(administrator, "Alert early")
    send(channels=CHATS)
    assert len(elsewhere.got) == 1
    tried = Delivery.objects.filter(recipient=member, channel=Channel.CHAT)
    assert sum(one.attempts for one in tried) == 1
