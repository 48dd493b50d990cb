"""`manage.py import_report`: a file in, a reference out."""

import io
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from postmortems.exporters.json import to_json
from postmortems.models import Incident
from tests.documents import FULL
from tests.storable import storable

BY_HAND = Path(__file__).parents[1] / "data" / "by_hand.md"


@dataclass
class Said:
    out: str
    err: str


def run(*arguments: str | Path) -> Said:
    out, err = io.StringIO(), io.StringIO()
    call_command("import_report", *map(str, arguments), stdout=out, stderr=err)
    return Said(out.getvalue(), err.getvalue())


@pytest.fixture
def undated(tmp_path: Path) -> Path:
    file = tmp_path / "undated.md"
    file.write_text("# Slow checkout\n\n* **Weather:** fine\n")
    return file


def test_it_prints_the_reference_and_nothing_else(administrator: User) -> None:
    assert run(BY_HAND) == Said("INC-2026-01-20-001\n", "")


def test_it_says_that_the_reference_was_taken(administrator: User) -> None:
    run(BY_HAND)
    said = run(BY_HAND)
    assert said.out == "INC-2026-01-20-002\n"
    assert "INC-2026-01-20-001 was taken" in said.err


def test_the_first_administrator_imports_it(administrator: User, member: User) -> None:
    run(BY_HAND)
    assert Incident.objects.get().created_by == administrator


def test_somebody_else_may_import_it(administrator: User, member: User) -> None:
    run(BY_HAND, "--as", member.email.upper())
    assert Incident.objects.get().created_by == member


def test_a_restricted_one_is_restricted(administrator: User) -> None:
    run(BY_HAND, "--restricted")
    assert Incident.objects.get().restricted


def test_it_reads_json(administrator: User, tmp_path: Path) -> None:
    file = tmp_path / "report"
    file.write_text(to_json(storable(FULL)))
    assert run(file).out == "INC-2026-03-05-001\n"


def test_it_reads_what_is_piped_into_it(
    administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    piped = io.TextIOWrapper(io.BytesIO(BY_HAND.read_bytes()))
    monkeypatch.setattr(sys, "stdin", piped)
    assert run("-").out == "INC-2026-01-20-001\n"


def test_lines_to_look_at_are_named(administrator: User, undated: Path) -> None:
    said = run(undated, "--started", "about 2026-03-05 09:30")
    assert f"{undated}:3: warning: " in said.err
    assert said.out == "INC-2026-03-05-001\n"
    assert Incident.objects.get().started_certainty == "approximate"


def test_a_line_that_has_to_change_stops_it(
    administrator: User, tmp_path: Path
) -> None:
    file = tmp_path / "report.md"
    file.write_text(f"# {'x' * 201}\n")
    with pytest.raises(CommandError, match="Nothing was imported"):
        run(file)
    assert not Incident.objects.exists()


def test_without_a_day_it_asks_for_one(administrator: User, undated: Path) -> None:
    with pytest.raises(CommandError, match="--started"):
        run(undated)


@pytest.mark.parametrize("typed", ["soon", "1999-03-05 09:30", "x" * 300])
def test_a_day_that_is_none_is_told(
    typed: str, administrator: User, undated: Path
) -> None:
    with pytest.raises(CommandError, match="--started: "):
        run(undated, "--started", typed)


def test_a_viewer_imports_nothing(viewer: User) -> None:
    with pytest.raises(CommandError, match="Viewers read"):
        run(BY_HAND, "--as", viewer.email)


def test_an_address_of_nobody_is_told(administrator: User) -> None:
    with pytest.raises(CommandError, match="no active account"):
        run(BY_HAND, "--as", "nobody@afterword.example")


def test_without_an_administrator_somebody_is_asked_for(member: User) -> None:
    with pytest.raises(CommandError, match="--as"):
        run(BY_HAND)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "empty"), (b"\xff\xfe", "no text"), (None, "cannot be read")],
)
def test_a_file_that_is_no_text_is_told(
    content: bytes | None, sentence: str, administrator: User, tmp_path: Path
) -> None:
    file = tmp_path / "report.md"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError, match=sentence):
        run(file)
