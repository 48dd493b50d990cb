"""Reading what people write by hand, and what is no report at all."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.importing.reader import Reading, read
from postmortems.document import Actor, Document, Entry, Severity, Time
from postmortems.exporters.markdown import render
from postmortems.vocabulary import (
    ActionType,
    ActorKind,
    Category,
    Certainty,
    EvidenceKind,
    LessonKind,
    Marker,
    Place,
    Precision,
)
from tests.documents import HARD_PIECES
from tests.samples import worked_example

BY_HAND = Path(__file__).parents[1] / "data" / "by_hand.md"


def entry_of(line: str) -> Entry:
    (entry,) = read(f"# T\n## Timeline\n{line}").document.timeline
    return entry


@pytest.fixture(params=["by hand", "chapter"])
def example(request: pytest.FixtureRequest) -> Reading:
    if request.param == "chapter":
        return read(worked_example())
    return read(BY_HAND.read_text())


class TestTheWorkedExample:
    def test_it_is_read_without_a_problem(self, example: Reading) -> None:
        assert example.problems == ()

    def test_it_has_nine_entries_oldest_first(self, example: Reading) -> None:
        times = [entry.occurred_at for entry in example.document.timeline]
        assert len(times) == 9
        assert times == sorted(times)

    def test_its_times_are_to_the_minute(self, example: Reading) -> None:
        found = {entry.precision for entry in example.document.timeline}
        assert found == {Precision.MINUTE}

    def test_two_entries_have_no_actor(self, example: Reading) -> None:
        without = [e for e in example.document.timeline if not e.actors]
        assert [e.occurred_at for e in without] == [
            e.occurred_at for e in example.document.timeline[:2]
        ]

    def test_a_bare_actor_is_a_team(self, example: Reading) -> None:
        last = example.document.timeline[-1]
        assert last.actors == (Actor(ActorKind.TEAM, "SRE Team"),)
        assert last.text.endswith("confirmed.")

    def test_it_has_the_three_times(self, example: Reading) -> None:
        d = example.document
        assert all(t.certainty == Certainty.RECORDED for t in (d.started, d.detected))
        assert d.resolved.at is not None
        assert d.mitigated == Time()

    def test_it_is_sev_2(self, example: Reading) -> None:
        assert example.document.severity == Severity(
            "SEV-2", "Major Impact, No complete outage"
        )

    def test_it_has_three_services(self, example: Reading) -> None:
        assert len(example.document.services) == 3
        assert example.document.services[0].note
        assert example.document.services[2].name in {"Kafka", "Redis"}

    def test_it_has_three_factors_with_their_lead_in(self, example: Reading) -> None:
        assert len(example.document.factors) == 3
        assert all(f.text.startswith("**") for f in example.document.factors)

    def test_it_has_its_lessons(self, example: Reading) -> None:
        kinds = [lesson.kind for lesson in example.document.lessons]
        assert kinds == [LessonKind.WENT_WELL] * 2 + [LessonKind.WENT_WRONG] * 3

    def test_it_has_four_actions(self, example: Reading) -> None:
        actions = example.document.actions
        assert [a.owner_team for a in actions] == [
            "DevOps Team",
            "SRE Team",
            "Dev Team B",
            "DevOps Team",
        ]
        assert all(a.due_on for a in actions)
        assert actions[2].types == (ActionType.CORRECTIVE, ActionType.DETECTIVE)
        assert actions[3].types == (ActionType.PROCESS,)

    def test_it_has_no_follow_up(self, example: Reading) -> None:
        assert example.document.follow_ups == ()

    def test_it_gets_a_title(self, example: Reading) -> None:
        assert example.document.title

    def test_its_export_is_read_the_same(self, example: Reading) -> None:
        assert read(render(example.document)).document == example.document

    @pytest.mark.parametrize(
        "change",
        [
            lambda text: text.replace("\n* ", "\n- "),
            lambda text: text.replace("\n* ", "\n*   "),
            lambda text: text.replace("\n", "\r\n"),
            lambda text: text.replace("\n", "   \n"),
            lambda text: text.replace("\n## ", "\n### ").replace("\n#### ", "\n### "),
            lambda text: text.replace("\n### ", "\n#### "),
            lambda text: text.replace("Owner:** ", "OWNER**: "),
            lambda text: text.replace("* **Owner", "  * **Owner").replace(
                "* **Start", "  * **Start"
            ),
            lambda text: text.replace("* **Owner", "\t* **Owner"),
            lambda text: "\ufeff\n\n" + text,
        ],
    )
    def test_it_is_read_in_other_spellings(self, change: Callable[[str], str]) -> None:
        text = BY_HAND.read_text()
        assert read(change(text)).document == read(text).document


def test_template_text_is_named_and_left_out() -> None:
    reading = read(
        "# Title\n## 2. Timeline of Events\n"
        "* **[Timestamp]**: [Event Description] - [Actor] - [Evidence Link]\n"
        "### What Went Well?\n* [Point 1]\n### Action Items\n"
        "* **Description:** [Action to be taken]\n* **Owner:** [Team/Individual]\n"
        "* **Due Date:** YYYY-MM-DD\n"
        "* **Type:** (e.g., Preventative, Detective, Corrective, Process Improvement)"
    )
    assert [problem.line for problem in reading.problems] == [3, 5, 7, 8, 9, 10]
    assert reading.document == Document("Title")


def test_an_unknown_heading_is_a_free_section_in_its_place() -> None:
    document = read(
        "# T\n## Timeline\n\n## Rumours\n\nNone.\n\n## Follow-ups\n* x"
    ).document
    (section,) = document.free_sections
    assert (section.heading, section.body) == ("Rumours", "None.")
    assert section.after == Place.TIMELINE


def test_an_item_without_a_place_is_named_and_kept() -> None:
    reading = read("# T\n\n## 1. Incident Summary\n\n* **Weather:** rain\n  and wind")
    assert [problem.line for problem in reading.problems] == [5]
    (notes,) = reading.document.free_sections
    assert "* **Weather:** rain\n  and wind" in notes.body


@pytest.mark.parametrize(
    "line",
    [
        "* **yesterday**: it broke",
        "* **20202-03-05 09:30 UTC**: it broke",
        "* **2026-02-30 09:30 UTC**: it broke",
        "* **2026-03-05 25:30 UTC**: it broke",
        "It broke.",
    ],
)
def test_an_entry_without_a_time_is_named_and_kept(line: str) -> None:
    reading = read(f"# T\n## Timeline\n{line}")
    assert [problem.line for problem in reading.problems] == [3]
    assert line.rpartition(": ")[2] in reading.document.free_sections[0].body


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-03-05 09:30:15 UTC", (Precision.EXACT, None)),
        ("2026-03-05T09:30:15Z", (Precision.EXACT, None)),
        ("2026-03-05 10:30:15 +01:00", (Precision.EXACT, None)),
        ("2026-03-05 09:30:15 UTC, to the minute", (Precision.MINUTE, None)),
        ("about 2026-03-05 09:30:15 UTC", (Precision.APPROXIMATE, None)),
        ("~2026-03-05 09:30:15", (Precision.APPROXIMATE, None)),
        ("time unknown, placed at 2026-03-05 09:30:15 UTC", (Precision.UNKNOWN, None)),
        ("2026-03-05 09:30:15 UTC to 2026-03-05 09:45 UTC", (Precision.EXACT, 45)),
        ("2026-03-05 09:30:15 to 09:45", (Precision.EXACT, 45)),
        ("2026-03-05 09:30:15–09:45 UTC", (Precision.EXACT, 45)),
    ],
)
def test_times_of_entries(when: str, expected: tuple[Precision, int | None]) -> None:
    entry = entry_of(f"* **{when}**: x")
    minute = entry.ended_at.minute if entry.ended_at else None
    assert entry.occurred_at == datetime(2026, 3, 5, 9, 30, 15, tzinfo=UTC)
    assert (entry.precision, minute) == expected


@pytest.mark.parametrize(
    ("words", "text", "actors"),
    [
        ("Rolled back - SRE Team", "Rolled back", "SRE Team"),
        (
            "Rolled back - then it worked again",
            "Rolled back - then it worked again",
            "",
        ),
        ("Rolled back - It worked.", "Rolled back - It worked.", ""),
        ("Rolled back - Dev Team B, SRE Team", "Rolled back", "Dev Team B|SRE Team"),
        ("a - b - SRE Team", "a - b", "SRE Team"),
        ("Rolled back", "Rolled back", ""),
    ],
)
def test_actors_of_entries(words: str, text: str, actors: str) -> None:
    entry = entry_of(f"* **2026-03-05 09:30 UTC**: {words}")
    assert entry.text == text
    assert "|".join(actor.name for actor in entry.actors) == actors


def test_an_entry_with_markers_kinds_and_evidence() -> None:
    entry = entry_of(
        "* **2026-03-05 09:30 UTC**: Detected, acknowledged. Alert - loud - Monitoring "
        "(system), on call (role) - [Graph - all](https://g.example/a_(b)) (graph)"
    )
    assert entry.text == "Alert - loud"
    assert entry.markers == (Marker.DETECTED, Marker.ACKNOWLEDGED)
    assert [a.kind for a in entry.actors] == [ActorKind.SYSTEM, ActorKind.ROLE]
    assert entry.evidence[0].label == "Graph - all"
    assert entry.evidence[0].url == "https://g.example/a_(b)"
    assert entry.evidence[0].kind == EvidenceKind.GRAPH


def test_entries_of_one_moment_keep_the_order_in_which_they_are_told() -> None:
    document = read(
        "# T\n## Timeline\n* **2026-03-05 09:40**: d\n* **2026-03-05 09:30**: c\n"
        "* **2026-03-05 09:30**: b\n* **2026-03-05 09:20**: a"
    ).document
    assert [entry.text for entry in document.timeline] == ["a", "b", "c", "d"]


def test_numbered_whys_are_one_chain() -> None:
    document = read(
        "# T\n## 5 Whys\n1. Why was it slow? The queue was long.\n"
        "2. **Why?** One worker.\n3. It was set so."
    ).document
    (first,) = document.whys
    assert first.question == "Why was it slow?"
    assert first.because[0].answer == "One worker."
    assert first.because[0].because[0].answer == "It was set so."


def test_a_fishbone_may_name_factors_by_their_text() -> None:
    document = read(
        "# T\n## Root cause\n* **Contributing Factors:**\n  * No check\n"
        "### Fishbone\n* **Process:** No check\n* **Tools:**\n  * Old pager\n"
        "* **People:** None found so far"
    ).document
    assert [(f.text, f.category) for f in document.factors] == [
        ("No check", Category.PROCESS),
        ("Old pager", Category.TOOLS),
    ]


def test_an_action_in_one_line() -> None:
    document = read(
        "# T\n## Action items\n- Add an alert (Owner: SRE Team, Due: 2026-04-01)."
    ).document
    (action,) = document.actions
    assert (action.description, action.owner_team) == ("Add an alert", "SRE Team")
    assert action.due_on == date(2026, 4, 1)


def test_an_action_addresses_factors_that_are_there() -> None:
    reading = read(
        "# T\n## Contributing factors\n* a\n* b\n## Action items\n"
        "* **Description:** x\n  * **Addresses:** factors 1, 2 and 7"
    )
    assert reading.document.actions[0].addresses == (0, 1)
    assert [problem.line for problem in reading.problems] == [7]


def test_lines_are_counted_as_people_see_them() -> None:
    reading = read("\r\n\r\n# T\r\n\r\n## Timeline\r\n\r\nNo entry.")
    assert [problem.line for problem in reading.problems] == [7]


def test_text_without_a_title_is_named() -> None:
    assert [problem.severity for problem in read("").problems] == ["error"]


@pytest.mark.parametrize("text", ["\x00", "a\ud800", "x" * 500_001])
def test_what_cannot_be_stored_is_named(text: str) -> None:
    assert [problem.severity for problem in read(text).problems] == ["error"]


def test_at_most_5000_entries_are_read() -> None:
    lines = "\n".join("* **2026-03-05 09:30**: x" for _ in range(5001))
    reading = read(f"# T\n## Timeline\n{lines}")
    assert len(reading.document.timeline) == 5000
    assert [problem.line for problem in reading.problems] == [5003]


def test_at_most_500_actions_are_read() -> None:
    lines = "\n".join("* **Description:** x" for _ in range(501))
    reading = read(f"# T\n## Action items\n{lines}")
    assert len(reading.document.actions) == 500
    assert len(reading.problems) == 1


_soup = st.lists(
    st.sampled_from(
        [*HARD_PIECES, "\n* ", "\n  * ", "\n## Timeline\n", "\n### 5 Whys\n"]
    )
    | st.text(max_size=20),
    max_size=30,
)


@settings(max_examples=400, deadline=None)
@given(_soup.map("".join) | st.text())
def test_no_text_makes_the_reader_fail(text: str) -> None:
    document = read(text).document
    again = render(read(render(document)).document)
    assert not document.title or again == render(document)


@pytest.mark.parametrize(
    "piece",
    [
        "*",
        "\\",
        "`",
        "```\n",
        "~~~x\n",
        "* ",
        "* **Why?** a\n",
        "1. Why? a\n",
        " ",
        "\t",
        "\n",
        "#",
        "# ",
        "[",
        "](",
        " - [a](b)",
        "* **Owner:** ",
        "* **2026-03-05 09:30**: a - [b](c) - ",
        ", trace `",
        "(",
        "<!--\n",
        "a\n\n",
        "\u0301",
        "&",
        "- - ",
    ],
)
@pytest.mark.parametrize(
    "start",
    [
        "# T\n",
        "# T\n## Timeline\n* **2026-03-05 09:30**: ",
        "# T\n## Timeline\n* **2026-03-05 09:30**: x\n  * **Evidence:** ",
        "# T\n## 5 Whys\n",
        "# T\n## Action items\n* **Description:** ",
        "# T\n## Affected\n* **Affected Services:** ",
        "# T\n## Other\n",
    ],
)
def test_reading_takes_time_in_proportion(start: str, piece: str) -> None:
    text = (start + piece * (400_000 // len(piece)))[:480_000]
    began = time.process_time()
    read(text)
    assert time.process_time() - began < 8


def test_deep_whys_are_read_to_a_depth() -> None:
    lines = "\n".join(f"{'  ' * depth}* **Why?** a" for depth in range(600))
    assert read(f"# T\n## 5 Whys\n{lines}").document.whys


def test_200_entries_are_written_and_read_quickly() -> None:
    text = BY_HAND.read_text()
    entries = [line for line in text.split("\n") if line.startswith("* **2026-")]
    many = text.replace(entries[0], "\n".join(entries * 22))
    document = read(many).document
    began = time.process_time()
    written = render(document)
    rendered = time.process_time()
    read(written)
    ended = time.process_time()
    assert len(document.timeline) > 200
    # The aim is 50 ms each; the rest is room for a busy machine.
    assert rendered - began < 0.25
    assert ended - rendered < 0.25
