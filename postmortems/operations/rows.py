"""Add, change, move, delete and bring back a row: one engine for every kind.

Each returns the row as it now is. A stale version is refused with `Stale`, which
carries the row as it stands, so that both texts can be shown and nothing is lost.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Max, Min
from django.utils.translation import gettext as _

from accounts.models import User
from postmortems import permissions, policies
from postmortems.models import Row
from postmortems.models.rows import GAP
from postmortems.operations import moments
from postmortems.operations.desk import (
    Desk,
    May,
    Repeated,
    RequestKey,
    What,
    at_desk,
)
from postmortems.parts import RowKind, Snapshot

Effect = Callable[[Desk, RowKind, Row], None]


class Stale(policies.Refusal):
    """Somebody saved this since it was opened. `current` is what stands now."""

    def __init__(self, current: Any) -> None:
        super().__init__(_("Somebody saved this while you were writing."))
        self.current = current


class Gone(policies.Refusal):
    """The row was deleted in the meantime; what was typed is kept on the page."""


def add_row(
    kind: RowKind,
    postmortem_id: int,
    values: Mapping[str, Any],
    *,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> Row:
    """Add a row at the end of its list. Raises TooMany at the kind's limit."""
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
            row = place_row(desk, kind, values)
            desk.outcome["row"] = row.pk
            return row
    except Repeated as repeated:
        return _row_of(kind, repeated)


def place_row(desk: Desk, kind: RowKind, values: Mapping[str, Any]) -> Row:
    """Add a row at an open desk; for operations that write many."""
    rows = kind.rows(desk.postmortem)
    if rows.present().count() >= kind.limit:
        raise policies.TooMany(
            _("There are %(limit)s already, which is the limit.")
            % {"limit": kind.limit}
        )
    row = kind.model(
        postmortem=desk.postmortem,  # type: ignore[misc]
        created_at=desk.at,
        created_by=desk.by,
    )
    kind.assign(row, values)
    if "position" not in values:
        row.position = _end_of(kind, row, desk)
    row.save(force_insert=True)
    _set_links(kind, row, desk, values)
    desk.record(What.ADDED, part_of(kind), object_id=row.pk, after=kind.snapshot(row))
    _found_by(desk, kind, row)
    moments.follow_markers(desk, kind, row)
    return row


def change_row(
    kind: RowKind,
    postmortem_id: int,
    row_id: int,
    values: Mapping[str, Any],
    *,
    version: int,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
    may: May = permissions.check_can_edit,
) -> Row:
    """Save new values over `version` of a row; raises Stale or Gone otherwise."""
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key, may=may) as desk:
            row = present_row(desk, kind, row_id)
            if row.version != version:
                raise Stale(row)
            write_row(desk, kind, row, values, What.CHANGED)
            desk.outcome["row"] = row.pk
            return row
    except Repeated as repeated:
        return _row_of(kind, repeated)


def move_row(
    kind: RowKind,
    postmortem_id: int,
    row_id: int,
    *,
    before_id: int | None,
    by: User,
    at: datetime,
    scope: Mapping[str, Any] | None = None,
    key: RequestKey | None = None,
) -> Row:
    """Put a row before another of its list; before nothing: to the end.

    `scope` may change what its list is: a lesson's kind, a factor's bone. The place
    alone makes no new version: nobody's open form is late because of it.
    """
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
            row = present_row(desk, kind, row_id)
            before = kind.snapshot(row)
            if scope:
                kind.assign(row, scope)
                _check_tree(desk, kind, row)
                row.version += kind.snapshot(row) != before
            row.position = position_before(desk, kind, row, before_id)
            row.save()
            desk.record(
                What.MOVED,
                part_of(kind),
                object_id=row.pk,
                before=before,
                after=kind.snapshot(row),
            )
            desk.outcome["row"] = row.pk
            return row
    except Repeated as repeated:
        return _row_of(kind, repeated)


def delete_row(
    kind: RowKind,
    postmortem_id: int,
    row_id: int,
    *,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> Row:
    """Put a row in the trash, where it stays for 30 days."""
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
            row = present_row(desk, kind, row_id)
            trash_row(desk, kind, row)
            desk.outcome["row"] = row.pk
            return row
    except Repeated as repeated:
        return _row_of(kind, repeated)


def trash_row(desk: Desk, kind: RowKind, row: Row) -> None:
    """Put a row that is there in the trash, at an open desk."""
    row.deleted_at, row.deleted_by = desk.at, desk.by
    row.version += 1
    row.save(update_fields=["deleted_at", "deleted_by", "version"])
    desk.record(
        What.DELETED, part_of(kind), object_id=row.pk, before=kind.snapshot(row)
    )
    desk.find_by(kind.anchor_of(row), "")


def bring_back_row(
    kind: RowKind,
    postmortem_id: int,
    row_id: int,
    *,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> Row:
    """Take a row out of the trash as it was; one that is not there stays as it is."""
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
            row: Row = kind.rows(desk.postmortem).select_for_update().get(pk=row_id)
            if row.deleted_at is not None:
                _bring_back(desk, kind, row, What.BROUGHT_BACK)
            desk.outcome["row"] = row.pk
            return row
    except Repeated as repeated:
        return _row_of(kind, repeated)


def restore_version(desk: Desk, kind: RowKind, row_id: int, snapshot: Snapshot) -> Row:
    """Make an earlier version of a row the newest; out of the trash where needed.

    Restoring the same version twice gives the same row.
    """
    row: Row = kind.rows(desk.postmortem).select_for_update().get(pk=row_id)
    if row.deleted_at is not None:
        _bring_back(desk, kind, row, What.BROUGHT_BACK)
    write_row(desk, kind, row, still_valid(desk, kind, snapshot), What.RESTORED)
    return row


def part_of(kind: RowKind) -> str:
    """The kind's name in the history."""
    return f"row:{kind.name}"


def write_row(
    desk: Desk, kind: RowKind, row: Row, values: Mapping[str, Any], what: What
) -> None:
    """Save new values of a row at an open desk, if any differs."""
    before = kind.snapshot(row)
    kind.assign(row, values)
    _check_tree(desk, kind, row)
    row.version += 1
    row.save()
    _set_links(kind, row, desk, values)
    after = kind.snapshot(row)
    if before == after:
        return
    note = kind.changed(desk, row, before, values, what) if kind.changed else ""
    desk.record(
        what, part_of(kind), object_id=row.pk, before=before, after=after, note=note
    )
    _found_by(desk, kind, row)
    moments.follow_markers(desk, kind, row)


def _check_tree(desk: Desk, kind: RowKind, row: Row) -> None:
    """Refuse to hang a row below itself; the report is locked, so this holds."""
    if not kind.tree:
        return
    parents = dict(kind.rows(desk.postmortem).values_list("pk", "parent_id"))
    above: int | None = getattr(row, "parent_id")  # noqa: B009  any kind of tree
    if above is not None and above not in parents:
        raise policies.NotReady(_("The answer above is not there any more."))
    while above is not None:
        if above == row.pk:
            raise policies.NotReady(_("An answer cannot be its own cause."))
        above = parents.get(above)


def _bring_back(desk: Desk, kind: RowKind, row: Row, what: What) -> None:
    row.deleted_at = row.deleted_by = None
    row.position = _own_place(desk, kind, row)
    row.version += 1
    row.save(update_fields=["deleted_at", "deleted_by", "position", "version"])
    desk.record(what, part_of(kind), object_id=row.pk, after=kind.snapshot(row))
    _found_by(desk, kind, row)


def present_row(desk: Desk, kind: RowKind, row_id: int) -> Row:
    row = kind.rows(desk.postmortem).select_for_update().filter(pk=row_id).first()
    if row is None or row.deleted_at is not None:
        raise Gone(_("This was deleted while you were writing."))
    found: Row = row
    return found


def _row_of(kind: RowKind, repeated: Repeated) -> Row:
    row: Row = kind.model._default_manager.get(pk=repeated.outcome["row"])
    return row


def _found_by(desk: Desk, kind: RowKind, row: Row) -> None:
    desk.find_by(kind.anchor_of(row), kind.search(row))


def _siblings(desk: Desk, kind: RowKind, row: Row) -> Any:
    scope = {name: getattr(row, name) for name in kind.scope}
    return kind.rows(desk.postmortem).filter(**scope).exclude(pk=row.pk)


def _end_of(kind: RowKind, row: Row, desk: Desk) -> int:
    last: int | None = _siblings(desk, kind, row).aggregate(last=Max("position"))[
        "last"
    ]
    return GAP if last is None else last + GAP


def position_before(desk: Desk, kind: RowKind, row: Row, before_id: int | None) -> int:
    """A free position; neighbours are spread out again where there is no room left."""
    siblings = _siblings(desk, kind, row).present()
    target = siblings.filter(pk=before_id).first() if before_id else None
    if target is None:
        return _end_of(kind, row, desk)
    previous: int | None = siblings.filter(position__lt=target.position).aggregate(
        last=Max("position")
    )["last"]
    if previous is None:
        least: int = siblings.aggregate(first=Min("position"))["first"]
        if least == target.position and siblings.filter(position=least).count() == 1:
            return least - GAP
    elif (
        target.position - previous > 1
        and not siblings.filter(position=target.position).exclude(pk=target.pk).exists()
    ):
        return int(previous + target.position) // 2
    return _spread(siblings, target.pk)


def _own_place(desk: Desk, kind: RowKind, row: Row) -> int:
    """Where the row stood; just before whatever was moved there in the meantime."""
    there = _siblings(desk, kind, row).present().filter(position=row.position)
    taken_by: int | None = there.values_list("pk", flat=True).first()
    if taken_by is None:
        return row.position
    return position_before(desk, kind, row, taken_by)


def _spread(siblings: Any, before_id: int) -> int:
    free = GAP
    for index, pk in enumerate(
        siblings.order_by("position", "pk").values_list("pk", flat=True)
    ):
        place = (index + 1) * 2 * GAP
        if pk == before_id:
            free = place - GAP
        siblings.filter(pk=pk).update(position=place)
    return free


def _set_links(kind: RowKind, row: Row, desk: Desk, values: Mapping[str, Any]) -> None:
    """Set many-to-many columns, to rows of this very report only."""
    for link in kind.links:
        if link in values:
            column = kind.model._meta.get_field(link)
            target: Any = column.related_model
            wanted = target.objects.filter(
                postmortem=desk.postmortem, pk__in=[_pk(item) for item in values[link]]
            )
            getattr(row, link).set(wanted)


def _pk(item: Any) -> int:
    return item if isinstance(item, int) else int(item.pk)


def still_valid(desk: Desk, kind: RowKind, snapshot: Snapshot) -> Snapshot:
    """A stored version without references to what has since been removed for good."""
    values = dict(snapshot)
    for name in [name for name in kind.fields if name.endswith("_id")]:
        column = kind.model._meta.get_field(name.removesuffix("_id"))
        target: Any = column.related_model
        if (
            values.get(name)
            and not target._default_manager.filter(pk=values[name]).exists()
        ):
            values[name] = None
    return values
