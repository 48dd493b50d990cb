"""The server's own edits of a shared text, through the same log as everybody's."""

from dataclasses import dataclass
from datetime import datetime

from live import broadcast, crdt, log, repairing


@dataclass(frozen=True, slots=True)
class Written:
    version: int
    before: str
    """What stood there until now."""
    text: str
    """What stands there now, with what others wrote in between."""


def replace_text(
    topic: str,
    key: str,
    at_version: int | None,
    new_text: str,
    by: int,
    *,
    at: datetime,
) -> Written | None:
    """Make the text of `at_version` into `new_text`; what came later stays in it.

    Without `at_version` it is the text of now. None where nobody has written together
    yet, so that the caller's own copy is the text. In the caller's transaction, which
    holds what the texts belong to.
    """
    document = log.locked(topic)
    if document is None:
        return None
    document, now = repairing.readable(document)
    before = crdt.text(now.document, key)
    base = now.document
    if at_version is not None:
        # A text of before anybody wrote together is the one that it began with.
        at_version = max(at_version, document.began_after + 1)
        if at_version < now.version:
            base = log.fold(document, at_version).document
    payload = crdt.replace(base, key, new_text)
    if not payload:
        return Written(document.version, before, before)
    if base is not now.document:
        crdt.apply(now.document, payload)
    version = log.append(document, payload, [by], at)
    broadcast.update_on_commit(topic, version, payload)
    return Written(version, before, crdt.text(now.document, key))


def text_at(topic: str, key: str, version: int) -> str | None:
    """A text as it stood at a version; None where that is not known any more."""
    document = log.find(topic)
    if document is None or not document.began_after < version <= document.version:
        return None
    return crdt.text(log.fold(document, version).document, key)
