"""Action items as a kind of row, for the engine that serves every part of a report."""

from actions.models import ActionItem
from actions.operations.promising import keep_promise
from config.limits import LIMITS
from postmortems.parts import RowKind

ACTIONS = RowKind(
    name="actions",
    model=ActionItem,
    related_name="action_items",
    fields=(
        "description",
        "owner_team_id",
        "owner_person_id",
        "owner_team_name",
        "owner_person_name",
        "due_on",
        "types",
        "priority",
        "status",
        "reason",
        "evidence",
        "done_on",
    ),
    limit=LIMITS.action_items,
    anchor="action",
    links=("factors",),
    search=lambda row: "\n".join(
        filter(None, (row.description, row.reason, row.evidence))
    ),
    changed=keep_promise,
)
