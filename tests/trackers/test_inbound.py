"""Webhooks of trackers: proved, kept once, answered at once, read later (BAR §6.J)."""

import hmac
import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from accounts.models import User
from config.logs import TokensMasked
from integrations.models import Connection, InboundEvent, IssueLink
from integrations.trackers import hooks
from integrations.trackers.adapter import Receipt
from integrations.trackers.operations import connecting, receiving
from tests.fixtures import NOW
from tests.trackers.jira import DOING, DONE, TO_DO, JiraServer
from tests.trackers.stage import action_of, later, now_is, visit


@pytest.fixture
def secret(connection: Connection, administrator: User) -> str:
    now = datetime.now(UTC)
    return connecting.rotate_hook_secret(connection, by=administrator, at=now)


@pytest.fixture
def linked(link: IssueLink, connection: Connection) -> IssueLink:
    visit(connection)
    return now_is(link)


def send(connection: Connection, raw: bytes, secret: str = "", **headers: str) -> int:
    if secret:
        proof = hmac.new(secret.encode(), raw, "sha256").hexdigest()
        headers.setdefault("X-Hub-Signature", f"sha256={proof}")
    kind = headers.pop("content_type", "application/json")
    answer = Client().post(
        f"/hooks/trackers/{connection.hook_token}/",
        raw,
        content_type=kind,
        headers=headers,
    )
    return answer.status_code


def kept() -> int:
    return InboundEvent.objects.count()


def test_a_webhook_is_kept_and_has_its_effect_with_the_next_visit(
    linked: IssueLink, connection: Connection, jira: JiraServer, secret: str
) -> None:
    jira.someone_changes("OPS-1", status=DOING)
    assert send(connection, jira.hook("OPS-1"), secret) == 202
    assert action_of(linked).status == "open"
    InboundEvent.objects.update(due_at=NOW)
    visit(connection, 1)
    assert action_of(linked).status == "in_progress"
    assert InboundEvent.objects.get().processed_at == later(1)


def test_what_is_not_proved_is_refused_and_kept_nowhere(
    linked: IssueLink, connection: Connection, jira: JiraServer, secret: str
) -> None:
    raw = jira.hook("OPS-1")
    assert send(connection, raw) == 401
    assert send(connection, raw, "another") == 401
    assert send(connection, raw + b" ", **_proof(secret, raw)) == 401
    connection.hook_token = "nobody"
    assert send(connection, raw, secret) == 401
    assert kept() == 0


def _proof(secret: str, raw: bytes) -> dict[str, str]:
    proof = hmac.new(secret.encode(), raw, "sha256").hexdigest()
    return {"X-Hub-Signature": f"sha256={proof}"}


def test_nothing_is_taken_before_there_is_a_secret(
    linked: IssueLink, connection: Connection, jira: JiraServer
) -> None:
    raw = jira.hook("OPS-1")
    assert send(connection, raw, **_proof("", raw)) == 401


def test_both_secrets_are_good_for_a_day_after_a_rotation(
    linked: IssueLink,
    connection: Connection,
    jira: JiraServer,
    secret: str,
    administrator: User,
) -> None:
    now = datetime.now(UTC)
    new = connecting.rotate_hook_secret(connection, by=administrator, at=now)
    raw = jira.hook("OPS-1")
    assert send(connection, raw, secret) == send(connection, raw, new) == 202
    Connection.objects.update(hook_secret_before_until=now - timedelta(seconds=1))
    assert send(connection, raw, secret) == 401


def test_a_replay_has_no_second_effect(
    linked: IssueLink, connection: Connection, jira: JiraServer, secret: str
) -> None:
    jira.someone_changes("OPS-1", status=DOING)
    raw = jira.hook("OPS-1")
    for _time in range(3):
        assert send(connection, raw, secret) == 202
    identifier = {"X-Atlassian-Webhook-Identifier": "one"}
    assert send(connection, raw, secret, **identifier) == 202
    assert send(connection, raw + b" ", secret, **identifier) == 202
    assert kept() == 2


def test_an_event_is_kept_once_whoever_is_faster(
    linked: IssueLink, connection: Connection
) -> None:
    event = InboundEvent(
        connection=connection, event_key="x", raw=b"", received_at=NOW, due_at=NOW
    )
    event.save()
    assert not receiving.keep_event(connection, Receipt("x"), b"", at=NOW)
    assert kept() == 1


@pytest.mark.parametrize(
    ("raw", "headers", "status"),
    [
        (b"payload=%7B%7D", {"content_type": "application/x-www-form-urlencoded"}, 415),
        (b"{}", {"content_type": "text/plain"}, 415),
        (b"{}", {"Content-Encoding": "gzip"}, 415),
        (b"\xef\xbb\xbf{}", {}, 400),
        ('{"a": 1}'.encode("utf-16"), {}, 400),
        (b"{", {}, 400),
        (b"[]", {}, 400),
        (b"[" * 100_000, {}, 400),
    ],
)
def test_what_cannot_be_read_is_refused_and_kept_nowhere(
    connection: Connection,
    secret: str,
    raw: bytes,
    headers: dict[str, str],
    status: int,
) -> None:
    assert send(connection, raw, secret, **headers) == status
    assert kept() == 0


def test_a_paused_or_removed_connection_takes_nothing(
    linked: IssueLink,
    connection: Connection,
    jira: JiraServer,
    secret: str,
    administrator: User,
) -> None:
    raw = jira.hook("OPS-1")
    connecting.pause(connection, by=administrator, at=NOW)
    assert send(connection, raw, secret) == 410
    connecting.resume(connection, by=administrator, at=NOW)
    connecting.remove(connection, by=administrator, at=NOW)
    assert send(connection, raw, secret) == 410
    assert kept() == 0


def test_issues_of_others_are_answered_and_not_kept(
    linked: IssueLink, connection: Connection, jira: JiraServer, secret: str
) -> None:
    jira.create_quietly("Somebody's own")
    assert send(connection, jira.hook("OPS-2"), secret) == 202
    assert kept() == 0


def test_too_much_unread_is_refused_with_a_time(
    linked: IssueLink,
    connection: Connection,
    jira: JiraServer,
    secret: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Small:
        hook_queue = 1

    monkeypatch.setattr(hooks, "LIMITS", Small)
    first, second = jira.hook("OPS-1"), jira.hook("OPS-1", "jira:issue_created")
    assert send(connection, first, secret) == 202
    assert send(connection, second, secret) == 429


def test_an_event_that_comes_late_tells_nothing_old(
    linked: IssueLink, connection: Connection, jira: JiraServer, secret: str
) -> None:
    """Resolved before opened: what counts is what the issue is when it is read."""
    old = jira.hook("OPS-1")
    jira.someone_changes("OPS-1", status=DONE)
    new = jira.hook("OPS-1")
    for raw in (new, old):
        send(connection, raw, secret)
        InboundEvent.objects.update(due_at=NOW)
        visit(connection, 1)
    assert json.loads(old)["issue"]["fields"]["status"] == TO_DO
    assert action_of(linked).status == "done"


def test_an_echo_of_our_own_change_asks_nothing(
    linked: IssueLink, connection: Connection, jira: JiraServer, secret: str
) -> None:
    send(connection, jira.hook("OPS-1"), secret)
    InboundEvent.objects.update(due_at=NOW)
    asked = len(jira.asked)
    visit(connection, 1)
    assert len(jira.asked) == asked


def test_a_deleted_issue_is_shown_as_that(
    linked: IssueLink, connection: Connection, jira: JiraServer, secret: str
) -> None:
    send(connection, jira.hook("OPS-1", "jira:issue_deleted"), secret)
    InboundEvent.objects.update(due_at=NOW)
    visit(connection, 1)
    assert now_is(linked).state == "deleted"
    assert action_of(linked).status == "open"


def test_what_cannot_be_read_five_times_is_put_aside_until_somebody_retries(
    linked: IssueLink, connection: Connection, administrator: User
) -> None:
    receiving.keep_event(connection, Receipt("x"), b"not JSON", at=NOW)
    for minutes in (0, 1, 5, 15, 60, 120):
        visit(connection, minutes)
    event = InboundEvent.objects.get()
    assert (event.attempts, event.dead_at is None) == (5, False)
    client = Client()
    client.force_login(administrator)
    for page in ("/settings/trackers/", f"/settings/trackers/{connection.pk}/"):
        assert "could not be read five times" in client.get(page).content.decode()
    receiving.read_again(event, by=administrator, at=later(120))
    event.refresh_from_db()
    assert (event.attempts, event.dead_at) == (0, None)


def test_events_are_forgotten_after_a_month(connection: Connection) -> None:
    receiving.keep_event(connection, Receipt("x"), b"{}", at=NOW)
    assert receiving.forget_events(before=NOW) == 0
    assert receiving.forget_events(before=later(1)) == 1


def test_the_address_of_a_webhook_is_not_logged(connection: Connection) -> None:
    line = f"POST /hooks/trackers/{connection.hook_token}/ 401"
    record = logging.LogRecord("x", logging.INFO, "", 0, line, None, None)
    TokensMasked().filter(record)
    assert connection.hook_token not in record.getMessage()
