"""Rows of a Document as values for the columns of their tables."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import uuid4

from accounts.access import people, teams
from accounts.models import User
from postmortems.access import earlier_factors
from postmortems.document import Action, Entry, Evidence, Factor, Measure

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


def factor_values(factors: Sequence[Factor], reader: User) -> list[Values]:
    earlier = earlier_factors(reader, [factor.same_as for factor in factors])
    return [
        {
            "text": factor.text,
            "category": factor.category or "",
            "note": factor.note,
            "same_as": factor.same_as,
            "earlier_id": earlier.get(factor.same_as),
        }
        for factor in factors
    ]


def action_values(actions: Sequence[Action], factor_ids: Sequence[int]) -> list[Values]:
    """`factor_ids` are the report's factors in their order."""
    team_ids = {team.name.casefold(): team.pk for team in teams()}
    person_ids = _namesakes({action.owner_person for action in actions})
    return [
        {
            "description": action.description,
            "due_on": action.due_on,
            "types": list(dict.fromkeys(action.types)),
            "priority": action.priority,
            "status": action.status,
            "reason": action.reason,
            "evidence": action.evidence,
            "done_on": action.done_on,
            "factors": [factor_ids[position] for position in set(action.addresses)],
            **_owner("owner_team", action.owner_team, team_ids),
            **_owner("owner_person", action.owner_person, person_ids),
        }
        for action in actions
    ]


def _namesakes(names: Collection[str]) -> dict[str, int]:
    """People by name, but for those who share theirs with somebody."""
    found = people().filter(name__in=names).values_list("name", "pk")
    counts = Counter(name for name, _pk in found)
    return {name.casefold(): pk for name, pk in found if counts[name] == 1}


def _owner(column: str, name: str, ids: Mapping[str, int]) -> Values:
    """Whoever has that name here; a name that nobody has is kept as it is."""
    pk = ids.get(name.casefold())
    return {f"{column}_id": pk, f"{column}_name": "" if pk else name}
