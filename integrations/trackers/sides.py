"""What an action says, and what its issue says, in the same words.

A field that one side cannot say is left out: an owner without an account there, an
assignee whom nobody has confirmed, a due date that the tracker does not keep. What
stands in the way is noted in `link.waiting`.
"""

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from actions.models import ActionItem
from integrations.models import IssueLink, PersonLink, ProjectMapping
from integrations.trackers.adapter import Adapter, Issue
from integrations.trackers.operations import keeping_step
from integrations.trackers.words import description_of, title_of

EARLIEST = date(2000, 1, 1)
YEARS_AHEAD = 5


def ours_of(link: IssueLink, adapter: Adapter) -> dict[str, Any]:
    """Of a restricted incident only the texts, which say next to nothing then.

    An issue that was there before keeps its own texts.
    """
    action = link.action
    said: dict[str, Any] = {}
    if not link.reference:
        said |= {"title": title_of(action), "description": description_of(action)}
    if action.postmortem.incident.restricted:
        return said
    said["status"] = action.status
    said["due_on"] = action.due_on.isoformat() if action.due_on else None
    return said | _our_owner(link, action, adapter)


def _our_owner(link: IssueLink, action: ActionItem, adapter: Adapter) -> dict[str, Any]:
    owner = action.owner_person
    if owner is None:
        return {"assignee": None}
    found = keeping_step.account_of(link.connection, owner)
    if found is None:
        matches = adapter.people(owner.email)
        alike = [one for one in matches if one.email.casefold() == owner.email]
        for one in alike[:1] or (matches if len(matches) == 1 else ()):
            found = keeping_step.meet(link.connection, one, owner)
    if found is not None and found.confirmed_at and found.user_id == owner.pk:
        return {"assignee": found.account}
    link.waiting["assignee"] = _("%(name)s has no confirmed account there.") % {
        "name": owner.name
    }
    return {}


def theirs_of(link: IssueLink, issue: Issue, now: datetime) -> dict[str, Any]:
    said: dict[str, Any] = {
        "title": issue.title,
        "description": issue.description,
        "status": means_here(issue, mapping_of(link)),
    }
    if issue.has_due_date and _plausible(link, issue.due_on, now):
        said["due_on"] = issue.due_on.isoformat() if issue.due_on else None
    return said | _their_assignee(link, issue)


def mapping_of(link: IssueLink) -> ProjectMapping | None:
    """How statuses of its project are read; the widest mapping of several."""
    mappings = link.connection.mappings.filter(project=link.project)
    return mappings.order_by("team_id", "service_id").last()


def means_here(issue: Issue, mapping: ProjectMapping | None) -> str:
    """The status of an action that the issue's status stands for."""
    wanted = mapping.status_map if mapping else {}
    return str(wanted.get(issue.status.id, issue.status.means))


def _plausible(link: IssueLink, due_on: date | None, now: datetime) -> bool:
    last = date(now.year + YEARS_AHEAD, 12, 31)
    if due_on is None or EARLIEST <= due_on <= last:
        return True
    link.waiting["due_on"] = _("The date there, %(date)s, is too far away.") % {
        "date": due_on.isoformat()
    }
    return False


def _their_assignee(link: IssueLink, issue: Issue) -> dict[str, Any]:
    if issue.assignee is None:
        return {"assignee": None}
    person = keeping_step.meet(link.connection, issue.assignee, None)
    if _believed(person):
        return {"assignee": person.account}
    if person.confirmed_at is None:
        link.waiting["assignee"] = _("Nobody has confirmed who %(name)s is.") % {
            "name": person
        }
    return {}


def _believed(person: PersonLink) -> bool:
    return bool(person.confirmed_at and person.user and person.user.active)
