"""The words of the format as they are read: any capitals, and some other spellings."""

from typing import Any

from postmortems.exporters import grammar
from postmortems.vocabulary import ActionStatus, ActionType, Milestone


def _worded(words: dict[Any, str], **more: Any) -> dict[str, Any]:
    return {
        **{word.casefold(): value for value, word in words.items()},
        **{word.replace("_", " "): value for word, value in more.items()},
    }


MILESTONES = _worded(
    grammar.MILESTONES,
    started=Milestone.STARTED,
    beginning=Milestone.STARTED,
    detected=Milestone.DETECTED,
    acknowledgement=Milestone.ACKNOWLEDGED,
    mitigation=Milestone.MITIGATED,
    resolved=Milestone.RESOLVED,
    end=Milestone.RESOLVED,
)
STATUSES = _worded(grammar.STATUSES)
CATEGORIES = _worded(grammar.CATEGORIES)
TYPES = _worded(
    grammar.ACTION_TYPES,
    preventive=ActionType.PREVENTATIVE,
    process=ActionType.PROCESS,
)
PRIORITIES = _worded(grammar.ACTION_PRIORITIES)
ACTION_STATUSES = _worded(grammar.ACTION_STATUSES)
ACTION_STATUSES["won't do"] = ActionStatus.WONT_DO
