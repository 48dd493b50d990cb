"""Reading a report: what everybody is given, draft or published."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from postmortems import permissions
from postmortems.models import Postmortem, Severity
from postmortems.operations import fields, incidents, rows, writing
from postmortems.operations.bulk import place_rows
from postmortems.operations.desk import at_desk
from postmortems.vocabulary import Place, Status
from tests.fixtures import NINE, NOW, SMALLEST, AddRow, fresh, kind
from tests.publishing import client_of, publish, reopen, to_review

MOST_QUERIES = 30


@pytest.fixture(autouse=True)
def _no_fragments() -> None:
    caches["fragments"].clear()


def address(report: Postmortem, rest: str = "") -> str:
    return f"/incidents/{report.incident.reference}/{rest}"


def read(user: User, report: Postmortem, rest: str = "") -> str:
    answer = client_of(user).get(address(report, rest))
    assert answer.status_code == 200
    return answer.content.decode()


def queries_of(ask: Callable[[], Any]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        ask()
    return len(caught)


# --- Who reads ------------------------------------------------------------------------


def test_everybody_signed_in_reads_a_draft(
    postmortem: Postmortem, viewer: User
) -> None:
    page = read(viewer, postmortem)
    assert "Stale product data" in page
    assert "This report is being written." in page


def test_a_restricted_report_does_not_exist_for_others(
    restricted: Postmortem, administrator: User
) -> None:
    client = client_of(administrator)
    hidden = client.get(address(restricted))
    absent = client.get("/incidents/INC-2020-01-01-001/")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.content == absent.content


def test_whoever_is_invited_reads_a_restricted_report(
    restricted: Postmortem, facilitator: User, viewer: User
) -> None:
    incidents.set_part(restricted.pk, viewer, "reader", by=facilitator, at=NOW)
    assert "Restricted" in read(viewer, restricted)


def test_a_stranger_is_asked_to_sign_in(postmortem: Postmortem) -> None:
    answer = Client().get(address(postmortem))
    assert answer.status_code == 302
    assert "Stale" not in answer.content.decode()


# --- What can be done here ------------------------------------------------------------


def test_a_writer_is_led_to_the_workspace(
    postmortem: Postmortem, responder: User
) -> None:
    assert f'href="{address(postmortem, "edit/")}"' in read(responder, postmortem)


def test_a_member_may_join(postmortem: Postmortem, member: User) -> None:
    page = read(member, postmortem)
    assert f'action="{address(postmortem, "join/")}"' in page
    assert "edit/" not in page


def test_a_viewer_is_offered_nothing_to_change(
    postmortem: Postmortem, viewer: User
) -> None:
    page = read(viewer, postmortem)
    for rest in ("join/", "edit/", "publish/", "status/"):
        assert address(postmortem, rest) not in page


def test_a_facilitator_is_offered_the_steps_that_are_theirs(
    postmortem: Postmortem, facilitator: User
) -> None:
    publish(postmortem, facilitator)
    page = read(facilitator, postmortem)
    assert "Close the report" in page
    assert "status/?to=drafting" in page
    assert "edit/" not in page


# --- What stands there ----------------------------------------------------------------


def test_every_part_has_its_address(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    entry, factor = add("timeline"), add("factors", category="process")
    lesson, action = add("lessons"), add("actions")
    follow_up, why = add("follow_ups"), add("whys")
    section = writing.add_section(
        postmortem.pk,
        heading="Background",
        body="How the cache works",
        after=Place.SUMMARY,
        by=facilitator,
        at=NOW,
    )
    anchors = {
        "summary", "timeline", "cause", "factors", "whys", "lessons", "actions",
        "follow", "title", f"entry-{entry.pk}", f"factor-{factor.pk}",
        f"lesson-{lesson.pk}", f"action-{action.pk}", f"follow-up-{follow_up.pk}",
        f"why-{why.pk}", f"section-{section.pk}",
    }  # fmt: skip
    publish(postmortem, facilitator)
    ids = re.findall(r' id="([^"]+)"', read(facilitator, postmortem))
    assert anchors <= set(ids)
    assert len(ids) == len(set(ids))


def test_the_timeline_is_read_either_way(
    postmortem: Postmortem, viewer: User, add: AddRow
) -> None:
    add("timeline", text="First of all")
    add("timeline", text="Last of all", occurred_at=NINE + timedelta(hours=2))
    page = read(viewer, postmortem)
    assert page.index("First of all") < page.index("Last of all")
    page = read(viewer, postmortem, "?order=newest")
    assert page.index("First of all") > page.index("Last of all")


def test_a_day_is_said_where_it_is_another(
    postmortem: Postmortem, viewer: User, add: AddRow
) -> None:
    add("timeline", occurred_at=NINE)
    add("timeline", occurred_at=NINE + timedelta(days=1))
    days = re.findall(r'tl__day">(.*?)</p>', read(viewer, postmortem))
    assert len(days) == 1
    assert "Friday 6 March 2026" in days[0]


def test_what_is_not_known_is_said(postmortem: Postmortem, viewer: User) -> None:
    page = read(viewer, postmortem)
    assert "not recorded" in page
    assert "not known" in page


def test_markup_is_rendered_and_html_is_text(
    postmortem: Postmortem, viewer: User, add: AddRow
) -> None:
    add("timeline", text="The `topic` was <script>alert(1)</script> empty")
    page = read(viewer, postmortem)
    assert "<code>topic</code>" in page
    assert "&lt;script&gt;alert(1)" in page


def test_evidence_is_linked_only_to_the_web(
    postmortem: Postmortem, viewer: User, add: AddRow
) -> None:
    good = {"uid": "a", "kind": "graph", "label": "Graph", "url": "https://a.example/"}
    bad = {"uid": "b", "kind": "other", "label": "Odd", "url": "javascript:alert(1)"}
    add("timeline", evidence=[good, bad])
    page = read(viewer, postmortem)
    assert 'href="https://a.example/"' in page
    assert "javascript:" not in page


def test_a_time_that_is_known_roughly_is_marked(
    postmortem: Postmortem, viewer: User, add: AddRow
) -> None:
    add("timeline", precision="approximate")
    assert "≈ 09:00" in read(viewer, postmortem)


def test_a_due_date_is_told_from_the_readers_today(
    postmortem: Postmortem, viewer: User, add: AddRow
) -> None:
    add("actions", due_on="2026-03-20")
    assert "days overdue" in read(viewer, postmortem)


def test_new_names_are_shown_at_once(
    postmortem: Postmortem, viewer: User, facilitator: User, add: AddRow
) -> None:
    team = Team.objects.create(name="Platform")
    add("actions", owner_team_id=team.pk)
    severity = Severity.objects.get(rank=2)
    fields.save_field(
        postmortem.pk, "severity", severity, version=0, by=facilitator, at=NOW
    )
    assert "Platform" in read(viewer, postmortem)
    Team.objects.update(name="Foundations")
    Severity.objects.filter(rank=2).update(label="Major")
    page = read(viewer, postmortem)
    assert "Foundations" in page
    assert "Platform" not in page
    assert "Major" in page


def test_a_change_is_read_at_once(
    postmortem: Postmortem, viewer: User, add: AddRow
) -> None:
    read(viewer, postmortem)
    add("timeline", text="Rolled back")
    assert "Rolled back" in read(viewer, postmortem)


def test_nothing_of_one_reader_is_kept_for_another(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    read(facilitator, postmortem)
    page = read(viewer, postmortem)
    assert facilitator.email not in page
    assert address(postmortem, "edit/") not in page


# --- Published ------------------------------------------------------------------------


def test_readers_keep_the_published_text_while_it_is_revised(
    postmortem: Postmortem, facilitator: User, viewer: User, add: AddRow
) -> None:
    add("timeline", text="As it was published")
    publish(postmortem, facilitator)
    reopen(postmortem, facilitator, reason="Support found earlier reports")
    add("timeline", text="Found later")
    page = read(viewer, postmortem)
    assert "As it was published" in page
    assert "Found later" not in page
    assert "Support found earlier reports" in page
    assert "Being revised" in page


def test_a_writer_is_led_to_the_draft_of_a_reopened_report(
    postmortem: Postmortem, facilitator: User
) -> None:
    publish(postmortem, facilitator)
    reopen(postmortem, facilitator)
    assert "See the draft" in read(facilitator, postmortem)


def test_an_action_of_a_published_report_is_shown_as_of_today(
    postmortem: Postmortem, facilitator: User, viewer: User, add: AddRow
) -> None:
    action = add("actions", description="Validate variables")
    publish(postmortem, facilitator)
    assert "0 of 1 done" in read(viewer, postmortem)
    rows.change_row(
        kind("actions"),
        postmortem.pk,
        action.pk,
        {"status": "done", "done_on": "2026-03-20", "evidence": "See the pipeline"},
        version=action.version,
        by=facilitator,
        at=NOW,
        may=permissions.check_is_writer,
    )
    page = read(viewer, postmortem)
    assert "1 of 1 done" in page
    assert "See the pipeline" in page


def test_the_words_of_an_action_stay_as_published(
    postmortem: Postmortem, facilitator: User, viewer: User, add: AddRow
) -> None:
    action = add("actions", description="Validate variables")
    publish(postmortem, facilitator)
    reopen(postmortem, facilitator)
    values = {"description": "Validate everything", "status": "in_progress"}
    rows.change_row(
        kind("actions"), postmortem.pk, action.pk, values,
        version=1, by=facilitator, at=NOW,
    )  # fmt: skip
    page = read(viewer, postmortem)
    assert "Validate variables" in page
    assert 'aria-label="in progress"' in page


def test_an_action_deleted_since_stays_as_published(
    postmortem: Postmortem, facilitator: User, viewer: User, add: AddRow
) -> None:
    action = add("actions", description="Validate variables")
    publish(postmortem, facilitator)
    reopen(postmortem, facilitator)
    rows.delete_row(kind("actions"), postmortem.pk, action.pk, by=facilitator, at=NOW)
    assert "Validate variables" in read(viewer, postmortem)


def test_each_publication_has_its_address(
    postmortem: Postmortem, facilitator: User, viewer: User, add: AddRow
) -> None:
    add("timeline", text="The first account")
    publish(postmortem, facilitator)
    reopen(postmortem, facilitator)
    add("timeline", text="The second account")
    publish(postmortem, facilitator)
    first = read(viewer, postmortem, "published/1/")
    assert "The first account" in first
    assert "The second account" not in first
    assert "There is a newer one." in first
    assert "The second account" in read(viewer, postmortem)


def test_an_unknown_publication_does_not_exist(
    postmortem: Postmortem, viewer: User
) -> None:
    answer = client_of(viewer).get(address(postmortem, "published/1/"))
    assert answer.status_code == 404


def test_a_published_report_ends_with_its_mark(
    postmortem: Postmortem, facilitator: User
) -> None:
    assert "endmark" not in read(facilitator, postmortem)
    publish(postmortem, facilitator)
    assert "endmark" in read(facilitator, postmortem)


def test_paper_names_the_report(postmortem: Postmortem, viewer: User) -> None:
    answer = client_of(viewer).get(address(postmortem))
    page, policy = answer.content.decode(), answer.headers["Content-Security-Policy"]
    nonce = re.search(r'<style nonce="([^"]+)">(.*?)</style>', page)
    assert nonce is not None
    assert f'content: "{postmortem.incident.reference}"' in nonce[2]
    assert f"'nonce-{nonce[1]}'" in policy


# --- Cost -----------------------------------------------------------------------------


def fill(report: Postmortem, by: User, count: int) -> None:
    """Add `count` rows of each kind."""
    with at_desk(report.pk, by=by, at=NOW) as desk:
        for name, values in SMALLEST.items():
            most = min(count, kind(name).limit - kind(name).rows(report).count())
            place_rows(desk, kind(name), [values] * most)


@pytest.mark.parametrize("state", [Status.DRAFTING, Status.PUBLISHED])
def test_more_rows_need_no_more_queries(
    postmortem: Postmortem, facilitator: User, viewer: User, state: Status
) -> None:
    client = client_of(viewer)
    counts = []
    for more in (5, 95):
        fill(postmortem, facilitator, more)
        if state == Status.PUBLISHED:
            publish(postmortem, facilitator)
        fresh_page = queries_of(lambda: client.get(address(postmortem)))
        kept_page = queries_of(lambda: client.get(address(postmortem)))
        counts.append((fresh_page, kept_page))
        if state == Status.PUBLISHED:
            reopen(postmortem, facilitator)
    assert counts[0] == counts[1]
    assert max(counts[0]) <= MOST_QUERIES


def test_a_page_that_was_read_before_costs_less(
    postmortem: Postmortem, viewer: User
) -> None:
    client = client_of(viewer)
    first = queries_of(lambda: client.get(address(postmortem)))
    assert queries_of(lambda: client.get(address(postmortem))) < first


def test_a_report_in_review_is_still_a_draft(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    to_review(postmortem, facilitator)
    assert fresh(postmortem).status == Status.IN_REVIEW
    assert "In review" in read(viewer, postmortem)
