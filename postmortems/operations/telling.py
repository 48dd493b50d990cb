"""Mentions that wait to be mailed: claimed by one worker, gathered for each reader.

As with invitations, the row is the intent (accounts/operations/letters.py): sent twice
at worst, never lost. What names one person in one report goes in one mail, and after
five mails in ten minutes the next waits and gathers what comes meanwhile (BAR E8).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from accounts.operations.letters import FIRST_RETRY
from outbound import access
from outbound.models import Channel, NoticeKind
from postmortems import permissions
from postmortems.models import Mention
from postmortems.models.discussion import MentionQuerySet

MOST_MAILS = 5
WHILE = timedelta(minutes=10)
MOST_IN_A_MAIL = 50


@transaction.atomic
def claim_mentions(at: datetime) -> list[Mention]:
    """What to tell one person of one report next; empty when nobody's turn has come."""
    while first := _to_send(at).order_by("due_at", "pk").first():
        thread = first.comment.thread
        together = list(
            _to_send(at)
            .filter(user=first.user, comment__thread__postmortem=thread.postmortem_id)
            .order_by("pk")[:MOST_IN_A_MAIL]
        )
        until = _has_enough_until(first.user, at)
        if until is None:
            return _claimed(together, at)
        _put_off(together, until)
    return []


def may_be_told(mention: Mention) -> bool:
    """Asked when the mail is sent: they see it, they want it, and it still says so."""
    comment, user = mention.comment, mention.user
    return (
        comment.deleted_at is None
        and permissions.may_see(user, comment.thread.postmortem)
        and access.wanted([user.pk])(user.pk, NoticeKind.MENTION, Channel.MAIL)
    )


def note_sent(mentions: Iterable[Mention], *, at: datetime) -> None:
    Mention.objects.filter(pk__in=[one.pk for one in mentions]).update(sent_at=at)


def note_dropped(mentions: Iterable[Mention], *, at: datetime) -> None:
    """They may not know of it, do not want it, or it was taken back: no mail, ever."""
    Mention.objects.filter(pk__in=[one.pk for one in mentions]).update(dropped_at=at)


def _to_send(at: datetime) -> MentionQuerySet:
    found: MentionQuerySet = (
        Mention.objects.to_send(at)
        .select_related("user", "comment__by", "comment__thread__postmortem__incident")
        .select_for_update(skip_locked=True, of=("self",))
    )
    return found


def _has_enough_until(user: User, at: datetime) -> datetime | None:
    """Until when this person gets no more mails; None where they may."""
    lately = user.mentions.filter(sent_at__gt=at - WHILE)
    mails = lately.values_list("sent_at", flat=True).distinct().order_by("-sent_at")
    found = list(mails[:MOST_MAILS])
    return found[-1] + WHILE if len(found) == MOST_MAILS else None


def _claimed(mentions: list[Mention], at: datetime) -> list[Mention]:
    for mention in mentions:
        mention.attempts += 1
        mention.due_at = at + FIRST_RETRY * 5 ** (mention.attempts - 1)
        mention.save(update_fields=["attempts", "due_at"])
    return mentions


def _put_off(mentions: list[Mention], until: datetime) -> None:
    Mention.objects.filter(pk__in=[one.pk for one in mentions]).update(due_at=until)
