"""Reports of other people, where they lie beside the project; nothing is copied."""

import os
from pathlib import Path

import pytest

SAMPLES = Path(os.environ.get("AFTERWORD_SAMPLES", "../shared/data"))


def sample_reports() -> list[Path]:
    """All of them; a test of its own says that they are not there."""
    return sorted((SAMPLES / "reports").glob("*"))


def worked_example() -> str:
    """The chapter's example, put together from the pieces in which it is told."""
    pages = sorted((SAMPLES / ".." / "chapter").glob("*.txt"))
    if not pages:
        pytest.skip("The chapter is not beside the samples (AFTERWORD_SAMPLES).")
    page = pages[0].read_text()

    def piece(start: str, end: str, *, last: bool = True) -> str:
        begin = page.rindex(start) if last else page.index(start)
        return page[begin : page.index(end, begin)]

    return (
        piece("# Postmortem Report: [", "* **[Timestamp]**", last=False)
        + piece("## 2. Timeline", "3. Complete Root").split("\n", 1)[1]
        + piece("## 3. Root Cause", "4. Define Action")
        + piece("## 4. Lessons", "The Postmortem Process")
        + piece("## 5. Future", "2. Fill in", last=False)
    )
