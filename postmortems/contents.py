"""What a report says, all of it, as plain JSON: what a named version keeps.

It consists of the same snapshots that the history has before and after each change, by
part and id, so that one comparison and one restore serve both. Everything in the trash
is left out.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from postmortems.document import Time
from postmortems.models import Incident, Postmortem, Section, Severity
from postmortems.parts import RowKind, Snapshot, row_kind, row_kinds
from postmortems.versions import HIDDEN
from postmortems.vocabulary import Kind, Milestone

Content = dict[str, Any]
"""{"fields": {name: value}, "sections": {id: …}, "rows": {kind: {id: …}}}"""

ON_INCIDENT = ("title", "kind", "severity")
ON_POSTMORTEM = ("tldr",)
FIELDS = (*ON_INCIDENT, *ON_POSTMORTEM, "services", *Milestone.values)


def content_of(postmortem: Postmortem) -> Content:
    """The report as it stands; one query for each kind of row and each link."""
    sections = postmortem.sections.filter(deleted_at=None).order_by("position", "pk")
    return {
        "fields": {name: value_of(postmortem, name) for name in FIELDS},
        "sections": {str(one.pk): section_snapshot(one) for one in sections},
        "rows": {
            kind.name: {
                str(pk): snapshot for pk, snapshot in _snapshots(kind, postmortem)
            }
            for kind in row_kinds()
        },
    }


def digest_of(content: Content) -> str:
    """SHA-256 of the content, whatever order its parts came in."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


# --- The parts ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a report, as the history calls it: "row:timeline", and its id."""

    name: str
    object_id: int | None = None

    def __str__(self) -> str:
        return self.name if self.object_id is None else f"{self.name}:{self.object_id}"

    @property
    def kind(self) -> RowKind | None:
        area, _colon, name = self.name.partition(":")
        return row_kind(name) if area == "row" else None


def parts_of(content: Content) -> Iterator[tuple[Part, Any]]:
    """Every part of a content with its version: fields, sections, then rows."""
    for name, value in content["fields"].items():
        yield Part(f"field:{name}"), value
    for pk, section in content["sections"].items():
        yield Part(f"section:{section['key']}", int(pk)), section
    for kind, rows in content["rows"].items():
        for pk, row in rows.items():
            yield Part(f"row:{kind}", int(pk)), row


def version_of_part(content: Content, part: Part) -> Any:
    """A part's version in a content; None where it was not there."""
    area, _colon, name = part.name.partition(":")
    if area == "field":
        return content["fields"].get(name)
    if area == "section":
        return content["sections"].get(str(part.object_id))
    return content["rows"].get(name, {}).get(str(part.object_id))


def changed_parts(before: Content, after: Content) -> Iterator[tuple[Part, Any, Any]]:
    """The parts that differ, each as it was and as it is; None where it was not."""
    now = dict(parts_of(after))
    earlier = dict(parts_of(before))
    for part, value in earlier.items():
        if now.get(part) != value:
            yield part, value, now.get(part)
    for part, value in now.items():
        if part not in earlier:
            yield part, None, value


def reads_the_same(before: Any, after: Any) -> bool:
    """Whether two versions of a part differ in what nobody reads, if at all: the number
    of a row's place, or the id of what is named in words beside it.
    """
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return bool(before == after)
    unseen = dict.fromkeys(HIDDEN)
    return {**before, **unseen} == {**after, **unseen}


# --- Their versions -------------------------------------------------------------------


def value_of(postmortem: Postmortem, name: str) -> Any:
    """A single field as plain JSON."""
    if name in ON_INCIDENT:
        return field_value(postmortem.incident, name)
    if name in ON_POSTMORTEM:
        return field_value(postmortem, name)
    if name == "services":
        return affected_of(postmortem.incident)
    return plain_time(postmortem.incident.moment(Milestone(name)))


def field_value(holder: Any, name: str) -> Any:
    value = getattr(holder, name)
    if isinstance(value, Severity):
        return value.label
    return str(value) if isinstance(value, Kind) else value


def affected_of(incident: Incident) -> list[list[str]]:
    rows = incident.affected.select_related("service").order_by("position", "pk")
    return [[row.service.name, row.note] for row in rows]


def plain_time(time: Time) -> dict[str, str | None]:
    return {
        "at": time.at.isoformat() if time.at else None,
        "certainty": time.certainty.value,
    }


def section_snapshot(section: Section) -> dict[str, Any]:
    """As the history keeps it, with what it takes to make the section anew."""
    return {
        "key": str(section.key),
        "heading": section.heading,
        "body": section.body,
        "after": str(section.after),
        "position": section.position,
    }


def _snapshots(kind: RowKind, postmortem: Postmortem) -> Iterator[tuple[int, Snapshot]]:
    links = {link: _links(kind, link, postmortem) for link in kind.links}
    for row in kind.rows(postmortem).present().order_by("position", "pk"):
        snapshot = kind.plain(row)
        for link, targets in links.items():
            snapshot[link] = targets.get(row.pk, [])
        yield row.pk, snapshot


def _links(kind: RowKind, link: str, postmortem: Postmortem) -> Mapping[int, list[int]]:
    """The ids that each row names in a many-to-many column, in one query."""
    column: Any = kind.model._meta.get_field(link)
    through = column.remote_field.through
    source, target = column.m2m_field_name(), column.m2m_reverse_field_name()
    pairs = through.objects.filter(**{f"{source}__postmortem": postmortem})
    found: dict[int, list[int]] = {}
    for row, named in pairs.order_by(f"{target}_id").values_list(
        f"{source}_id", f"{target}_id"
    ):
        found.setdefault(row, []).append(named)
    return found
