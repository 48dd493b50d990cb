"""Work on reports that waits for no request. Each may run twice, or twice at once."""

import logging
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from accounts.tasks import sent
from postmortems import mails
from postmortems.operations import bouts, telling, versions
from postmortems.operations.media import remove_strays
from postmortems.operations.trash import delete_for_good, forget_requests_before

logger = logging.getLogger(__name__)

TRASH_DAYS = 30
REQUEST_HOURS = 24


@shared_task
def send_mentions(**_: object) -> None:
    """Tell people that a comment names them, if they still may know of it."""
    now = timezone.now()
    while claimed := telling.claim_mentions(now):
        told = [mention for mention in claimed if telling.may_be_told(mention)]
        dropped = [mention for mention in claimed if mention not in told]
        if dropped:
            telling.note_dropped(dropped, at=timezone.now())
            logger.info("%s mentions not sent: not open any more", len(dropped))
        if told and sent(mails.mentions_mail(told), f"mention {told[0].pk}"):
            telling.note_sent(told, at=timezone.now())


@shared_task
def end_bouts(**_: object) -> None:
    """Write into the history what was written in a section where nobody goes on."""
    bouts.end_due(timezone.now())


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
