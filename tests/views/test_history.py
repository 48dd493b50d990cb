"""The history of a report: readable, filtered, restorable; and what was deleted."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from postmortems.models import Postmortem
from postmortems.operations import fields, incidents, rows, writing
from postmortems.views.history import PAGE
from postmortems.vocabulary import Place
from tests.fixtures import NOW, AddRow, kind, open_report
from tests.publishing import client_of, publish, reopen

MOST_QUERIES = 30


def address(report: Postmortem, rest: str = "history/") -> str:
    return f"/incidents/{report.incident.reference}/{rest}"


def read(user: User, report: Postmortem, rest: str = "history/") -> str:
    answer = client_of(user).get(address(report, rest))
    assert answer.status_code == 200
    return answer.content.decode()


def change_row(
    report: Postmortem, name: str, row: Any, by: User, **values: Any
) -> None:
    rows.change_row(
        kind(name), report.pk, row.pk, values, version=row.version, by=by, at=NOW
    )


# --- Reading --------------------------------------------------------------------------


def test_a_change_of_prose_is_shown_word_by_word(
    postmortem: Postmortem, facilitator: User, add: AddRow, viewer: User
) -> None:
    entry = add("timeline", text="The cache was stale")
    change_row(postmortem, "timeline", entry, facilitator, text="The cache was empty")
    page = read(viewer, postmortem)
    assert "<del>stale</del><ins>empty</ins>" in page
    assert facilitator.name in page


def test_a_change_of_a_field_is_shown_before_and_after(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    fields.save_field(
        postmortem.pk, "kind", "near_miss", version=0, by=facilitator, at=NOW
    )
    page = read(viewer, postmortem)
    assert "<del>Incident</del>" in page
    assert "<ins>Near miss</ins>" in page


def test_columns_of_a_row_are_named_as_people_name_them(
    postmortem: Postmortem, facilitator: User, add: AddRow, viewer: User
) -> None:
    team = Team.objects.create(name="Platform")
    action, factor = add("actions"), add("factors", text="No validation")
    change_row(
        postmortem, "actions", action, facilitator,
        owner_team_id=team.pk, due_on="2026-03-20", factors=[factor],
        types=["preventative"], priority="high",
    )  # fmt: skip
    page = read(viewer, postmortem)
    for words in ("Owner team", "Platform", "20 March 2026", "Addresses",
                  "No validation", "Preventative", "High"):  # fmt: skip
        assert words in page
    assert "owner_team_id" not in page


def test_times_and_marks_are_named(
    postmortem: Postmortem, add: AddRow, viewer: User
) -> None:
    add("timeline", markers=["decision"], actors=[{"kind": "role", "name": "On call"}])
    page = read(viewer, postmortem)
    assert "5 March 2026, 09:00:00 UTC" in page
    assert "Decision" in page
    assert "On call (Role)" in page


def test_the_source_is_compared_and_then_escaped(
    postmortem: Postmortem, facilitator: User, add: AddRow, viewer: User
) -> None:
    entry = add("timeline", text="Before <scr")
    change_row(
        postmortem, "timeline", entry, facilitator,
        text="Before <script>alert(1)</script> **bold**",
    )  # fmt: skip
    page = read(viewer, postmortem)
    assert "<script>alert" not in page
    assert "<strong>bold" not in page
    assert "&lt;" in page


def test_two_huge_texts_are_shown_in_time(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    section = postmortem.sections.get(key="summary")
    for version, word in enumerate(("alpha ", "beta "), start=1):
        writing.save_section(
            postmortem.pk, section.pk, body=word * 80_000, version=version,
            by=facilitator, at=NOW,
        )  # fmt: skip
    change = postmortem.history.latest("id")
    page = read(viewer, postmortem, f"history/{change.pk}/")
    assert page.count("alpha ") == 80_000
    assert len(read(viewer, postmortem)) < 2_000_000


def test_a_step_is_shown_with_its_reason(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    publish(postmortem, facilitator)
    reopen(postmortem, facilitator, reason="Support found earlier reports")
    page = read(viewer, postmortem)
    assert "Report state" in page
    assert "Support found earlier reports" in page


def test_people_who_join_are_shown(
    postmortem: Postmortem, member: User, viewer: User
) -> None:
    incidents.join_report(postmortem.pk, by=member, at=NOW)
    page = read(viewer, postmortem, "history/?part=people")
    assert "Contributor" in page
    assert "Lena Fischer" in page


def test_a_move_says_that_it_is_one(
    postmortem: Postmortem, facilitator: User, add: AddRow, viewer: User
) -> None:
    first, second = add("lessons", text="One"), add("lessons", text="Two")
    rows.move_row(
        kind("lessons"), postmortem.pk, second.pk, before_id=first.pk,
        by=facilitator, at=NOW,
    )  # fmt: skip
    assert "It stands in another place now." in read(viewer, postmortem)


# --- Finding --------------------------------------------------------------------------


def test_the_history_is_filtered_by_part(
    postmortem: Postmortem, add: AddRow, viewer: User
) -> None:
    add("lessons", text="A lesson")
    add("timeline", text="An entry")
    page = read(viewer, postmortem, "history/?part=lessons")
    assert "A lesson" in page
    assert "An entry" not in page


def test_one_row_has_a_history_of_its_own(
    postmortem: Postmortem, facilitator: User, add: AddRow, viewer: User
) -> None:
    one, other = add("lessons", text="This one"), add("lessons", text="The other")
    change_row(postmortem, "lessons", one, facilitator, text="This one, changed")
    page = read(viewer, postmortem, f"history/?part=lessons&object={one.pk}")
    assert "This one, changed" in page
    assert "The other" not in page
    assert other.pk != one.pk


@pytest.mark.parametrize(
    "query", ["part=nothing", "object=x", "before=-1", f"before={10**30}", "part=%00"]
)
def test_a_filter_that_is_none_is_passed_over(
    postmortem: Postmortem, viewer: User, query: str
) -> None:
    answer = client_of(viewer).get(address(postmortem, f"history/?{query}"))
    assert answer.status_code in {200, 400}


def test_pages_follow_one_another_without_a_gap(
    postmortem: Postmortem, add: AddRow, viewer: User
) -> None:
    for number in range(PAGE + 5):
        add("follow_ups", text=f"Item {number:03}")
    rest, seen = "history/?part=follow_ups", []
    while True:
        page = read(viewer, postmortem, rest)
        seen += re.findall(r"<q>(Item \d+)</q>", page)
        older = re.search(r'href="(\?part=follow_ups&amp;before=\d+)"', page)
        if older is None:
            break
        rest = "history/" + older[1].replace("&amp;", "&")
    assert seen == [f"Item {number:03}" for number in reversed(range(PAGE + 5))]


def test_more_changes_need_no_more_queries(
    postmortem: Postmortem, facilitator: User, add: AddRow, viewer: User
) -> None:
    client, counts = client_of(viewer), []
    team = Team.objects.create(name="Platform")
    for more in (5, 95):
        for _row in range(more):
            add("actions", owner_team_id=team.pk, owner_person_id=facilitator.pk)
        with CaptureQueriesContext(connection) as caught:
            client.get(address(postmortem))
        counts.append(len(caught))
    assert counts[0] == counts[1]
    assert counts[0] <= MOST_QUERIES


# --- Who ------------------------------------------------------------------------------


@pytest.mark.parametrize("rest", ["history/", "history/deleted/", "history/1/"])
def test_a_restricted_report_has_no_history_for_others(
    restricted: Postmortem, member: User, rest: str
) -> None:
    assert client_of(member).get(address(restricted, rest)).status_code == 404


def test_a_change_of_another_report_does_not_exist_here(
    postmortem: Postmortem, facilitator: User
) -> None:
    other = open_report(facilitator, "Another")
    change = other.history.latest("id")
    client = client_of(facilitator)
    assert client.get(address(postmortem, f"history/{change.pk}/")).status_code == 404
    answer = client.post(
        address(postmortem, f"history/{change.pk}/restore/"), {"side": "after"}
    )
    assert answer.status_code == 404


def test_onlookers_are_offered_nothing_to_restore(
    postmortem: Postmortem, facilitator: User, add: AddRow, viewer: User
) -> None:
    lesson = add("lessons", text="One")
    change_row(postmortem, "lessons", lesson, facilitator, text="Two")
    assert "/restore/" not in read(viewer, postmortem)
    assert "/restore/" in read(facilitator, postmortem)
    change = postmortem.history.latest("id")
    answer = client_of(viewer).post(
        address(postmortem, f"history/{change.pk}/restore/"), {"side": "before"}
    )
    assert answer.status_code == 403


def test_a_published_report_is_not_restored_over(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    lesson = add("lessons", text="One")
    change_row(postmortem, "lessons", lesson, facilitator, text="Two")
    change = postmortem.history.latest("id")
    publish(postmortem, facilitator)
    assert "/restore/" not in read(facilitator, postmortem)
    answer = client_of(facilitator).post(
        address(postmortem, f"history/{change.pk}/restore/"), {"side": "before"}
    )
    assert answer.status_code in {403, 409}
    assert postmortem.lessons.get().text == "Two"


# --- Restoring ------------------------------------------------------------------------


@pytest.fixture
def client(facilitator: User) -> Client:
    return client_of(facilitator)


def test_a_version_is_restored_by_a_plain_form(
    client: Client, postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    lesson = add("lessons", text="One")
    change_row(postmortem, "lessons", lesson, facilitator, text="Two")
    change = postmortem.history.latest("id")
    answer = client.post(
        address(postmortem, f"history/{change.pk}/restore/"), {"side": "before"}
    )
    assert answer.headers["Location"] == address(postmortem)
    assert postmortem.lessons.get().text == "One"
    page = client.get(address(postmortem)).content.decode()
    assert "The earlier version stands again" in page


def test_a_side_that_is_none_is_refused(
    client: Client, postmortem: Postmortem, add: AddRow
) -> None:
    add("lessons")
    change = postmortem.history.latest("id")
    where = address(postmortem, f"history/{change.pk}/restore/")
    assert client.post(where, {"side": "left"}).status_code == 422
    assert client.post(where, {"side": "before"}).status_code == 409


def test_what_stands_now_is_not_offered(
    client: Client, postmortem: Postmortem, add: AddRow
) -> None:
    add("lessons")
    page = client.get(address(postmortem, "history/?part=lessons")).content.decode()
    assert 'name="side"' not in page


def test_deleted_rows_and_sections_are_listed_and_come_back(
    client: Client, postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    common: dict[str, Any] = {"by": facilitator, "at": NOW}
    lesson = add("lessons", text="Worth keeping")
    rows.delete_row(kind("lessons"), postmortem.pk, lesson.pk, **common)
    section = writing.add_section(
        postmortem.pk, heading="Background", body="", after=Place.CAUSE, **common
    )
    writing.delete_section(postmortem.pk, section.pk, **common)
    page = client.get(address(postmortem, "history/deleted/")).content.decode()
    assert "Worth keeping" in page
    assert "Background" in page
    for where in re.findall(r'action="([^"]+/restore/)"', page):
        assert client.post(where).status_code == 302
    page = client.get(address(postmortem, "history/deleted/")).content.decode()
    assert "Nothing of this report is in the trash." in page


# --- Published versions ---------------------------------------------------------------


def test_publications_are_listed_with_what_was_open(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    publish(postmortem, facilitator)
    page = read(viewer, postmortem)
    assert address(postmortem, "published/1/") in page
    assert "things were open" in page
    assert "The timeline is empty" in page


def test_what_a_publication_changed_has_an_address(
    postmortem: Postmortem, facilitator: User, viewer: User, add: AddRow
) -> None:
    entry = add("timeline", text="The cache was stale")
    publish(postmortem, facilitator)
    reopen(postmortem, facilitator)
    change_row(postmortem, "timeline", entry, facilitator, text="The cache was empty")
    publish(postmortem, facilitator)
    page = read(viewer, postmortem, "published/2/changes/")
    assert "<del>stale</del><ins>empty</ins>" in page
    first = read(viewer, postmortem, "published/1/changes/")
    assert "the first version" in first
