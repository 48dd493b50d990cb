"""Tell whoever owns an action that its issue needs somebody, once for each time."""

import time
from datetime import datetime

from django.db import transaction

from accounts.models import User
from actions.cases import about
from actions.recipients import recipients_of
from integrations.models import IssueLink
from integrations.models.issue import NEEDS_SOMEBODY
from outbound.models import NoticeKind
from outbound.mornings import next_moment
from outbound.operations.noticing import NoticeDraft, note

BATCH = 500


def plan(now: datetime, until: float) -> bool:
    """A planner of the tick (outbound/ticking.py)."""
    while ask_about_some(now):
        if time.monotonic() >= until:
            return False
    return True


@transaction.atomic
def ask_about_some(now: datetime) -> int:
    """Write notices about links that nobody was told of; returns how many links."""
    links = list(
        IssueLink.objects.filter(asked_at=None, state__in=NEEDS_SOMEBODY)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related(
            "action__postmortem__incident", "action__owner_team", "action__owner_person"
        )
        .order_by("created_at")[:BATCH]
    )
    actions = [link.action for link in links if not link.action.settled]
    drafts = [
        _draft(action_id, told.user, now)
        for action_id, found in recipients_of(actions).items()
        for told in found.owners
    ]
    note(drafts, now)
    IssueLink.objects.filter(pk__in=[link.pk for link in links]).update(asked_at=now)
    return len(links)


def _draft(action_id: int, user: User, now: datetime) -> NoticeDraft:
    """In their next morning, or at once where it is no time to be quiet."""
    due_at = next_moment(user, now)
    return NoticeDraft(
        kind=NoticeKind.TRACKER,
        about=about(action_id),
        recipient_id=user.pk,
        day=due_at.astimezone(user.zone).date(),
        due_at=due_at,
    )
