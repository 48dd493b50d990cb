"""Many small histories of three people on one report, each in an order of its own.

Whatever the order: every accepted save is in the history, nothing that was accepted is
lost, and lists, versions and search agree with one another. The short form runs with
all tests; the long one is a drill.
"""

import os
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from accounts.models import User
from postmortems import policies
from postmortems.models import Change, Postmortem, Publication, Row
from postmortems.operations import fields, incidents, lifecycle, rows
from postmortems.parts import row_kinds
from postmortems.report import Report
from postmortems.vocabulary import Status
from tests.concurrency.together import at_once
from tests.fixtures import NOW, SMALLEST, fresh, kind, open_report
from tests.worlds import move_on

SHORT, LONG = 40, 1_000
STEPS = 4
"""What each of the three does, one after the other."""
WORDS = {"actions": "description", "whys": "answer", "measures": "unit"}
KINDS = ("factors", "lessons", "timeline", "actions")


class Person:
    """Somebody who takes steps by chance, and keeps what was said of each."""

    def __init__(self, user: User, report: Postmortem, chance: Random) -> None:
        self.user, self.report, self.chance = user, report, chance
        self.accepted = 0
        self.refused: list[policies.Refusal] = []

    def go(self) -> None:
        steps: list[Callable[[], None]] = [
            self.add,
            self.change,
            self.move,
            self.delete,
            self.bring_back,
            self.save_title,
            self.step,
        ]
        for _number in range(STEPS):
            try:
                self.chance.choice(steps)()
                self.accepted += 1
            except policies.Refusal as refusal:
                self.refused.append(refusal)

    def add(self) -> None:
        name = self.chance.choice(KINDS)
        rows.add_row(kind(name), self.report.pk, SMALLEST[name], by=self.user, at=NOW)

    def change(self) -> None:
        name, row = self._some_row()
        rows.change_row(
            kind(name),
            self.report.pk,
            row.pk,
            {WORDS.get(name, "text"): f"{self.user.name} {self.chance.random()}"},
            version=row.version,
            by=self.user,
            at=NOW,
        )

    def move(self) -> None:
        name, row = self._some_row()
        siblings = list(kind(name).rows(self.report).present())
        before = self.chance.choice([*siblings, None])
        rows.move_row(
            kind(name),
            self.report.pk,
            row.pk,
            before_id=before.pk if before else None,
            by=self.user,
            at=NOW,
        )

    def delete(self) -> None:
        name, row = self._some_row()
        rows.delete_row(kind(name), self.report.pk, row.pk, by=self.user, at=NOW)

    def bring_back(self) -> None:
        name, row = self._some_row(trashed=True)
        rows.bring_back_row(kind(name), self.report.pk, row.pk, by=self.user, at=NOW)

    def save_title(self) -> None:
        fields.save_field(
            self.report.pk,
            "title",
            f"Title {self.chance.random()}",
            version=fresh(self.report).version_of("title"),
            by=self.user,
            at=NOW,
        )

    def step(self) -> None:
        stands = fresh(self.report)
        if stands.status == Status.IN_REVIEW:
            shown = lifecycle.text_hash(lifecycle.text_to_publish(Report.load(stands)))
            lifecycle.publish_postmortem(stands.pk, shown=shown, by=self.user, at=NOW)
        else:
            move_on(
                stands,
                self.user,
                Status.DRAFTING if stands.frozen else Status.IN_REVIEW,
            )

    def _some_row(self, *, trashed: bool = False) -> tuple[str, Row]:
        name = self.chance.choice(KINDS)
        found = kind(name).rows(self.report)
        some = list(found.in_trash() if trashed else found.present())
        if not some:
            raise policies.NotReady("There is none.")
        return name, self.chance.choice(some)


def play(seed: int, writers: list[User]) -> tuple[Postmortem, list[Person], int]:
    """One history. Also how far the report had come before the three began."""
    chance = Random(seed)  # noqa: S311  not a secret
    report = open_report(writers[0], f"Report {seed}")
    for writer in writers[1:]:
        incidents.set_part(report.pk, writer, "facilitator", by=writers[0], at=NOW)
    move_on(report, writers[0], Status.DRAFTING)
    for name in KINDS:
        for _number in range(2):
            rows.add_row(kind(name), report.pk, SMALLEST[name], by=writers[0], at=NOW)
    begun = fresh(report).revision
    people = [Person(writer, report, Random(chance.random())) for writer in writers]  # noqa: S311
    results = at_once(*[person.go for person in people])
    assert [one for one in results if one is not None] == []
    return fresh(report), people, begun


def problems(report: Postmortem, people: list[Person], begun: int) -> list[str]:
    """What does not agree, in words."""
    return [
        *_of_counts(report, people, begun),
        *(found for one in row_kinds() for found in _of_rows(report, one)),
        *_of_publications(report),
    ]


def _of_counts(report: Postmortem, people: list[Person], begun: int) -> list[str]:
    accepted = sum(person.accepted for person in people)
    counted = report.revision - begun
    return [f"{accepted} accepted, {counted} counted"] if accepted != counted else []


def _of_rows(report: Postmortem, one: Any) -> list[str]:
    found = []
    history = Change.objects.filter(postmortem=report, part=f"row:{one.name}")
    present = list(one.rows(report).present())
    for row in one.rows(report):
        last = history.filter(object_id=row.pk).order_by("-pk")[0]
        told = last.after if last.after is not None else last.before
        if told != one.snapshot(row):
            found.append(f"{one.name} {row.pk} is not what the history says last")
        searched = one.anchor_of(row) in report.search_text.parts
        if searched != (row.deleted_at is None):
            found.append(f"{one.name} {row.pk} is searched for wrongly")
    places = {
        (row.position, *(getattr(row, name) for name in one.scope)) for row in present
    }
    if len(places) != len(present):
        found.append(f"two {one.name} stand in the same place")
    return found


def _of_publications(report: Postmortem) -> list[str]:
    numbers = list(
        Publication.objects.filter(postmortem=report)
        .order_by("pk")
        .values_list("number", flat=True)
    )
    published = Change.objects.filter(
        postmortem=report, part="status", after="published"
    ).count()
    agrees = numbers == list(range(1, published + 1))
    return [] if agrees else [f"publications {numbers}, published {published} times"]


def run(seeds: range, writers: list[User]) -> list[str]:
    return [
        f"seed {seed}: {found}"
        for seed in seeds
        for found in problems(*play(seed, writers))
    ]


@pytest.mark.parametrize("part", range(4))
def test_in_whatever_order_nothing_is_lost(part: int, writers: list[User]) -> None:
    each = SHORT // 4
    assert run(range(part * each, (part + 1) * each), writers) == []


@pytest.mark.drill
def test_in_a_thousand_orders_nothing_is_lost(writers: list[User]) -> None:
    """Begins at AFTERWORD_SEED, which a failure names."""
    first = int(os.environ.get("AFTERWORD_SEED", "1000"))
    assert run(range(first, first + LONG), writers) == []
