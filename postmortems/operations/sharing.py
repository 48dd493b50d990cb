"""Shared texts: what people write together becomes the text that everybody reads."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from accounts.models import User
from config.plaintext import readable_text
from live import log, saving
from live import writing as shared
from postmortems.comparing import apart
from postmortems.models import Postmortem, Section
from postmortems.operations import bouts
from postmortems.operations.desk import Desk, locked
from postmortems.topics import report_id, topic_of


def bring_up_to_date(postmortem_id: int) -> None:
    """Save what was typed up to now, and its lines of the history, for an export or a
    publication; two queries where nothing was.
    """
    saving.save_now(topic_of(postmortem_id))
    bouts.end_all(postmortem_id)


def freeze_texts(postmortem_id: int) -> None:
    """Take no more edits, and save what was typed up to now, in the caller's
    transaction: what is published is all that was ever acknowledged.
    """
    locked(postmortem_id)
    log.set_frozen(topic_of(postmortem_id), frozen=True)
    bring_up_to_date(postmortem_id)


def follow_status(postmortem: Postmortem) -> None:
    """Take edits, or none, as the status says; in the caller's transaction."""
    log.set_frozen(topic_of(postmortem.pk), frozen=postmortem.frozen)


def hold_texts(postmortem: Postmortem) -> None:
    """Save what was typed up to now, and let further edits wait for the caller's
    transaction, which has locked the report.
    """
    log.locked(topic_of(postmortem.pk))
    bring_up_to_date(postmortem.pk)
    postmortem.refresh_from_db(fields=["revision", "changed_at"])


def replace_text(
    desk: Desk, section: Section, body: str, live_version: int | None
) -> str:
    """Set a section's text, and with it the text that people have open.

    `live_version` is the version that `body` was made from; what others wrote since
    then stays in it. None replaces whatever stands there. Returns what stood there.
    """
    if live_version is not None and body == section.body:
        return body
    standing = section.body
    written = shared.replace_text(
        topic_of(desk.postmortem.pk),
        section.live_key,
        live_version,
        body,
        desk.by.pk,
        at=desk.at,
    )
    if written is None:
        section.body = body
        return standing
    section.body = readable_text(written.text)
    section.live_version = written.version
    return readable_text(written.before)


def merges(desk: Desk, section: Section, body: str, live_version: int | None) -> bool:
    """Whether a text made from an older version changes other lines than others did."""
    if not live_version:
        return False
    topic = topic_of(desk.postmortem.pk)
    base = shared.text_at(topic, section.live_key, live_version)
    if base is None:
        return False
    return apart(readable_text(base), body, section.body)


def keep_texts(
    topic: str,
    texts: Mapping[str, str],
    version: int,
    authors: Sequence[int],
    *,
    at: datetime,
) -> None:
    """Write what was typed into the sections; the history is told when they rest."""
    postmortem = locked(report_id(topic))
    changed = [
        section
        for section in postmortem.sections.select_for_update().order_by("pk")
        if section.body != readable_text(texts.get(section.live_key, ""))
        and section.live_version < version
    ]
    people = list(User.objects.filter(pk__in=authors))
    if not changed or not people:
        return
    people.sort(key=lambda user: authors.index(user.pk))
    desk = Desk(postmortem, people[0], at)
    for section in changed:
        before = bouts.snapshot(section)
        section.body = readable_text(texts.get(section.live_key, ""))
        section.live_version = version
        section.version += 1
        section.save(update_fields=["body", "version", "live_version"])
        bouts.go_on(section, before, people, at)
        desk.announce(f"section:{section.key}:{section.pk}")
        desk.find_by(section.search_key, f"{section.heading}\n\n{section.body}")
    desk.leave()
