"""Hand the shared texts to the domain, for everybody who reads without a socket."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from live import crdt, log, repairing
from live.domain import domain
from live.models import LiveDocument


def save_now(topic: str) -> None:
    """Bring the domain's copy up to now; costs one query where it is."""
    document = log.find(topic)
    if document is not None and document.version > document.saved_version:
        save(topic)


def save(topic: str, texts: Mapping[str, str] | None = None, version: int = 0) -> None:
    """Keep these texts as of that version, or those of now; older ones change nothing.

    While the topic is frozen nothing is kept: the log has it for later.
    """
    with transaction.atomic():
        if not domain().hold(topic):
            return
        document = log.find(topic)
        if document is None:
            return
        if texts is None:
            document, folded = repairing.readable(document)
            texts, version = crdt.texts(folded.document), folded.version
        if version <= document.saved_version:
            return
        authors = log.authors_between(document, document.saved_version, version)
        domain().texts_saved(topic, texts, version, authors, at=timezone.now())
        LiveDocument.objects.filter(pk=document.pk).update(saved_version=version)


def unsaved_topics() -> list[str]:
    """Topics whose texts wait, as after a process that was killed."""
    with_news = LiveDocument.objects.extra(where=["version > saved_version"])
    return list(with_news.values_list("topic", flat=True))
