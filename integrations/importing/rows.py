"""Rows of a Document as values for the columns of their tables."""

from typing import Any
from uuid import uuid4

from accounts.access import people, teams
from accounts.models import User
from postmortems.access import incidents
from postmortems.document import Action, Entry, Evidence, Factor, Measure
from postmortems.models import ContributingFactor

Values = dict[str, Any]


def measure_values(measure: Measure) -> Values:
    return {
        "quantity": measure.quantity,
        "unit": measure.unit,
        "who": measure.who,
        "estimated": measure.estimated,
    }


def entry_values(entry: Entry) -> Values:
    return {
        "occurred_at": entry.occurred_at,
        "ended_at": entry.ended_at,
        "precision": entry.precision,
        "recorded_at": entry.recorded_at,
        "text": entry.text,
        "markers": list(entry.markers),
        "actors": [{"kind": a.kind.value, "name": a.name} for a in entry.actors],
        "evidence": [_evidence_values(evidence) for evidence in entry.evidence],
        "known": entry.known,
        "importance": entry.importance,
    }


def _evidence_values(evidence: Evidence) -> Values:
    return {
        "uid": uuid4().hex[:12],
        "kind": evidence.kind.value,
        "label": evidence.label,
        "url": evidence.url,
        "trace_id": evidence.trace_id,
        "text": evidence.text,
    }


def factor_values(factor: Factor, reader: User) -> Values:
    return {
        "text": factor.text,
        "category": factor.category or "",
        "note": factor.note,
        "same_as": factor.same_as,
        "earlier_id": _earlier_factor(factor.same_as, reader),
    }


def _earlier_factor(same_as: str, reader: User) -> int | None:
    """The factor that `INC-…: text` names, where everybody may see its report."""
    reference, _colon, text = same_as.partition(": ")
    if not text:
        return None
    open_incidents = incidents(reader).filter(restricted=False)
    return (
        ContributingFactor.objects.present()
        .filter(
            postmortem__incident__in=open_incidents,
            postmortem__incident__reference=reference,
            text=text,
        )
        .values_list("pk", flat=True)
        .first()
    )


def action_values(action: Action, factor_ids: list[int]) -> Values:
    """`factor_ids` are the report's factors in their order."""
    return {
        "description": action.description,
        "due_on": action.due_on,
        "types": list(dict.fromkeys(action.types)),
        "priority": action.priority,
        "status": action.status,
        "reason": action.reason,
        "evidence": action.evidence,
        "done_on": action.done_on,
        "factors": [factor_ids[position] for position in set(action.addresses)],
        **_owner_values(action),
    }


def _owner_values(action: Action) -> Values:
    """The team and person of that name; names that nobody here has are kept."""
    team = teams().filter(name__iexact=action.owner_team).first()
    namesakes = people().filter(name=action.owner_person)[:2]
    person = namesakes[0] if len(namesakes) == 1 else None
    return {
        "owner_team_id": team.pk if team else None,
        "owner_team_name": "" if team else action.owner_team,
        "owner_person_id": person.pk if person else None,
        "owner_person_name": "" if person else action.owner_person,
    }
