"""Two people change the same thing at the same moment: one is first, none is lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from postmortems import policies
from postmortems.models import Change, Postmortem, Publication, Service
from postmortems.operations import fields, incidents, lifecycle, rows, writing
from postmortems.report import Report
from postmortems.vocabulary import Status
from tests.concurrency.test_repeated_requests import browser_of
from tests.concurrency.together import at_once, raised
from tests.fixtures import NOW, SMALLEST, fresh, kind, open_report
from tests.worlds import move_on

WORDS = {"actions": "description", "whys": "answer", "measures": "unit"}


def add(report: Postmortem, name: str, by: User, **values: Any) -> Any:
    return rows.add_row(
        kind(name), report.pk, {**SMALLEST[name], **values}, by=by, at=NOW
    )


@pytest.mark.parametrize("name", SMALLEST)
def test_of_two_saves_of_one_version_the_second_is_told(
    name: str, report: Postmortem, writers: list[User]
) -> None:
    row = add(report, name, writers[0])
    word = WORDS.get(name, "text")

    def save(writer: User) -> Any:
        return rows.change_row(
            kind(name),
            report.pk,
            row.pk,
            {word: f"By {writer.name}"},
            version=1,
            by=writer,
            at=NOW,
        )

    results = at_once(*[lambda w=w: save(w) for w in writers])
    assert raised(results) == ["Stale", "Stale"]
    stands = getattr(kind(name).rows(report).get(), word)
    assert {
        getattr(one.current, word) for one in results if hasattr(one, "current")
    } == {stands}
    assert Change.objects.filter(what="changed", part=f"row:{name}").count() == 1


def test_of_two_saves_of_one_field_the_second_is_told(
    report: Postmortem, writers: list[User]
) -> None:
    def save(writer: User) -> None:
        fields.save_field(
            report.pk, "tldr", f"By {writer.name}", version=0, by=writer, at=NOW
        )

    assert raised(at_once(*[lambda w=w: save(w) for w in writers])) == [
        "Stale",
        "Stale",
    ]
    assert Change.objects.filter(part="field:tldr").count() == 1


def test_two_fields_saved_at_once_are_both_saved(
    report: Postmortem, writers: list[User]
) -> None:
    results = at_once(
        lambda: fields.save_field(
            report.pk, "tldr", "Short", version=0, by=writers[0], at=NOW
        ),
        lambda: fields.save_field(
            report.pk, "title", "Other title", version=0, by=writers[1], at=NOW
        ),
    )
    assert raised(results) == []
    stands = fresh(report)
    assert (stands.tldr, stands.incident.title) == ("Short", "Other title")


def test_of_two_saves_of_one_section_the_second_is_told(
    report: Postmortem, writers: list[User]
) -> None:
    section = report.sections.get(key="summary")

    def save(writer: User) -> Any:
        return writing.save_section(
            report.pk, section.pk, body=writer.name, version=1, by=writer, at=NOW
        )

    assert raised(at_once(*[lambda w=w: save(w) for w in writers])) == [
        "Stale",
        "Stale",
    ]


def test_of_two_who_publish_one_does(report: Postmortem, writers: list[User]) -> None:
    for writer in writers[1:]:
        incidents.set_part(report.pk, writer, "facilitator", by=writers[0], at=NOW)
    move_on(report, writers[0], Status.DRAFTING, Status.IN_REVIEW)
    shown = lifecycle.text_hash(lifecycle.text_to_publish(Report.load(fresh(report))))
    results = at_once(
        *[
            lambda w=w: lifecycle.publish_postmortem(
                report.pk, shown=shown, by=w, at=NOW
            )
            for w in writers
        ]
    )
    refused = [one for one in results if isinstance(one, policies.Refusal)]
    assert len(refused) == len(writers) - 1
    assert Publication.objects.count() == 1
    assert Change.objects.filter(part="status", after="published").count() == 1


def test_what_is_published_is_what_was_shown_whoever_types_meanwhile(
    report: Postmortem, writers: list[User]
) -> None:
    move_on(report, writers[0], Status.DRAFTING, Status.IN_REVIEW)
    shown = lifecycle.text_hash(lifecycle.text_to_publish(Report.load(fresh(report))))
    published, typed = at_once(
        lambda: lifecycle.publish_postmortem(
            report.pk, shown=shown, by=writers[0], at=NOW
        ),
        lambda: fields.save_field(
            report.pk, "tldr", "Typed meanwhile", version=0, by=writers[1], at=NOW
        ),
    )
    if isinstance(published, Publication):
        assert isinstance(typed, policies.Frozen)
        assert published.text_hash == shown
    else:
        assert isinstance(published, rows.Stale)
        assert typed is None


def test_an_action_is_settled_once(report: Postmortem, writers: list[User]) -> None:
    action = add(report, "actions", writers[0])

    def settle(writer: User, **values: str) -> Any:
        return rows.change_row(
            kind("actions"), report.pk, action.pk, values, version=1, by=writer, at=NOW
        )

    results = at_once(
        lambda: settle(writers[0], status="done", evidence="See it"),
        lambda: settle(writers[1], status="wont_do", reason="Replaced"),
    )
    assert raised(results) == ["Stale"]
    changes = Change.objects.filter(part="row:actions", what="changed")
    settled = [change.after for change in changes if change.after]
    assert [one["status"] for one in settled] == [report.action_items.get().status]


def test_whoever_edits_what_was_deleted_keeps_their_text(
    report: Postmortem, writers: list[User]
) -> None:
    action = add(report, "actions", writers[0])
    rows.delete_row(kind("actions"), report.pk, action.pk, by=writers[0], at=NOW)
    address = reverse(
        "postmortems:row-change",
        args=[report.incident.reference, "actions", action.pk],
    )
    answer = browser_of(writers[1])().post(
        address, {"description": "A long <thought>", "version": "1"}
    )
    assert answer.status_code == 409
    assert "A long &lt;thought&gt;" in answer.content.decode()


def test_two_who_move_rows_lose_none(report: Postmortem, writers: list[User]) -> None:
    made = [add(report, "factors", writers[0], text=f"Factor {n}") for n in range(6)]

    def move(writer: User, number: int, before: int) -> Any:
        return rows.move_row(
            kind("factors"),
            report.pk,
            made[number].pk,
            before_id=made[before].pk,
            by=writer,
            at=NOW,
        )

    results = at_once(
        *[
            lambda w=writer, n=n, b=b: move(w, n, b)
            for writer, n, b in (
                (writers[0], 5, 0),
                (writers[1], 4, 0),
                (writers[2], 5, 1),
                (writers[0], 0, 3),
            )
        ]
    )
    assert raised(results) == []
    order = list(report.factors.present().order_by("position", "pk"))
    assert {row.pk for row in order} == {row.pk for row in made}
    assert len({row.position for row in order}) == len(made)


def test_a_row_deleted_and_changed_at_once_is_one_or_the_other(
    report: Postmortem, writers: list[User]
) -> None:
    row = add(report, "lessons", writers[0])
    lessons = kind("lessons")
    results = at_once(
        lambda: rows.delete_row(lessons, report.pk, row.pk, by=writers[0], at=NOW),
        lambda: rows.change_row(
            lessons, report.pk, row.pk, {"text": "x"}, version=1, by=writers[1], at=NOW
        ),
    )
    assert raised(results) in ([], ["Gone"])
    assert not report.lessons.present().exists()


@pytest.mark.parametrize(
    "spelling", [("Cart", "cart"), ("Straße", "STRASSE"), ("A", "A")]
)
def test_a_service_named_twice_at_once_is_one(
    spelling: tuple[str, str], writers: list[User]
) -> None:
    reports = [open_report(writers[0], f"Report {n}") for n in range(2)]
    results = at_once(
        *[
            lambda r=r, name=name: fields.save_services(
                r.pk, [(name, "")], version=0, by=writers[0], at=NOW
            )
            for r, name in zip(reports * 2, spelling * 2, strict=True)
        ]
    )
    assert set(raised(results)) <= {"Stale"}
    folded = {service.name.lower() for service in Service.objects.all()}
    assert Service.objects.count() == len(folded)


def test_a_list_does_not_grow_past_its_limit(
    report: Postmortem, writers: list[User]
) -> None:
    measures = kind("measures")
    for _number in range(measures.limit - 1):
        add(report, "measures", writers[0])
    results = at_once(*[lambda w=w: add(report, "measures", w) for w in writers * 2])
    assert raised(results) == ["TooMany"] * 5
    assert report.measures.count() == measures.limit


def test_the_last_facilitator_stays_when_two_leave_at_once(
    report: Postmortem, writers: list[User]
) -> None:
    incidents.set_part(report.pk, writers[1], "facilitator", by=writers[0], at=NOW)
    results = at_once(
        *[
            lambda w=w: incidents.set_part(report.pk, w, None, by=w, at=NOW)
            for w in writers[:2]
        ]
    )
    assert len(raised(results)) == 1
    assert report.participations.filter(part="facilitator").count() == 1


def test_entries_of_one_moment_keep_an_order(
    report: Postmortem, writers: list[User]
) -> None:
    at = NOW - timedelta(days=4)
    results = at_once(
        *[
            lambda n=n: add(
                report, "timeline", writers[n % 3], occurred_at=at, text=f"Entry {n}"
            )
            for n in range(12)
        ]
    )
    assert raised(results) == []
    positions = list(report.timeline.values_list("position", flat=True))
    assert len(set(positions)) == len(positions) == 12
