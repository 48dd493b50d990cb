"""Work on reports that waits for no request. Each may run twice, or twice at once."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from postmortems.operations import versions
from postmortems.operations.media import remove_strays
from postmortems.operations.trash import delete_for_good, forget_requests_before

TRASH_DAYS = 30
REQUEST_HOURS = 24


@shared_task
def empty_trash(**_: object) -> None:
    """Delete for good what has lain in the trash for 30 days."""
    delete_for_good(before=timezone.now() - timedelta(days=TRASH_DAYS))


@shared_task
def forget_requests(**_: object) -> None:
    """Forget which requests were carried out more than a day ago."""
    forget_requests_before(timezone.now() - timedelta(hours=REQUEST_HOURS))


@shared_task
def remove_files(**_: object) -> None:
    """Remove the bytes of evidence files that were deleted for good."""
    remove_strays(timezone.now())


@shared_task
def keep_versions(**_: object) -> None:
    """Keep a version of each report that was edited for an hour; thin out old ones."""
    now = timezone.now().replace(microsecond=0)
    versions.keep_hourly(now)
    versions.thin_out(now)
