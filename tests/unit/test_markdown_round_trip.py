"""What is exported as Markdown comes back as the same Document, and the same bytes."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.importing.reader import read
from postmortems.document import Document, Entry, Evidence
from postmortems.exporters.markdown import render
from tests.documents import FULL, HARD_PIECES, documents, normal

FORMAT_PAGE = Path(__file__).parents[2] / "docs" / "markdown-format.md"
relaxed = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@relaxed
@given(documents)
def test_a_document_survives_markdown(document: Document) -> None:
    assert read(render(document)).document == document


@relaxed
@given(documents)
def test_the_second_export_has_the_bytes_of_the_first(document: Document) -> None:
    first = render(document)
    assert render(read(first).document) == first


@relaxed
@given(documents)
def test_an_export_is_read_without_a_problem(document: Document) -> None:
    assert read(render(document)).problems == ()


def test_the_sample_with_every_field_survives() -> None:
    assert read(render(FULL)).document == FULL


@pytest.mark.parametrize("field", [f.name for f in dataclasses.fields(Document)])
def test_the_sample_sets_every_field(field: str) -> None:
    if field == "mitigated":
        assert FULL.mitigated.at is None  # as not recorded
    else:
        assert getattr(FULL, field) != getattr(Document(""), field)


@pytest.mark.parametrize(
    "field", ["summary", "impact", "surprise", "root_cause", "tldr"]
)
@pytest.mark.parametrize("piece", HARD_PIECES)
def test_prose_survives(field: str, piece: str) -> None:
    for text in (
        piece,
        f"{piece}\nafter",
        f"before\n{piece}\n\nafter",
        f"```\n{piece}",
    ):
        prose: Any = {field: normal(text, lines=True)}
        document = Document("Title", **prose)
        assert read(render(document)).document == document


def test_prose_stays_as_people_wrote_it() -> None:
    prose = "One *word* - and `code_span`, [link](https://a.example).\n\n1. a\n2. b"
    written = render(Document("Title", summary=prose))
    assert "\n".join(line.strip() for line in prose.split("\n")) in re.sub(
        r"(?m)^  ", "", written
    )


def test_a_snippet_may_hold_any_line() -> None:
    snippet = "````\n* **Owner:** x\n## 3. Root Cause Analysis\n\n  ```\n***"
    entry = Entry(FULL.timeline[0].occurred_at, "x", evidence=(Evidence(text=snippet),))
    document = Document("Title", timeline=(entry,))
    assert read(render(document)).document == document


def test_indentation_at_the_beginning_of_prose_is_kept() -> None:
    document = Document("Title", impact="    code\n\nprose")
    assert read(render(document)).document == document


def test_empty_parts_have_their_headings() -> None:
    headings = re.findall(r"(?m)^#.*", render(Document("Title")))
    assert headings == [
        "# Postmortem Report: Title",
        "## 1. Incident Summary",
        "## 2. Timeline of Events",
        "## 3. Root Cause Analysis",
        "### 5 Whys",
        "### Fishbone",
        "## 4. Lessons Learned & Action Items",
        "### What Went Well?",
        "### What Went Wrong?",
        "### Where We Got Lucky",
        "### Action Items",
        "## 5. Future Work/Follow-ups",
    ]


def test_the_example_of_the_format_page_is_an_export() -> None:
    example = FORMAT_PAGE.read_text().split("````markdown\n")[1].split("````")[0]
    reading = read(example)
    assert reading.problems == ()
    assert render(reading.document) == example


@relaxed
@given(documents, st.data())
def test_a_mutated_export_is_read_and_settles(
    document: Document, data: st.DataObject
) -> None:
    """Whatever is done to a file, the import of it exports and imports alike."""
    lines = render(document).split("\n")
    for _change in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        change = data.draw(st.sampled_from(["cut", "double", "insert", "indent"]))
        if change == "cut":
            lines[at] = lines[at][: data.draw(st.integers(0, 12))]
        elif change == "double":
            lines.insert(at, lines[at])
        elif change == "insert":
            lines.insert(at, data.draw(st.sampled_from(HARD_PIECES)))
        else:
            lines[at] = data.draw(st.sampled_from(["", " ", "   ", "\t"])) + lines[at]
    first = render(read("\n".join(lines)).document)
    assert render(read(first).document) == first
