"""How an action and its issue stand to one another, field by field: pure rules.

Both sides are put into the same words first; then each is compared with what it said
when both were last in step. Who changed is right; where both did, a person chooses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

TEXTS = frozenset({"title", "description"})
"""Flow from here to there only."""


@dataclass(frozen=True, slots=True)
class Plan:
    take: dict[str, Any] = field(default_factory=dict)
    """{field: value} that the issue has and the action shall get."""
    push: dict[str, Any] = field(default_factory=dict)
    """{field: value} that the action has and the issue shall get."""
    agreed: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, dict[str, Any]] = field(default_factory=dict)


def hash_of(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()


def remembered(name: str, value: Any) -> Any:
    """How a value is kept: a text by its hash."""
    return hash_of(value) if name in TEXTS else value


def plan(
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    pushed: Mapping[str, Any],
    seen: Mapping[str, Any],
) -> Plan:
    """What is to be done; fields that only one side knows are left alone.

    Where both differ but neither changed, that is how far they can agree: a tracker
    without “in progress”, a text that its markup writes otherwise.
    """
    found = Plan()
    for name in ours.keys() & theirs.keys():
        mine, yours = ours[name], theirs[name]
        i_changed = remembered(name, mine) != pushed.get(name)
        you_changed = remembered(name, yours) != seen.get(name)
        if mine == yours:
            found.agreed[name] = mine
        elif i_changed and you_changed:
            found.versions[name] = {"ours": mine, "theirs": yours}
        elif i_changed:
            found.push[name] = mine
        elif you_changed and name not in TEXTS:
            found.take[name] = yours
    return found
