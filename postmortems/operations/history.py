"""Bring an earlier version of any part back. Restoring makes a new version."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.utils.translation import gettext as _

from accounts.models import User
from postmortems import policies
from postmortems.models import Change
from postmortems.operations import fields, rows, versions, writing
from postmortems.operations.desk import Desk, Repeated, RequestKey, What, at_desk
from postmortems.parts import row_kind

NOTHING: Any = object()


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

    Raises NotReady where that side of the change has nothing to restore, or where its
    part has been deleted for good.
    """
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
            change = desk.postmortem.history.get(pk=change_id)
            version = version_of(change, side)
            if version is NOTHING:
                raise policies.NotReady(_("There is no text to restore here."))
            try:
                with versions.kept_around(desk):
                    _restore(desk, change, version)
            except ObjectDoesNotExist as gone:
                sentence = _("It was deleted more than 30 days ago, for good.")
                raise policies.NotReady(sentence) from gone
            desk.outcome["change"] = change.pk
    except Repeated:
        return


def version_of(change: Change, side: str) -> Any:
    """What stood there on that side, or NOTHING where it cannot be restored.

    A single field may have been empty; a row or a section that is None was not there.
    """
    area, _colon, name = change.part.partition(":")
    version = change.before if side == "before" else change.after
    if area in {"row", "section"}:
        return NOTHING if version is None else version
    return version if area == "field" and name != "restricted" else NOTHING


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
    else:
        fields.write_version(desk, name, version, what=What.RESTORED)
