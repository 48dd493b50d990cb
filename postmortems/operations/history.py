"""Bring an earlier version of any part back. Restoring makes a new version."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.models import User
from postmortems import policies
from postmortems.document import Time
from postmortems.models import Change, Postmortem, Severity
from postmortems.operations import fields, moments, rows, writing
from postmortems.operations.desk import Desk, Repeated, RequestKey, at_desk
from postmortems.parts import row_kind
from postmortems.vocabulary import Certainty, Milestone


def restore_change(
    postmortem_id: int,
    change_id: int,
    *,
    side: str,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> None:
    """Make what stood "before" or "after" a change stand again.

    Raises NotReady where that side of the change has nothing to restore.
    """
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
            change = desk.postmortem.history.get(pk=change_id)
            version = change.before if side == "before" else change.after
            if version is None or not is_restorable(change):
                raise policies.NotReady(_("There is no text to restore here."))
            _restore(desk, change, version)
            desk.outcome["change"] = change.pk
    except Repeated:
        return


def is_restorable(change: Change) -> bool:
    area, _colon, name = change.part.partition(":")
    return area in {"row", "section"} or (area == "field" and name != "restricted")


def changes_of(postmortem: Postmortem) -> QuerySet[Change]:
    return postmortem.history.select_related("by").order_by("-id")


def _restore(desk: Desk, change: Change, version: Any) -> None:
    area, _colon, name = change.part.partition(":")
    if area == "row":
        kind = row_kind(name)
        if kind is None or change.object_id is None:
            raise policies.NotReady(_("There is no text to restore here."))
        rows.restore_version(desk, kind, change.object_id, version)
    elif area == "section":
        sections = desk.postmortem.sections.select_for_update()
        section = sections.get(pk=change.object_id or 0)
        writing.restore_section(desk, section, version)
    elif name == "services":
        fields.write_services(desk, [(service, note) for service, note in version])
    elif name in Milestone.values:
        at = parse_datetime(version["at"]) if version["at"] else None
        moments.write_moment(
            desk, Milestone(name), Time(at, Certainty(version["certainty"]))
        )
    elif name == "severity":
        fields.write_field(desk, name, Severity.objects.filter(label=version).first())
    else:
        fields.write_field(desk, name, version)
