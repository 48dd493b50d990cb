"""Generated Documents as reports in the database have them."""

import re
from dataclasses import replace

from hypothesis import strategies as st

from postmortems.document import Document, Entry, Evidence, Measure
from postmortems.vocabulary import ActionStatus, Marker
from tests.documents import documents

ADDRESSES = (
    "",
    "https://a.example/b",
    "https://a.example/b_(c)",
    "http://a.example:8080/x?a=1&b=2#c",
)
OTHERS_CAPITALS = "SEV-2"


def storable(document: Document) -> Document:
    """The same Document without what no form would have taken."""
    return replace(
        document,
        reference=document.reference or "INC-2026-03-05-007",
        tldr=document.tldr[:280].strip(),
        measures=tuple(map(_measure, document.measures)),
        timeline=tuple(map(_entry, document.timeline)),
        actions=tuple(
            replace(action, reason=action.reason or "The cache is replaced.")
            if action.status == ActionStatus.WONT_DO
            else action
            for action in document.actions
        ),
    )


def _measure(measure: Measure) -> Measure:
    """Trailing zeros of a decimal are no part of the number."""
    whole = re.sub(r"\.0*$|(\.\d*?)0+$", r"\1", measure.quantity)
    return replace(measure, quantity=whole)


def _entry(entry: Entry) -> Entry:
    """Markers stand in one order, and links are links."""
    return replace(
        entry,
        markers=tuple(marker for marker in Marker if marker in entry.markers),
        evidence=tuple(map(_evidence, entry.evidence)),
    )


def _evidence(evidence: Evidence) -> Evidence:
    url = ADDRESSES[len(evidence.url) % len(ADDRESSES)] if evidence.url else ""
    return replace(evidence, url=url, label=evidence.label or "Link")


reports: st.SearchStrategy[Document] = documents.map(storable)
