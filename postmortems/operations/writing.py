"""Save prose, and keep free sections in their place."""

from datetime import datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from config.limits import LIMITS
from postmortems import policies
from postmortems.models import Section
from postmortems.models.rows import GAP
from postmortems.operations import bouts, sharing
from postmortems.operations.bouts import snapshot
from postmortems.operations.desk import Desk, Repeated, RequestKey, What, at_desk
from postmortems.operations.rows import Gone, Stale
from postmortems.vocabulary import Place

MOST_FREE_SECTIONS = LIMITS.rows


def save_section(
    postmortem_id: int,
    section_id: int,
    *,
    body: str,
    version: int,
    by: User,
    at: datetime,
    heading: str | None = None,
    live_version: int | None = None,
    key: RequestKey | None = None,
) -> Section:
    """Replace a section's text, provided it is still the version `by` was reading.

    With the `live_version` of what they were reading, what others wrote elsewhere in
    the text since then stays, and only the same lines written twice are Stale.
    """
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
            section = present_section(desk, section_id)
            if section.version == version:
                live_version = section.live_version
            elif not sharing.merges(desk, section, body, live_version):
                raise Stale(section)
            write_section(
                desk, section, body=body, heading=heading, live_version=live_version
            )
            desk.outcome["section"] = section.pk
            return section
    except Repeated as repeated:
        return Section.objects.get(pk=repeated.outcome["section"])


def write_section(
    desk: Desk,
    section: Section,
    *,
    body: str,
    heading: str | None = None,
    what: What = What.CHANGED,
    live_version: int | None = None,
) -> None:
    """Set a section's text: made from `live_version`, or over whatever stands there."""
    before = snapshot(section)
    standing = sharing.replace_text(desk, section, body, live_version)
    if heading is not None and section.key == Section.Key.FREE:
        section.heading = heading
    if standing != section.body:
        # What was being typed and is not kept: the history has it.
        before["body"] = standing
    keep_section(desk, section, before, what)


def keep_section(
    desk: Desk, section: Section, before: dict[str, str], what: What
) -> None:
    """Save what stands in `section`, and write into the history what it was before."""
    after = snapshot(section)
    if before == after:
        section.save(update_fields=["live_version"])
        return
    bouts.end(section, before)
    section.version += 1
    section.save(update_fields=["body", "heading", "version", "live_version"])
    desk.record(
        what,
        f"section:{section.key}",
        object_id=section.pk,
        before=before,
        after=after,
    )
    desk.find_by(section.search_key, f"{section.heading}\n\n{section.body}")


def add_section(
    postmortem_id: int,
    *,
    heading: str,
    body: str,
    after: Place,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> Section:
    """Add a free section behind a part of the report."""
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
            section = place_section(desk, heading=heading, body=body, after=after)
            desk.outcome["section"] = section.pk
            return section
    except Repeated as repeated:
        return Section.objects.get(pk=repeated.outcome["section"])


def place_section(desk: Desk, *, heading: str, body: str, after: Place) -> Section:
    free = desk.postmortem.sections.filter(key=Section.Key.FREE, deleted_at=None)
    if free.count() >= MOST_FREE_SECTIONS:
        raise policies.TooMany(_("There are enough sections already."))
    last: int | None = free.aggregate(last=Max("position"))["last"]
    section = Section.objects.create(
        postmortem=desk.postmortem,
        key=Section.Key.FREE,
        heading=heading,
        body=body,
        after=after,
        position=(last or 0) + GAP,
    )
    sharing.replace_text(desk, section, body, None)
    section.save(update_fields=["live_version"])
    desk.record(
        What.ADDED, "section:free", object_id=section.pk, after=snapshot(section)
    )
    desk.find_by(section.search_key, f"{heading}\n\n{body}")
    return section


def delete_section(
    postmortem_id: int,
    section_id: int,
    *,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> Section:
    """Put a free section in the trash; the fixed ones can only be emptied."""
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
            section = present_section(desk, section_id)
            trash_section(desk, section)
            desk.outcome["section"] = section.pk
            return section
    except Repeated as repeated:
        return Section.objects.get(pk=repeated.outcome["section"])


def trash_section(desk: Desk, section: Section) -> None:
    """Put a section that is there in the trash, at an open desk."""
    if section.key != Section.Key.FREE:
        raise policies.NotReady(_("This section belongs to every report."))
    bouts.end(section, snapshot(section))
    section.deleted_at = desk.at
    section.version += 1
    section.save(update_fields=["deleted_at", "version"])
    desk.record(
        What.DELETED, "section:free", object_id=section.pk, before=snapshot(section)
    )
    desk.find_by(section.search_key, "")


def bring_back_section(
    postmortem_id: int,
    section_id: int,
    *,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> Section:
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
            section = _any(desk, section_id)
            restore_section(desk, section, snapshot(section))
            desk.outcome["section"] = section.pk
            return section
    except Repeated as repeated:
        return Section.objects.get(pk=repeated.outcome["section"])


def restore_section(desk: Desk, section: Section, values: dict[str, str]) -> None:
    """Make an earlier version the newest; out of the trash where needed."""
    if section.deleted_at is not None:
        section.deleted_at = None
        section.version += 1
        section.save(update_fields=["deleted_at", "version"])
        desk.record(
            What.BROUGHT_BACK,
            f"section:{section.key}",
            object_id=section.pk,
            after=snapshot(section),
        )
        desk.find_by(section.search_key, f"{section.heading}\n\n{section.body}")
    write_section(
        desk,
        section,
        body=values["body"],
        heading=values["heading"],
        what=What.RESTORED,
    )


def present_section(desk: Desk, section_id: int) -> Section:
    section = _any(desk, section_id)
    if section.deleted_at is not None:
        raise Gone(_("This was deleted while you were writing."))
    return section


def _any(desk: Desk, section_id: int) -> Section:
    return desk.postmortem.sections.select_for_update().get(pk=section_id)
