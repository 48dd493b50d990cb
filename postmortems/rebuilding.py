"""A report as a version keeps it, put together so that it can be read like any other.

The rows are as they were; whom and what they name (people, teams, severities) is called
as it is called today. Nothing here is saved.
"""

from copy import copy
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils.dateparse import parse_datetime

from postmortems.contents import Content
from postmortems.document import Time
from postmortems.models import (
    AffectedService,
    Incident,
    Postmortem,
    Row,
    Section,
    Service,
    Severity,
)
from postmortems.parts import RowKind, row_kind
from postmortems.report import Report
from postmortems.vocabulary import Certainty, Milestone


def report_of(content: Content, postmortem: Postmortem) -> Report:
    """The report that a content is; a fixed number of queries, for names only."""
    standing = copy(postmortem)
    standing.tldr = content["fields"]["tldr"]
    standing.incident = _incident_of(content["fields"], postmortem.incident)
    people = postmortem.participations.select_related("user")
    rows = {name: _rows_of(standing, name, content) for name in content["rows"]}
    report = Report(
        postmortem=standing,
        sections=_sections_of(content, standing),
        timeline=sorted(
            rows.get("timeline", []),
            key=lambda row: (row.occurred_at, row.position, row.pk),
        ),
        actions=rows.get("actions", []),
        affected=[
            AffectedService(service=Service(name=name), note=note)
            for name, note in content["fields"]["services"]
        ],
        people=list(people.order_by("joined_at", "pk")),
        **{
            name: rows.get(name, [])
            for name in ("factors", "whys", "lessons", "follow_ups", "measures")
        },
    )
    _join_actions(report, content)
    return report


def _incident_of(values: dict[str, Any], incident: Incident) -> Incident:
    standing = copy(incident)
    standing.title, standing.kind = values["title"], values["kind"]
    if values["severity"] != getattr(incident.severity, "label", None):
        standing.severity = Severity.objects.filter(label=values["severity"]).first()
        standing.severity_note = standing.severity_label = ""
    for milestone in Milestone:
        time = values[milestone.value]
        at = parse_datetime(time["at"]) if time["at"] else None
        standing.set_moment(milestone, Time(at, Certainty(time["certainty"])))
    return standing


def _sections_of(content: Content, postmortem: Postmortem) -> list[Section]:
    sections = [
        Section(pk=int(pk), postmortem=postmortem, **values)
        for pk, values in content["sections"].items()
    ]
    return sorted(sections, key=lambda section: (section.position, section.pk))


def _rows_of(postmortem: Postmortem, name: str, content: Content) -> list[Any]:
    """In their order; none of a kind that is no longer known."""
    kind = row_kind(name)
    if kind is None:
        return []
    rows = [
        _row_of(kind, postmortem, int(pk), values)
        for pk, values in content["rows"][name].items()
    ]
    return sorted(rows, key=lambda row: (row.position, row.pk))


def _row_of(kind: RowKind, postmortem: Postmortem, pk: int, values: Any) -> Row:
    row = kind.model(pk=pk, postmortem=postmortem)  # type: ignore[misc]
    kind.assign(row, values)
    return row


def _join_actions(report: Report, content: Content) -> None:
    """Owners, and the factors that were addressed, as a loaded report has them."""
    prefetch_related_objects(report.actions, "owner_team", "owner_person")
    factors = {factor.pk: factor for factor in report.factors}
    for action in report.actions:
        ids = content["rows"]["actions"][str(action.pk)]["factors"]
        addressed = [factors[pk] for pk in ids if pk in factors]
        action.addressed = addressed  # type: ignore[attr-defined]
