"""What becomes of the log in the background. Each may run twice, or twice at once."""

from celery import shared_task
from django.utils import timezone

from live import compaction, saving


@shared_task
def save_texts(**_: object) -> None:
    """Save what a web process left behind that was killed before it could."""
    for topic in saving.unsaved_topics():
        saving.save_now(topic)


@shared_task
def compact(**_: object) -> None:
    """Make the snapshots that are due."""
    compaction.compact_due(timezone.now())
