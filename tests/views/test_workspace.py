"""The workspace: what it shows, what it costs, and its parts on their own."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from postmortems.models import ChecklistItem, Postmortem
from postmortems.operations import lifecycle
from postmortems.views.workspace import PARTS
from postmortems.vocabulary import Status
from tests.drafting import HTMX, Writer, events, html, writer
from tests.fixtures import NINE, NOW, SMALLEST, AddRow, open_report
from tests.publishing import publish, to_review


@pytest.fixture
def maren(facilitator: User, postmortem: Postmortem) -> Writer:
    return writer(facilitator, postmortem)


@pytest.fixture
def priya(responder: User, postmortem: Postmortem) -> Writer:
    return writer(responder, postmortem)


def test_an_empty_report_says_what_to_do_next(maren: Writer) -> None:
    page = html(maren.get("edit/"))
    for sentence in (
        "Nothing yet. Start with how you found out.",
        "Start with what people saw, then ask why until something can be changed.",
        "None agreed yet. An action names a thing, an owner and a date.",
    ):
        assert sentence in page


def test_every_row_has_a_way_to_edit_it(
    maren: Writer, add: AddRow, postmortem: Postmortem
) -> None:
    rows = {name: add(name) for name in SMALLEST}
    page = html(maren.get("edit/"))
    for name, row in rows.items():
        assert f'href="{maren.address(f"rows/{name}/{row.pk}/edit/")}"' in page


def test_entries_stand_oldest_first_or_newest_first(maren: Writer, add: AddRow) -> None:
    for minute in (0, 30):
        at = NINE + timedelta(minutes=minute)
        add("timeline", occurred_at=at, text=f"Minute {minute}")
    oldest, newest = html(maren.get("edit/")), html(maren.get("edit/?order=newest"))
    assert oldest.index("Minute 0") < oldest.index("Minute 30")
    assert newest.index("Minute 30") < newest.index("Minute 0")


def test_a_long_silence_is_shown_where_it_is(maren: Writer, add: AddRow) -> None:
    maren.save("fields/resolved/edit/", value="2026-03-05 11:00")
    first = add("timeline")
    add("timeline", occurred_at=NINE + timedelta(minutes=90), text="Found")
    page = html(maren.get("edit/"))
    assert "Nothing between 09:00 and 10:30" in page
    assert f"rows/timeline/add/?after_id={first.pk}" in page


def test_what_is_to_settle_leads_to_its_place(maren: Writer, add: AddRow) -> None:
    early = add("timeline", occurred_at=NINE - timedelta(minutes=30))
    page = html(maren.get("edit/"))
    assert f'href="#entry-{early.pk}"' in page
    assert "before the recorded start" in page


def test_a_time_on_another_day_says_so(maren: Writer) -> None:
    maren.save("fields/resolved/edit/", value="2026-03-06 01:00")
    assert '<time datetime="2026-03-06">6 Mar</time>' in html(maren.get("edit/"))


# --- Lifecycle ------------------------------------------------------------------------


def test_the_next_step_is_offered_to_whoever_may_take_it(
    maren: Writer, priya: Writer, postmortem: Postmortem, facilitator: User
) -> None:
    assert "Start drafting" in html(priya.get("edit/"))
    lifecycle.move_report(postmortem.pk, Status.DRAFTING, by=facilitator, at=NOW)
    assert "Ask for review" in html(maren.get("edit/"))
    assert "Ask for review" not in html(priya.get("edit/"))
    to_review(postmortem, facilitator)
    assert f'href="{maren.address("publish/")}"' in html(maren.get("edit/"))


def test_a_published_report_is_read_and_not_edited(
    maren: Writer, postmortem: Postmortem, facilitator: User
) -> None:
    publish(postmortem, facilitator)
    assert maren.get("edit/").headers["Location"] == maren.address()


# --- The checklist --------------------------------------------------------------------


@pytest.fixture
def item(postmortem: Postmortem) -> ChecklistItem:
    found = ChecklistItem.objects.filter(kind="incident").first()
    assert found is not None
    return found


@pytest.mark.parametrize("htmx", [True, False])
def test_a_source_is_ticked_and_unticked(
    htmx: bool, maren: Writer, item: ChecklistItem, postmortem: Postmortem
) -> None:
    answer = maren.post(f"checklist/{item.pk}/", htmx=htmx, ticked="on")
    assert answer.status_code == (200 if htmx else 302)
    assert postmortem.ticks.get().item == item
    assert "1 of " in html(maren.get("edit/"))
    maren.post(f"checklist/{item.pk}/", htmx=htmx)
    assert not postmortem.ticks.exists()


def test_a_tick_is_told_with_the_moment_of_its_save(
    maren: Writer, item: ChecklistItem
) -> None:
    answer = maren.post(f"checklist/{item.pk}/", ticked="on")
    assert answer.headers["X-Saved-At"]
    assert events(answer)["changed"]["parts"] == ["checklist"]


def test_the_checklist_is_that_of_the_kind(maren: Writer) -> None:
    near_miss = ChecklistItem.objects.filter(kind="near_miss").first()
    assert near_miss is not None
    assert maren.post(f"checklist/{near_miss.pk}/", ticked="on").status_code == 404


def test_the_checklist_goes_when_drafting_starts(
    maren: Writer, item: ChecklistItem, postmortem: Postmortem, facilitator: User
) -> None:
    assert item.text in html(maren.get("edit/"))
    lifecycle.move_report(postmortem.pk, Status.DRAFTING, by=facilitator, at=NOW)
    assert 'id="checklist"' not in html(maren.get("edit/"))


# --- Parts ----------------------------------------------------------------------------


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_fetched_on_its_own(part: str, maren: Writer) -> None:
    answer = maren.get(f"parts/?part={part}", htmx=True)
    assert answer.status_code == 200
    assert html(answer).count("<template") == 1
    assert f'<template data-part="{part}">' in html(answer)


def test_several_parts_come_at_once(maren: Writer) -> None:
    answer = maren.get("parts/?part=timeline&part=outline&part=timeline", htmx=True)
    assert html(answer).count("<template") == 2


@pytest.mark.parametrize("query", ["", "?part=", "?part=nothing", "?part=facts&part=x"])
def test_a_part_that_is_none_does_not_exist(query: str, maren: Writer) -> None:
    assert maren.get(f"parts/{query}").status_code == 404


# --- Who ------------------------------------------------------------------------------


def test_readers_are_taken_to_the_report(
    postmortem: Postmortem, member: User, viewer: User
) -> None:
    for user in (member, viewer):
        outside = writer(user, postmortem)
        assert outside.get("edit/").headers["Location"] == outside.address()
        assert outside.get("parts/?part=facts").status_code == 403


def test_a_member_joins_with_one_click(postmortem: Postmortem, member: User) -> None:
    joining = writer(member, postmortem)
    answer = joining.post("join/", htmx=False)
    assert answer.headers["Location"] == joining.address("edit/")
    assert joining.get("edit/").status_code == 200


def test_a_viewer_cannot_join(postmortem: Postmortem, viewer: User) -> None:
    assert writer(viewer, postmortem).post("join/").status_code == 403


def test_a_restricted_report_does_not_exist_for_strangers(
    restricted: Postmortem, member: User, administrator: User
) -> None:
    for user in (member, administrator):
        outside = writer(user, restricted)
        for path in ("edit/", "parts/?part=facts", "timeline/paste/"):
            assert outside.get(path).status_code == 404
        assert outside.post("join/").status_code == 404


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_whoever_is_not_signed_in_is_sent_to_sign_in(
    headers: dict[str, str], postmortem: Postmortem
) -> None:
    address = f"/incidents/{postmortem.incident.reference}/edit/"
    answer = Client().get(address, headers=headers)
    assert answer.status_code == (401 if headers else 302)


# --- Cost -----------------------------------------------------------------------------


def queries_of(maren: Writer, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert maren.get(path, htmx="parts" in path).status_code == 200
    return len(queries)


@pytest.mark.parametrize("path", ["edit/", "parts/?part=timeline&part=outline"])
def test_the_page_costs_the_same_with_many_rows(
    path: str, maren: Writer, add: AddRow
) -> None:
    def fill() -> None:
        factor = add("factors")
        for name in SMALLEST:
            add(name)
        add("actions", factors=[factor.pk])

    fill()
    maren.get("edit/")  # the first request makes the settings of the installation
    few = queries_of(maren, path)
    for _round in range(5):
        fill()
    assert queries_of(maren, path) == few
    assert few <= 30


def test_ids_are_unique_whatever_is_open(maren: Writer, add: AddRow) -> None:
    rows = {name: add(name) for name in SMALLEST}
    paths = [f"rows/{name}/{row.pk}/edit/" for name, row in rows.items()]
    paths += [f"rows/{name}/add/" for name in SMALLEST if name != "lessons"]
    paths += ["rows/lessons/add/?kind=went_well", "rows/lessons/add/?kind=got_lucky"]
    seen: set[str] = set()
    for path in paths:
        form = html(maren.get(path, htmx=True))
        ids = {part.split('"')[0] for part in form.split(' id="')[1:]}
        ids -= {"actors", "owners"}  # lists of suggestions, the same in each
        assert not ids & seen
        seen |= ids


def test_another_report_is_another_page(maren: Writer, facilitator: User) -> None:
    other = writer(facilitator, open_report(facilitator, "Another one"))
    assert "Another one" in html(other.get("edit/"))
    assert "Another one" not in html(maren.get("edit/"))
