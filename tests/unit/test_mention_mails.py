"""Mails to those whom comments name: through a real mail server, rights asked last."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import User
from accounts.operations import people
from outbound.models import NoticeKind
from outbound.operations.preferring import end_mails
from postmortems import tasks
from postmortems.models import Comment, Mention, Postmortem
from postmortems.operations import discussion, incidents
from tests.fixtures import fresh
from tests.mail_server import Mailbox

SECRET = "The credential of the vault"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 3, 9, 12, tzinfo=UTC), tick=False) as now:
        yield now


def say(report: Postmortem, text: str, by: User, quote: str = "") -> Comment:
    return discussion.start_thread(
        report.pk,
        discussion.About("report", quote=quote),
        text,
        by=by,
        at=datetime.now(UTC),
    )


def test_whoever_is_named_gets_one_mail(
    clock: None,
    mailbox: Mailbox,
    postmortem: Postmortem,
    facilitator: User,
    viewer: User,
) -> None:
    comment = say(
        postmortem, "@Vera Blick is this **users**?", facilitator, "15% of users"
    )
    tasks.send_mentions()
    tasks.send_mentions()
    (mail,) = mailbox.mails
    reference = postmortem.incident.reference
    assert mailbox.recipients == [viewer.email]
    assert mail["Subject"] == f"Maren Holt names you in {reference}: Stale product data"
    assert mail["Auto-Submitted"] == "auto-generated"
    page = f"https://afterword.example/incidents/{reference}/comments/"
    for body in (mailbox.text("plain"), mailbox.text("html")):
        assert "Maren Holt" in body
        assert "15% of users" in body
        assert "is this users?" in body
        assert f"{page}#comment-{comment.pk}" in body
        assert f"You get this because a comment on {reference} names you" in body


def test_mails_about_one_report_are_one_conversation(
    clock: time_machine.Traveller,
    mailbox: Mailbox,
    postmortem: Postmortem,
    facilitator: User,
    viewer: User,
) -> None:
    for text in ("@Vera Blick one", "@Vera Blick two"):
        say(postmortem, text, facilitator)
        tasks.send_mentions()
        clock.shift(60)
    first, second = mailbox.mails
    assert first["References"] == second["References"]
    assert first["Message-ID"] != second["Message-ID"]


def test_what_comes_together_goes_in_one_mail(
    clock: None,
    mailbox: Mailbox,
    postmortem: Postmortem,
    facilitator: User,
    viewer: User,
) -> None:
    for number in range(3):
        say(postmortem, f"@Vera Blick number {number}", facilitator)
    tasks.send_mentions()
    (mail,) = mailbox.mails
    assert mail["Subject"].startswith("3 comments name you in ")
    assert all(f"number {number}" in mailbox.text() for number in range(3))


def test_after_five_mails_in_ten_minutes_the_rest_waits_and_is_gathered(
    clock: time_machine.Traveller,
    mailbox: Mailbox,
    postmortem: Postmortem,
    facilitator: User,
    viewer: User,
) -> None:
    for number in range(8):
        say(postmortem, f"@Vera Blick number {number}", facilitator)
        tasks.send_mentions()
        clock.shift(30)
    assert len(mailbox.mails) == 5
    clock.shift(timedelta(minutes=10))
    tasks.send_mentions()
    assert len(mailbox.mails) == 6
    assert mailbox.mails[-1]["Subject"].startswith("3 comments name you in ")


def test_a_mail_that_the_server_refused_is_tried_again(
    clock: time_machine.Traveller,
    mailbox: Mailbox,
    postmortem: Postmortem,
    facilitator: User,
    viewer: User,
) -> None:
    say(postmortem, "@Vera Blick", facilitator)
    mailbox.refusals = 1
    tasks.send_mentions()
    assert mailbox.mails == []
    clock.shift(61)
    tasks.send_mentions()
    assert len(mailbox.mails) == 1


# --- Rights, asked when it is sent ----------------------------------------------------


def test_of_a_restricted_report_a_mail_says_only_that_there_is_something(
    clock: None,
    mailbox: Mailbox,
    restricted: Postmortem,
    facilitator: User,
    viewer: User,
) -> None:
    incidents.set_part(
        restricted.pk, viewer, "reader", by=facilitator, at=datetime.now(UTC)
    )
    say(restricted, f"@Vera Blick {SECRET}", facilitator, SECRET)
    tasks.send_mentions()
    (mail,) = mailbox.mails
    assert mail["Subject"] == "[Restricted] update, sign in to view"
    whole = mail.as_string()
    for told in (SECRET, "Leaked credential", "Maren"):
        assert told not in whole


def test_a_report_that_became_restricted_is_not_told_to_outsiders(
    clock: None,
    mailbox: Mailbox,
    postmortem: Postmortem,
    facilitator: User,
    viewer: User,
    responder: User,
) -> None:
    say(postmortem, "@Vera Blick @Priya Raman look", facilitator)
    incidents.set_restricted(
        postmortem.pk, restricted=True, by=facilitator, at=datetime.now(UTC)
    )
    tasks.send_mentions()
    assert mailbox.recipients == [responder.email]
    dropped = Mention.objects.get(user=viewer)
    assert dropped.sent_at is None
    assert dropped.dropped_at is not None


def test_whoever_was_removed_meanwhile_is_told_nothing(
    clock: time_machine.Traveller,
    mailbox: Mailbox,
    restricted: Postmortem,
    facilitator: User,
    viewer: User,
) -> None:
    now = datetime.now(UTC)
    incidents.set_part(restricted.pk, viewer, "reader", by=facilitator, at=now)
    say(restricted, "@Vera Blick", facilitator)
    incidents.set_part(restricted.pk, viewer, None, by=facilitator, at=now)
    tasks.send_mentions()
    incidents.set_part(restricted.pk, viewer, "reader", by=facilitator, at=now)
    clock.shift(3_600)
    tasks.send_mentions()
    assert mailbox.mails == []


def test_a_deactivated_account_is_told_nothing(
    clock: None,
    mailbox: Mailbox,
    postmortem: Postmortem,
    facilitator: User,
    viewer: User,
    administrator: User,
) -> None:
    say(postmortem, "@Vera Blick", facilitator)
    people.deactivate(viewer, by=administrator)
    tasks.send_mentions()
    assert mailbox.mails == []


def test_what_was_deleted_or_lies_in_the_trash_is_told_to_nobody(
    clock: None,
    mailbox: Mailbox,
    postmortem: Postmortem,
    facilitator: User,
    viewer: User,
    member: User,
) -> None:
    now = datetime.now(UTC)
    comment = say(postmortem, "@Vera Blick", facilitator)
    discussion.delete_comment(postmortem.pk, comment.pk, by=facilitator, at=now)
    tasks.send_mentions()
    say(postmortem, "@Lena Fischer", facilitator)
    incidents.trash_incident(fresh(postmortem).pk, by=facilitator, at=now)
    tasks.send_mentions()
    assert mailbox.mails == []


def test_who_wants_no_mails_about_mentions_gets_none(
    clock: None,
    mailbox: Mailbox,
    postmortem: Postmortem,
    facilitator: User,
    viewer: User,
) -> None:
    end_mails(viewer.pk, [NoticeKind.MENTION])
    say(postmortem, "@Vera Blick is this users?", facilitator)
    tasks.send_mentions()
    assert mailbox.mails == []
    assert Mention.objects.get().dropped_at is not None


def test_a_mail_says_how_to_end_its_kind(
    clock: None,
    mailbox: Mailbox,
    postmortem: Postmortem,
    facilitator: User,
    viewer: User,
) -> None:
    say(postmortem, "@Vera Blick is this users?", facilitator)
    tasks.send_mentions()
    (mail,) = mailbox.mails
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/unsubscribe/" in mail["List-Unsubscribe"]
    assert mail["List-Id"].endswith("<mention.afterword.example>")
