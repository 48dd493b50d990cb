"""Titles and names are text wherever they stand: on pages, in messages, in mails."""

from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core import mail

from accounts import tasks
from accounts.operations import arriving, letters
from postmortems.operations import fields, incidents
from tests.corpus import ATTACKS
from tests.fixtures import NOW
from tests.security.attacked import rename_everybody
from tests.security.inert import found_live, live_content
from tests.views.test_matrix import address_of
from tests.worlds import World, undone

TELLING = [
    " ".join(ATTACKS[name].split())
    for name in (
        "script",
        "img onerror",
        "out of textarea",
        "out of title",
        "out of script",
        "out of attribute",
        "out of single quotes",
        "without quotes",
        "comment",
        "unclosed",
        "htmx data",
        "javascript link",
        "json island",
        "django",
    )
]
"""One for each way out of where a name may stand."""


def base(world: World) -> str:
    return f"/incidents/{world.reports['open'].incident.reference}"


@pytest.mark.parametrize("number", range(2))
def test_titles_are_text_wherever_they_stand(number: int, world: World) -> None:
    report, by = world.reports["open"], world.user("facilitator")
    client = world.client("facilitator")
    found = []
    for version, line in enumerate(TELLING[number::2]):
        fields.save_field(
            report.pk, "title", line[:200], version=version, by=by, at=NOW
        )
        found += found_live(
            client,
            "/",
            "/incidents/",
            "/incidents/?q=pwnme",
            f"{base(world)}/",
            f"{base(world)}/edit/",
            f"{base(world)}/people/",
            f"{base(world)}/trash/",
            f"{base(world)}/publish/",
            f"{base(world)}/status/?to=drafting",
        )
    incidents.trash_incident(report.pk, by=by, at=NOW)
    assert found + found_live(client, "/incidents/trash/") == []


@pytest.mark.parametrize("number", range(2))
def test_names_are_text_wherever_they_stand(number: int, world: World) -> None:
    found = []
    for line in TELLING[number::2]:
        with undone():
            rename_everybody(line)
            pages = [address_of(name, world, world.reports["open"]) for name in PAGES]
            found += found_live(world.client("administrator"), *pages)
            writers = (f"{base(world)}/edit/", f"{base(world)}/rows/timeline/add/")
            found += found_live(world.client("facilitator"), *writers)
    assert found == []


PAGES = [
    "postmortems:home",
    "postmortems:list",
    "postmortems:new",
    "postmortems:read",
    "postmortems:people",
    "postmortems:history",
    "postmortems:scale",
    "postmortems:catalogue",
    "postmortems:checklists",
    "accounts:people",
    "accounts:teams",
    "accounts:team",
    "accounts:organisation",
    "accounts:invitations",
]


@pytest.mark.parametrize("name", ATTACKS)
def test_a_conflict_shows_both_texts_as_text(name: str, world: World) -> None:
    report = world.reports["open"]
    lesson = report.lessons.get()
    address = f"{base(world)}/rows/lessons/{lesson.pk}/edit/"
    text = ATTACKS[name].replace("\x02", "").replace("\x03", "")
    for role, status in (("contributor", 302), ("facilitator", 409)):
        answer = world.client(role).post(
            address,
            {"text": f"{text} {role}", "kind": "went_well", "version": "1"},
        )
        assert answer.status_code == status
    assert live_content(answer.content.decode()) == []


def test_a_message_after_a_change_is_text(world: World) -> None:
    rename_everybody(TELLING[0])
    client = world.client("administrator")
    team = world.team
    for address in (
        f"/teams/{team.pk}/archive/",
        f"/teams/{team.pk}/restore/",
        f"/people/{world.user('viewer').pk}/deactivate/",
    ):
        answer = client.post(address, follow=True)
        assert "pwnme" in answer.content.decode()
        assert live_content(answer.content.decode()) == []


# --- Mails ----------------------------------------------------------------------------


class Mailed(HTMLParser):
    """Elements and attributes of a mail that content has a part in."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "iframe", "object", "form", "base", "svg"}:
            self.found.append(tag)
        self.found += [
            f"{tag} {name}"
            for name, value in attrs
            if name.startswith("on") or "pwnme" in f"{name}{value}"
        ]


@pytest.mark.parametrize("line", TELLING)
def test_a_mail_carries_names_as_text(line: str, world: World) -> None:
    rename_everybody(line)
    arriving.invite(
        "one@afterword.example",
        role="member",
        team=world.team,
        by=world.user("administrator"),
        at=datetime.now(UTC),
    )
    member = world.user("member").email
    letters.ask_for_password_reset(member, at=datetime.now(UTC))
    mail.outbox.clear()
    tasks.send_invitations()
    tasks.send_password_resets()
    assert len(mail.outbox) >= 2
    for sent in mail.outbox:
        message: Any = sent.message()
        assert "\n" not in sent.subject
        assert Mailed(html_part(message)).found == []


def html_part(message: EmailMessage) -> str:
    for part in message.walk():
        if part.get_content_type() == "text/html":
            return bytes(part.get_payload(decode=True)).decode()
    raise AssertionError("no HTML part")
