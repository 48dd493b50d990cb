"""Two people decide on one suggestion at the same moment: one does, both are told."""

from typing import Any

import pytest

from accounts.models import User
from config.limits import LIMITS
from postmortems.models import Postmortem
from postmortems.operations import deciding, rows, suggesting
from tests.concurrency.together import at_once, raised
from tests.fixtures import NOW, SMALLEST, kind, person
from tests.suggesting import correction, entry, wording, write


@pytest.fixture
def reader() -> User:
    return person("Vera Blick", "viewer")


def test_of_two_who_take_over_one_does(
    report: Postmortem, writers: list[User], reader: User
) -> None:
    suggestion = entry(report, reader)

    def take(by: User) -> Any:
        return deciding.take_over(report.pk, suggestion.pk, by=by, at=NOW)

    results = at_once(*[lambda w=w: take(w) for w in writers])
    assert raised(results) == ["Decided", "Decided"]
    assert kind("timeline").rows(report).count() == 1
    assert report.history.filter(note="Suggested by Vera Blick").count() == 1


def test_it_is_taken_over_or_declined_or_withdrawn(
    report: Postmortem, writers: list[User], reader: User
) -> None:
    suggestion = entry(report, reader)
    which: dict[str, Any] = {"at": NOW}
    results = at_once(
        lambda: deciding.take_over(report.pk, suggestion.pk, by=writers[0], **which),
        lambda: deciding.decline(
            report.pk, suggestion.pk, note="No", by=writers[1], **which
        ),
        lambda: suggesting.withdraw(report.pk, suggestion.pk, by=reader, **which),
    )
    assert raised(results) == ["Decided", "Decided"]
    suggestion.refresh_from_db()
    assert kind("timeline").rows(report).exists() == (suggestion.state == "taken")


def test_a_row_saved_at_the_moment_it_is_corrected_loses_neither(
    report: Postmortem, writers: list[User], reader: User
) -> None:
    by = writers[0]
    row = rows.add_row(kind("lessons"), report.pk, SMALLEST["lessons"], by=by, at=NOW)
    suggestion = correction(report, reader, "lessons", row, text="Suggested")
    at_once(
        lambda: deciding.take_over(report.pk, suggestion.pk, by=by, at=NOW),
        lambda: rows.change_row(
            kind("lessons"),
            report.pk,
            row.pk,
            {"text": "Theirs"},
            version=1,
            by=writers[1],
            at=NOW,
        ),
    )
    suggestion.refresh_from_db()
    stands = kind("lessons").rows(report).get().text
    assert (stands, suggestion.state) in {("Suggested", "taken"), ("Theirs", "open")}


def test_two_wordings_of_one_section_are_both_put_in(
    report: Postmortem, writers: list[User], reader: User
) -> None:
    write(report, writers[0], "An engineer forgot the topic. Support called twice.")
    first = wording(report, reader, "An engineer forgot", "Nothing checked")
    second = wording(report, reader, "called twice", "was asked two times")
    results = at_once(
        lambda: deciding.take_over(report.pk, first.pk, by=writers[0], at=NOW),
        lambda: deciding.take_over(report.pk, second.pk, by=writers[1], at=NOW),
    )
    assert raised(results) == []
    section = report.sections.get(key="summary")
    assert section.body == "Nothing checked the topic. Support was asked two times."


def test_the_limit_holds_for_two_at_once(report: Postmortem, reader: User) -> None:
    for _number in range(LIMITS.open_suggestions_of_a_person - 1):
        entry(report, reader)
    results = at_once(*[lambda: entry(report, reader) for _time in range(3)])
    assert raised(results) == ["TooMany", "TooMany"]
