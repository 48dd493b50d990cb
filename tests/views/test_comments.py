"""The panel of comments and its forms: with htmx or without, and what they refuse."""

from base64 import b64encode
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from live import updates
from postmortems.models import Comment, Postmortem, Section, Thread
from postmortems.operations import discussion, writing
from tests.drafting import Writer, events, html, writer
from tests.fixtures import NOW, AddRow, open_report
from tests.publishing import publish


@pytest.fixture
def maren(facilitator: User, postmortem: Postmortem) -> Writer:
    return writer(facilitator, postmortem)


@pytest.fixture
def vera(viewer: User, postmortem: Postmortem) -> Writer:
    """Somebody who may only read."""
    return writer(viewer, postmortem)


@pytest.fixture
def summary(postmortem: Postmortem) -> Section:
    return postmortem.sections.get(key="summary")


def asked(report: Postmortem, by: User, text: str = "Why?", **about: Any) -> Comment:
    subject = discussion.About(**{"part": "report", **about})
    return discussion.start_thread(report.pk, subject, text, by=by, at=NOW)


def position(client: int, clock: int, side: bytes = b"\x00") -> str:
    numbers = map(updates.number, (0, client, clock))
    return b64encode(b"".join(numbers) + side).decode()


# --- Saying something -----------------------------------------------------------------


def test_a_page_without_comments_says_how_to_begin(vera: Writer) -> None:
    assert "Nothing is being asked." in html(vera.get("comments/"))


@pytest.mark.parametrize("htmx", [True, False])
def test_a_section_is_commented_on(htmx: bool, vera: Writer, summary: Section) -> None:
    address = f"comments/add/?on=section:{summary.pk}"
    answer = vera.save(address, htmx=htmx, text="Who is “we”?")
    thread = Thread.objects.get()
    assert (thread.part, thread.object_id) == ("section:summary", summary.pk)
    assert thread.quote == "Summary"
    comment = thread.comments.get()
    if htmx:
        assert events(answer)["changed"] == {"parts": ["comments"]}
        assert events(answer)["focusing"] == {"id": f"comment-{comment.pk}"}
        assert answer.headers["X-Saved-At"]
    else:
        place = vera.address(f"comments/#comment-{comment.pk}")
        assert answer.headers["Location"] == place
    assert "Who is “we”?" in html(vera.get("comments/"))


def test_every_kind_of_row_and_every_fact_is_commented_on(
    vera: Writer, add: AddRow
) -> None:
    subjects = [
        f"row:{name}:{add(name).pk}"
        for name in ("timeline", "factors", "whys", "lessons", "actions", "measures")
    ]
    for on in (*subjects, "field:title", "field:started", "report"):
        assert vera.save(f"comments/add/?on={on}", text="Why?").status_code == 200
    assert Thread.objects.count() == len(subjects) + 3
    assert Thread.objects.get(part="row:timeline").quote == "09:00:00"


@pytest.mark.parametrize(
    "on",
    [
        "",
        "nothing",
        "section:",
        "section:999999999",
        "section:²",
        "row:timeline:1e3",
        "row:nothing:1",
        "field:nothing",
        "section:99999999999999999999",
    ],
)
def test_what_is_not_there_is_not_commented_on(on: str, vera: Writer) -> None:
    assert vera.get(f"comments/add/?on={on}").status_code == 404


def test_another_reports_parts_threads_and_comments_do_not_exist_here(
    vera: Writer, facilitator: User
) -> None:
    other = open_report(facilitator, "Another one")
    comment = asked(other, facilitator)
    theirs = other.sections.get(key="summary").pk
    for path in (
        f"comments/add/?on=section:{theirs}",
        f"comments/threads/{comment.thread_id}/reply/",
        f"comments/{comment.pk}/edit/",
    ):
        assert vera.get(path).status_code == 404
    for path in (
        f"comments/threads/{comment.thread_id}/resolve/",
        f"comments/threads/{comment.thread_id}/reopen/",
        f"comments/{comment.pk}/delete/",
        f"comments/{comment.pk}/restore/",
    ):
        assert vera.post(path).status_code == 404


def test_marked_words_are_kept_with_their_place(
    maren: Writer, summary: Section
) -> None:
    start, end = position(7, 3), position(7, 9, b"\x41")
    address = f"comments/add/?on=section:{summary.pk}"
    maren.save(address, text="Why?", quote="of users", start=start, end=end)
    thread = Thread.objects.get()
    assert thread.quote == "of users"
    page = html(maren.get("edit/"))
    assert f'data-text-key="section-{summary.pk}"' in page
    assert f'data-start="{start}" data-end="{end}"' in page


@pytest.mark.parametrize("wrong", ["!", "AQNhYmMA", "AA==", "A" * 60])
def test_a_place_that_is_none_is_refused_with_all_that_was_typed(
    wrong: str, maren: Writer, summary: Section
) -> None:
    address = f"comments/add/?on=section:{summary.pk}"
    answer = maren.save(address, text="Why is that?", start=wrong, end=wrong)
    assert answer.status_code == 422
    assert "Why is that?" in html(answer)
    assert not Thread.objects.exists()


def test_nothing_is_no_comment(vera: Writer) -> None:
    answer = vera.save("comments/add/?on=report", text="  ")
    assert answer.status_code == 422
    assert "Write something first." in html(answer)


def test_a_comment_that_is_too_long_is_told_beside_the_field(vera: Writer) -> None:
    assert vera.save("comments/add/?on=report", text="x" * 20_000).status_code == 200
    answer = vera.save("comments/add/?on=report", text="x" * 20_001)
    assert answer.status_code == 422
    assert "x" * 20_001 in html(answer)


def test_the_same_form_sent_twice_says_it_once(vera: Writer) -> None:
    form = vera.open("comments/add/?on=report")
    for _time in range(2):
        answer = vera.send("comments/add/?on=report", form, text="Why?")
        assert answer.status_code == 200
    assert Comment.objects.count() == 1


def test_markup_in_a_comment_is_shown_and_html_is_not_obeyed(vera: Writer) -> None:
    vera.save("comments/add/?on=report", text="**Why** <script>alert(1)</script>?")
    page = html(vera.get("comments/"))
    assert "<strong>Why</strong>" in page
    assert "<script>alert" not in page


# --- Naming people --------------------------------------------------------------------


def test_somebody_is_named_from_the_list_without_scripts(
    vera: Writer, facilitator: User
) -> None:
    vera.save("comments/add/?on=report", htmx=False, named="Maren Holt", text="See?")
    comment = Comment.objects.get()
    assert comment.text == "@Maren Holt See?"
    assert comment.mentions.get().user == facilitator


def test_only_people_of_a_restricted_report_are_offered(
    restricted: Postmortem, facilitator: User, member: User
) -> None:
    page = html(writer(facilitator, restricted).get("comments/add/?on=report"))
    assert "Maren Holt</option>" in page
    assert "Lena Fischer" not in page


def test_whoever_may_not_see_the_report_is_refused_beside_the_field(
    restricted: Postmortem, facilitator: User, member: User
) -> None:
    inside = writer(facilitator, restricted)
    answer = inside.save("comments/add/?on=report", text="@Lena Fischer see this")
    assert answer.status_code == 422
    assert "is not open to everybody whom you name" in html(answer)
    assert "@Lena Fischer see this" in html(answer)
    assert not Thread.objects.exists()


# --- Answering, resolving, deleting ---------------------------------------------------


def test_a_thread_is_answered(
    vera: Writer, maren: Writer, postmortem: Postmortem, facilitator: User
) -> None:
    thread = asked(postmortem, facilitator).thread
    assert (
        vera.save(f"comments/threads/{thread.pk}/reply/", text="So.").status_code == 200
    )
    assert thread.comments.count() == 2


@pytest.mark.parametrize("htmx", [True, False])
def test_a_thread_is_resolved_and_that_is_undone(
    htmx: bool, maren: Writer, postmortem: Postmortem, viewer: User
) -> None:
    thread = asked(postmortem, viewer).thread
    answer = maren.post(f"comments/threads/{thread.pk}/resolve/", htmx=htmx)
    back = f"comments/threads/{thread.pk}/reopen/"
    if htmx:
        assert events(answer)["undo"]["url"] == maren.address(back)
    else:
        assert maren.address(back) in html(maren.get("comments/"))
    thread.refresh_from_db()
    assert (
        thread.resolved_by
        == maren.report.incident.postmortem.participations.get(part="facilitator").user
    )
    maren.post(back, htmx=htmx)
    thread.refresh_from_db()
    assert thread.resolved_at is None


def test_a_deleted_comment_is_brought_back(
    vera: Writer, postmortem: Postmortem, viewer: User
) -> None:
    comment = asked(postmortem, viewer, "Never mind")
    answer = vera.post(f"comments/{comment.pk}/delete/")
    assert "Never mind" not in html(vera.get("comments/"))
    assert events(answer)["undo"]["url"] == vera.address(
        f"comments/{comment.pk}/restore/"
    )
    vera.post(f"comments/{comment.pk}/restore/")
    assert "Never mind" in html(vera.get("comments/"))


def test_a_deleted_comment_leaves_a_line_where_somebody_answered(
    vera: Writer, maren: Writer, postmortem: Postmortem, viewer: User
) -> None:
    comment = asked(postmortem, viewer, "Never mind")
    maren.save(f"comments/threads/{comment.thread_id}/reply/", text="It is fine.")
    vera.post(f"comments/{comment.pk}/delete/")
    page = html(maren.get("comments/"))
    assert "Vera Blick deleted this comment." in page
    assert "Never mind" not in page


def test_ones_own_comment_is_edited_and_says_so(
    vera: Writer, maren: Writer, postmortem: Postmortem, viewer: User
) -> None:
    comment = asked(postmortem, viewer, "Whi?")
    assert maren.get(f"comments/{comment.pk}/edit/").status_code == 403
    assert "Whi?" in html(vera.get(f"comments/{comment.pk}/edit/"))
    vera.save(f"comments/{comment.pk}/edit/", text="Why?")
    page = html(maren.get("comments/"))
    assert "Why?" in page
    assert "edited" in page


# --- Where they are seen --------------------------------------------------------------


def test_comments_stand_in_the_margin_and_beside_the_page_that_is_read(
    vera: Writer, maren: Writer, postmortem: Postmortem, facilitator: User
) -> None:
    asked(postmortem, facilitator, "Zebra question?")
    assert "Zebra question?" in html(maren.get("edit/"))
    assert "Zebra question?" in html(maren.get("parts/?part=comments", htmx=True))
    assert "Zebra question?" in html(vera.get())
    assert "Zebra question?" in html(vera.get("comments/parts/?part=comments"))
    publish(postmortem, facilitator)
    assert "Zebra question?" in html(vera.get())


def test_comments_leave_the_house_with_no_export_and_no_search_finds_them(
    vera: Writer, postmortem: Postmortem, facilitator: User
) -> None:
    asked(postmortem, facilitator, "Zebra question?", quote="Zebra words")
    for path in ("export/markdown/", "export/json/"):
        assert "Zebra" not in html(vera.get(path))
    found = vera.client.get("/incidents/?q=zebra").content.decode()
    assert postmortem.incident.reference not in found


def test_words_that_are_gone_are_told_where_there_is_no_editor(
    vera: Writer, postmortem: Postmortem, facilitator: User, summary: Section
) -> None:
    common: dict[str, Any] = {"by": facilitator, "at": NOW}
    writing.save_section(
        postmortem.pk, summary.pk, body="Some users", version=1, **common
    )
    asked(
        postmortem,
        facilitator,
        part="section:summary",
        object_id=summary.pk,
        quote="other words",
        start=b"\x00\x07\x03\x00",
        end=b"\x00\x07\x09\x41",
    )
    page = html(vera.get("comments/"))
    assert "other words" in page
    assert '<span class="note__gone">The words are gone.' in page


def queries(who: Writer, path: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert who.get(path, htmx="parts" in path).status_code == 200
    return len(found)


@pytest.mark.parametrize(
    "path", ["edit/", "", "comments/", "comments/parts/", "parts/?part=comments"]
)
def test_many_comments_cost_what_a_few_do(
    path: str,
    maren: Writer,
    postmortem: Postmortem,
    facilitator: User,
    viewer: User,
    summary: Section,
    add: AddRow,
) -> None:
    def discuss() -> None:
        for row in (add("timeline"), add("factors")):
            name = "timeline" if row._meta.model_name == "timelineentry" else "factors"
            asked(postmortem, viewer, part=f"row:{name}", object_id=row.pk)
        comment = asked(
            postmortem,
            facilitator,
            part="section:summary",
            object_id=summary.pk,
            start=b"\x00\x07\x03\x00",
            end=b"\x00\x07\x09\x41",
        )
        discussion.reply(
            postmortem.pk, comment.thread_id, "@Vera Blick", by=facilitator, at=NOW
        )

    discuss()
    maren.get(path)
    few = queries(maren, path)
    for _round in range(5):
        discuss()
    maren.get(path)  # a text of another revision is drawn anew
    assert queries(maren, path) == few
    assert few <= 30
