"""The mails that let people in: written once, sent by the worker, tried again."""

import re
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from accounts import tasks
from accounts.mails import one_line
from accounts.models import MOST_ATTEMPTS, Invitation, Organisation, User
from accounts.operations import arriving, letters, people
from accounts.tokens import matches
from tests.fixtures import person
from tests.mail_server import Mailbox

pytestmark = pytest.mark.django_db


def invite(by: User, email: str = "new@afterword.example") -> Invitation:
    return arriving.invite(email, role="member", team=None, by=by, at=timezone.now())


def later(**span: float) -> datetime:
    return timezone.now() + timedelta(**span)


# --- What they say --------------------------------------------------------------------


def test_an_invitation_arrives_as_text_and_as_html(
    administrator: User, mailbox: Mailbox
) -> None:
    Organisation.objects.create(pk=1, name="Nordwind Retail")
    invitation = invite(administrator)
    tasks.send_invitations()
    (mail,) = mailbox.mails
    assert mail["Subject"] == "Your invitation to Afterword at Nordwind Retail"
    assert mail["To"] == "new@afterword.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    link = f"https://afterword.example/invitations/{invitation.token}/accept/"
    assert link in mailbox.text()
    assert f'href="{link}"' in mailbox.text("html")


def test_links_lead_to_the_public_address_whatever_host_was_asked(
    client: Any, facilitator: User, mailbox: Mailbox, own_counters: None
) -> None:
    asked = client.post(
        "/password/reset/", {"email": facilitator.email}, HTTP_HOST="localhost"
    )
    assert asked.status_code == 302
    tasks.send_password_resets()
    links = re.findall(r"https?://[^/\s\"]+", mailbox.text() + mailbox.text("html"))
    assert set(links) == {"https://afterword.example"}


def test_names_with_markup_are_text_in_the_html(db: None, mailbox: Mailbox) -> None:
    invite(person("Ada <img src=x onerror=alert(1)>", "administrator"))
    tasks.send_invitations()
    assert "<img" not in mailbox.text("html")
    assert "<img src=x onerror=alert(1)>" in mailbox.text()


def test_a_line_break_in_a_name_makes_no_header(
    administrator: User, mailbox: Mailbox
) -> None:
    Organisation.objects.create(pk=1, name="Nordwind\r\nBcc: spy@evil.example\x07")
    invite(administrator)
    tasks.send_invitations()
    (mail,) = mailbox.mails
    assert mail["Bcc"] is None
    assert mailbox.recipients == ["new@afterword.example"]
    assert mail["Subject"].endswith("at Nordwind Bcc: spy@evil.example")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a\r\nBcc: b", "a Bcc: b"),
        ("a\u2028b\tc", "a b c"),
        ("a\x00b\x1b[31mc", "ab[31mc"),
        ("\u202eabc\u202c", "abc"),
        ("👩\u200d🚒", "👩\u200d🚒"),
        ("🙂" * 300, "🙂" * 200),
        ("x" * 5_000, "x" * 200),
    ],
)
def test_a_subject_is_one_line_of_what_can_be_seen(written: str, shown: str) -> None:
    assert one_line(written) == shown


def test_an_emoji_in_the_subject_arrives(administrator: User, mailbox: Mailbox) -> None:
    Organisation.objects.create(pk=1, name="🙂 Ærø")
    invite(administrator)
    tasks.send_invitations()
    assert mailbox.mails[0]["Subject"].endswith("at 🙂 Ærø")


@pytest.mark.parametrize(
    "address",
    ["a@b.example\nBcc: spy@evil.example", "a@b.example, spy@evil.example", "a@b>c"],
)
def test_an_address_that_is_none_stops_no_other_mail(
    address: str, administrator: User, mailbox: Mailbox
) -> None:
    bad = invite(administrator)
    Invitation.objects.filter(pk=bad.pk).update(email=address)
    invite(administrator, "good@afterword.example")
    tasks.send_invitations()
    assert "good@afterword.example" in mailbox.recipients
    assert not any("evil" in recipient for recipient in mailbox.recipients)


# --- Once, and not forgotten ----------------------------------------------------------


def test_a_mail_is_not_sent_twice(administrator: User, mailbox: Mailbox) -> None:
    invite(administrator)
    tasks.send_invitations()
    with time_machine.travel(later(days=1)):
        tasks.send_invitations()
    assert len(mailbox.mails) == 1


def test_after_sending_only_the_hash_of_the_token_is_kept(
    administrator: User, mailbox: Mailbox
) -> None:
    token = invite(administrator).token
    tasks.send_invitations()
    invitation = Invitation.objects.get()
    assert invitation.token == ""
    assert matches(token, invitation.token_hash)


def test_what_the_mail_server_refuses_is_tried_again_later(
    administrator: User, mailbox: Mailbox
) -> None:
    mailbox.refusals = 1
    invite(administrator)
    tasks.send_invitations()
    tasks.send_invitations()
    assert mailbox.mails == []
    with time_machine.travel(later(minutes=2)):
        tasks.send_invitations()
    assert len(mailbox.mails) == 1


def test_a_mail_server_that_is_away_loses_nothing(
    administrator: User, no_mail_server: None
) -> None:
    invite(administrator)
    tasks.send_invitations()
    assert Invitation.objects.to_send(later(minutes=2)).count() == 1


def test_waits_grow_until_the_mail_is_given_up(administrator: User) -> None:
    invite(administrator)
    waits = []
    at = timezone.now()
    while letter := letters.claim_invitation(at):
        waits.append((letter.due_at - at).total_seconds() / 60)
        at = letter.due_at
    assert waits == [1, 5, 25, 125, 625]
    assert len(waits) == MOST_ATTEMPTS
    assert Invitation.objects.get().state(at) == Invitation.State.UNDELIVERED


def test_a_repeat_carries_the_same_message_id(
    administrator: User, mailbox: Mailbox
) -> None:
    invitation = invite(administrator)
    tasks.send_invitations()
    # As if the worker had died before it could note that the mail was sent.
    Invitation.objects.update(
        sent_at=None, token=invitation.token, due_at=timezone.now()
    )
    tasks.send_invitations()
    first, second = mailbox.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_two_invitations_of_one_address_have_ids_of_their_own(
    administrator: User, mailbox: Mailbox
) -> None:
    invitation = invite(administrator)
    tasks.send_invitations()
    with time_machine.travel(later(minutes=2)):
        arriving.invite_again(invitation, by=administrator, at=timezone.now())
        tasks.send_invitations()
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_mail_once(mailbox: Mailbox) -> None:
    administrator = person("Ada Minh", "administrator")
    addresses = {f"new{n}@afterword.example" for n in range(8)}
    for address in addresses:
        invite(administrator, address)
    together = threading.Barrier(2)

    def work() -> None:
        together.wait()
        tasks.send_invitations()
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(mailbox.recipients) == sorted(addresses)


# --- What is not sent any more --------------------------------------------------------


def test_a_withdrawn_invitation_is_not_mailed(
    administrator: User, mailbox: Mailbox
) -> None:
    invitation = invite(administrator)
    arriving.withdraw_invitation(invitation, by=administrator, at=timezone.now())
    tasks.send_invitations()
    assert mailbox.mails == []


def test_an_expired_invitation_is_not_mailed(
    administrator: User, mailbox: Mailbox
) -> None:
    invite(administrator)
    with time_machine.travel(later(days=8)):
        tasks.send_invitations()
    assert mailbox.mails == []


def test_an_unknown_address_gets_no_mail(mailbox: Mailbox) -> None:
    letters.ask_for_password_reset("nobody@afterword.example", at=timezone.now())
    tasks.send_password_resets()
    assert mailbox.mails == []


def test_a_deactivated_account_gets_no_link(
    facilitator: User, administrator: User, mailbox: Mailbox
) -> None:
    people.deactivate(facilitator, by=administrator)
    letters.ask_for_password_reset(facilitator.email, at=timezone.now())
    tasks.send_password_resets()
    assert mailbox.mails == []


def test_a_reset_that_waited_for_an_hour_is_not_mailed(
    facilitator: User, mailbox: Mailbox
) -> None:
    letters.ask_for_password_reset(facilitator.email, at=timezone.now())
    with time_machine.travel(later(minutes=61)):
        tasks.send_password_resets()
    assert mailbox.mails == []


def test_wishes_for_a_password_are_forgotten_after_a_day(facilitator: User) -> None:
    now = timezone.now()
    letters.ask_for_password_reset("old@afterword.example", at=now)
    letters.ask_for_password_reset("new@afterword.example", at=now + timedelta(hours=2))
    with time_machine.travel(now + timedelta(hours=25)):
        tasks.forget_sessions()
    assert letters.claim_password_reset(now + timedelta(hours=2)) is not None
    assert letters.claim_password_reset(now + timedelta(hours=2)) is None


def test_no_address_is_written_to_the_log(
    administrator: User, no_mail_server: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    invite(administrator)
    tasks.send_invitations()
    assert "not sent: ConnectionRefusedError" in caplog.text
    assert "afterword.example" not in caplog.text
