"""Empty the trash, for good and without a way back."""

from datetime import datetime

from django.db import connection, transaction

from live import log
from postmortems.models import (
    Comment,
    EvidenceFile,
    Incident,
    Request,
    Section,
    Thread,
)
from postmortems.parts import row_kinds
from postmortems.topics import topic_of

BATCH = 500


def delete_for_good(*, before: datetime) -> int:
    """Delete incidents, rows, sections and files put in the trash before a moment.

    The history of a row stays; an incident goes with all of its history, and its
    reference is never given again. Returns how many incidents went.
    """
    for kind in row_kinds():
        with transaction.atomic(durable=True):
            old = kind.model._default_manager.filter(deleted_at__lt=before)
            kind.model._default_manager.filter(
                pk__in=list(old.values_list("pk", flat=True)[:BATCH])
            ).delete()
    Section.objects.filter(deleted_at__lt=before).delete()
    Comment.objects.filter(deleted_at__lt=before).delete()
    Thread.objects.filter(comments=None).delete()
    # Their bytes go when no row needs them any more (operations/media.py).
    EvidenceFile.objects.filter(deleted_at__lt=before).delete()
    gone = Incident.objects.filter(deleted_at__lt=before).values_list("pk", flat=True)
    count = 0
    for pk in list(gone[:BATCH]):
        with transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL afterword.emptying_trash = 'on'")
            old_incident = Incident.objects.filter(pk=pk, deleted_at__lt=before)
            topics = map(topic_of, old_incident.values_list("postmortem", flat=True))
            log.forget([*topics])
            old_incident.delete()
        count += 1
    return count


def forget_requests_before(moment: datetime) -> None:
    Request.objects.filter(created_at__lt=moment).delete()
