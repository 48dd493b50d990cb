"""Evidence files by their addresses: bringing, downloading, deleting; every refusal."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from config.limits import LIMITS
from postmortems.models import EvidenceFile, Postmortem
from postmortems.operations import evidence, incidents
from postmortems.uploads import Upload
from tests.fixtures import NOW, AddRow, open_report
from tests.pictures import picture
from tests.unit.test_evidence import already

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESS = "/incidents/INC-2026-03-05-001/files/"
AS_JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def writer(client: Client, postmortem: Postmortem, responder: User) -> Client:
    client.force_login(responder)
    return client


@pytest.fixture
def kept(postmortem: Postmortem, responder: User) -> EvidenceFile:
    upload = Upload("Größe.log", b"09:30 alert\n", "text/plain")
    return evidence.keep_file(postmortem.pk, upload, by=responder, at=NOW)


def sent(name: str = "shot.png", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture() if content is None else content)


# --- Bringing -------------------------------------------------------------------------


def test_a_picture_brought_by_a_script_is_told_by_its_address(writer: Client) -> None:
    answer = writer.post(ADDRESS, {"file": sent()}, headers=AS_JSON)
    kept = EvidenceFile.objects.get()
    assert answer.status_code == 201
    assert answer.headers["X-Saved-At"]
    assert answer.json() == {
        "address": f"{ADDRESS}{kept.uid}/#40x20",
        "name": "shot.png",
        "picture": True,
    }


def test_without_a_script_the_list_shows_it(writer: Client, add: AddRow) -> None:
    entry = add("timeline")
    body = {"file": sent(), "label": "Queue depth", "entry": entry.pk}
    page = writer.post(ADDRESS, body, follow=True)
    assert page.redirect_chain == [(ADDRESS, 302)]
    text = page.content.decode()
    for shown in ("shot.png", "40 × 20", "Priya Raman", f"#entry-{entry.pk}"):
        assert shown in text
    report = writer.get("/incidents/INC-2026-03-05-001/").content.decode()
    assert 'alt="Queue depth" width="40" height="20" loading="lazy"' in report


def test_the_same_form_sent_twice_brings_one_file(writer: Client) -> None:
    for _time in range(2):
        answer = writer.post(
            ADDRESS, {"file": sent(), "request_key": "k"}, headers=AS_JSON
        )
        assert answer.status_code == 201
    assert EvidenceFile.objects.count() == 1
    other = {"file": sent(content=picture("GIF")), "request_key": "k"}
    assert writer.post(ADDRESS, other, headers=AS_JSON).status_code == 409
    assert EvidenceFile.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({}, 422, "required"),
        ({"file": sent("a.png", b"")}, 415, "empty"),
        ({"file": sent("a.svg", b"<svg/>")}, 415, "Evidence is a picture"),
        ({"file": sent("a.png", picture()[:50])}, 415, "cannot be read"),
        ({"file": sent(), "entry": "4711"}, 422, "valid choice"),
        ({"file": sent(), "label": "x" * 121}, 422, "120"),
    ],
)
@pytest.mark.parametrize("as_json", [True, False])
def test_what_is_refused_says_why(
    body: dict[str, Any], status: int, sentence: str, as_json: bool, writer: Client
) -> None:
    for file in body.values():
        if not isinstance(file, str):
            file.seek(0)
    answer = writer.post(ADDRESS, body, headers=AS_JSON if as_json else {})
    assert answer.status_code == status
    said = answer.json()["error"] if as_json else answer.content.decode()
    assert sentence in said
    assert not EvidenceFile.objects.exists()


def test_a_full_disk_has_a_status_of_its_own(writer: Client, settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "tests.unit.test_evidence.FullDisk"},
    }
    answer = writer.post(ADDRESS, {"file": sent()}, headers=AS_JSON)
    assert (answer.status_code, "no room" in answer.json()["error"]) == (507, True)


def test_the_file_beyond_the_limit_is_refused(
    writer: Client, postmortem: Postmortem, responder: User
) -> None:
    already(postmortem, responder, LIMITS.evidence_files, 1)
    answer = writer.post(ADDRESS, {"file": sent()}, headers=AS_JSON)
    assert (answer.status_code, "200 files" in answer.json()["error"]) == (422, True)


# --- Being given one ------------------------------------------------------------------


def test_a_file_is_never_a_page(kept: EvidenceFile, writer: Client) -> None:
    answer = writer.get(f"{ADDRESS}{kept.uid}/")
    assert answer.content == b"09:30 alert\n"
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert (
        answer.headers["Content-Disposition"]
        == "attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.log"
    )


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-0", "bytes=-1", "bytes=5-2", "bytes=99999999-", "bytes=" + "0-0," * 900],
)
def test_parts_of_a_file_are_not_offered(
    asked: str, kept: EvidenceFile, writer: Client
) -> None:
    answer = writer.get(f"{ADDRESS}{kept.uid}/", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, b"09:30 alert\n")
    assert answer.headers["Accept-Ranges"] == "none"


def test_a_file_of_another_report_is_absent_here(
    kept: EvidenceFile, writer: Client, facilitator: User, responder: User
) -> None:
    other = open_report(facilitator, "Slow uploads")
    incidents.join_report(other.pk, by=responder, at=NOW)
    base = f"/incidents/{other.incident.reference}/files/{kept.uid}/"
    answers = [writer.get(base), writer.post(f"{base}delete/")]
    assert {answer.status_code for answer in answers} == {404}
    assert postmortem_has(kept)


def postmortem_has(kept: EvidenceFile) -> bool:
    return EvidenceFile.objects.present().filter(pk=kept.pk).exists()


def test_unknown_trashed_lost_and_not_yours_are_the_same_404(
    kept: EvidenceFile, writer: Client, media: Path, member: User, facilitator: User
) -> None:
    hidden = open_report(facilitator, "Leaked credential", restricted=True)
    upload = Upload("a.log", b"x", "text/plain")
    not_theirs = evidence.keep_file(hidden.pk, upload, by=facilitator, at=NOW)
    lost = evidence.keep_file(kept.postmortem_id, upload, by=facilitator, at=NOW)
    next(media.rglob(Path(lost.stored_as).name)).unlink()
    writer.post(f"{ADDRESS}{kept.uid}/delete/")
    answers = [
        writer.get(f"{ADDRESS}{'0' * 32}/"),
        writer.get(f"{ADDRESS}{kept.uid}/"),
        writer.get(f"{ADDRESS}{lost.uid}/"),
        writer.get(f"/incidents/{hidden.incident.reference}/files/{not_theirs.uid}/"),
        writer.get(f"/incidents/INC-2031-01-01-001/files/{not_theirs.uid}/"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({len(answer.content) for answer in answers}) == 1


def test_who_is_shut_out_is_given_nothing_from_then_on(
    kept: EvidenceFile, writer: Client, member: User, facilitator: User
) -> None:
    outsider = Client()
    outsider.force_login(member)
    assert outsider.get(f"{ADDRESS}{kept.uid}/").status_code == 200
    incidents.set_restricted(
        kept.postmortem_id, restricted=True, by=facilitator, at=NOW
    )
    assert outsider.get(f"{ADDRESS}{kept.uid}/").status_code == 404
    assert writer.get(f"{ADDRESS}{kept.uid}/").status_code == 200


# --- The list -------------------------------------------------------------------------


def test_deleting_offers_to_take_it_back(kept: EvidenceFile, writer: Client) -> None:
    page = writer.post(f"{ADDRESS}{kept.uid}/delete/", follow=True).content.decode()
    undo = f"{ADDRESS}{kept.uid}/restore/"
    assert undo in page
    assert "No file yet" in page
    deleted = writer.get("/incidents/INC-2026-03-05-001/history/deleted/")
    assert undo in deleted.content.decode()
    assert "Größe.log" in writer.post(undo, follow=True).content.decode()


@pytest.mark.parametrize("address", [ADDRESS, "/incidents/INC-2026-03-05-001/edit/"])
def test_more_files_ask_no_more_of_the_database(
    address: str, writer: Client, postmortem: Postmortem, responder: User
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert writer.get(address).status_code == 200
        return len(captured)

    upload = Upload("a.log", b"x", "text/plain")
    counts = []
    for _number in range(3):
        evidence.keep_file(postmortem.pk, upload, by=responder, at=NOW)
        counts.append(queries())
    assert counts[1] == counts[2] <= 30


def test_the_workspace_names_the_newest(kept: EvidenceFile, writer: Client) -> None:
    parts = "/incidents/INC-2026-03-05-001/parts/?part=files"
    assert "Größe.log" in writer.get(parts).content.decode()


def test_an_upload_is_as_large_as_the_edge_lets_it_be(writer: Client) -> None:
    """25 MB with all that is around the file, as tests/unit/test_edge.py tries."""
    around = 2_000
    large = io.BytesIO(b"%PDF-1.7" + b"x" * (LIMITS.upload_body - around))
    large.name = "large.pdf"
    answer = writer.post(ADDRESS, {"file": large}, headers=AS_JSON)
    assert answer.status_code == 201
    too_large = io.BytesIO(b"%PDF-1.7" + b"x" * LIMITS.upload_body)
    too_large.name = "large.pdf"
    assert writer.post(ADDRESS, {"file": too_large}, headers=AS_JSON).status_code == 413
