"""Keeping files as evidence: limits, repeats, a full disk, the trash, strays."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import CommandError, call_command

from accounts.models import User
from config.limits import LIMITS
from postmortems import policies
from postmortems.file_uses import uses_of
from postmortems.models import EvidenceFile, Postmortem
from postmortems.operations import evidence, incidents, lifecycle
from postmortems.operations.desk import RequestKey
from postmortems.operations.media import compare_media, remove_strays
from postmortems.operations.rows import Gone
from postmortems.operations.trash import delete_for_good
from postmortems.report import Report
from postmortems.uploads import Upload
from postmortems.vocabulary import Status
from tests.fixtures import NOW, AddRow, fresh, open_report

pytestmark = pytest.mark.django_db(transaction=True)
LOG = Upload("alerts.log", b"09:30 alert\n", "text/plain")
LATER = NOW + timedelta(days=2)
Keep = Callable[..., EvidenceFile]


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def keep(postmortem: Postmortem, responder: User) -> Keep:
    def keep_file(upload: Upload = LOG, **more: Any) -> EvidenceFile:
        common = {"by": responder, "at": NOW, **more}
        return evidence.keep_file(postmortem.pk, upload, **common)

    return keep_file


def stored(media: Path) -> list[Path]:
    return [path for path in media.rglob("*") if path.is_file()]


def already(postmortem: Postmortem, by: User, count: int, size: int) -> None:
    """Rows alone, which is what the limits count."""
    EvidenceFile.objects.bulk_create(
        EvidenceFile(
            postmortem=postmortem,
            stored_as=f"{postmortem.pk}-{number}",
            name="a.log",
            content_type="text/plain",
            size=size,
            sha256="",
            at=NOW,
            by=by,
        )
        for number in range(count)
    )


# --- Keeping --------------------------------------------------------------------------


def test_a_file_lies_under_a_name_that_says_nothing(keep: Keep, media: Path) -> None:
    kept = keep()
    [path] = stored(media)
    assert path.read_bytes() == LOG.content == kept.read()
    assert path.relative_to(media).as_posix() == kept.stored_as
    assert "alerts" not in kept.stored_as
    assert kept.uid not in kept.stored_as
    assert path.stat().st_mode & 0o077 == 0


def test_keeping_a_file_is_a_line_of_the_history(
    keep: Keep, postmortem: Postmortem
) -> None:
    kept = keep()
    change = postmortem.history.latest("pk")
    assert (change.what, change.part, change.object_id) == ("added", "file", kept.pk)
    assert change.after == {"name": "alerts.log"}


def test_the_same_request_keeps_one_file(keep: Keep, media: Path) -> None:
    key = RequestKey("k" * 32, "f" * 64)
    assert keep(key=key) == keep(key=key)
    assert len(stored(media)) == EvidenceFile.objects.count() == 1


def test_the_same_content_twice_is_two_files(keep: Keep, media: Path) -> None:
    first, second = keep(), keep()
    first.delete()
    remove_strays(NOW)
    assert second.read() == LOG.content


def test_a_file_becomes_evidence_of_an_entry(keep: Keep, add: AddRow) -> None:
    entry: Any = add("timeline")
    kept = keep(
        Upload("a.png", b"x", "image/png", 40, 20), entry_id=entry.pk, label="Queue"
    )
    entry.refresh_from_db()
    [piece] = entry.evidence
    assert (piece["kind"], piece["label"]) == ("screenshot", "Queue")
    assert piece["url"] == kept.address("INC-2026-03-05-001")
    assert piece["url"].endswith("/#40x20")
    assert (
        uses_of(Report.load(fresh(kept.postmortem)))[kept.uid][0].anchor
        == f"entry-{entry.pk}"
    )


def test_nothing_is_kept_for_an_entry_that_is_gone(keep: Keep, media: Path) -> None:
    with pytest.raises(Gone):
        keep(entry_id=4711)
    assert stored(media) == []
    assert not EvidenceFile.objects.exists()


def test_a_published_report_takes_no_more_files(
    keep: Keep, media: Path, postmortem: Postmortem, facilitator: User
) -> None:
    for to in (Status.DRAFTING, Status.IN_REVIEW):
        lifecycle.move_report(postmortem.pk, to, by=facilitator, at=NOW)
    shown = lifecycle.text_hash(
        lifecycle.text_to_publish(Report.load(fresh(postmortem)))
    )
    lifecycle.publish_postmortem(postmortem.pk, shown=shown, by=facilitator, at=NOW)
    with pytest.raises(policies.Frozen):
        keep()
    assert stored(media) == []


# --- Limits ---------------------------------------------------------------------------


@pytest.mark.parametrize(("there", "fits"), [(198, True), (199, True), (200, False)])
def test_a_report_has_at_most_200_files(
    there: int,
    fits: bool,
    keep: Keep,
    media: Path,
    postmortem: Postmortem,
    responder: User,
) -> None:
    already(postmortem, responder, there, 1)
    if fits:
        keep()
    else:
        with pytest.raises(policies.TooMany, match="200 files"):
            keep()
    assert len(stored(media)) == fits


ROOM = len(LOG.content)


@pytest.mark.parametrize(
    ("left", "fits"), [(ROOM + 1, True), (ROOM, True), (ROOM - 1, False)]
)
def test_a_report_has_at_most_2_gb_of_files(
    left: int, fits: bool, keep: Keep, postmortem: Postmortem, facilitator: User
) -> None:
    already(postmortem, facilitator, 1, LIMITS.evidence_bytes - left)
    EvidenceFile.objects.update(deleted_at=NOW)  # which takes room all the same
    if fits:
        keep()
    else:
        with pytest.raises(policies.TooMany, match="2 GB"):
            keep()


@pytest.mark.parametrize(
    ("left", "fits"), [(ROOM + 1, True), (ROOM, True), (ROOM - 1, False)]
)
def test_a_person_brings_at_most_10_gb(
    left: int, fits: bool, keep: Keep, facilitator: User, responder: User
) -> None:
    other = open_report(facilitator, "Slow uploads")
    already(other, responder, 1, LIMITS.evidence_bytes_of_person - left)
    if fits:
        keep()
    else:
        with pytest.raises(policies.TooMany, match="10 GB"):
            keep()


# --- A full disk ----------------------------------------------------------------------


class FullDisk(FileSystemStorage):
    """Half of the file fits; then the system says that there is no room."""

    def _save(self, name: str, content: Any) -> str:
        path = Path(self.path(name))
        path.parent.mkdir(parents=True)
        path.write_bytes(content.read(5))
        with Path("/dev/full").open("wb", buffering=0) as full:
            full.write(b"the rest")
        return name


def test_on_a_full_disk_nothing_is_kept_by_half(
    keep: Keep, media: Path, settings: Any
) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": f"{__name__}.FullDisk"},
    }
    with pytest.raises(evidence.DiskFull, match="no room"):
        keep()
    assert stored(media) == []
    assert not EvidenceFile.objects.exists()


# --- The trash, and what is left behind -----------------------------------------------


def test_a_deleted_file_comes_back(
    keep: Keep, postmortem: Postmortem, responder: User
) -> None:
    kept = keep()
    common: Any = {"by": responder, "at": NOW}
    evidence.delete_file(postmortem.pk, kept.pk, **common)
    assert not postmortem.evidence_files.present().exists()
    evidence.bring_back_file(postmortem.pk, kept.pk, **common)
    assert postmortem.evidence_files.present().get().read() == LOG.content
    assert [c.what for c in postmortem.history.filter(part="file").order_by("pk")] == [
        "added",
        "deleted",
        "brought_back",
    ]


def test_after_30_days_row_and_bytes_go(
    keep: Keep, media: Path, postmortem: Postmortem, responder: User
) -> None:
    kept, stays = keep(), keep()
    evidence.delete_file(postmortem.pk, kept.pk, by=responder, at=NOW)
    delete_for_good(before=NOW)
    assert len(stored(media)) == 2
    delete_for_good(before=LATER)
    age(media)
    assert remove_strays(NOW) == 1
    assert [path.name for path in stored(media)] == [Path(stays.stored_as).name]


def test_the_files_of_a_report_that_is_deleted_for_good_go(
    keep: Keep, media: Path, postmortem: Postmortem, facilitator: User
) -> None:
    keep()
    incidents.trash_incident(postmortem.pk, by=facilitator, at=NOW)
    assert delete_for_good(before=LATER) == 1
    age(media)
    assert remove_strays(NOW) == 1
    assert stored(media) == []


def age(media: Path, hours: float = 25) -> None:
    at = (NOW - timedelta(hours=hours)).timestamp()
    for path in stored(media):
        os.utime(path, (at, at))


@pytest.mark.parametrize(("hours", "goes"), [(23.9, False), (24.1, True)])
def test_a_stray_goes_when_it_is_a_day_old(
    hours: float, goes: bool, media: Path
) -> None:
    (media / "ab").mkdir(parents=True)
    (media / "ab" / "stray").write_bytes(b"x")
    age(media, hours)
    assert remove_strays(NOW) == goes
    assert stored(media) == [] if goes else [media / "ab" / "stray"]


@pytest.fixture
def now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def test_verify_media_tells_what_is_missing_and_what_is_nobodys(
    keep: Keep, media: Path, now: None
) -> None:
    lost, short, fine = keep(), keep(), keep()
    default_storage.delete(lost.stored_as)
    Path(default_storage.path(short.stored_as)).write_bytes(b"09")
    (media / "stray").write_bytes(b"x")
    age(media)
    found = compare_media(NOW)
    assert (found.lost, found.strays) == ([lost, short], ["stray"])
    out = StringIO()
    with pytest.raises(CommandError, match="2 evidence files are missing"):
        call_command("verify_media", "--remove-strays", stdout=out)
    assert f"missing: {lost.stored_as} (INC-2026-03-05-001" in out.getvalue()
    assert "stray: stray" in out.getvalue()
    assert len(stored(media)) == 2
    assert fine.read() == LOG.content


def test_verify_media_is_content_where_nothing_was_ever_kept(db: None) -> None:
    out = StringIO()
    call_command("verify_media", stdout=out)
    assert "Nothing is missing" in out.getvalue()


def test_the_name_of_a_file_is_in_the_history_of_its_report(
    keep: Keep, client: Any, responder: User, postmortem: Postmortem
) -> None:
    keep()
    client.force_login(responder)
    page = client.get("/incidents/INC-2026-03-05-001/history/").content.decode()
    assert "Evidence file" in page
    assert "alerts.log" in page
