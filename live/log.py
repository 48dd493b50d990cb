"""Read and append the log of a document, inside Django's transactions.

Every function that writes locks the document's row first, if it is not locked yet.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import connection, transaction
from django.utils import timezone

from live import crdt
from live.domain import domain
from live.models import LiveDocument, LiveSnapshot, LiveUpdate, RefusedUpdate

logger = logging.getLogger("afterword.live")

APPEND = (
    "WITH d AS (UPDATE live_livedocument"
    " SET version = version + cardinality(%(payloads)s::bytea[]), changed_at = now()"
    " WHERE topic = %(topic)s AND epoch = %(epoch)s AND NOT frozen"
    " RETURNING id, version - cardinality(%(payloads)s::bytea[]) AS before)"
    " INSERT INTO live_liveupdate (document_id, version, payload, authors, at)"
    " SELECT id, before + place, payload, jsonb_build_array(author), now()"
    " FROM d, unnest(%(payloads)s::bytea[], %(authors)s::bigint[])"
    " WITH ORDINALITY AS u (payload, author, place)"
    " RETURNING version"
)
"""One statement, one round trip, one flush, for any number of updates, each with its
author. No row comes back from another epoch, or while the document is frozen: whoever
freezes it holds its row, and who waited for that sees it frozen.
"""
KEPT_OF_REFUSED = 65_536
"""Bytes of a refused update that are kept."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A document as of one version."""

    epoch: int
    version: int
    document: crdt.Document
    skipped: int
    """Updates that did not apply, and gaps before one."""
    whole_to: int
    """The version up to which nothing was skipped."""


def find(topic: str) -> LiveDocument | None:
    return LiveDocument.objects.filter(topic=topic).first()


def locked(topic: str) -> LiveDocument | None:
    return LiveDocument.objects.select_for_update().filter(topic=topic).first()


def found_or_begun(topic: str) -> LiveDocument | None:
    """The topic's document; begun from the domain's texts where it has none.

    Only the server begins one, and once: two beginnings would say everything twice.
    """
    found = find(topic)
    if found is not None:
        return found
    with transaction.atomic():
        frozen = not domain().hold(topic)
        return find(topic) or _begin(topic, timezone.now(), frozen=frozen)


def _begin(topic: str, at: datetime, *, frozen: bool) -> LiveDocument:
    document = LiveDocument.objects.create(
        topic=topic, version=1, saved_version=1, changed_at=at, frozen=frozen
    )
    LiveUpdate.objects.create(
        document=document,
        version=1,
        payload=crdt.written(domain().texts_of(topic)),
        at=at,
    )
    return document


def append(
    document: LiveDocument, payload: bytes, authors: Sequence[int], at: datetime
) -> int:
    """Add an update in the caller's transaction; `document` is locked. The version."""
    document.version += 1
    document.changed_at = at
    document.save(update_fields=["version", "changed_at"])
    LiveUpdate.objects.create(
        document=document,
        version=document.version,
        payload=payload,
        authors=list(authors),
        at=at,
    )
    return document.version


def set_frozen(topic: str, *, frozen: bool) -> None:
    """Take no more updates, or take them again, as of the caller's commit.

    What others append waits for that commit, and is refused by it. The caller holds
    what the texts belong to.
    """
    LiveDocument.objects.filter(topic=topic).update(frozen=frozen)


def rows_after(document_id: int, version: int) -> list[tuple[int, bytes]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT version, payload FROM live_liveupdate"
            " WHERE document_id = %s AND version > %s ORDER BY version",
            [document_id, version],
        )
        return [(row[0], bytes(row[1])) for row in cursor.fetchall()]


def authors_between(document: LiveDocument, after: int, upto: int) -> list[int]:
    """Who wrote in these versions, whoever wrote most often first."""
    counted: dict[int, int] = {}
    rows = document.updates.filter(version__gt=after, version__lte=upto)
    for authors in rows.values_list("authors", flat=True):
        for author in authors:
            counted[author] = counted.get(author, 0) + 1
    return sorted(counted, key=lambda author: (-counted[author], author))


def fold(document: LiveDocument, upto: int | None = None) -> Folded:
    """The document as of `upto`, or of now; whatever of it can be read."""
    state, version = _best_snapshot(document, upto)
    skipped, whole_to = 0, version
    for found, payload in rows_after(document.pk, version):
        if upto is not None and found > upto:
            break
        if found != version + 1:
            logger.error("%s: versions up to %s are missing", document.topic, found)
            skipped += 1
        version = found
        try:
            crdt.apply(state, payload)
        except Exception:  # noqa: BLE001  one bad update never stops the others
            skipped += 1
            logger.error("%s: version %s does not apply", document.topic, found)  # noqa: TRY400  without what it says
            set_aside(document.topic, payload, "it did not apply")
        if not skipped:
            whole_to = found
    return Folded(document.epoch, version, state, skipped, whole_to)


def _best_snapshot(
    document: LiveDocument, upto: int | None
) -> tuple[crdt.Document, int]:
    """The newest snapshot that reads, or an empty document before the first update."""
    snapshots = document.snapshots.filter(version__gt=document.began_after)
    if upto is not None:
        snapshots = snapshots.filter(version__lte=upto)
    for snapshot in snapshots.order_by("-version").iterator(chunk_size=1):
        state = read_snapshot(snapshot)
        if state is not None:
            return state, snapshot.version
        logger.error("%s: snapshot %s is corrupt", document.topic, snapshot.version)
    return crdt.blank(), document.began_after


def read_snapshot(snapshot: LiveSnapshot) -> crdt.Document | None:
    state = bytes(snapshot.state)
    if sha256(state).hexdigest() != snapshot.digest:
        return None
    document = crdt.blank()
    try:
        crdt.apply(document, state)
    except Exception:  # noqa: BLE001  whatever is wrong with it, there is an older one
        return None
    return document


def set_aside(
    topic: str, payload: bytes, reason: str, user_id: int | None = None
) -> None:
    RefusedUpdate.objects.create(
        topic=topic,
        digest=sha256(payload).hexdigest(),
        payload=payload[:KEPT_OF_REFUSED],
        reason=reason[:200],
        user_id=user_id,
        at=timezone.now(),
    )


def forget(topics: Iterable[str]) -> None:
    """Delete for good what belonged to topics that are gone."""
    LiveDocument.objects.filter(topic__in=list(topics)).delete()
