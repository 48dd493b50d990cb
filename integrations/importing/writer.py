"""Writes a Document into the database as a report of its own.

What the Document says is kept as it says it: times are not filled from markers, nor
markers from times, so that exporting the report gives the same text again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from actions.parts import ACTIONS
from integrations.importing.fitting import fit
from integrations.importing.reader import Reading
from integrations.importing.rows import (
    action_values,
    entry_values,
    factor_values,
    measure_values,
)
from postmortems import policies
from postmortems.access import report
from postmortems.document import Document, Severity, Time, Why
from postmortems.exporters.documenting import document_of
from postmortems.models import Postmortem, Version
from postmortems.models import Severity as Step
from postmortems.operations import fields, lifecycle, versions, writing
from postmortems.operations.bulk import place_rows
from postmortems.operations.desk import (
    Desk,
    Repeated,
    RequestKey,
    What,
    claim,
    settle,
)
from postmortems.operations.incidents import give_reference, new_report
from postmortems.parts import (
    FACTORS,
    FOLLOW_UPS,
    LESSONS,
    MEASURES,
    TIMELINE,
    WHYS,
    RowKind,
)
from postmortems.vocabulary import Milestone, Status

PUBLISHED = {Status.PUBLISHED, Status.CLOSED}


@dataclass(frozen=True, slots=True)
class Written:
    postmortem: Postmortem
    reference: str
    wanted_reference: str
    """The reference that the Document came with; empty where it had none."""

    @property
    def taken(self) -> bool:
        """Whether the reference it came with was given out before."""
        return bool(self.wanted_reference) and self.reference != self.wanted_reference


def write_report(
    document: Document,
    *,
    by: User,
    at: datetime,
    restricted: bool = False,
    key: RequestKey | None = None,
) -> Written:
    """Write the whole Document, or nothing; `by` becomes its facilitator.

    It is restricted where the Document says so or `restricted` does. One that was
    published is published here too, as of `at`, so that readers find it. Raises
    PermissionDenied, `UsedKey`, and NotReady where something does not fit (`misfits`),
    or where a start, a detection and a reference are all missing, so that there is no
    day to give it a reference from.
    """
    document = _fitted(document, at)
    wanted = document.reference
    try:
        with transaction.atomic(durable=True):
            request = claim(by, key, at)
            desk = place_report(document, by=by, at=at, restricted=restricted)
            reference = desk.incident.reference
            _take_status(desk, document.status)
            settle(request, {"postmortem": desk.postmortem.pk, "wanted": wanted})
            return Written(desk.postmortem, reference, wanted)
    except Repeated as repeated:
        earlier = Postmortem.objects.select_related("incident").get(
            pk=repeated.outcome["postmortem"]
        )
        return Written(earlier, earlier.incident.reference, repeated.outcome["wanted"])


def place_report(
    document: Document, *, by: User, at: datetime, restricted: bool = False
) -> Desk:
    """Write the whole Document inside the caller's transaction, as gathering data.

    What others may wait for comes last: names of services, and the reference.
    """
    desk = _new_report(document, by, at, restricted=restricted)
    _write_parts(desk, document)
    _write_services(desk, document)
    give_reference(desk, document.reference)
    _record(desk, document)
    desk.leave()
    versions.keep(desk.postmortem, Version.Reason.IMPORTED, by=by, at=at)
    return desk


def _fitted(document: Document, at: datetime) -> Document:
    reading = fit(Reading(document, ()), now=at)
    for problem in reading.problems:
        if problem.severity == "error":
            raise policies.NotReady(problem.text)
    return reading.document


def _new_report(
    document: Document, by: User, at: datetime, *, restricted: bool
) -> Desk:
    times: dict[Milestone, Time] = {
        milestone: document.time(milestone) for milestone in Milestone
    }
    return new_report(
        title=document.title,
        times=times,
        by=by,
        at=at,
        kind=document.kind,
        restricted=restricted or document.restricted,
        wanted_reference=document.reference,
    )


def _write_parts(desk: Desk, document: Document) -> None:
    _write_severity(desk, document.severity)
    fields.write_field(desk, "tldr", document.tldr)
    _write_prose(desk, document)
    factors = place_rows(desk, FACTORS, factor_values(document.factors, desk.by))
    _write_whys(desk, document.whys)
    ids = [factor.pk for factor in factors]
    rows: dict[RowKind, list[dict[str, Any]]] = {
        MEASURES: [measure_values(measure) for measure in document.measures],
        TIMELINE: [entry_values(entry) for entry in document.timeline],
        LESSONS: [{"kind": row.kind, "text": row.text} for row in document.lessons],
        ACTIONS: action_values(document.actions, ids),
        FOLLOW_UPS: [{"text": row.text} for row in document.follow_ups],
    }
    for kind, values in rows.items():
        place_rows(desk, kind, values)
    _write_people(desk, document)


def _write_severity(desk: Desk, severity: Severity | None) -> None:
    """The step of the scale with that label; a label that it lacks is kept as it is."""
    if severity is None:
        return
    incident = desk.incident
    step = Step.objects.filter(label__iexact=severity.label).first()
    incident.severity = step
    incident.severity_label = "" if step else severity.label
    if step is None or severity.definition != step.definition:
        incident.severity_note = severity.definition
    incident.save(update_fields=["severity", "severity_label", "severity_note"])


def _write_services(desk: Desk, document: Document) -> None:
    fields.write_services(
        desk, [(service.name, service.note) for service in document.services]
    )


def _write_prose(desk: Desk, document: Document) -> None:
    bodies = {
        "summary": document.summary,
        "impact": document.impact,
        "root_cause": document.root_cause,
        "surprise": document.surprise,
    }
    for section in desk.postmortem.sections.filter(key__in=bodies):
        writing.write_section(desk, section, body=bodies[section.key])
    for free in document.free_sections:
        writing.place_section(
            desk, heading=free.heading, body=free.body, after=free.after
        )


def _write_whys(desk: Desk, whys: Iterable[Why]) -> None:
    """The tree, one level after the other, since a branch names what it hangs from."""
    level: list[tuple[int | None, Why]] = [(None, why) for why in whys]
    while level:
        rows = place_rows(
            desk,
            WHYS,
            [
                {
                    "parent_id": parent,
                    "question": why.question,
                    "answer": why.answer,
                    "primary": why.primary,
                }
                for parent, why in level
            ],
        )
        level = [
            (row.pk, branch)
            for row, (_parent, why) in zip(rows, level, strict=True)
            for branch in why.because
        ]


def _write_people(desk: Desk, document: Document) -> None:
    """Names only: nobody gets rights in a report because a file names them."""
    desk.postmortem.credits = {
        "facilitators": list(document.facilitators),
        "contributors": list(document.contributors),
        "imported_by": desk.by.pk,
    }
    desk.touch("credits")


def _record(desk: Desk, document: Document) -> None:
    """One line of the history for all of it."""
    wanted, reference = document.reference, desk.incident.reference
    taken = wanted and wanted != reference
    desk.record(
        What.IMPORTED,
        "report",
        after={"reference": reference, "wanted_reference": wanted},
        note=_("%(reference)s was taken.") % {"reference": wanted} if taken else "",
    )


def _take_status(desk: Desk, status: Status) -> None:
    if status not in PUBLISHED:
        desk.postmortem.status = status
        desk.postmortem.save(update_fields=["status"])
        return
    lifecycle.freeze(
        Desk(desk.postmortem, desk.by, desk.at),
        document_of(report(desk.postmortem)),
        still_open=[],
        reason=_("Imported as published."),
    )
    if status == Status.CLOSED:
        lifecycle.write_status(Desk(desk.postmortem, desk.by, desk.at), status)
