"""Comments: who may, what is kept, whom they name, and what they leave alone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import User
from config.limits import LIMITS
from postmortems import access, policies
from postmortems.mentions import named_in
from postmortems.models import Comment, Mention, Postmortem, Thread
from postmortems.operations import discussion, incidents, rows, trash
from postmortems.operations.desk import RequestKey, UsedKey
from tests.fixtures import NOW, AddRow, fresh, kind, person
from tests.publishing import publish

WHOLE = discussion.About("report")


def say(report: Postmortem, text: str, by: User, **more: Any) -> Comment:
    about = more.pop("about", WHOLE)
    return discussion.start_thread(report.pk, about, text, by=by, at=NOW, **more)


def answer(comment: Comment, text: str, by: User) -> Comment:
    thread = comment.thread
    return discussion.reply(thread.postmortem_id, thread.pk, text, by=by, at=NOW)


def resolve(comment: Comment, by: User, *, resolved: bool = True) -> Thread:
    thread = comment.thread
    return discussion.set_resolved(
        thread.postmortem_id, thread.pk, resolved=resolved, by=by, at=NOW
    )


def named(comment: Comment) -> set[str]:
    return set(comment.mentions.values_list("user__name", flat=True))


# --- Who ------------------------------------------------------------------------------


def test_whoever_sees_a_report_may_comment_on_it(
    postmortem: Postmortem, viewer: User, member: User
) -> None:
    first = say(postmortem, "Why?", viewer)
    answer(first, "Because.", member)
    assert first.thread.comments.count() == 2


def test_a_published_report_is_still_discussed(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    publish(postmortem, facilitator)
    assert say(postmortem, "Why?", viewer).pk


@pytest.mark.parametrize("who", ["member", "administrator"])
def test_of_a_restricted_report_only_its_people_say_something(
    restricted: Postmortem, who: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(PermissionDenied):
        say(restricted, "Why?", request.getfixturevalue(who))
    assert not Thread.objects.exists()


def test_nothing_is_said_about_a_report_in_the_trash(
    postmortem: Postmortem, facilitator: User
) -> None:
    incidents.trash_incident(postmortem.pk, by=facilitator, at=NOW)
    with pytest.raises(PermissionDenied):
        say(postmortem, "Why?", facilitator)


def test_only_ones_own_comment_is_edited_deleted_and_brought_back(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    comment = say(postmortem, "Why?", viewer)
    where = (postmortem.pk, comment.pk)
    with pytest.raises(PermissionDenied):
        discussion.edit_comment(*where, "How?", by=facilitator, at=NOW)
    with pytest.raises(PermissionDenied):
        discussion.delete_comment(*where, by=facilitator, at=NOW)
    discussion.edit_comment(*where, "How?", by=viewer, at=NOW)
    discussion.delete_comment(*where, by=viewer, at=NOW)
    with pytest.raises(PermissionDenied):
        discussion.bring_back_comment(*where, by=facilitator, at=NOW)
    discussion.bring_back_comment(*where, by=viewer, at=NOW)
    comment.refresh_from_db()
    assert (comment.text, comment.edited_at, comment.deleted_at) == ("How?", NOW, None)


def test_whoever_began_a_thread_or_writes_the_report_resolves_it(
    postmortem: Postmortem, responder: User, member: User, viewer: User
) -> None:
    comment = say(postmortem, "Why?", viewer)
    with pytest.raises(PermissionDenied):
        resolve(comment, member)
    assert resolve(comment, responder).resolved_by == responder
    assert resolve(comment, viewer, resolved=False).resolved_at is None


# --- What is kept ---------------------------------------------------------------------


def test_an_answer_opens_a_resolved_thread_again(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    comment = say(postmortem, "Why?", facilitator)
    resolve(comment, facilitator)
    answer(comment, "It is not settled.", viewer)
    comment.thread.refresh_from_db()
    assert comment.thread.resolved_at is None


def test_a_request_that_is_sent_twice_says_it_once(
    postmortem: Postmortem, facilitator: User
) -> None:
    key = RequestKey("k", "f")
    first = say(postmortem, "Why?", facilitator, key=key)
    assert say(postmortem, "Why?", facilitator, key=key) == first
    assert Comment.objects.count() == 1
    with pytest.raises(UsedKey):
        say(postmortem, "How?", facilitator, key=replace(key, fingerprint="g"))


def test_comments_change_nothing_of_the_report_but_its_revision(
    postmortem: Postmortem, facilitator: User
) -> None:
    before, lines = fresh(postmortem), postmortem.history.count()
    say(postmortem, "Why?", facilitator)
    after = fresh(postmortem)
    assert after.revision == before.revision + 1
    assert after.changed_at == before.changed_at
    assert postmortem.history.count() == lines


def test_a_deleted_comment_is_gone_once_the_trash_is_emptied(
    postmortem: Postmortem, facilitator: User, viewer: User
) -> None:
    comment = say(postmortem, "@Vera Blick why?", facilitator)
    other = answer(say(postmortem, "How?", facilitator), "So.", viewer)
    discussion.delete_comment(postmortem.pk, comment.pk, by=facilitator, at=NOW)
    trash.delete_for_good(before=NOW + timedelta(seconds=1))
    assert list(Thread.objects.all()) == [other.thread]
    assert not Mention.objects.exists()


def test_a_report_takes_its_comments_with_it_for_good(
    postmortem: Postmortem, facilitator: User
) -> None:
    say(postmortem, "Why?", facilitator)
    incidents.trash_incident(postmortem.pk, by=facilitator, at=NOW)
    trash.delete_for_good(before=NOW + timedelta(seconds=1))
    assert not Thread.objects.exists()


def test_a_row_in_the_trash_is_said_to_be_gone(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    row, kept = add("timeline"), add("factors")
    gone = say(
        postmortem, "?", facilitator, about=discussion.About("row:timeline", row.pk)
    )
    say(postmortem, "?", facilitator, about=discussion.About("row:factors", kept.pk))
    rows.delete_row(kind("timeline"), postmortem.pk, row.pk, by=facilitator, at=NOW)
    threads = access.threads(postmortem)
    assert access.subjects_gone(postmortem, threads) == {gone.thread_id}


def test_a_thread_whose_comments_are_all_deleted_is_not_shown(
    postmortem: Postmortem, facilitator: User
) -> None:
    comment = say(postmortem, "Why?", facilitator)
    discussion.delete_comment(postmortem.pk, comment.pk, by=facilitator, at=NOW)
    assert access.threads(postmortem) == []


# --- Limits ---------------------------------------------------------------------------


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    small = replace(LIMITS, threads=2, comments_of_a_thread=2, mentions=1)
    monkeypatch.setattr(discussion, "LIMITS", small)


def test_there_is_a_limit_to_threads(
    few: None, postmortem: Postmortem, facilitator: User
) -> None:
    for _time in range(2):
        say(postmortem, "Why?", facilitator)
    with pytest.raises(policies.TooMany):
        say(postmortem, "Why?", facilitator)


def test_there_is_a_limit_to_the_comments_of_a_thread(
    few: None, postmortem: Postmortem, facilitator: User
) -> None:
    first = say(postmortem, "Why?", facilitator)
    answer(first, "So.", facilitator)
    with pytest.raises(policies.TooMany):
        answer(first, "And so.", facilitator)


def test_there_is_a_limit_to_the_comments_of_a_report(
    monkeypatch: pytest.MonkeyPatch, postmortem: Postmortem, facilitator: User
) -> None:
    monkeypatch.setattr(discussion, "LIMITS", replace(LIMITS, comments=2))
    first = say(postmortem, "Why?", facilitator)
    answer(first, "So.", facilitator)
    with pytest.raises(policies.TooMany):
        say(postmortem, "How?", facilitator)
    assert Thread.objects.count() == 1


def test_there_is_a_limit_to_the_people_whom_a_comment_names(
    few: None, postmortem: Postmortem, facilitator: User, member: User, viewer: User
) -> None:
    say(postmortem, "@Vera Blick", facilitator)
    with pytest.raises(policies.TooMany):
        say(postmortem, "@Vera Blick @Lena Fischer", facilitator)


# --- Naming people --------------------------------------------------------------------


def test_people_are_named_by_their_name_or_address(
    postmortem: Postmortem, facilitator: User, member: User, viewer: User
) -> None:
    comment = say(
        postmortem, "@vera blick, (@lena.fischer@afterword.example)", facilitator
    )
    assert named(comment) == {"Vera Blick", "Lena Fischer"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@Ada Minh", ["Ada Minh"]),
        ("@Ada Minhas", ["Ada"]),
        ("@Adam", []),
        ("@Ada, look", ["Ada"]),
        ("mail@Ada Minh", []),
        ("@ADA MINH @Ada Minh", ["Ada Minh"]),
        ("**@Ada Minh**", ["Ada Minh"]),
        ("@everyone @here @ @@", []),
        ("@Zoë Ünal?", ["Zoë Ünal"]),
    ],
)
def test_who_is_named(text: str, names: list[str]) -> None:
    people = [
        User(pk=pk, name=name, email=f"{pk}@x.example")
        for pk, name in enumerate(("Ada", "Ada Minh", "Zoë Ünal"), start=1)
    ]
    assert [user.name for user in named_in(text, people)] == names


def test_naming_oneself_sends_nothing(
    postmortem: Postmortem, facilitator: User
) -> None:
    assert named(say(postmortem, "@Maren Holt", facilitator)) == set()


def test_whoever_cannot_see_the_report_is_not_named(
    restricted: Postmortem, facilitator: User, member: User
) -> None:
    with pytest.raises(discussion.CannotSee) as refused:
        say(restricted, "@Lena Fischer, see this", facilitator)
    assert "Lena" not in str(refused.value)
    assert not Thread.objects.exists()


def test_a_deactivated_account_is_only_a_word(
    postmortem: Postmortem, facilitator: User
) -> None:
    person("Gone Away", active=False)
    assert named(say(postmortem, "@Gone Away", facilitator)) == set()


def test_an_edit_names_others_and_no_longer_those_who_were_not_told(
    postmortem: Postmortem, facilitator: User, member: User, viewer: User
) -> None:
    comment = say(postmortem, "@Vera Blick", facilitator)
    discussion.edit_comment(
        postmortem.pk, comment.pk, "@Lena Fischer", by=facilitator, at=NOW
    )
    assert named(comment) == {"Lena Fischer"}


def test_a_reader_who_is_invited_may_be_named(
    restricted: Postmortem, facilitator: User, viewer: User
) -> None:
    incidents.set_part(restricted.pk, viewer, "reader", by=facilitator, at=NOW)
    assert named(say(restricted, "@Vera Blick", facilitator)) == {"Vera Blick"}
    assert set(access.readers(restricted)) == {facilitator, viewer}
