"""Make a named version stand again, whole or in part.

Restoring makes new versions of what it touches, through the same operations as any
other change, and destroys nothing: what came later goes to the trash, and what the
report said until now is kept as a version of its own first.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from postmortems import policies
from postmortems.contents import (
    Content,
    Part,
    changed_parts,
    content_of,
    reads_the_same,
    value_of,
)
from postmortems.models import Row, Section, Version
from postmortems.operations import (
    bulk,
    evidence,
    fields,
    rows,
    sharing,
    versions,
    writing,
)
from postmortems.operations.desk import Desk, Repeated, RequestKey, What, at_desk
from postmortems.parts import RowKind, Snapshot, row_kinds
from postmortems.versions_compared import moved_rows
from postmortems.vocabulary import Place

Wanted = list[tuple[Part, Any]]
"""Parts, each with the version of it that is to stand; None: it was not there."""


def restore(
    postmortem_id: int,
    number: int,
    *,
    by: User,
    at: datetime,
    part: Part | None = None,
    key: RequestKey | None = None,
) -> int:
    """Make the report, or one part of it, say what it said in a version.

    A part without an id stands for all rows of its kind. Returns how many parts it
    touched. Raises Frozen, NotReady where nothing differs, and what adding rows raises.
    """
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
            version = desk.postmortem.versions.get(number=number)
            sharing.hold_texts(desk.postmortem)
            count = _restore(desk, version, part)
            desk.outcome["count"] = count
            return count
    except Repeated as repeated:
        return int(repeated.outcome["count"])


def _restore(desk: Desk, version: Version, part: Part | None) -> int:
    now = content_of(desk.postmortem)
    wanted = list(_wanted(version.content, now, part))
    if not wanted:
        raise policies.NotReady(_("It reads like this version already."))
    with versions.kept_around(desk, restored_from=version.number):
        Restorer(desk, version.content).write(wanted, part)
        evidence.bring_back_pointed_at(desk, json.dumps([text for _, text in wanted]))
    return len(wanted)


def _wanted(
    content: Content, now: Content, part: Part | None
) -> Iterator[tuple[Part, Any]]:
    """What differs from now and is asked for; places that only have other numbers are
    no difference.
    """
    moved = moved_rows(now, content)
    for found, version, standing in changed_parts(content, now):
        if part is not None and not _belongs(found, part, content):
            continue
        if version is None or not reads_the_same(version, standing) or found in moved:
            yield found, version


def _belongs(found: Part, part: Part, content: Content) -> bool:
    """Whether it is the part, one of its rows, or what that row hangs from."""
    if found.name != part.name:
        return False
    if part.object_id is None or found.object_id == part.object_id:
        return True
    kind = part.kind
    return kind is not None and kind.tree and found in _above(content, part)


def _above(content: Content, part: Part) -> set[Part]:
    """The rows that a row of a tree hangs from in that version."""
    tree = content["rows"][part.name.partition(":")[2]]
    found: set[Part] = set()
    row = tree.get(str(part.object_id))
    while row is not None and row["parent_id"] is not None:
        above = Part(part.name, row["parent_id"])
        if above in found:
            break
        found.add(above)
        row = tree.get(str(above.object_id))
    return found


class Restorer:
    """Writes parts of one content at an open desk."""

    def __init__(self, desk: Desk, content: Content) -> None:
        self.desk, self.content = desk, content
        self._anew: dict[tuple[type[Any], int], int] = {}
        """The new ids of rows that were deleted for good and are written again."""

    def write(self, wanted: Wanted, asked: Part | None) -> None:
        """Rows first, since marks in the timeline may fill times of the incident."""
        for kind in row_kinds():
            of_kind = _of(wanted, f"row:{kind.name}")
            if asked is not None and asked.object_id is not None:
                self._write_one_by_one(kind, of_kind)
            else:
                self._write_list(kind, of_kind)
                if asked is None or of_kind:
                    self._put_list_in_order(kind)
        for part, version in wanted:
            if part.name.startswith("section:"):
                self._write_section(part, version)
        for part, version in wanted:
            area, _colon, name = part.name.partition(":")
            if area == "field" and value_of(self.desk.postmortem, name) != version:
                fields.write_version(self.desk, name, version, what=What.RESTORED)

    # --- Rows ---

    def _write_one_by_one(self, kind: RowKind, wanted: Wanted) -> None:
        """Single rows, each to its place among what stands around it now."""
        for part, version in self._from_above(kind, wanted):
            assert part.object_id is not None  # noqa: S101  a row has one
            if version is None:
                row = rows.present_row(self.desk, kind, part.object_id)
                rows.trash_row(self.desk, kind, row)
                continue
            row = self._write_row(kind, part.object_id, version)
            follower = self._follower(kind, part.object_id, version)
            place = rows.position_before(self.desk, kind, row, follower)
            kind.rows(self.desk.postmortem).filter(pk=row.pk).update(position=place)

    def _follower(self, kind: RowKind, pk: int, version: Snapshot) -> int | None:
        """The row that came behind it in that version, of those that are there."""
        behind = [
            (row["position"], int(other))
            for other, row in self.content["rows"][kind.name].items()
            if (row["position"], int(other)) > (version["position"], pk)
            and all(row[name] == version[name] for name in kind.scope)
        ]
        present = kind.rows(self.desk.postmortem).present()
        here = set(
            present.filter(pk__in=[other for _, other in behind]).values_list(
                "pk", flat=True
            )
        )
        return next((other for _, other in sorted(behind) if other in here), None)

    def _write_list(self, kind: RowKind, wanted: Wanted) -> None:
        """What came later goes first, so that there is room for what was there."""
        ids = [part.object_id for part, _row in wanted]
        locked = kind.rows(self.desk.postmortem).select_for_update()
        standing = {row.pk: row for row in locked.filter(pk__in=ids)}
        gone = [standing[part.object_id] for part, row in wanted if row is None]
        bulk.trash_rows(self.desk, kind, gone)
        there = self._bring_back(kind, standing, wanted)
        for part, row in self._from_above(kind, there):
            assert part.object_id is not None  # noqa: S101  a row has one
            self._write_row(kind, part.object_id, row)

    def _from_above(self, kind: RowKind, wanted: Wanted) -> Wanted:
        """What others hang from comes before them."""
        if not kind.tree:
            return wanted
        return sorted(wanted, key=lambda pair: len(_above(self.content, pair[0])))

    def _bring_back(
        self, kind: RowKind, standing: Mapping[int | None, Row], wanted: Wanted
    ) -> Wanted:
        """Take what needs no more than that out of the trash; the rest of the rows."""
        back: list[Row] = []
        rest: Wanted = []
        for part, version in wanted:
            if version is None:
                continue
            row = standing.get(part.object_id)
            if (
                row is not None
                and row.deleted_at is not None
                and reads_the_same(kind.snapshot(row), version)
            ):
                back.append(row)
            else:
                rest.append((part, version))
        bulk.bring_back_rows(self.desk, kind, back)
        return rest

    def _write_row(self, kind: RowKind, pk: int, version: Snapshot) -> Row:
        """Make a version the newest; written anew where it was deleted for good."""
        values = self._with_new_ids(kind, version)
        if kind.rows(self.desk.postmortem).filter(pk=pk).exists():
            return rows.restore_version(self.desk, kind, pk, values)
        new = rows.place_row(self.desk, kind, rows.still_valid(self.desk, kind, values))
        self._anew[kind.model, pk] = new.pk
        return new

    def _with_new_ids(self, kind: RowKind, version: Snapshot) -> Snapshot:
        """The version with the ids that rows written again have now."""
        values = dict(version)
        for name in (*(f for f in kind.fields if f.endswith("_id")), *kind.links):
            column: Any = kind.model._meta.get_field(name.removesuffix("_id"))
            model, value = column.related_model, values[name]
            if isinstance(value, list):
                values[name] = [self._anew.get((model, pk), pk) for pk in value]
            else:
                values[name] = self._anew.get((model, value), value)
        return values

    def _put_list_in_order(self, kind: RowKind) -> None:
        """The places of a whole list, as they were numbered."""
        wanted = {
            self._anew.get((kind.model, int(pk)), int(pk)): row["position"]
            for pk, row in self.content["rows"].get(kind.name, {}).items()
        }
        present = kind.rows(self.desk.postmortem).present().only("position")
        astray: list[Row] = [
            row for row in present if wanted.get(row.pk, row.position) != row.position
        ]
        for row in astray:
            row.position = wanted[row.pk]
        kind.model._default_manager.bulk_update(astray, ["position"], batch_size=500)

    # --- Sections ---

    def _write_section(self, part: Part, version: dict[str, Any] | None) -> None:
        sections = self.desk.postmortem.sections.select_for_update()
        section = sections.filter(pk=part.object_id or 0).first()
        if version is None:
            assert section is not None  # noqa: S101  it stands in the report of now
            writing.trash_section(self.desk, section)
        elif section is not None:
            writing.restore_section(self.desk, section, version)
        else:
            self._write_section_anew(version)

    def _write_section_anew(self, version: dict[str, Any]) -> None:
        section = writing.place_section(
            self.desk,
            heading=version["heading"],
            body=version["body"],
            after=Place(version["after"]),
        )
        Section.objects.filter(pk=section.pk).update(position=version["position"])


def _of(wanted: Iterable[tuple[Part, Any]], name: str) -> Wanted:
    return [(part, version) for part, version in wanted if part.name == name]
