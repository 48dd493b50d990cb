"""Reads what people type or paste beside an entry: actors, and evidence."""

import csv
import re
from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.access import people, teams
from config.limits import LIMITS
from postmortems.fields import CleanLine, CleanText
from postmortems.file_addresses import is_address
from postmortems.vocabulary import ActorKind, EvidenceKind

UID = re.compile(r"[0-9a-f]{12}")
TRACE_ID = re.compile(r"[0-9a-fA-F-]{16,64}")
WEB_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


def actor_names(text: str) -> list[str]:
    """Names with commas between them; one that has a comma itself stands in quotes."""
    fields = next(csv.reader([text], skipinitialspace=True), [])
    return [name.strip() for name in fields if name.strip()]


def read_actors(names: list[str], known: dict[str, str]) -> list[dict[str, str]]:
    """Names as actors. A kind may be said before a colon; else it is looked up.

    What was said of the same name before holds; then a team, then a person of that
    name; and a name nobody knows is a role.
    """
    unknown = [name for name in names if name.casefold() not in known]
    team_names = _those_of(teams(), unknown)
    person_names = _those_of(people(), unknown)
    actors = []
    for typed in names:
        said, colon, rest = typed.partition(":")
        name = rest.strip() if colon and said.strip().lower() in ActorKind else typed
        folded = name.casefold()
        if name != typed:
            kind = said.strip().lower()
        elif folded in known:
            kind = known[folded]
        elif folded in team_names:
            kind = ActorKind.TEAM.value
        elif folded in person_names:
            kind = ActorKind.PERSON.value
        else:
            kind = ActorKind.ROLE.value
        if name:
            actors.append({"kind": kind, "name": name})
    return actors


def _those_of(everybody: QuerySet[Any], names: list[str]) -> set[str]:
    """The names that a team or a person has, in any case."""
    if not names:
        return set()
    folded = {name.casefold() for name in names}
    found = everybody.annotate(folded=Lower("name")).filter(folded__in=folded)
    return {name.casefold() for name in found.values_list("name", flat=True)}


def actor_text(actor: dict[str, str]) -> str:
    """An actor as it would be typed, and as `actor_names` reads it back."""
    system = actor["kind"] == ActorKind.SYSTEM
    text = f"system: {actor['name']}" if system else actor["name"]
    if "," in text or text.startswith('"'):
        return '"{}"'.format(text.replace('"', '""'))
    return text


def read_evidence(item: dict[str, str]) -> dict[str, str]:
    """One piece of evidence from what was pasted: a link, a trace id, or a text."""
    what = CleanText(limit=LIMITS.snippet).clean(item["what"]).strip()
    label = CleanLine(limit=LIMITS.name, required=False).clean(item.get("label", ""))
    found = {
        "uid": _own_uid(item.get("uid", "")),
        "kind": item.get("kind") or "",
        "label": label,
        "url": "",
        "trace_id": "",
        "text": "",
    }
    first, _newline, rest = what.partition("\n")
    if is_link(first.strip()):
        found["url"] = clean_url(first.strip())
        what, first = rest.strip(), rest.strip().partition("\n")[0]
        rest = what.partition("\n")[2]
    trace = first.strip().removeprefix("trace ").strip()
    if TRACE_ID.fullmatch(trace):
        found["trace_id"], what = trace, rest.strip()
    found["text"] = what
    if found["kind"] not in EvidenceKind.values:
        found["kind"] = _guessed_kind(found)
    return found


def is_link(address: str) -> bool:
    """A web address, or that of an evidence file of this installation."""
    return bool(WEB_ADDRESS.fullmatch(address)) or is_address(address)


def _own_uid(typed: str) -> str:
    """The uid that we gave, which is part of an address; else a new one."""
    return typed if UID.fullmatch(typed) else uuid4().hex[:12]


def evidence_text(item: dict[str, str]) -> str:
    """A piece of evidence as it would be pasted."""
    trace = f"trace {item['trace_id']}" if item.get("trace_id") else ""
    return "\n".join(filter(None, (item.get("url"), trace, item.get("text"))))


def clean_url(url: str) -> str:
    """An address fit to be a link: http(s), no credentials, not endless; or one of
    our own evidence files.
    """
    if is_address(url):
        return url
    if len(url) > LIMITS.url_field:
        raise ValidationError(_("This address is too long."))
    host = url.split("/")[2] if url.count("/") > 1 else ""
    if "@" in host or not host or any(mark in url for mark in "\"'<>\\ "):
        raise ValidationError(_("This is not a web address that can be linked."))
    return url


def _guessed_kind(found: dict[str, str]) -> str:
    if found["trace_id"]:
        return EvidenceKind.TRACE.value
    return EvidenceKind.LOG.value if found["text"] else EvidenceKind.OTHER.value
