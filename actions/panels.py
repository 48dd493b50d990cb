"""What apps above this one show on an action's own page; none of them is imported.

They register when the application starts. Their own views answer their forms; one that
refuses what was typed shows the whole page with `said={name: form}` (views/replies.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.http import UserRequest
from actions.models import ActionItem

Context = Callable[[UserRequest, ActionItem, Any], dict[str, Any] | None]
"""Of the request, the action and what its own view said of it; None: not shown."""


@dataclass(frozen=True, slots=True)
class Panel:
    name: str
    """The id of the panel on the page."""
    template: str
    context: Context


_panels: dict[str, Panel] = {}


def register(panel: Panel) -> None:
    _panels[panel.name] = panel


def panels() -> list[Panel]:
    """In the order in which they were registered."""
    return list(_panels.values())
