"""A report that is imported and exported again is the same, byte for byte."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from accounts.models import User
from integrations.importing.fitting import fit
from integrations.importing.formats import decoded, read_any
from integrations.importing.start import needs_a_start, start_in
from integrations.importing.writer import write_report
from postmortems import access
from postmortems.document import Document, Evidence
from postmortems.exporters.json import to_json
from postmortems.exporters.markdown import render
from postmortems.vocabulary import EvidenceKind
from tests.documents import FULL
from tests.fixtures import NOW, fresh
from tests.samples import SAMPLES, sample_reports, worked_example
from tests.storable import LATER, reports, storable
from tests.worlds import undone

BY_HAND = (Path(__file__).parents[1] / "data" / "by_hand.md").read_text()

generated = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],
)


def through(text: str, by: User, *, at: datetime = NOW) -> Document:
    """What the database makes of an imported text."""
    reading = fit(read_any(text), now=at)
    assert [
        problem for problem in reading.problems if problem.severity == "error"
    ] == []
    document = reading.document
    if needs_a_start(document):
        document = with_a_start(document, at)
    written = write_report(document, by=by, at=at)
    return access.document(fresh(written.postmortem))


def with_a_start(document: Document, at: datetime) -> Document:
    typed = (at - timedelta(days=1)).isoformat(" ")
    return replace(document, started=start_in(typed, now=at))


def check_both_formats(document: Document, by: User) -> None:
    with undone():
        again = through(render(document), by, at=LATER)
        assert render(again) == render(document)
    with undone():
        again = through(to_json(document), by, at=LATER)
        assert to_json(again) == to_json(document)


@settings(generated, max_examples=25)
@given(document=reports)
def test_generated_reports_stay_the_same(facilitator: User, document: Document) -> None:
    check_both_formats(document, facilitator)


@pytest.mark.drill
@settings(generated, max_examples=600, derandomize=False)
@given(document=reports)
def test_many_generated_reports_stay_the_same(
    facilitator: User, document: Document
) -> None:
    check_both_formats(document, facilitator)


def test_a_report_that_says_everything_stays_the_same(facilitator: User) -> None:
    assert FULL.severity is not None
    second_of_the_scale = replace(FULL.severity, rank=2)
    document = replace(storable(FULL), severity=second_of_the_scale)
    check_both_formats(document, facilitator)


def test_evidence_files_stay_linked(facilitator: User) -> None:
    file = f"/incidents/INC-2026-03-05-001/files/{'0123456789abcdef' * 2}/#1280x720"
    [entry, *others] = storable(FULL).timeline
    shown = Evidence(EvidenceKind.SCREENSHOT, "Queue depth", file)
    document = replace(
        storable(FULL),
        summary=f"It grew:\n\n![Queue depth]({file})",
        timeline=(replace(entry, evidence=(shown, Evidence(url=file))), *others),
        severity=replace(FULL.severity, rank=2) if FULL.severity else None,
    )
    with undone():
        again = through(render(document), facilitator, at=LATER)
    assert [item.url for item in again.timeline[0].evidence] == [file, file]
    check_both_formats(document, facilitator)


@pytest.fixture(params=["by hand", "chapter"])
def example(request: pytest.FixtureRequest) -> str:
    return worked_example() if request.param == "chapter" else BY_HAND


def test_the_worked_example_is_imported_without_a_problem(example: str) -> None:
    assert fit(read_any(example), now=NOW).problems == ()


def test_the_worked_example_stays_the_same_once_it_is_ours(
    example: str, facilitator: User
) -> None:
    with undone():
        first = render(through(example, facilitator))
    assert render(through(first, facilitator)) == first


def test_the_worked_example_keeps_all_its_rows(example: str, facilitator: User) -> None:
    document = through(example, facilitator)
    assert len(document.timeline) == 9
    assert len(document.factors) == 3
    assert len(document.lessons) == 5
    assert [action.due_on is not None for action in document.actions] == [True] * 4


def test_there_are_reports_of_others_to_try() -> None:
    if not sample_reports():
        pytest.skip(f"There are no reports in {SAMPLES}/reports (AFTERWORD_SAMPLES).")


@pytest.mark.parametrize("path", sample_reports(), ids=lambda path: path.stem[:60])
def test_a_report_of_others_is_imported_and_then_stays_the_same(
    path: Path, facilitator: User
) -> None:
    text = decoded(path.read_bytes())
    with undone():
        first = render(through(text, facilitator))
    assert render(through(first, facilitator)) == first
