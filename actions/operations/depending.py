"""Say that an action waits for another one, here or in another report."""

from datetime import datetime

from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import User
from actions.models import ActionItem, Dependency
from actions.operations.checklists import beside_action
from config.limits import LIMITS
from postmortems import policies
from postmortems.operations.desk import Repeated, RequestKey

ONE_AT_A_TIME = 4_202_611
"""Advisory lock: two reports at once could close a circle that neither one sees."""


class Circle(policies.Refusal):
    """An action would wait for itself, by way of others."""


def add_dependency(
    action: ActionItem,
    needs: ActionItem,
    *,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> None:
    """Let `action` wait for `needs`, which the caller has found for `by`.

    Saying it twice changes nothing. Raises Circle, or TooMany at the limit.
    """
    try:
        with beside_action(action, by=by, at=at, key=key) as desk:
            _one_at_a_time()
            if action.pk == needs.pk or _waits_for(needs.pk, action.pk):
                raise Circle(
                    _("That would be a circle: it waits for this action already.")
                )
            if action.dependencies.count() >= LIMITS.dependencies:
                raise policies.TooMany(
                    _("It waits for %(limit)s actions already, which is the limit.")
                    % {"limit": LIMITS.dependencies}
                )
            Dependency.objects.get_or_create(
                action=action,
                needs=needs,
                defaults={"created_at": at, "created_by": by},
            )
            desk.outcome["needs"] = needs.pk
    except Repeated:
        return


def remove_dependency(
    action: ActionItem, needs: ActionItem, *, by: User, at: datetime
) -> None:
    with beside_action(action, by=by, at=at):
        action.dependencies.filter(needs=needs).delete()


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])


def _waits_for(action_id: int, other_id: int) -> bool:
    """Whether an action waits for the other, directly or by way of others."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE needed (id) AS ("
            " SELECT needs_id FROM actions_dependency WHERE action_id = %s"
            " UNION SELECT further.needs_id FROM actions_dependency further"
            " JOIN needed ON further.action_id = needed.id)"
            " SELECT EXISTS (SELECT 1 FROM needed WHERE id = %s)",
            [action_id, other_id],
        )
        found: bool = cursor.fetchone()[0]
        return found
