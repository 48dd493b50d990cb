"""What `live` asks about reports: who may do what, and which texts are shared."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from accounts import sessions
from accounts.models import User
from live.domain import Right
from postmortems import permissions
from postmortems.models import Incident, Participation, Postmortem, Section
from postmortems.operations import sharing
from postmortems.topics import report_id, topic_of


class SharedReports:
    """Registered with `live` when the application starts."""

    def topics_of(self, references: Sequence[str]) -> dict[str, str]:
        found = Postmortem.objects.filter(incident__reference__in=references)
        pairs = found.values_list("incident__reference", "pk")
        return {reference: topic_of(pk) for reference, pk in pairs}

    def rights_of(self, topic: str, users: Sequence[int]) -> dict[int, Right]:
        postmortem = _find(topic)
        if postmortem is None or not users:
            return {}
        parts = dict(
            Participation.objects.filter(
                postmortem=postmortem, user_id__in=users
            ).values_list("user_id", "part")
        )
        return {
            user.pk: _right(user, postmortem, parts.get(user.pk))
            for user in User.objects.filter(pk__in=users)
        }

    def sign_in_is_over(self, session: Mapping[str, Any], user: Any) -> bool:
        store = SessionStore()
        store.update(session)
        return sessions.is_over(store, user, timezone.now())

    def note_use_of(self, session_keys: Collection[str], *, at: datetime) -> None:
        sessions.note_use_of(session_keys, at)

    def revisions_of(self, topics: Sequence[str]) -> dict[str, int]:
        found = Postmortem.objects.filter(pk__in=map(report_id, topics))
        return {topic_of(pk): n for pk, n in found.values_list("pk", "revision")}

    def hold(self, topic: str) -> bool:
        held = (
            Postmortem.objects.select_for_update().filter(pk=report_id(topic)).first()
        )
        return held is not None and not held.frozen

    def texts_of(self, topic: str) -> dict[str, str]:
        sections = Section.objects.filter(postmortem_id=report_id(topic))
        return {section.live_key: section.body for section in sections.order_by("pk")}

    def texts_saved(
        self,
        topic: str,
        texts: Mapping[str, str],
        version: int,
        authors: Sequence[int],
        *,
        at: datetime,
    ) -> None:
        sharing.keep_texts(topic, texts, version, authors, at=at)


def _find(topic: str) -> Postmortem | None:
    present = Incident.objects.not_in_trash()
    found = Postmortem.objects.filter(pk=report_id(topic), incident__in=present)
    return found.select_related("incident").first()


def _right(user: User, postmortem: Postmortem, part: str | None) -> Right:
    """By the same two rules as every page: who sees it, and who writes it."""
    postmortem.__dict__.setdefault("_parts", {})[user.pk] = part
    if not user.active or (postmortem.incident.restricted and part is None):
        return "none"
    return "write" if permissions.can_edit(user, postmortem) else "read"
