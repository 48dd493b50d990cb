"""Whether an update leaves every text of a report as short as it has to be.

An update does not say which text it writes into, unless it is the first there. So what
comes near the limit of one is tried out, in a copy of the document that knows what
waits for its commit as well.
"""

from collections.abc import Callable, Sequence

from config.limits import LIMITS
from live import crdt

Waiting = Callable[[], Sequence[bytes]]


class Measure:
    def __init__(self, document: crdt.Document, waiting: Waiting) -> None:
        self._document, self._waiting = document, waiting
        self._copy: crdt.Document | None = None

    def fits(self, payload: bytes) -> bool:
        """Whether no text, nor all together, grows over its limit by this update."""
        waiting = sum(map(len, self._waiting())) + len(payload)
        sizes = crdt.sizes(self._document).values()
        if sum(sizes) + waiting > LIMITS.live_document:
            return False
        if max(sizes, default=0) + waiting <= LIMITS.live_text:
            self._copy = None
            return True
        return self._tried(payload)

    def _tried(self, payload: bytes) -> bool:
        copy = self._copy if self._copy is not None else crdt.blank()
        state = bytes(copy.get_state())
        for update in (crdt.missing(self._document, state), *self._waiting()):
            crdt.apply(copy, update)
        before = crdt.sizes(copy)
        crdt.apply(copy, payload)
        fits = all(
            size <= max(LIMITS.live_text, before.get(key, 0))
            for key, size in crdt.sizes(copy).items()
        )
        # What was refused is in this copy, and must not count for what comes next.
        self._copy = copy if fits else None
        return fits
