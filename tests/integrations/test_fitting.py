"""What does not fit is named by line, or by path where there are no lines."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from integrations.importing.fitting import fit
from integrations.importing.formats import read_any
from integrations.importing.misfits import misfits_of
from postmortems.document import Document, Why
from postmortems.exporters.json import to_data
from tests.documents import FULL
from tests.fixtures import NOW
from tests.storable import storable

HEAD = "# T\n\n## 1. Incident Summary\n\n"
ENTRY = "# T\n\n## 2. Timeline of Events\n\n* **2026-03-05 09:30 UTC**: "
ACTION = "# T\n\n### Action Items\n\n* **Description:** "
CAUSE = "# T\n\n## 3. Root Cause Analysis\n\n"


def errors(text: str) -> list[int]:
    """The lines of the text that stand in the way."""
    reading = fit(read_any(text), now=NOW)
    return [p.line for p in reading.problems if p.severity == "error"]


@pytest.mark.parametrize(
    ("before", "limit", "behind", "line"),
    [
        ("# ", 200, "", 1),
        (HEAD + "* **TL;DR:** ", 280, "", 5),
        (HEAD + "* **Severity:** ", 50, "", 5),
        (HEAD + "* **Severity:** SEV-2 (", 300, ")", 5),
        (HEAD + "* **Services:** Kafka, ", 120, "", 5),
        (HEAD + "* **Services:** Kafka (", 200, ")", 5),
        (HEAD + "* **Measured Impact:**\n  * 3 h\n  * 15 ", 120, "", 7),
        (HEAD + "* **Measured Impact:**\n  * 15 % (", 200, ")", 6),
        (HEAD + "* **Contributors:** Priya, ", 120, "", 5),
        (ENTRY, 20_000, "", 5),
        (ENTRY + "x\n  * **Actors:** ", 120, " (role)", 5),
        (ENTRY + "x\n  * **Evidence:** [", 120, "](https://a.example)", 5),
        (ENTRY + "x\n  * **Evidence:** Log\n\n    ```\n    ", 20_000, "\n    ```", 5),
        (CAUSE + "* **Contributing Factors:**\n  1. a\n  2. ", 1_000, "", 7),
        (
            CAUSE + "* **Contributing Factors:**\n  1. a\n     * **Note:** ",
            20_000,
            "",
            6,
        ),
        (
            CAUSE + "* **Contributing Factors:**\n  1. a\n     * **Same as:** ",
            600,
            "",
            6,
        ),
        ("# T\n\n### 5 Whys\n\n* **Why?** ", 1_000, "", 5),
        ("# T\n\n### 5 Whys\n\n* **Why?** a\n  * **Why?** ", 1_000, "", 6),
        ("# T\n\n### 5 Whys\n\n* **", 499, "?** a", 5),
        ("# T\n\n### What Went Well?\n\n* a\n* ", 1_000, "", 6),
        (ACTION, 1_000, "", 5),
        (ACTION + "x\n  * **Owner:** ", 120, "", 5),
        (ACTION + "x\n  * **Status:** Won’t do\n  * **Reason:** ", 1_000, "", 5),
        ("# T\n\n## 5. Future Work/Follow-ups\n\n* ", 1_000, "", 5),
        ("# T\n\n## ", 200, "\n\nText", 3),
    ],
)
def test_a_text_may_be_as_long_as_in_a_form(
    before: str, limit: int, behind: str, line: int
) -> None:
    for length in (limit - 1, limit):
        assert errors(f"{before}{'x' * length}{behind}\n") == []
    assert errors(f"{before}{'x' * (limit + 1)}{behind}\n") == [line]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (HEAD + "* **Start:** 1999-12-31 23:59:59 UTC", 5),
        (HEAD + "* **Resolution:** 2026-03-10 12:00:01 UTC", 5),
        (ENTRY + "a\n* **2026-03-12 09:00 UTC**: b", 6),
        (ENTRY + "a\n* **2026-03-05 09:00 UTC to 2026-03-12 09:00 UTC**: b", 6),
        (ENTRY + "a\n  * **Recorded:** 1999-03-05 09:00 UTC", 5),
        (ACTION + "a\n* **Description:** b\n  * **Due Date:** 2031-04-01", 6),
        (ACTION + "a\n  * **Done Date:** 1999-04-01", 5),
        (ACTION + "a\n  * **Status:** Won’t do", 5),
        (HEAD + "* **Measured Impact:** 1.23456 h", 5),
        (HEAD + "* **Measured Impact:** 12345678901234567 h", 5),
    ],
)
def test_what_nobody_can_mean_is_named_by_its_line(text: str, line: int) -> None:
    assert errors(text) == [line]


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "* **Start:** 2000-01-01 00:00:00 UTC",
        HEAD + "* **Resolution:** 2026-03-10 12:00:00 UTC",
        HEAD
        + "* **Start:** 2026-03-05 09:00 UTC\n* **Detection:** 2026-03-04 09:00 UTC",
        ACTION + "a\n  * **Due Date:** 2031-03-09",
        HEAD + "* **Measured Impact:** 1234567890123456.1234 h",
    ],
)
def test_what_is_only_odd_is_taken(text: str) -> None:
    assert errors(text) == []


def test_a_measure_without_a_unit_is_kept_as_a_note() -> None:
    reading = fit(read_any(HEAD + "* **Measured Impact:**\n  * 15\n  * 3 h"), now=NOW)
    assert [problem.line for problem in reading.problems] == [6]
    assert [measure.unit for measure in reading.document.measures] == ["h"]
    assert reading.document.free_sections[0].body == "* 15"


def test_the_problems_stand_in_the_order_of_the_lines() -> None:
    text = f"# {'x' * 201}\n\n* **Weather:** fine\n* **TL;DR:** {'x' * 281}\n"
    reading = fit(read_any(text), now=NOW)
    assert [(p.line, p.severity) for p in reading.problems] == [
        (1, "error"),
        (3, "warning"),
        (4, "error"),
    ]


def test_one_line_is_not_named_twice() -> None:
    assert errors("## 1. Incident Summary\n") == [1]


class TestJson:
    @staticmethod
    def told(**changes: Any) -> list[str]:
        data = to_data(replace(storable(FULL), **changes), refs=False)
        text = json.dumps({"format": "afterword-report", "version": 1, **data})
        reading = fit(read_any(text), now=NOW)
        return [p.text for p in reading.problems if p.severity == "error"]

    def test_what_says_everything_fits(self) -> None:
        assert self.told() == []

    def test_the_path_is_named(self) -> None:
        entry = replace(FULL.timeline[1], text="x" * 20_001)
        (told,) = self.told(timeline=(FULL.timeline[0], entry))
        assert told.startswith("timeline[1].text: ")

    def test_a_required_text_is_missed(self) -> None:
        (told,) = self.told(factors=(replace(FULL.factors[0], text=" "),), actions=())
        assert told.startswith("factors[0].text: ")

    @pytest.mark.parametrize("quantity", ["", "-1", "1e3", "NaN", "٣", "1,000"])
    def test_a_measure_is_a_plain_number(self, quantity: str) -> None:
        (told,) = self.told(measures=(replace(FULL.measures[0], quantity=quantity),))
        assert told.startswith("measures[0].quantity: ")

    @pytest.mark.parametrize(("levels", "fits"), [(50, True), (51, False), (80, False)])
    def test_whys_hang_fifty_levels_deep(self, levels: int, *, fits: bool) -> None:
        why = Why("", "Because.")
        for _level in range(levels - 1):
            why = Why("", "Because.", because=(why,))
        assert (self.told(whys=(why,)) == []) == fits

    def test_all_whys_count_together(self) -> None:
        branch = Why("", "Because.", because=(Why("", "Because."),) * 250)
        assert self.told(whys=(branch,)) == []
        (told,) = self.told(whys=(branch, branch))
        assert "502" in told

    def test_times_beyond_tomorrow_are_named(self) -> None:
        late = replace(FULL.started, at=NOW + timedelta(days=2))
        (told,) = self.told(started=late)
        assert told.startswith("started.at: ")


@pytest.mark.parametrize(
    ("name", "most"), [("timeline", 5_000), ("actions", 500), ("lessons", 500)]
)
def test_lists_have_their_limits(name: str, most: int) -> None:
    rows = getattr(FULL, name)[:1]
    assert (
        list(misfits_of(replace(Document("T"), **{name: rows * most}), now=NOW)) == []
    )
    (misfit,) = misfits_of(replace(Document("T"), **{name: rows * (most + 1)}), now=NOW)
    assert misfit.path == name
