"""Work on actions that waits for no request. Each may run twice, or twice at once."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from actions.operations.bulk import forget_bulk_changes_before

UNDO_HOURS = 24


@shared_task
def forget_bulk_changes(**_: object) -> None:
    """Forget changes of many actions that were made more than a day ago."""
    forget_bulk_changes_before(timezone.now() - timedelta(hours=UNDO_HOURS))
