"""Snapshots, so that opening a document reads little; and what of the log may go."""

import logging
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import connection, transaction
from django.db.models import Max

from live import crdt, log
from live.models import LiveDocument, LiveSnapshot, RefusedUpdate

logger = logging.getLogger("afterword.live")

EVERY = 200
"""Updates between two snapshots."""
KEPT = timedelta(days=30)
"""How long updates are kept one by one, and refused ones at all."""
SNAPSHOTS_KEPT = 3


def compact_due(at: datetime) -> None:
    """Make the snapshots that are due, and let old rows go."""
    newest = LiveDocument.objects.annotate(newest=Max("snapshots__version"))
    for document in newest.filter(version__gte=EVERY).iterator():
        if document.version - max(document.newest or 0, document.began_after) >= EVERY:
            compact(document.topic, at)
    RefusedUpdate.objects.filter(at__lt=at - KEPT).delete()


def compact(topic: str, at: datetime) -> bool:
    """Write a snapshot of now; False where another process is doing it."""
    with transaction.atomic():
        document = log.find(topic)
        if document is None or not _alone(document.pk):
            return False
        folded = log.fold(document)
        if folded.skipped:
            logger.error("%s: not compacted, something is missing", topic)
            return False
        state = crdt.encoded(folded.document)
        _check(state, folded.document)
        LiveSnapshot.objects.get_or_create(
            document=document,
            version=folded.version,
            defaults={"state": state, "digest": sha256(state).hexdigest(), "at": at},
        )
        _let_go(document, at)
    return True


def _alone(document_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(7711, %s)", [document_id])
        return bool(cursor.fetchone()[0])


def _check(state: bytes, document: crdt.Document) -> None:
    """That reading the snapshot gives the same document: nothing waited unseen."""
    again = crdt.blank()
    crdt.apply(again, state)
    same = crdt.state_of(again) == crdt.state_of(document)
    if not same or crdt.texts(again) != crdt.texts(document):
        raise RuntimeError("a snapshot does not read as what it was made of")


def _let_go(document: LiveDocument, at: datetime) -> None:
    """Rows stay for 30 days, and as long as a kept snapshot may fall back on them."""
    versions = list(
        document.snapshots.order_by("-version").values_list("version", flat=True)
    )
    kept = set(versions[:SNAPSHOTS_KEPT])
    past = document.snapshots.filter(at__lt=at - KEPT, version__lte=min(kept))
    cut = past.order_by("-version").values_list("version", flat=True).first()
    if cut is not None:
        # What is read from here on begins with the snapshot at the cut.
        document.updates.filter(version__lte=cut).delete()
        kept.add(cut)
    document.snapshots.exclude(version__in=kept).delete()
