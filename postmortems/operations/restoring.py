"""Make a named version stand again, whole or in part.

Restoring makes new versions of what it touches, through the same operations as any
other change, and destroys nothing: what came later goes to the trash, and what the
report said until now is kept as a version of its own first.
"""

from collections.abc import Iterable, Iterator
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
from postmortems.operations import fields, rows, sharing, versions, writing
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
        Restorer(desk, version.content).write(wanted, whole=part is None)
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

    def write(self, wanted: Wanted, *, whole: bool) -> None:
        """Rows first, since marks in the timeline may fill times of the incident."""
        for kind in row_kinds():
            self._write_rows(kind, _of(wanted, f"row:{kind.name}"))
            if whole:
                self._put_in_place(kind)
        for part, version in wanted:
            if part.name.startswith("section:"):
                self._write_section(part, version)
        for part, version in wanted:
            area, _colon, name = part.name.partition(":")
            if area == "field" and value_of(self.desk.postmortem, name) != version:
                fields.write_version(self.desk, name, version, what=What.RESTORED)

    # --- Rows ---

    def _write_rows(self, kind: RowKind, wanted: Wanted) -> None:
        """What came later goes first, so that there is room for what was there."""
        there = [(part, row) for part, row in wanted if row is not None]
        for part, row in wanted:
            if row is None and part.object_id is not None:
                found = rows.present_row(self.desk, kind, part.object_id)
                rows.trash_row(self.desk, kind, found)
        if kind.tree:
            there.sort(key=lambda pair: len(_above(self.content, pair[0])))
        for part, row in there:
            self._write_row(kind, part, self._with_new_ids(kind, row))

    def _write_row(self, kind: RowKind, part: Part, version: Snapshot) -> None:
        assert part.object_id is not None  # noqa: S101  a row has one
        if kind.rows(self.desk.postmortem).filter(pk=part.object_id).exists():
            rows.restore_version(self.desk, kind, part.object_id, version)
            return
        values = rows.still_valid(self.desk, kind, version)
        new = rows.place_row(self.desk, kind, values)
        self._anew[kind.model, part.object_id] = new.pk

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

    def _put_in_place(self, kind: RowKind) -> None:
        """The places of a whole list, as they were numbered."""
        wanted = {
            self._anew.get((kind.model, int(pk)), int(pk)): row["position"]
            for pk, row in self.content["rows"].get(kind.name, {}).items()
        }
        present = kind.rows(self.desk.postmortem).present()
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
