"""Keep files as evidence of a report, put them into its trash, bring them back."""

import errno
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import User
from config.limits import LIMITS
from postmortems import policies
from postmortems.file_addresses import uids_in
from postmortems.models import EvidenceFile
from postmortems.operations.desk import Desk, Repeated, RequestKey, What, at_desk
from postmortems.operations.rows import Gone, write_row
from postmortems.parts import TIMELINE
from postmortems.uploads import Upload
from postmortems.vocabulary import EvidenceKind

logger = logging.getLogger(__name__)

PART = "file"
"""What the history calls an evidence file."""
FULL = {errno.ENOSPC, errno.EDQUOT}


class DiskFull(policies.Refusal):
    """There is no room to keep the file (507); nothing of it was kept."""


def keep_file(
    postmortem_id: int,
    upload: Upload,
    *,
    by: User,
    at: datetime,
    entry_id: int | None = None,
    label: str = "",
    key: RequestKey | None = None,
) -> EvidenceFile:
    """Keep the file, as evidence of a timeline entry where one is named.

    Raises TooMany at a limit, DiskFull, or Gone for an entry that is not there. The
    bytes are on the disk before anything says that they are, and go with a refusal.
    """
    with _stored(upload.content) as stored_as:
        try:
            with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
                _check_room(desk, len(upload.content))
                file = _add(desk, upload, stored_as)
                if entry_id is not None:
                    _give_to_entry(desk, entry_id, file, label)
                desk.outcome["file"] = file.pk
                return file
        except Repeated as repeated:
            default_storage.delete(stored_as)
            return EvidenceFile.objects.get(pk=repeated.outcome["file"])


def delete_file(
    postmortem_id: int,
    file_id: int,
    *,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> EvidenceFile:
    """Put the file into the trash: from here on nobody is given it."""
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
            file = _file_of(desk, file_id)
            if file.deleted_at is None:
                file.deleted_at, file.deleted_by = at, by
                file.save(update_fields=["deleted_at", "deleted_by"])
                _record(desk, What.DELETED, file, before=_version(file))
            return file
    except Repeated:
        return EvidenceFile.objects.get(pk=file_id)


def bring_back_file(
    postmortem_id: int,
    file_id: int,
    *,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> EvidenceFile:
    """Take the file out of the trash; one that is not there stays as it is."""
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
            file = _file_of(desk, file_id)
            if file.deleted_at is not None:
                _bring_back(desk, file)
            return file
    except Repeated:
        return EvidenceFile.objects.get(pk=file_id)


def bring_back_pointed_at(desk: Desk, text: str) -> None:
    """Take the files out of the trash that a text points at, at an open desk."""
    trashed = desk.postmortem.evidence_files.select_for_update().in_trash()
    for file in trashed.filter(uid__in=uids_in(text)).order_by("pk"):
        _bring_back(desk, file)


def _bring_back(desk: Desk, file: EvidenceFile) -> None:
    _check_room(desk, 0)
    file.deleted_at = file.deleted_by = None
    file.save(update_fields=["deleted_at", "deleted_by"])
    _record(desk, What.BROUGHT_BACK, file, after=_version(file))


@contextmanager
def _stored(content: bytes) -> Iterator[str]:
    """The bytes, durably on the disk if all goes well, and gone if it does not."""
    token = secrets.token_hex(16)
    wanted = f"{token[:2]}/{token[2:4]}/{token}"
    try:
        name = default_storage.save(wanted, ContentFile(content))
        _flush(name)
    except OSError as error:
        _forget(wanted)
        if error.errno not in FULL:
            raise
        logger.exception("no room for an evidence file")
        sentence = _("The server has no room for this file. It was not kept.")
        raise DiskFull(sentence) from error
    try:
        yield name
    except DatabaseError:  # perhaps committed: what no row needs goes in a day
        raise
    except BaseException:
        _forget(name)
        raise


def _flush(name: str) -> None:
    path = default_storage.path(name)
    for place in (path, os.path.dirname(path)):  # noqa: PTH120  the storage's own path
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _forget(name: str) -> None:
    try:
        default_storage.delete(name)
    except OSError:  # verify_media finds it
        logger.warning("an evidence file without a row was left behind")


def _add(desk: Desk, upload: Upload, stored_as: str) -> EvidenceFile:
    file = EvidenceFile(
        postmortem=desk.postmortem,
        stored_as=stored_as,
        name=upload.name,
        content_type=upload.content_type,
        size=len(upload.content),
        sha256=sha256(upload.content).hexdigest(),
        width=upload.width,
        height=upload.height,
        at=desk.at,
        by=desk.by,
    )
    file.save(force_insert=True)
    _record(desk, What.ADDED, file, after=_version(file))
    return file


def _check_room(desk: Desk, size: int) -> None:
    files = desk.postmortem.evidence_files
    if files.present().count() >= LIMITS.evidence_files:
        raise policies.TooMany(
            _("There are %(limit)s files already, which is the limit.")
            % {"limit": LIMITS.evidence_files}
        )
    if not size:
        return
    if _bytes_of(files.all()) + size > LIMITS.evidence_bytes:
        raise policies.TooMany(
            _("The files of one report are %(limit)s GB at most.")
            % {"limit": LIMITS.evidence_bytes // 1_000_000_000}
        )
    # Whoever sends to two reports at once waits here, so that the sum is right.
    User.objects.select_for_update(no_key=True).get(pk=desk.by.pk)
    brought = EvidenceFile.objects.filter(by=desk.by)
    if _bytes_of(brought) + size > LIMITS.evidence_bytes_of_person:
        raise policies.TooMany(
            _("The files that one person brings are %(limit)s GB at most.")
            % {"limit": LIMITS.evidence_bytes_of_person // 1_000_000_000}
        )


def _bytes_of(files: Any) -> int:
    return files.aggregate(total=Sum("size"))["total"] or 0


def _give_to_entry(desk: Desk, entry_id: int, file: EvidenceFile, label: str) -> None:
    rows = TIMELINE.rows(desk.postmortem).select_for_update()
    entry = rows.present().filter(pk=entry_id).first()
    if entry is None:
        raise Gone(_("This entry was deleted in the meantime."))
    piece = {
        "uid": secrets.token_hex(6),
        "kind": (
            EvidenceKind.SCREENSHOT if file.is_picture else EvidenceKind.LOG
        ).value,
        "label": label or file.name,
        "url": file.address(desk.incident.reference),
        "trace_id": "",
        "text": "",
    }
    values = {"evidence": [*entry.evidence, piece]}
    write_row(desk, TIMELINE, entry, values, What.CHANGED)


def _file_of(desk: Desk, file_id: int) -> EvidenceFile:
    return desk.postmortem.evidence_files.select_for_update().get(pk=file_id)


def _version(file: EvidenceFile) -> dict[str, str]:
    return {"name": file.name}


def _record(desk: Desk, what: What, file: EvidenceFile, **versions: Any) -> None:
    desk.record(what, PART, object_id=file.pk, **versions)
