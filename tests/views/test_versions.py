"""The pages of a report's versions: found, read, compared and restored."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from live import crdt, log
from live.writing import replace_text
from postmortems.models import Postmortem, Version
from postmortems.operations import fields, rows, versions, writing
from postmortems.topics import topic_of
from postmortems.views.versions import MOST_SHOWN, PAGE
from postmortems.vocabulary import Milestone
from tests.fixtures import NINE, NOW, SMALLEST, AddRow, fresh, kind, recorded
from tests.publishing import client_of, publish

MOST_QUERIES = 30
Words = list[str]


def address(report: Postmortem, rest: str = "") -> str:
    return f"/incidents/{report.incident.reference}/versions/{rest}"


def read(user: User, report: Postmortem, rest: str = "") -> str:
    answer = client_of(user).get(address(report, rest))
    assert answer.status_code == 200
    return answer.content.decode()


def post(user: User, report: Postmortem, rest: str, **values: Any) -> Any:
    return client_of(user).post(address(report, rest), values)


def name(report: Postmortem, by: User, words: str = "A") -> Version:
    return versions.name_version(report.pk, words, by=by, at=NOW)


def write(report: Postmortem, by: User, body: str, key: str = "summary") -> None:
    section = report.sections.get(key=key)
    writing.save_section(
        report.pk, section.pk, body=body, version=section.version, by=by, at=NOW
    )


def queries(client: Client, where: str) -> int:
    client.get(where)
    with CaptureQueriesContext(connection) as found:
        assert client.get(where).status_code == 200
    return len(found)


# --- The list -------------------------------------------------------------------------


def test_versions_are_listed_with_when_why_and_by_whom(
    postmortem: Postmortem, facilitator: User, viewer: User, add: AddRow
) -> None:
    name(postmortem, facilitator, "Before the meeting")
    add("lessons")
    publish(postmortem, facilitator)
    page = read(viewer, postmortem)
    for words in ("Before the meeting", "Published", "1 lesson", facilitator.name,
                  "9 Mar, 12:00:00"):  # fmt: skip
        assert words in page


def test_a_report_without_versions_says_when_the_first_one_comes(
    postmortem: Postmortem, viewer: User
) -> None:
    assert "No version was kept yet" in read(viewer, postmortem)


def test_a_version_is_named_from_the_page(
    postmortem: Postmortem, facilitator: User
) -> None:
    answer = post(facilitator, postmortem, "", name="  Before   the meeting ")
    assert answer.status_code == 302
    assert postmortem.versions.get().name == "Before the meeting"


def test_a_name_that_is_too_long_is_refused_beside_the_field(
    postmortem: Postmortem, facilitator: User
) -> None:
    answer = post(facilitator, postmortem, "", name="n" * 121)
    assert answer.status_code == 422
    assert "n" * 121 in answer.content.decode()
    assert not postmortem.versions.exists()


def test_only_writers_are_offered_to_name_and_restore(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    name(postmortem, facilitator)
    write(postmortem, facilitator, "Newer")
    for rest in ("", "compare/?from=1&to=now", "1/"):
        assert "Restore" not in read(viewer, postmortem, rest)
        assert "Name this version" not in read(viewer, postmortem, rest)
    assert "Restore this part" in read(
        facilitator, postmortem, "compare/?from=1&to=now"
    )


def test_many_versions_are_paged(postmortem: Postmortem, facilitator: User) -> None:
    for number in range(PAGE + 1):
        name(postmortem, facilitator, f"Name {number}.")
    first = read(facilitator, postmortem)
    assert "Name 0." not in first
    assert f"?before={2}" in first
    assert "Name 0." in read(facilitator, postmortem, "?before=2")


# --- One ------------------------------------------------------------------------------


def test_a_version_reads_as_the_report_did(
    postmortem: Postmortem, facilitator: User, viewer: User, add: AddRow
) -> None:
    factor = add("factors", text="No validation")
    entry = add("timeline", text="Alert fired early")
    add("actions", description="Validate", factors=[factor.pk], due_on="2026-03-20")
    write(postmortem, facilitator, "As it **was**.")
    name(postmortem, facilitator)
    write(postmortem, facilitator, "As it is.")
    rows.delete_row(kind("timeline"), postmortem.pk, entry.pk, by=facilitator, at=NOW)
    fields.save_field(
        postmortem.pk, "title", "Another", version=0, by=facilitator, at=NOW
    )
    page = read(viewer, postmortem, "1/")
    for words in ("As it <strong>was</strong>", "Alert fired early", "Validate",
                  "Stale product data"):  # fmt: skip
        assert words in page
    assert "As it is." not in page


def test_a_version_that_is_not_there_is_not_found(
    postmortem: Postmortem, viewer: User
) -> None:
    client = client_of(viewer)
    for rest in ("7/", "compare/?from=7&to=now", "compare/?from=x", "compare/?to=0"):
        assert client.get(address(postmortem, rest)).status_code == 404


# --- Two ------------------------------------------------------------------------------


def test_two_versions_are_compared_in_words_rows_and_times(
    postmortem: Postmortem, facilitator: User, viewer: User, add: AddRow
) -> None:
    write(postmortem, facilitator, "The cache was stale")
    gone = add("lessons", text="Gone")
    name(postmortem, facilitator)
    write(postmortem, facilitator, "The cache was empty")
    rows.delete_row(kind("lessons"), postmortem.pk, gone.pk, by=facilitator, at=NOW)
    add("timeline", text="Pager rang")
    fields.save_moment(
        postmortem.pk, Milestone.STARTED, recorded(NINE - timedelta(minutes=30)),
        version=0, by=facilitator, at=NOW,
    )  # fmt: skip
    page = read(viewer, postmortem, "compare/?from=1&to=now")
    for words in ("<del>stale</del><ins>empty</ins>", "Gone", "Pager rang",
                  "(30 min earlier)"):  # fmt: skip
        assert words in page
    summary = "1 section, 1 timeline entry, 1 lesson, started 30 min earlier."
    assert summary in page


def test_the_older_version_comes_first_whatever_was_chosen(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    name(postmortem, facilitator)
    write(postmortem, facilitator, "Newer")
    name(postmortem, facilitator)
    for query in ("from=2&to=1", "from=1&to=2"):
        page = read(viewer, postmortem, f"compare/?{query}")
        assert "From version 1 to version 2" in page
    assert "From version 1 to now" in read(viewer, postmortem, "compare/?from=now&to=1")


def test_two_that_say_the_same_say_so(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    name(postmortem, facilitator)
    assert "Both say the same." in read(viewer, postmortem, "compare/?from=1&to=now")


def test_what_people_wrote_is_escaped(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    name(postmortem, facilitator, "<script>alert(1)</script>")
    write(postmortem, facilitator, "<script>alert(2)</script>")
    for rest in ("", "compare/?from=1&to=now", "compare/?from=1&to=now&who=on", "1/"):
        assert "<script>alert" not in read(viewer, postmortem, rest)


def test_differences_without_end_are_counted(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    name(postmortem, facilitator)
    from postmortems.operations.bulk import place_rows  # noqa: PLC0415
    from postmortems.operations.desk import at_desk  # noqa: PLC0415

    with at_desk(postmortem.pk, by=facilitator, at=NOW) as desk:
        many = [{"text": f"Factor {number}"} for number in range(MOST_SHOWN + 5)]
        place_rows(desk, kind("factors"), many)
    page = read(viewer, postmortem, "compare/?from=1&to=now")
    assert "5 more differences are not shown." in page


@pytest.mark.parametrize(
    "rest", ["", "1/", "compare/?from=1&to=now", "compare/?from=1&to=now&who=on",
             "1/restore/", "1/?who=on"]
)  # fmt: skip
def test_the_number_of_queries_does_not_grow(
    rest: str, postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    def more() -> None:
        factor = add("factors")
        for part in SMALLEST:
            add(part)
        add("actions", factors=[factor.pk], owner_person_id=facilitator.pk)

    more()
    name(postmortem, facilitator)
    more()
    write(postmortem, facilitator, "Newer")
    client = client_of(facilitator)
    few = queries(client, address(postmortem, rest))
    for _time in range(3):
        more()
    name(postmortem, facilitator)
    many = queries(client, address(postmortem, rest))
    assert many <= few <= MOST_QUERIES


# --- Who wrote it ---------------------------------------------------------------------


@pytest.fixture
def written(postmortem: Postmortem, facilitator: User, responder: User) -> Postmortem:
    """A summary that two people wrote together, with a version in between."""
    write(postmortem, facilitator, "Before.")
    assert log.found_or_begun(topic_of(postmortem.pk)) is not None
    _type(postmortem, facilitator, "Before. Prices were stale.")
    name(postmortem, facilitator)
    _type(postmortem, responder, "Before. Prices were quite stale.")
    return postmortem


def _type(report: Postmortem, by: User, text: str) -> None:
    key = report.sections.get(key="summary").live_key
    with transaction.atomic():
        replace_text(topic_of(report.pk), key, None, text, by.pk, at=NOW)
    from live import saving  # noqa: PLC0415

    saving.save_now(topic_of(report.pk))


def spans(page: str) -> list[tuple[str, str]]:
    """Who wrote which words, as the page marks them."""
    found = re.findall(
        r'class="written__by"[^>]*title="([^"]*)">.*?</span>'
        r'<span class="written__who"[^>]*>[^<]*</span>([^<]*)</span>',
        page,
    )
    return [(who, words) for who, words in found]


def test_words_that_came_between_are_marked_with_who_wrote_them(
    written: Postmortem, responder: User, viewer: User
) -> None:
    page = read(viewer, written, "compare/?from=1&to=now&who=on")
    assert spans(page) == [(responder.name, "quite ")]
    assert f"--p:var(--person-{responder.colour})" in page


def test_a_version_says_who_wrote_it_from_the_beginning(
    written: Postmortem, facilitator: User, responder: User, viewer: User
) -> None:
    assert spans(read(viewer, written, "1/?who=on")) == [
        (facilitator.name, " Prices were stale.")
    ]
    name(written, facilitator)
    assert spans(read(viewer, written, "2/?who=on")) == [
        (facilitator.name, " Prices were "), (responder.name, "quite "),
        (facilitator.name, "stale."),
    ]  # fmt: skip


def test_a_text_that_the_log_does_not_have_names_nobody(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    name(postmortem, facilitator)
    write(postmortem, facilitator, "Saved by a form.")
    page = read(viewer, postmortem, "compare/?from=1&to=now&who=on")
    assert "The log does not say who wrote this text." in page
    assert "Saved by a form." in page


# --- Restoring ------------------------------------------------------------------------


def test_a_part_is_restored_from_the_comparison(
    postmortem: Postmortem, facilitator: User
) -> None:
    write(postmortem, facilitator, "As it was.")
    name(postmortem, facilitator)
    write(postmortem, facilitator, "Newer")
    page = read(facilitator, postmortem, "compare/?from=1&to=now")
    part = re.findall(r'name="part" value="([^"]+)"', page)
    answer = post(facilitator, postmortem, "1/restore/part/", part=part[0])
    assert answer.status_code == 302
    assert postmortem.sections.get(key="summary").body == "As it was."


@pytest.mark.parametrize("part", ["", "x", "row:", "row:lessons:x", "nothing:1"])
def test_a_part_that_cannot_be_is_refused(
    part: str, postmortem: Postmortem, facilitator: User
) -> None:
    name(postmortem, facilitator)
    answer = post(facilitator, postmortem, "1/restore/part/", part=part)
    assert answer.status_code == 422


def test_the_confirmation_names_what_restoring_does(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    gone = add("lessons")
    name(postmortem, facilitator)
    rows.delete_row(kind("lessons"), postmortem.pk, gone.pk, by=facilitator, at=NOW)
    add("factors")
    write(postmortem, facilitator, "Newer")
    page = read(facilitator, postmortem, "1/restore/")
    for words in (
        "1 part says again what it said then.",
        "1 item that was deleted since comes back.",
        "1 item that came later goes to the trash",
        "is kept as a version first",
    ):
        assert words in page


def test_the_whole_is_restored(postmortem: Postmortem, facilitator: User) -> None:
    write(postmortem, facilitator, "As it was.")
    name(postmortem, facilitator)
    write(postmortem, facilitator, "Newer")
    answer = post(facilitator, postmortem, "1/restore/")
    assert answer.status_code == 302
    assert postmortem.sections.get(key="summary").body == "As it was."
    assert "Restored from version 1" in read(facilitator, postmortem)


def test_a_published_report_is_refused_with_a_sentence(
    postmortem: Postmortem, facilitator: User
) -> None:
    name(postmortem, facilitator)
    write(postmortem, facilitator, "Newer")
    publish(postmortem, facilitator)
    answer = post(facilitator, postmortem, "1/restore/")
    assert answer.status_code == 409
    assert "published" in answer.content.decode()
    assert "must be reopened" in read(facilitator, postmortem, "1/restore/")


def test_restoring_goes_into_the_text_that_others_have_open(
    written: Postmortem, facilitator: User
) -> None:
    post(facilitator, written, "1/restore/")
    document = log.find(topic_of(written.pk))
    assert document is not None
    key = written.sections.get(key="summary").live_key
    text = crdt.text(log.fold(document).document, key)
    assert text == "Before. Prices were stale."
    assert fresh(written).sections.get(key="summary").body == text
