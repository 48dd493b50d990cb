"""Makes a reading fit to be written, and names what still stands in the way.

Evidence whose address cannot be a link is kept as text, and a reference of somebody
else's gives way to one of ours.
"""

from dataclasses import replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from integrations.importing.findings import Problem
from integrations.importing.misfits import line_in, misfits_of
from integrations.importing.reader import Reading
from postmortems.document import Document, Entry, Evidence
from postmortems.forms.pasted import clean_url, is_link
from postmortems.moments import EARLIEST, FURTHEST
from postmortems.operations.incidents import read_reference


def fit(reading: Reading, *, now: datetime) -> Reading:
    """The same reading with what does not fit among its problems, in order of lines."""
    document, notes = _kept(reading.document, now)
    bad_lines = {p.line for p in reading.problems if p.severity == "error"}
    misfits = (
        misfit.problem for misfit in misfits_of(document, now=now, lines=reading.lines)
    )
    added = [problem for problem in misfits if problem.line not in bad_lines]
    problems = sorted(
        (*reading.problems, *notes, *added), key=lambda problem: problem.line
    )
    return replace(reading, document=document, problems=tuple(problems))


def _kept(document: Document, now: datetime) -> tuple[Document, list[Problem]]:
    """The Document with what cannot stay as it is kept in another way, and said so."""
    notes: list[Problem] = []
    if document.reference and not _is_ours(document.reference, now):
        why = _("“%(reference)s” is no reference of Afterword; it gets a new one.")
        notes.append(Problem(1, why % {"reference": document.reference[:80]}))
        document = replace(document, reference="")
    timeline = tuple(_with_links(entry, notes) for entry in document.timeline)
    if timeline != document.timeline:
        document = replace(document, timeline=timeline)
    return document, notes


def _is_ours(reference: str, now: datetime) -> bool:
    found = read_reference(reference)
    return found is not None and EARLIEST.date() <= found[0] <= (now + FURTHEST).date()


def _with_links(entry: Entry, notes: list[Problem]) -> Entry:
    """The entry with only such addresses as links that a browser may follow."""
    if all(_is_link(evidence.url) for evidence in entry.evidence):
        return entry
    why = _("An address that is no web address is kept as text.")
    notes.append(Problem(line_in(entry.ref) or 1, why))
    return replace(entry, evidence=tuple(map(_linked, entry.evidence)))


def _linked(evidence: Evidence) -> Evidence:
    if _is_link(evidence.url):
        return evidence
    text = "\n".join(filter(None, (evidence.url, evidence.text)))
    return replace(evidence, url="", text=text)


def _is_link(url: str) -> bool:
    if not url:
        return True
    try:
        return bool(is_link(url) and clean_url(url))
    except ValidationError:
        return False
