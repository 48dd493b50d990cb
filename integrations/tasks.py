"""Visits to trackers, each a task of its own. Any may run twice, or twice at once."""

import logging

from celery import shared_task
from django.utils import timezone

from integrations.trackers import syncing
from integrations.trackers.operations import keeping_step, receiving

logger = logging.getLogger(__name__)


@shared_task
def sync_trackers(**_: object) -> None:
    """Send a worker to each tracker that has something to do: one for each, so that a
    slow one holds up no other.
    """
    for pk in keeping_step.connections_with_work(timezone.now()):
        sync_tracker.delay(pk)


@shared_task
def sync_tracker(pk: int, **_: object) -> None:
    """Where another worker is there already, this one leaves."""
    syncing.sync_connection(pk, timezone.now())


@shared_task
def forget_events(**_: object) -> None:
    """Delete what trackers sent more than 30 days ago."""
    receiving.forget_events(before=timezone.now() - receiving.KEPT)
