"""Who is behind a session, and what they may do: asked on connecting, and ever again.

One fixed number of queries for any number of sockets; run in a thread.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
)
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from live.domain import Right, domain
from live.models import LiveDocument


@dataclass(frozen=True, slots=True)
class Visitor:
    id: int
    name: str
    initials: str
    colour: int

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "initials": self.initials,
            "colour": self.colour,
        }


@dataclass(frozen=True, slots=True)
class Look:
    """How things stand in the database, at one moment."""

    visitors: dict[str, Visitor] = field(default_factory=dict)
    """By session key; who is not in it is not signed in any more."""
    rights: dict[tuple[str, int], Right] = field(default_factory=dict)
    versions: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By topic: epoch and version."""
    revisions: dict[str, int] = field(default_factory=dict)

    def right(self, topic: str, session_key: str) -> Right:
        visitor = self.visitors.get(session_key)
        if visitor is None:
            return "none"
        return self.rights.get((topic, visitor.id), "none")


def look(asked: Iterable[tuple[str, str]]) -> Look:
    """How things stand for these topics and session keys; a topic may be empty."""
    pairs = set(asked)
    topics = sorted({topic for topic, _key in pairs if topic})
    visitors = signed_in({key for _topic, key in pairs})
    rights: dict[tuple[str, int], Right] = {}
    for topic in topics:
        users = {
            visitors[key].id for at, key in pairs if at == topic and key in visitors
        }
        for user, right in domain().rights_of(topic, sorted(users)).items():
            rights[topic, user] = right
    rows = LiveDocument.objects.filter(topic__in=topics)
    return Look(
        visitors,
        rights,
        {row.topic: (row.epoch, row.version) for row in rows},
        domain().revisions_of(topics),
    )


def signed_in(session_keys: set[str]) -> dict[str, Visitor]:
    rows = Session.objects.filter(
        session_key__in=session_keys, expire_date__gt=timezone.now()
    )
    sessions = {row.session_key: row.get_decoded() for row in rows}
    ids = {data[SESSION_KEY] for data in sessions.values() if SESSION_KEY in data}
    users = {str(user.pk): user for user in get_user_model().objects.filter(pk__in=ids)}
    found = {}
    for key, data in sessions.items():
        user = users.get(str(data.get(SESSION_KEY)))
        if user is not None and _goes_on(data, user):
            found[key] = _visitor(user)
    return found


def _goes_on(session: dict[str, Any], user: Any) -> bool:
    return (
        user.is_active
        and BACKEND_SESSION_KEY in session
        and _hash_fits(session.get(HASH_SESSION_KEY, ""), user)
        and not domain().sign_in_is_over(session, user)
    )


def _hash_fits(given: str, user: Any) -> bool:
    """A new password ends every sign-in made with the old one."""
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(given, fits) for fits in hashes)


def _visitor(user: Any) -> Visitor:
    return Visitor(user.pk, user.name, user.initials, user.colour)
