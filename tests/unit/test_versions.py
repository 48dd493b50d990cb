"""Named versions: when they are kept, and what stands after one is restored."""

import json
import random
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from config.limits import LIMITS
from integrations.importing.writer import write_report
from postmortems import policies
from postmortems.contents import Content, Part, content_of
from postmortems.document import Time
from postmortems.exporters.documenting import document_of
from postmortems.file_addresses import address_of
from postmortems.models import Postmortem, Section, Version
from postmortems.operations import (
    evidence,
    fields,
    incidents,
    lifecycle,
    restoring,
    rows,
    trash,
    versions,
    writing,
)
from postmortems.operations.desk import RequestKey
from postmortems.operations.history import restore_change
from postmortems.report import Report
from postmortems.uploads import Upload
from postmortems.versions_compared import differences, moved_rows
from postmortems.vocabulary import Certainty, Milestone, Place, Status
from tests.fixtures import NINE, NOW, SMALLEST, AddRow, fresh, kind, recorded
from tests.publishing import publish, reopen
from tests.worlds import undone

HOUR = timedelta(hours=1)
LATER = NOW + timedelta(hours=3)


def content(report: Postmortem) -> Content:
    """As it would come back from the database."""
    found: Content = json.loads(json.dumps(content_of(fresh(report))))
    return found


def reasons(report: Postmortem) -> list[str]:
    return list(report.versions.order_by("number").values_list("reason", flat=True))


def name(report: Postmortem, by: User, at: datetime = NOW, words: str = "A") -> Version:
    return versions.name_version(report.pk, words, by=by, at=at)


def restore(report: Postmortem, number: int, by: User, part: Part | None = None) -> int:
    return restoring.restore(report.pk, number, by=by, at=LATER, part=part)


def change(report: Postmortem, part: str, row: Any, by: User, **values: Any) -> None:
    row.refresh_from_db()
    rows.change_row(
        kind(part), report.pk, row.pk, values, version=row.version, by=by, at=NOW
    )


def write(report: Postmortem, key: str, body: str, by: User) -> Section:
    section = report.sections.get(key=key)
    return writing.save_section(
        report.pk, section.pk, body=body, version=section.version, by=by, at=NOW
    )


# --- What is kept ---------------------------------------------------------------------


def test_a_version_holds_every_part_of_the_report(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    factor = add("factors")
    for part in SMALLEST:
        add(part)
    action = add("actions", factors=[factor.pk])
    write(postmortem, "summary", "Prices were stale.", facilitator)
    kept = name(postmortem, facilitator).content
    assert kept["fields"]["title"] == "Stale product data"
    assert kept["fields"]["started"]["at"] == NINE.isoformat()
    assert {len(found) for found in kept["rows"].values()} == {1, 2}
    assert kept["rows"]["actions"][str(action.pk)]["factors"] == [factor.pk]
    bodies = {section["key"]: section["body"] for section in kept["sections"].values()}
    assert bodies["summary"] == "Prices were stale."


def test_rows_are_kept_as_the_history_keeps_them(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    factor = add("factors")
    made = [(part, add(part)) for part in SMALLEST]
    made.append(("actions", add("actions", factors=[factor.pk])))
    kept = name(postmortem, facilitator).content
    for part, row in made:
        line = postmortem.history.get(part=f"row:{part}", object_id=row.pk)
        assert kept["rows"][part][str(row.pk)] == line.after


def test_what_is_in_the_trash_is_not_kept(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    gone = add("lessons")
    rows.delete_row(kind("lessons"), postmortem.pk, gone.pk, by=facilitator, at=NOW)
    assert name(postmortem, facilitator).content["rows"]["lessons"] == {}


def test_publishing_keeps_a_version(postmortem: Postmortem, facilitator: User) -> None:
    publish(postmortem, facilitator)
    kept = postmortem.versions.get()
    assert (kept.number, kept.reason, kept.by) == (1, "published", facilitator)


def test_importing_keeps_a_version(postmortem: Postmortem, facilitator: User) -> None:
    document = document_of(Report.load(postmortem))
    imported = write_report(document, by=facilitator, at=NOW).postmortem
    assert reasons(imported) == ["imported"]
    assert imported.versions.get().content == content(imported)


def test_a_version_says_how_many_parts_changed_since_the_last_one(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    name(postmortem, facilitator)
    add("lessons")
    add("lessons")
    write(postmortem, "impact", "15 % of users", facilitator)
    kept = name(postmortem, facilitator, words="B")
    assert kept.changed == {"row:lessons": 2, "section:impact": 1}


def test_versions_are_never_changed_nor_deleted(
    postmortem: Postmortem, facilitator: User
) -> None:
    kept = name(postmortem, facilitator)
    for attempt in (
        lambda: Version.objects.update(name="Other"),
        lambda: Version.objects.filter(pk=kept.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()


def test_a_report_that_is_deleted_for_good_takes_its_versions_along(
    postmortem: Postmortem, facilitator: User
) -> None:
    name(postmortem, facilitator)
    incidents.trash_incident(postmortem.pk, by=facilitator, at=NOW)
    trash.delete_for_good(before=LATER)
    assert not Version.objects.exists()


def test_a_published_report_is_not_named_again(
    postmortem: Postmortem, facilitator: User
) -> None:
    publish(postmortem, facilitator)
    with pytest.raises(policies.Frozen):
        name(postmortem, facilitator)


def test_there_may_be_so_many_names_and_no_more(
    postmortem: Postmortem, facilitator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = replace(LIMITS, named_versions=2)
    monkeypatch.setattr(versions, "LIMITS", few)
    name(postmortem, facilitator)
    name(postmortem, facilitator)
    with pytest.raises(policies.TooMany):
        name(postmortem, facilitator)


# --- Every hour -----------------------------------------------------------------------


def test_an_hour_of_editing_is_kept_by_nobody(postmortem: Postmortem) -> None:
    assert versions.keep_hourly(NOW + HOUR) == 1
    kept = postmortem.versions.get()
    assert (kept.reason, kept.by) == ("hourly", None)


def test_no_version_before_the_hour_is_over(postmortem: Postmortem) -> None:
    assert versions.keep_hourly(NOW + HOUR - timedelta(seconds=1)) == 0


def test_two_schedulers_keep_one_version(
    postmortem: Postmortem, facilitator: User
) -> None:
    versions.keep_hourly(NOW + HOUR)
    at = NOW + HOUR + timedelta(seconds=30)
    fields.save_field(postmortem.pk, "tldr", "Short", version=0, by=facilitator, at=at)
    versions.keep_hourly(at + timedelta(seconds=30))
    assert reasons(postmortem) == ["hourly"]


def test_no_version_of_a_report_that_nobody_edited(
    postmortem: Postmortem, facilitator: User
) -> None:
    versions.keep_hourly(NOW + HOUR)
    assert versions.keep_hourly(NOW + 3 * HOUR) == 0
    fields.save_field(
        postmortem.pk, "tldr", "S", version=0, by=facilitator, at=NOW + 4 * HOUR
    )
    assert versions.keep_hourly(NOW + 5 * HOUR) == 1


def test_no_version_where_the_report_says_the_same(
    postmortem: Postmortem, facilitator: User, member: User
) -> None:
    versions.keep_hourly(NOW + HOUR)
    incidents.join_report(postmortem.pk, by=member, at=NOW + 2 * HOUR)
    assert versions.keep_hourly(NOW + 3 * HOUR) == 0


@pytest.mark.parametrize("put_away", ["published", "trashed"])
def test_no_hourly_version_of_what_nobody_can_edit(
    put_away: str, postmortem: Postmortem, facilitator: User
) -> None:
    if put_away == "published":
        publish(postmortem, facilitator)
    else:
        incidents.trash_incident(postmortem.pk, by=facilitator, at=NOW)
    assert versions.keep_hourly(NOW + 3 * HOUR) == 0


def test_after_a_month_one_hourly_version_of_each_day_is_left(
    postmortem: Postmortem, facilitator: User
) -> None:
    for hours in (1, 3, 5, 26, 28):
        at = NOW + hours * HOUR
        before = postmortem.version_of("tldr")
        fields.save_field(
            postmortem.pk, "tldr", f"{hours}", version=before, by=facilitator, at=at
        )
        postmortem.refresh_from_db()
        versions.keep_hourly(at + HOUR)
    name(postmortem, facilitator, at=NOW + 2 * HOUR)
    assert versions.thin_out(NOW + timedelta(days=29)) == 0
    assert versions.thin_out(NOW + timedelta(days=40)) == 3
    left = postmortem.versions.order_by("number").values_list("number", "reason")
    assert list(left) == [(3, "hourly"), (5, "hourly"), (6, "by_hand")]


# --- Restoring a part -----------------------------------------------------------------


def test_a_section_is_restored_and_nothing_else(
    postmortem: Postmortem, facilitator: User
) -> None:
    section = write(postmortem, "summary", "As it was.", facilitator)
    name(postmortem, facilitator)
    write(postmortem, "summary", "Another text.", facilitator)
    write(postmortem, "impact", "15 %", facilitator)
    restore(postmortem, 1, facilitator, Part("section:summary", section.pk))
    bodies = dict(postmortem.sections.values_list("key", "body"))
    assert (bodies["summary"], bodies["impact"]) == ("As it was.", "15 %")
    line = postmortem.history.latest("id")
    assert (line.what, line.part) == ("restored", "section:summary")


def test_a_row_that_was_deleted_comes_back(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    lesson = add("lessons", text="Kept")
    name(postmortem, facilitator)
    rows.delete_row(kind("lessons"), postmortem.pk, lesson.pk, by=facilitator, at=NOW)
    restore(postmortem, 1, facilitator, Part("row:lessons", lesson.pk))
    assert postmortem.lessons.present().get().text == "Kept"


def test_a_row_that_came_later_goes_to_the_trash(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    name(postmortem, facilitator)
    lesson = add("lessons")
    restore(postmortem, 1, facilitator, Part("row:lessons", lesson.pk))
    assert list(postmortem.lessons.in_trash()) == [lesson]


def test_a_time_is_restored(postmortem: Postmortem, facilitator: User) -> None:
    name(postmortem, facilitator)
    fields.save_moment(
        postmortem.pk, Milestone.STARTED, recorded(NINE + HOUR),
        version=0, by=facilitator, at=NOW,
    )  # fmt: skip
    restore(postmortem, 1, facilitator, Part("field:started"))
    assert fresh(postmortem).incident.started_at == NINE


def test_all_rows_of_a_kind_are_restored_together(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    first, second = add("lessons", text="One"), add("lessons", text="Two")
    name(postmortem, facilitator)
    rows.delete_row(kind("lessons"), postmortem.pk, first.pk, by=facilitator, at=NOW)
    change(postmortem, "lessons", second, facilitator, text="Other")
    add("factors")
    assert restore(postmortem, 1, facilitator, Part("row:lessons")) == 2
    assert set(postmortem.lessons.present().values_list("text", flat=True)) == {
        "One", "Two",
    }  # fmt: skip
    assert postmortem.factors.present().count() == 1


def test_a_row_that_was_moved_goes_back_between_its_neighbours(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    first, second, third = (add("factors", text=text) for text in "123")
    name(postmortem, facilitator)
    rows.move_row(
        kind("factors"), postmortem.pk, second.pk, before_id=None,
        by=facilitator, at=NOW,
    )  # fmt: skip
    for number, row in enumerate((first, third, second), start=1):
        row.refresh_from_db()
        row.position = number
        row.save()
    restore(postmortem, 1, facilitator, Part("row:factors", second.pk))
    order = postmortem.factors.present().order_by("position", "pk")
    assert "".join(factor.text for factor in order) == "123"


def test_many_rows_come_back_and_go_at_once(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    made = [add("lessons", text=f"{number}") for number in range(40)]
    name(postmortem, facilitator)
    kept = content(postmortem)
    for row in made:
        rows.delete_row(kind("lessons"), postmortem.pk, row.pk, by=facilitator, at=NOW)
    for number in range(40):
        add("factors", text=f"Later {number}")
    with CaptureQueriesContext(connection) as queries:
        assert restore(postmortem, 1, facilitator) == 80
    assert len(queries) < 120
    assert content(postmortem) == kept
    found = postmortem.search_text.parts
    assert len([key for key in found if key.startswith("lesson-")]) == 40
    assert not [key for key in found if key.startswith("factor-")]


def test_an_answer_comes_back_with_what_it_hangs_from(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    top = add("whys", answer="Top")
    below = add("whys", answer="Below", parent_id=top.pk)
    name(postmortem, facilitator)
    for row in (top, below):
        rows.delete_row(kind("whys"), postmortem.pk, row.pk, by=facilitator, at=NOW)
    restore(postmortem, 1, facilitator, Part("row:whys", below.pk))
    assert set(postmortem.whys.present()) == {top, below}


def test_restoring_is_refused_where_nothing_differs(
    postmortem: Postmortem, facilitator: User
) -> None:
    name(postmortem, facilitator)
    with pytest.raises(policies.NotReady):
        restore(postmortem, 1, facilitator)
    assert reasons(postmortem) == ["by_hand"]


def test_a_published_report_is_not_restored(
    postmortem: Postmortem, facilitator: User
) -> None:
    name(postmortem, facilitator)
    fields.save_field(postmortem.pk, "tldr", "S", version=0, by=facilitator, at=NOW)
    publish(postmortem, facilitator)
    with pytest.raises(policies.Frozen):
        restore(postmortem, 1, facilitator)


@pytest.mark.django_db(transaction=True)
def test_a_file_that_the_restored_text_shows_comes_back_with_it(
    postmortem: Postmortem, facilitator: User, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    shown, other = (
        evidence.keep_file(
            postmortem.pk, Upload("alerts.log", b"09:30", "text/plain"),
            by=facilitator, at=NOW,
        )
        for _number in range(2)
    )  # fmt: skip
    where = address_of(postmortem.incident.reference, shown.uid)
    section = write(postmortem, "summary", f"See [the log]({where}).", facilitator)
    name(postmortem, facilitator)
    write(postmortem, "summary", "Nothing to see.", facilitator)
    for file in (shown, other):
        evidence.delete_file(postmortem.pk, file.pk, by=facilitator, at=NOW)
    restore(postmortem, 1, facilitator, Part("section:summary", section.pk))
    assert list(postmortem.evidence_files.present()) == [shown]


# --- Restoring the whole --------------------------------------------------------------


def test_what_the_report_said_is_kept_before_it_is_restored(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    name(postmortem, facilitator)
    add("lessons")
    before = content(postmortem)
    restore(postmortem, 1, facilitator)
    assert reasons(postmortem) == ["by_hand", "before_restore", "restored"]
    kept, restored = postmortem.versions.order_by("number")[1:]
    assert kept.content == before
    assert restored.restored_from == 1
    assert restored.content == content(postmortem)


def test_restoring_can_itself_be_taken_back(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    add("lessons")
    name(postmortem, facilitator)
    add("factors")
    write(postmortem, "summary", "Newer", facilitator)
    before = content(postmortem)
    restore(postmortem, 1, facilitator)
    restore(postmortem, 2, facilitator)
    assert content(postmortem) == before


def test_a_marked_entry_that_is_restored_fills_no_time_that_was_not_there(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    entry = add("timeline", markers=["detected"])
    fields.save_moment(
        postmortem.pk, Milestone.DETECTED, Time(),
        version=fresh(postmortem).version_of("detected"), by=facilitator, at=NOW,
    )  # fmt: skip
    name(postmortem, facilitator)
    change(postmortem, "timeline", entry, facilitator, text="Other")
    restore(postmortem, 1, facilitator)
    assert fresh(postmortem).incident.detected_at is None


def test_what_was_deleted_for_good_is_written_anew(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    factor = add("factors", text="The factor")
    add("actions", description="The action", factors=[factor.pk])
    top = add("whys", answer="Top")
    add("whys", answer="Below", parent_id=top.pk)
    section = writing.add_section(
        postmortem.pk, heading="Mail", body="Sent.", after=Place.SUMMARY,
        by=facilitator, at=NOW,
    )  # fmt: skip
    name(postmortem, facilitator)
    before = document_of(Report.load(fresh(postmortem)))
    for part, row in content(postmortem)["rows"].items():
        for pk in row:
            rows.delete_row(kind(part), postmortem.pk, int(pk), by=facilitator, at=NOW)
    writing.delete_section(postmortem.pk, section.pk, by=facilitator, at=NOW)
    trash.delete_for_good(before=NOW + HOUR)
    restore(postmortem, 1, facilitator)
    assert document_of(Report.load(fresh(postmortem))) == before


def test_restoring_a_line_of_the_history_keeps_versions_too(
    postmortem: Postmortem, facilitator: User
) -> None:
    write(postmortem, "summary", "One", facilitator)
    write(postmortem, "summary", "Two", facilitator)
    line = postmortem.history.latest("id")
    restore_change(postmortem.pk, line.pk, side="before", by=facilitator, at=NOW)
    assert reasons(postmortem) == ["before_restore", "restored"]


def test_the_same_request_sent_twice_restores_once(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    name(postmortem, facilitator)
    add("lessons")
    key = RequestKey("k", "f")
    for _time in range(2):
        count = restoring.restore(postmortem.pk, 1, by=facilitator, at=LATER, key=key)
        assert count == 1
    assert len(reasons(postmortem)) == 3


# --- Whatever happened in between -----------------------------------------------------


class Anything:
    """Edits a report at random, as its forms could."""

    def __init__(self, report: Postmortem, by: User, seed: int) -> None:
        self.report, self.by = report, by
        self.random = random.Random(seed)  # noqa: S311  not a secret

    def edit(self) -> None:
        self.random.choice(
            [self.add, self.add, self.change, self.move, self.delete, self.bring_back,
             self.write, self.field, self.moment, self.free_section]
        )()  # fmt: skip

    def add(self) -> None:
        part = self.random.choice(list(SMALLEST))
        values = dict(SMALLEST[part])
        if part == "timeline":
            minutes = self.random.randint(0, 3)
            values["occurred_at"] = NINE + timedelta(minutes=minutes)
            values["markers"] = self.random.sample(["detected", "resolved"], 1)
        if part == "actions":
            ids = list(self.report.factors.present().values_list("pk", flat=True))
            values["factors"] = self.random.sample(ids, min(len(ids), 2))
        if part == "whys" and (above := self._some("whys")):
            values["parent_id"] = above.pk
        rows.add_row(kind(part), self.report.pk, values, by=self.by, at=NOW)

    def change(self) -> None:
        field = {"whys": "answer", "measures": "unit", "actions": "description"}
        part = self.random.choice(list(SMALLEST))
        if row := self._some(part):
            words = f"Words {self.random.randint(0, 9)} 😀"
            change(self.report, part, row, self.by, **{field.get(part, "text"): words})

    def move(self) -> None:
        part = self.random.choice(["factors", "lessons", "actions", "timeline"])
        row, before = self._some(part), self._some(part)
        if row and before and row.pk != before.pk:
            rows.move_row(
                kind(part), self.report.pk, row.pk, before_id=before.pk,
                by=self.by, at=NOW,
            )  # fmt: skip

    def delete(self) -> None:
        part = self.random.choice(list(SMALLEST))
        if row := self._some(part):
            rows.delete_row(kind(part), self.report.pk, row.pk, by=self.by, at=NOW)

    def bring_back(self) -> None:
        part = self.random.choice(list(SMALLEST))
        gone = list(kind(part).rows(self.report).in_trash().order_by("pk"))
        if gone:
            row = self.random.choice(gone)
            rows.bring_back_row(kind(part), self.report.pk, row.pk, by=self.by, at=NOW)

    def write(self) -> None:
        key = self.random.choice(["summary", "impact", "surprise"])
        words = " ".join(self.random.choices(["stale", "price", "é", "汉"], k=5))
        write(self.report, key, words, self.by)

    def field(self) -> None:
        name, value = self.random.choice(
            [("title", "T"), ("tldr", "S"), ("kind", "near_miss"), ("title", "U")]
        )
        version = fresh(self.report).version_of(name)
        fields.save_field(
            self.report.pk, name, value, version=version, by=self.by, at=NOW
        )

    def moment(self) -> None:
        milestone = self.random.choice([Milestone.DETECTED, Milestone.RESOLVED])
        at = NINE + timedelta(minutes=self.random.randint(0, 90))
        fields.save_moment(
            self.report.pk, milestone, Time(at, Certainty.APPROXIMATE),
            version=fresh(self.report).version_of(milestone.value),
            by=self.by, at=NOW,
        )  # fmt: skip

    def free_section(self) -> None:
        free = list(self.report.sections.filter(key="free", deleted_at=None))
        if free and self.random.random() < 0.5:
            gone = self.random.choice(free)
            writing.delete_section(self.report.pk, gone.pk, by=self.by, at=NOW)
            return
        writing.add_section(
            self.report.pk, heading="H", body="B", after=Place.CAUSE, by=self.by, at=NOW
        )

    def _some(self, part: str) -> Any:
        found = list(kind(part).rows(self.report).present().order_by("pk"))
        return self.random.choice(found) if found else None


@pytest.mark.parametrize("seed", range(12))
def test_a_restored_report_reads_like_its_version(
    seed: int, postmortem: Postmortem, facilitator: User
) -> None:
    anything = Anything(postmortem, facilitator, seed)
    for _edit in range(25):
        anything.edit()
    name(postmortem, facilitator)
    kept = content(postmortem)
    read = document_of(Report.load(fresh(postmortem)))
    for _edit in range(25):
        anything.edit()
    if content(postmortem) == kept:
        return
    before = content(postmortem)
    restore(postmortem, 1, facilitator)
    assert content(postmortem) == kept, f"seed {seed}"
    assert document_of(Report.load(fresh(postmortem))) == read
    restore(postmortem, 2, facilitator)
    assert content(postmortem) == before, f"seed {seed}"


# --- What differs ---------------------------------------------------------------------


def test_a_report_does_not_differ_from_itself(
    postmortem: Postmortem, add: AddRow
) -> None:
    for part in SMALLEST:
        add(part)
    assert differences(content(postmortem), content(postmortem)) == []


def test_each_difference_says_what_became_of_its_part(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    gone, other = add("lessons", text="Gone"), add("factors", text="Other")
    before = content(postmortem)
    rows.delete_row(kind("lessons"), postmortem.pk, gone.pk, by=facilitator, at=NOW)
    change(postmortem, "factors", other, facilitator, text="Another")
    new = add("follow_ups")
    write(postmortem, "summary", "Text", facilitator)
    found = differences(before, content(postmortem))
    assert [(one.what, one.part, one.object_id) for one in found] == [
        ("changed", "section:summary", postmortem.sections.get(key="summary").pk),
        ("changed", "row:factors", other.pk),
        ("deleted", "row:lessons", gone.pk),
        ("added", "row:follow_ups", new.pk),
    ]


def test_one_moved_row_is_the_only_one_that_moved(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    made = [add("factors", text=f"{number}") for number in range(6)]
    before = content(postmortem)
    rows.move_row(
        kind("factors"), postmortem.pk, made[5].pk, before_id=made[1].pk,
        by=facilitator, at=NOW,
    )  # fmt: skip
    moved = moved_rows(before, content(postmortem))
    assert moved == {Part("row:factors", made[5].pk)}


def test_places_that_were_only_numbered_anew_are_no_difference(
    postmortem: Postmortem, add: AddRow
) -> None:
    made = [add("factors", text=f"{number}") for number in range(3)]
    before = content(postmortem)
    for row in made:
        row.position *= 7
        row.save()
    assert differences(before, content(postmortem)) == []


def test_reopening_and_publishing_again_keeps_both_texts(
    postmortem: Postmortem, facilitator: User
) -> None:
    publish(postmortem, facilitator)
    reopen(postmortem, facilitator)
    write(postmortem, "summary", "Corrected", facilitator)
    lifecycle.move_report(postmortem.pk, Status.IN_REVIEW, by=facilitator, at=NOW)
    publish(postmortem, facilitator)
    assert reasons(postmortem) == ["published", "published"]


def test_two_versions_are_told_apart_by_what_they_hold(
    postmortem: Postmortem, facilitator: User
) -> None:
    first, second = name(postmortem, facilitator), name(postmortem, facilitator)
    assert (first.number, second.number) == (1, 2)
    assert first.digest == second.digest
    with undone():
        write(postmortem, "summary", "Text", facilitator)
        assert name(postmortem, facilitator).digest != first.digest
