"""A restricted report does not exist for those who are not invited.

A marker stands in every field of a hidden report. Each outsider asks for everything
there is to ask for, before the report is written and after it: nothing that comes back
carries the marker, and nothing changes at all, no count, no order, no length.
"""

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from difflib import unified_diff
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from redis import Redis

from accounts import tasks
from accounts.operations import arriving, letters
from postmortems.models import Postmortem, Service
from postmortems.operations import fields, incidents, rows
from postmortems.tasks import send_mentions
from tests.fixtures import NOW, SMALLEST, fresh, kind
from tests.security.hiding import MARKER, MARKERS, hide, unplanted
from tests.views.routes import ROUTES
from tests.views.test_matrix import WHERE, address_of, ask
from tests.worlds import OUTSIDERS, World, undone

ASKING = sorted({"anonymous", *OUTSIDERS})
OF_A_REPORT = [name for name in ROUTES if "<str:reference>" in WHERE[name]]
MOST_PAGES = 500
LINK = re.compile(r'\b(?:href|src|action|hx-get|data-[\w-]*url|data-live)="(/[^"]*)"')
CHANGING = re.compile(r'(?<=nonce=")[^"]*|[A-Za-z0-9_-]{22,}')
"""Tokens, nonces and keys, which differ each time."""


@pytest.fixture(autouse=True)
def one_moment() -> Iterator[None]:
    """“2 h ago” is the same before and after."""
    with time_machine.travel(datetime.now(UTC), tick=False):
        yield


# --- What an outsider can ask for -----------------------------------------------------


def beginnings(world: World) -> list[str]:
    """Addresses to begin with: every page, every filter, every beginning of a word."""
    pages = [
        address_of(name, world, world.reports[which])
        for name, methods in ROUTES.items()
        if "GET" in methods
        for which in ("open", "other")
        if which == "open" or name in {"postmortems:read", "postmortems:edit"}
    ]
    searches = [
        *(MARKER[:length] for length in (1, 2, 3, 4, 7, len(MARKER))),
        f'"{MARKER} title"',
        f"-{MARKER}",
        f"{MARKER} or stale",
        "INC-",
        "INC-2026",
        "INC-2026-03-05-0",
        "feedc0deface5eed",
    ]
    lists = [f"/incidents/?q={query}" for query in searches]
    lists += [f"/incidents/?{query}" for query in FILTERS]
    forms = [
        f"/incidents/{world.reports['open'].incident.reference}/rows/{name}/add/"
        for name in SMALLEST
    ]
    return [*dict.fromkeys([*pages, *lists, *forms])]


FILTERS = (
    "order=oldest",
    "mine=on",
    "kind=incident",
    "status=gathering",
    "status=drafting",
    "status=in_review",
    "status=published",
    "status=closed",
    "severity=none",
    "from=2026-03-05",
    "to=2026-03-05",
    "from=2026-03-06",
)


def crawl(
    client: Client, addresses: list[str], *, follow: bool = True
) -> dict[str, str]:
    """Every page that is reached from these, as it reads but for its tokens."""
    found: dict[str, str] = {}
    waiting = list(addresses)
    while waiting and len(found) < MOST_PAGES:
        address = waiting.pop(0)
        if address in found or address.startswith("/static/"):
            continue
        answer = client.get(address)
        text = told(answer)
        found[address] = text
        waiting += links(address, text) if follow else []
    assert len(found) < MOST_PAGES, "there is no end to these pages"
    return found


def told(answer: Any) -> str:
    """Status, headers and body: all that is said."""
    headers = "\n".join(
        f"{name}: {value}"
        for name, value in sorted(answer.headers.items())
        if name not in {"X-Request-ID", "Content-Security-Policy"}
    )
    body = answer.getvalue().decode()
    return CHANGING.sub("…", f"{answer.status_code}\n{headers}\n\n{body}")


def links(address: str, text: str) -> list[str]:
    found = [unescape(link) for link in LINK.findall(text)]
    if location := re.search(r"^Location: (\S+)", text, re.MULTILINE):
        found.append(location[1])
    inside = [urljoin(address, link).partition("#")[0] for link in found]
    return [link for link in dict.fromkeys(inside) if urlsplit(link).netloc == ""]


def leaks(pages: dict[str, str]) -> list[str]:
    return [
        f"{address}: …{text[max(0, at - 60) : at + 40]}…"
        for address, text in pages.items()
        for marker in MARKERS
        if (at := text.casefold().find(marker)) >= 0 and marker not in address
    ]


# --- The canary itself ----------------------------------------------------------------


def test_the_marker_is_in_every_field(world: World) -> None:
    """Columns without it hold words of ours, numbers or times, never a text."""
    assert set(unplanted(hide(world))) == {
        "postmortems_incident.reference",
        "postmortems_incident.kind",
        *(
            f"postmortems_incident.{milestone}_certainty"
            for milestone in (
                "started",
                "detected",
                "acknowledged",
                "mitigated",
                "resolved",
            )
        ),
        "integrations_issuelink.key",
        "integrations_issuelink.lease",
        "integrations_issuelink.state",
        "postmortems_postmortem.status",
        "postmortems_postmortem.field_versions",
        "postmortems_section.key",
        "postmortems_section.after",
        "postmortems_publication.text_hash",
        "postmortems_version.reason",
        "postmortems_version.digest",
        "postmortems_version.changed",
        "postmortems_change.what",
        "postmortems_change.part",
        "postmortems_evidencefile.uid",
        "postmortems_evidencefile.stored_as",
        "postmortems_evidencefile.content_type",
        "postmortems_evidencefile.sha256",
        "postmortems_thread.part",
        "postmortems_suggestion.kind",
        "postmortems_suggestion.part",
        "postmortems_suggestion.state",
        "postmortems_timelineentry.precision",
        "postmortems_timelineentry.known",
        "postmortems_timelineentry.importance",
        "postmortems_contributingfactor.category",
        "postmortems_lesson.kind",
        "actions_actionitem.priority",
        "actions_actionitem.status",
        "actions_followthrough.verdict",
    }


@pytest.mark.parametrize("role", ["reader", "contributor", "facilitator"])
def test_whoever_is_invited_finds_it_everywhere(role: str, world: World) -> None:
    report = hide(world)
    base = f"/incidents/{report.incident.reference}"
    client = world.client(role)
    for address in (
        f"{base}/",
        f"{base}/history/",
        f"{base}/history/deleted/",
        f"{base}/files/",
        f"{base}/published/1/",
        f"{base}/versions/",
        f"{base}/versions/1/",
        f"{base}/versions/compare/",
        f"{base}/people/",
        f"{base}/export/markdown",
        f"{base}/export/json",
        f"/incidents/?q={MARKER[:5]}",
    ):
        answer = client.get(address, follow=True)
        assert answer.status_code == 200, address
        if address != f"{base}/people/":
            assert MARKER in answer.content.decode(), address


# --- For everybody else ---------------------------------------------------------------


@pytest.mark.parametrize("role", ASKING)
def test_nothing_that_an_outsider_sees_changes(role: str, world: World) -> None:
    addresses = beginnings(world)
    with undone():
        before = crawl(world.client(role), addresses)
    hide(world)
    after = crawl(world.client(role), addresses)
    assert leaks(after) == []
    assert after.keys() == before.keys()
    assert changes(before, after) == []


def changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The lines that read otherwise, each with its address."""
    return [
        f"{address}: {line}"
        for address, text in after.items()
        if text != before[address]
        for line in unified_diff(
            before[address].split("\n"), text.split("\n"), lineterm="", n=0
        )
        if not line.startswith(("---", "+++", "@@"))
    ]


@pytest.mark.parametrize("role", ASKING)
def test_a_hidden_report_is_answered_like_one_that_is_not(
    role: str, world: World
) -> None:
    hidden = world.reports["restricted"]
    reference, absent = hidden.incident.reference, "INC-2031-01-01-001"
    client = world.client(role)
    different = []
    for name in OF_A_REPORT:
        for method in ROUTES[name]:
            address = address_of(name, world, hidden)
            with undone():
                there = _asked(client, method, name, address)
            with undone():
                nowhere = _asked(
                    client, method, name, address.replace(reference, absent)
                )
            if there.replace(reference, absent) != nowhere:
                different.append(f"{method} {address}")
    assert different == []


def _asked(client: Client, method: str, name: str, address: str) -> str:
    """What is said, and how many questions it took the database."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = ask(client, method, name, address)
    return f"{told(answer)}\n{len(queries)} queries"


@pytest.mark.parametrize("role", ASKING)
def test_what_an_outsider_sends_finds_nothing(role: str, world: World) -> None:
    report = hide(world)
    reference = report.incident.reference
    service = Service.objects.get(name=f"{MARKER}-service")
    own = world.reports["open"].incident.reference
    client = world.client(role)
    document = f"# Postmortem Report: {reference} - x\n\n## 1. Incident Summary\n\n"
    for address, body in (
        ("/incidents/views/", {"name": "x", "query": f"service={service.pk}"}),
        ("/incidents/views/", {"name": "x", "query": "q=stale"}),
        ("/incidents/import/", {"text": document}),
        ("/incidents/import/", {"text": document, "write": "on"}),
        ("/incidents/new/", {"title": "x", "started": "2026-03-05 09:00"}),
        (f"/settings/services/{service.pk}/", {"name": "x"}),
        (f"/settings/services/{service.pk}/retire/", {}),
        (f"/incidents/{own}/join/", {}),
        (f"/incidents/{reference}/join/", {}),
    ):
        answer = client.post(address, body, follow=True)
        assert leaks({address: told(answer)}) == []
    service.refresh_from_db()
    assert (service.name, service.retired_at) == (f"{MARKER}-service", None)


def test_a_name_that_only_a_hidden_report_used_is_free(world: World) -> None:
    """Whether it is taken would tell that somebody uses it."""
    hide(world)
    client = world.client("administrator")
    body = {"name": f"{MARKER}-service", "description": "Ours", "owner": ""}
    answer = client.post("/settings/services/add/", body)
    assert answer.status_code == 302
    assert f"{MARKER}-service" in client.get("/settings/services/").content.decode()
    assert Service.objects.filter(name__iexact=f"{MARKER}-service").count() == 1


@pytest.mark.parametrize("role", sorted(OUTSIDERS))
def test_a_report_that_is_restricted_later_is_gone_from_everywhere(
    role: str, world: World
) -> None:
    """Also from what was kept while it was open."""
    by = world.user("facilitator")
    report = world.reports["other"]
    client = world.client(role)
    fields.save_field(report.pk, "title", MARKER, version=0, by=by, at=NOW)
    fields.save_services(report.pk, [(f"{MARKER}-api", "")], version=0, by=by, at=NOW)
    rows.add_row(kind("lessons"), report.pk, _lesson(), by=by, at=NOW)
    addresses = [*beginnings(world), f"/incidents/{report.incident.reference}/"]
    assert leaks(crawl(client, addresses, follow=False))
    incidents.set_restricted(report.pk, restricted=True, by=by, at=NOW)
    assert leaks(crawl(client, addresses, follow=False)) == []


def _lesson() -> dict[str, str]:
    return {"kind": "went_well", "text": f"{MARKER} lesson"}


def test_a_report_that_is_opened_again_offers_its_services(world: World) -> None:
    by = world.user("facilitator")
    report = world.reports["restricted"]
    fields.save_services(report.pk, [("vault-api", "")], version=0, by=by, at=NOW)
    incidents.set_restricted(report.pk, restricted=False, by=by, at=NOW)
    page = world.client("member").get("/incidents/").content.decode()
    assert "vault-api" in page


# --- What leaves by other doors -------------------------------------------------------


@pytest.fixture
def written_logs() -> Iterator[list[str]]:
    """Everything that any logger says, formatted as production writes it."""
    from config.logs import JsonFormatter  # noqa: PLC0415

    lines: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(JsonFormatter().format(record))

    root = logging.getLogger()
    handler, level = Keeping(), root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)


def test_no_log_says_what_people_wrote(world: World, written_logs: list[str]) -> None:
    report = hide(world)
    base = f"/incidents/{report.incident.reference}"
    client = world.client("facilitator")
    for address in (
        f"{base}/",
        f"{base}/edit/",
        f"{base}/nothing/",
        f"{base}/export/markdown",
        f"/incidents/?q={MARKER}",
        f"/incidents/?{MARKER}=1",
    ):
        client.get(address)
    client.post(f"{base}/rows/lessons/add/", {"text": MARKER})
    client.post(f"{base}/rows/lessons/add/", {"text": f"\x00{MARKER}"})
    client.post("/sign-in/", {"login": f"{MARKER}@x.example", "password": MARKER})
    world.client("member").get(f"{base}/")
    assert written_logs
    assert [line for line in written_logs if MARKER in line] == []


def test_an_error_of_the_database_is_logged_without_the_row(
    world: World, written_logs: list[str]
) -> None:
    """PostgreSQL names the row that a constraint refused; the log does not."""
    report = world.reports["restricted"]
    logger = logging.getLogger("tests")
    with undone():
        try:
            Postmortem.objects.filter(pk=report.pk).update(status=MARKER)
        except Exception:
            logger.exception("refused")
    assert written_logs
    assert [line for line in written_logs if MARKER in line] == []


def test_no_mail_names_it(world: World) -> None:
    hide(world)
    arriving.invite(
        "one@afterword.example",
        role="member",
        team=world.team,
        by=world.user("administrator"),
        at=datetime.now(UTC),
    )
    for role in ("facilitator", "removed", "member"):
        letters.ask_for_password_reset(world.user(role).email, at=datetime.now(UTC))
    tasks.send_invitations()
    tasks.send_password_resets()
    send_mentions()
    assert len(mail.outbox) >= 5
    assert [one for one in mail.outbox if MARKER in one.message().as_string()] == []


def test_redis_keeps_nothing_of_it(world: World) -> None:
    report = hide(world)
    base = f"/incidents/{report.incident.reference}"
    client = world.client("facilitator")
    for address in (f"{base}/", f"{base}/edit/", f"/incidents/?q={MARKER}", "/"):
        client.get(address)
    client.post("/sign-in/", {"login": f"{MARKER}@x.example", "password": MARKER})
    redis = Redis.from_url(settings.CACHES["default"]["LOCATION"])
    kept = [(key, redis.dump(key) or b"") for key in redis.scan_iter(count=1_000)]
    redis.close()
    assert [key for key, value in kept if MARKER.encode() in key + value] == []


def test_the_page_that_asks_to_sign_in_names_nothing(world: World) -> None:
    report = hide(world)
    base = f"/incidents/{report.incident.reference}"
    client = world.client("anonymous")
    for address in (f"{base}/", f"{base}/edit/", f"{base}/export/markdown"):
        answer = client.get(address, follow=True)
        assert leaks({address: told(answer)}) == []
        assert fresh(report).incident.title not in answer.content.decode()
