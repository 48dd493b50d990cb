"""Builds the Document of a loaded report. No queries: everything is on the Report."""

from decimal import Decimal
from typing import TYPE_CHECKING

from postmortems.document import (
    Action,
    Actor,
    Document,
    Entry,
    Evidence,
    Factor,
    FollowUp,
    FreeSection,
    Lesson,
    Measure,
    Service,
    Severity,
    Why,
)
from postmortems.models import Incident, TimelineEntry
from postmortems.report import Report, WhyNode, addressed
from postmortems.vocabulary import (
    ActionPriority,
    ActionStatus,
    ActionType,
    ActorKind,
    Category,
    EvidenceKind,
    Importance,
    Kind,
    Known,
    LessonKind,
    Marker,
    Milestone,
    Place,
    Precision,
    Status,
)

if TYPE_CHECKING:
    from actions.models import ActionItem


def document_of(report: Report) -> Document:
    """The whole report as plain values, as it stands now."""
    incident, postmortem = report.incident, report.postmortem
    position = {factor.pk: index for index, factor in enumerate(report.factors)}
    return Document(
        title=incident.title,
        reference=incident.reference,
        kind=Kind(incident.kind),
        status=Status(postmortem.status),
        severity=severity_of(report.incident),
        restricted=incident.restricted,
        started=incident.moment(Milestone.STARTED),
        detected=incident.moment(Milestone.DETECTED),
        acknowledged=incident.moment(Milestone.ACKNOWLEDGED),
        mitigated=incident.moment(Milestone.MITIGATED),
        resolved=incident.moment(Milestone.RESOLVED),
        tldr=postmortem.tldr,
        summary=report.body("summary"),
        impact=report.body("impact"),
        measures=tuple(
            Measure(
                quantity=plain_number(m.quantity),
                unit=m.unit,
                who=m.who,
                estimated=m.estimated,
                ref=f"measure-{m.pk}",
            )
            for m in report.measures
        ),
        services=services_of(report),
        surprise=report.body("surprise"),
        root_cause=report.body("root_cause"),
        timeline=tuple(_entry(entry) for entry in report.timeline),
        factors=tuple(
            Factor(
                text=factor.text,
                category=Category(factor.category) if factor.category else None,
                note=factor.note,
                same_as=factor.same_as,
                ref=f"factor-{factor.pk}",
            )
            for factor in report.factors
        ),
        whys=tuple(_why(node) for node in report.why_tree),
        lessons=tuple(
            Lesson(kind, lesson.text, ref=f"lesson-{lesson.pk}")
            for kind in LessonKind
            for lesson in report.lessons_of(kind)
        ),
        actions=tuple(_action(action, position) for action in report.actions),
        follow_ups=tuple(
            FollowUp(row.text, ref=f"follow-up-{row.pk}") for row in report.follow_ups
        ),
        free_sections=tuple(
            FreeSection(
                section.heading,
                section.body,
                Place(section.after),
                ref=f"section-{section.pk}",
            )
            for place in Place
            for section in report.free_sections(place)
        ),
        facilitators=people_of(report, "facilitator"),
        contributors=people_of(report, "contributor"),
    )


def plain_number(value: Decimal) -> str:
    """15 as "15" and 2.50 as "2.5": a decimal without trailing zeros or exponent."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def severity_of(incident: Incident) -> Severity | None:
    """As the scale has it now; else as an import named it."""
    severity = incident.severity
    if severity is not None:
        definition = incident.severity_note or severity.definition
        return Severity(severity.label, definition, severity.rank)
    if incident.severity_label:
        return Severity(incident.severity_label, incident.severity_note)
    return None


def _entry(entry: TimelineEntry) -> Entry:
    return Entry(
        occurred_at=entry.occurred_at,
        text=entry.text,
        precision=Precision(entry.precision),
        ended_at=entry.ended_at,
        recorded_at=entry.recorded_at,
        markers=tuple(marker for marker in Marker if marker in entry.markers),
        actors=tuple(
            Actor(ActorKind(actor["kind"]), actor["name"]) for actor in entry.actors
        ),
        evidence=tuple(
            Evidence(
                kind=EvidenceKind(item["kind"]),
                label=item.get("label", ""),
                url=item.get("url", ""),
                trace_id=item.get("trace_id", ""),
                text=item.get("text", ""),
                ref=f"evidence-{item.get('uid', '')}",
            )
            for item in entry.evidence
        ),
        known=Known(entry.known),
        importance=Importance(entry.importance),
        ref=f"entry-{entry.pk}",
    )


def _why(node: WhyNode) -> Why:
    return Why(
        question=node.why.question,
        answer=node.why.answer,
        primary=node.why.primary,
        because=tuple(_why(child) for child in node.because),
        ref=f"why-{node.why.pk}",
    )


def services_of(report: Report) -> tuple[Service, ...]:
    return tuple(Service(row.service.name, row.note) for row in report.affected)


def owners_of(action: "ActionItem") -> tuple[str, str]:
    """The team and the person, as they are called now or as an import named them."""
    team, person = action.owner_team, action.owner_person
    return (
        team.name if team else action.owner_team_name,
        person.name if person else action.owner_person_name,
    )


def _action(action: "ActionItem", position: dict[int, int]) -> Action:
    team, person = owners_of(action)
    return Action(
        description=action.description,
        owner_team=team,
        owner_person=person,
        due_on=action.due_on,
        types=tuple(map(ActionType, action.types)),
        priority=ActionPriority(action.priority),
        status=ActionStatus(action.status),
        reason=action.reason,
        evidence=action.evidence,
        done_on=action.done_on,
        addresses=tuple(
            sorted(position[f.pk] for f in addressed(action) if f.pk in position)
        ),
        ref=f"action-{action.pk}",
    )


def people_of(report: Report, part: str) -> tuple[str, ...]:
    """Who took part. Whoever imported a report is named only where the report does."""
    credits_ = report.postmortem.credits
    importer = credits_.get("imported_by")
    here = [
        row.user.name
        for row in report.people
        if row.part == part and row.user_id != importer
    ]
    credited = credits_.get(f"{part}s", [])
    return (*here, *(name for name in credited if name not in here))
