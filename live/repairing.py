"""A document whose log is damaged is begun anew, from the texts that readers have."""

import logging

from django.db import transaction
from django.utils import timezone

from config.plaintext import readable_text
from live import crdt, log
from live.domain import domain
from live.models import LiveDocument

logger = logging.getLogger("afterword.live")


def readable(document: LiveDocument) -> tuple[LiveDocument, log.Folded]:
    """The document as of now; begun anew where something of it does not read."""
    folded = log.fold(document)
    if not folded.skipped:
        return document, folded
    document = begin_anew(document.topic)
    return document, log.fold(document)


def begin_anew(topic: str, *, though_it_reads: bool = False) -> LiveDocument:
    """Write the texts that are known into an empty document, under the next epoch.

    Everything of the earlier epoch stays where it is; its pages are sent away, and
    offer what they hold as a copy.
    """
    with transaction.atomic():
        domain().hold(topic)
        document = LiveDocument.objects.select_for_update().get(topic=topic)
        folded = log.fold(document)
        if not though_it_reads and not folded.skipped:
            return document  # another process was first
        payload = crdt.written(_best_texts(document, folded))
        logger.error(
            "%s: begun anew, %s updates do not read; the log to version %s is kept",
            topic,
            folded.skipped,
            document.version,
        )
        document.epoch += 1
        document.began_after = document.version
        document.save(update_fields=["epoch", "began_after"])
        log.append(document, payload, [], timezone.now())
    return document


def _best_texts(document: LiveDocument, folded: log.Folded) -> dict[str, str]:
    """What readers have, unless the log reads further than that without damage.

    Readers' texts are trimmed: where the log says the same, its blanks stay, so that
    whoever writes on at the end joins no two words.
    """
    written = crdt.texts(folded.document)
    if folded.whole_to > document.saved_version or not folded.skipped:
        return written
    texts = domain().texts_of(document.topic)
    for key, text in texts.items():
        if readable_text(written.get(key, "")) == text:
            texts[key] = written.get(key, "")
    return texts
