"""What goes on living in a text that is kept: actions, status, and names."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from postmortems.document import Action, Document
from postmortems.exporters.documenting import (
    owners_of,
    people_of,
    services_of,
    severity_of,
)
from postmortems.models import Postmortem
from postmortems.report import Report
from postmortems.vocabulary import ActionPriority, ActionStatus, Status

if TYPE_CHECKING:
    from actions.models import ActionItem


def as_of_today(
    published: Document, postmortem: Postmortem, actions: "Iterable[ActionItem]"
) -> Document:
    """A published text with status, dates, owners and priority of its actions as of
    today.

    An action that has since been deleted stays as it was published. While the report
    is reopened, its readers still have what was published.
    """
    living = {f"action-{action.pk}": action for action in actions}
    return replace(
        published,
        status=Status(postmortem.status) if postmortem.frozen else Status.PUBLISHED,
        restricted=postmortem.incident.restricted,
        actions=tuple(
            _living(action, living[action.ref]) if action.ref in living else action
            for action in published.actions
        ),
    )


def with_present_names(draft: Document, names: Report) -> Document:
    """A kept draft with severity, services, people and owners as they are called now.

    `names` is what `Report.load_names` gave.
    """
    owners = {f"action-{action.pk}": owners_of(action) for action in names.actions}
    return replace(
        draft,
        severity=severity_of(names.incident),
        services=services_of(names),
        actions=tuple(_owned(action, owners) for action in draft.actions),
        facilitators=people_of(names, "facilitator"),
        contributors=people_of(names, "contributor"),
    )


def _owned(action: Action, owners: Mapping[str, tuple[str, str]]) -> Action:
    team, person = owners.get(action.ref, (action.owner_team, action.owner_person))
    return replace(action, owner_team=team, owner_person=person)


def _living(action: Action, today: "ActionItem") -> Action:
    team, person = owners_of(today)
    return replace(
        action,
        owner_team=team,
        owner_person=person,
        priority=ActionPriority(today.priority),
        due_on=today.due_on,
        status=ActionStatus(today.status),
        reason=today.reason,
        evidence=today.evidence,
        done_on=today.done_on,
    )
