"""Do the rows of evidence files and what lies in the storage belong together?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.files.storage import default_storage

from postmortems.models import EvidenceFile

YOUNGEST = timedelta(hours=24)
"""A younger file may belong to a row that is being written just now."""
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Mismatches:
    lost: list[EvidenceFile]
    """Rows whose file is not in the storage, or has another size."""
    strays: list[str]
    """Files in the storage that no row needs."""


def compare_media(now: datetime) -> Mismatches:
    """Both kinds of mismatch; files younger than a day are nobody's stray."""
    rows = EvidenceFile.objects.select_related("postmortem__incident").order_by("pk")
    lost = [row for row in rows.iterator(BATCH) if not _is_there(row)]
    return Mismatches(lost, list(_strays(now - YOUNGEST)))


def remove_strays(now: datetime) -> int:
    """Remove files that no row needs. Returns how many there were."""
    count = 0
    for name in _strays(now - YOUNGEST):
        default_storage.delete(name)
        count += 1
    return count


def _is_there(row: EvidenceFile) -> bool:
    try:
        return default_storage.size(row.stored_as) == row.size
    except FileNotFoundError:
        return False


def _strays(before: datetime) -> Iterator[str]:
    """Asked folder by folder, and each folder's rows anew: a live file never goes."""
    for folder, names in _folders(""):
        paths = [f"{folder}/{name}" if folder else name for name in names]
        needed = set(
            EvidenceFile.objects.filter(stored_as__in=paths).values_list(
                "stored_as", flat=True
            )
        )
        for path in paths:
            if path not in needed and _is_old(path, before):
                yield path


def _is_old(path: str, before: datetime) -> bool:
    try:
        return default_storage.get_modified_time(path) < before
    except FileNotFoundError:  # somebody was quicker
        return False


def _folders(folder: str) -> Iterator[tuple[str, list[str]]]:
    try:
        inside, names = default_storage.listdir(folder)
    except FileNotFoundError:  # nothing was ever kept
        return
    yield folder, names
    for name in inside:
        yield from _folders(f"{folder}/{name}" if folder else name)
