"""Comment, reply, resolve; beside the report, which none of it changes.

Comments are their own record: they write no line of the history, and are not found by
search. The report's `revision` counts them, so that open pages notice.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.access import people
from accounts.models import User
from config.limits import LIMITS
from postmortems import permissions, policies
from postmortems.mentions import named_in
from postmortems.models import Comment, Mention, Postmortem, Thread
from postmortems.operations.desk import (
    Desk,
    Repeated,
    RequestKey,
    beside,
)

PART = "comments"
"""What open pages are told to fetch again."""


class CannotSee(policies.Refusal):
    """A comment names somebody for whom the report does not exist."""


@dataclass(frozen=True, slots=True)
class About:
    """What a new thread is about."""

    part: str
    object_id: int | None = None
    quote: str = ""
    start: bytes | None = None
    """First and last character of the quoted words, as Yjs' relative positions."""
    end: bytes | None = None


def start_thread(
    postmortem_id: int,
    about: About,
    text: str,
    *,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> Comment:
    """Say the first thing about something. Raises CannotSee or `policies.TooMany`."""
    try:
        with _at_margin(postmortem_id, by=by, at=at, key=key) as desk:
            if desk.postmortem.threads.count() >= LIMITS.threads:
                raise policies.TooMany(
                    _("%(limit)s threads stand here already, which is the limit.")
                    % {"limit": LIMITS.threads}
                )
            thread = Thread.objects.create(
                postmortem=desk.postmortem,
                part=about.part,
                object_id=about.object_id,
                quote=about.quote[: LIMITS.quote],
                anchor_start=about.start,
                anchor_end=about.end,
            )
            return _say(desk, thread, text)
    except Repeated as repeated:
        return _repeated_one(repeated)


def reply(
    postmortem_id: int,
    thread_id: int,
    text: str,
    *,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> Comment:
    """Answer in a thread; one that was resolved is open again."""
    try:
        with _at_margin(postmortem_id, by=by, at=at, key=key) as desk:
            thread = _thread(desk, thread_id)
            if thread.comments.count() >= LIMITS.comments_of_a_thread:
                raise policies.TooMany(
                    _("%(limit)s comments stand in this thread, which is the limit.")
                    % {"limit": LIMITS.comments_of_a_thread}
                )
            if thread.resolved_at is not None:
                _set_resolved(thread, by=None, at=None)
            return _say(desk, thread, text)
    except Repeated as repeated:
        return _repeated_one(repeated)


def edit_comment(
    postmortem_id: int,
    comment_id: int,
    text: str,
    *,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> Comment:
    """Say one's own comment otherwise. Whoever is named anew gets a mail."""
    try:
        with _at_margin(postmortem_id, by=by, at=at, key=key) as desk:
            comment = _own(desk, comment_id)
            if comment.text != text:
                comment.text, comment.edited_at = text, at
                comment.save(update_fields=["text", "edited_at"])
                _mention(desk, comment)
            desk.outcome["comment"] = comment.pk
            return comment
    except Repeated as repeated:
        return _repeated_one(repeated)


def delete_comment(
    postmortem_id: int, comment_id: int, *, by: User, at: datetime
) -> Comment:
    """Take one's own comment away; it can be brought back for 30 days."""
    with _at_margin(postmortem_id, by=by, at=at) as desk:
        comment = _own(desk, comment_id)
        if comment.deleted_at is None:
            comment.deleted_at = at
            comment.save(update_fields=["deleted_at"])
        return comment


def bring_back_comment(
    postmortem_id: int, comment_id: int, *, by: User, at: datetime
) -> Comment:
    with _at_margin(postmortem_id, by=by, at=at) as desk:
        comment = _own(desk, comment_id)
        comment.deleted_at = None
        comment.save(update_fields=["deleted_at"])
        return comment


def set_resolved(
    postmortem_id: int, thread_id: int, *, resolved: bool, by: User, at: datetime
) -> Thread:
    """Resolve a thread, or open it again. Saying it twice changes nothing."""
    with _at_margin(postmortem_id, by=by, at=at) as desk:
        thread = _thread(desk, thread_id)
        permissions.check_can_settle_thread(by, desk.postmortem, thread)
        if resolved != (thread.resolved_at is not None):
            _set_resolved(thread, by if resolved else None, at if resolved else None)
        return thread


# --- How ------------------------------------------------------------------------------


def _at_margin(
    postmortem_id: int, *, by: User, at: datetime, key: RequestKey | None = None
) -> AbstractContextManager[Desk]:
    """Lock the report for somebody who sees it."""
    may = permissions.check_can_comment
    return beside(postmortem_id, PART, may=may, by=by, at=at, key=key)


def _say(desk: Desk, thread: Thread, text: str) -> Comment:
    said = Comment.objects.filter(thread__postmortem=desk.postmortem).count()
    if said >= LIMITS.comments:
        raise policies.TooMany(
            _("%(limit)s comments stand in this report, which is the limit.")
            % {"limit": LIMITS.comments}
        )
    comment = Comment.objects.create(thread=thread, text=text, by=desk.by, at=desk.at)
    _mention(desk, comment)
    desk.outcome["comment"] = comment.pk
    return comment


def _mention(desk: Desk, comment: Comment) -> None:
    """Write down whom to tell by mail; whoever is no longer named is not told."""
    named = named_in(comment.text, people()) if "@" in comment.text else []
    _check_named(desk.postmortem, named)
    others = [user for user in named if user.pk != desk.by.pk]
    comment.mentions.filter(sent_at=None).exclude(user__in=others).delete()
    Mention.objects.bulk_create(
        [Mention(comment=comment, user=user, due_at=desk.at) for user in others],
        ignore_conflicts=True,
    )


def _check_named(postmortem: Postmortem, named: list[User]) -> None:
    if len(named) > LIMITS.mentions:
        raise policies.TooMany(
            _("Name at most %(limit)s people in one comment.")
            % {"limit": LIMITS.mentions}
        )
    if not all(permissions.may_see(user, postmortem) for user in named):
        raise CannotSee(
            _(
                "This report is not open to everybody whom you name with @. A"
                " facilitator can invite them; else leave them out."
            )
        )


def _thread(desk: Desk, thread_id: int) -> Thread:
    found: Thread = desk.postmortem.threads.select_for_update().get(pk=thread_id)
    return found


def _own(desk: Desk, comment_id: int) -> Comment:
    comments = Comment.objects.filter(thread__postmortem=desk.postmortem)
    comment = comments.select_related("thread", "by").get(pk=comment_id)
    permissions.check_is_own(desk.by, comment)
    return comment


def _set_resolved(thread: Thread, by: User | None, at: datetime | None) -> None:
    thread.resolved_by, thread.resolved_at = by, at
    thread.save(update_fields=["resolved_by", "resolved_at"])


def _repeated_one(repeated: Repeated) -> Comment:
    return Comment.objects.select_related("thread", "by").get(
        pk=repeated.outcome["comment"]
    )
