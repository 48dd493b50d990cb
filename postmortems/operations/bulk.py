"""Write many rows at once, for what arrives, comes back or goes as a whole."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F, Max
from django.utils.translation import gettext as _

from postmortems import policies
from postmortems.models import Row
from postmortems.models.rows import GAP
from postmortems.operations.desk import Desk, What
from postmortems.operations.rows import part_of
from postmortems.parts import RowKind


def place_rows(
    desk: Desk, kind: RowKind, many: Sequence[Mapping[str, Any]]
) -> list[Row]:
    """Add rows at the end of their list, in order. Raises TooMany past its limit.

    Unlike `rows.place_row` this writes no line of history for each, and markers fill no
    times: a report that arrives says by itself what is recorded and what is not.
    """
    present = kind.rows(desk.postmortem).present()
    if present.count() + len(many) > kind.limit:
        raise policies.TooMany(
            _("%(limit)s of these fit into a report; this has %(count)s.")
            % {"limit": kind.limit, "count": len(many)}
        )
    last: int = present.aggregate(last=Max("position"))["last"] or 0
    rows = [
        _new_row(desk, kind, {"position": last + GAP * number, **values})
        for number, values in enumerate(many, start=1)
    ]
    kind.model._default_manager.bulk_create(rows)
    for link in kind.links:
        _link(desk, kind, link, rows, many)
    for row in rows:
        desk.find_by(kind.anchor_of(row), kind.search(row))
    return rows


def trash_rows(desk: Desk, kind: RowKind, many: Sequence[Row]) -> None:
    """Put rows that are there in the trash."""
    for row in many:
        desk.record(
            What.DELETED, part_of(kind), object_id=row.pk, before=kind.snapshot(row)
        )
        desk.find_by(kind.anchor_of(row), "")
    _save(kind, many, deleted_at=desk.at, deleted_by=desk.by)


def bring_back_rows(desk: Desk, kind: RowKind, many: Sequence[Row]) -> None:
    """Take rows out of the trash as they were; the caller puts them in order."""
    for row in many:
        desk.record(
            What.BROUGHT_BACK,
            part_of(kind),
            object_id=row.pk,
            after=kind.snapshot(row),
        )
        desk.find_by(kind.anchor_of(row), kind.search(row))
    _save(kind, many, deleted_at=None, deleted_by=None)


def _save(kind: RowKind, many: Sequence[Row], **columns: Any) -> None:
    rows = kind.model._default_manager.filter(pk__in=[row.pk for row in many])
    rows.update(**columns, version=F("version") + 1)


def _new_row(desk: Desk, kind: RowKind, values: Mapping[str, Any]) -> Row:
    row = kind.model(
        postmortem=desk.postmortem,  # type: ignore[misc]
        created_at=desk.at,
        created_by=desk.by,
    )
    kind.assign(row, values)
    return row


def _link(
    desk: Desk,
    kind: RowKind,
    link: str,
    rows: Sequence[Row],
    many: Sequence[Mapping[str, Any]],
) -> None:
    """Fill a many-to-many column, with rows of this very report only."""
    column: Any = kind.model._meta.get_field(link)
    here = column.related_model.objects.filter(postmortem=desk.postmortem)
    own = set(here.values_list("pk", flat=True))
    through = column.remote_field.through
    source, target = column.m2m_field_name(), column.m2m_reverse_field_name()
    through.objects.bulk_create(
        through(**{f"{source}_id": row.pk, f"{target}_id": pk})
        for row, values in zip(rows, many, strict=True)
        for pk in values.get(link, ())
        if pk in own
    )
