"""Generated Documents as reports in the database have them."""

import dataclasses
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from integrations.importing.misfits import misfits_of
from postmortems.document import Document, Entry, Evidence, Measure
from postmortems.vocabulary import ActionStatus, Marker
from tests.documents import documents, normal

LATER = datetime(2031, 1, 1, tzinfo=UTC)
"""A present for which no generated moment is in the future."""
SHORTEST = 50
"""Characters of the shortest limit of a single line, the label of a severity."""
ADDRESSES = (
    "",
    "https://a.example/b",
    "https://a.example/b_(c)",
    "http://a.example:8080/x?a=1&b=2#c",
)
LINES = {"label", "name", "owner_team", "owner_person", "unit", "trace_id", "heading"}


def storable(document: Document) -> Document:
    """The same Document without what no form would have taken."""
    short: Document = _shortened(document)
    return replace(
        short,
        reference=document.reference or "INC-2026-03-05-007",
        tldr=document.tldr[:280].strip(),
        facilitators=tuple(map(_cut, document.facilitators)),
        contributors=tuple(map(_cut, document.contributors)),
        measures=tuple(map(_measure, short.measures)),
        services=tuple({s.name.casefold(): s for s in short.services}.values()),
        timeline=tuple(map(_entry, short.timeline)),
        actions=tuple(
            replace(action, reason=action.reason or "The cache is replaced.")
            if action.status == ActionStatus.WONT_DO
            else action
            for action in short.actions
        ),
    )


def _shortened(node: Any) -> Any:
    """The node with every short line within the shortest limit."""
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(node):
        value = getattr(node, field.name)
        if field.name in LINES:
            changes[field.name] = _cut(value)
        elif dataclasses.is_dataclass(value):
            changes[field.name] = _shortened(value)
        elif isinstance(value, tuple):
            changes[field.name] = tuple(
                _shortened(item) if dataclasses.is_dataclass(item) else item
                for item in value
            )
    return replace(node, **changes)


def _cut(line: str) -> str:
    return normal(line[:SHORTEST], lines=False)


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


def _fits(document: Document) -> bool:
    return not any(misfits_of(document, now=LATER))


reports: st.SearchStrategy[Document] = documents.map(storable).filter(_fits)
