"""What a change of an action must say so that it is true.

*Done* needs something that shows it, *won't do* a reason, and so does a promise that
gets a later date. Every way to change an action asks these questions: the forms beside
the field, the operation before it writes. What was imported without an answer stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from django import forms
from django.utils.dateformat import format as date_format
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from actions.models import ActionItem
from postmortems import policies
from postmortems.models import Postmortem
from postmortems.parts import Snapshot
from postmortems.vocabulary import ActionStatus

BECAUSE = "because"
"""Among the values of a change: why a promised date moves. It is no column."""


class Unanswered(policies.Refusal):
    """A change leaves something unsaid; `questions` names it by field."""

    def __init__(self, questions: Mapping[str, str]) -> None:
        super().__init__(" ".join(questions.values()))
        self.questions = dict(questions)


@dataclass(frozen=True, slots=True)
class Stood:
    """What the questions need to know of an action before it changes."""

    status: str
    due_on: date | None
    evidence: str

    @classmethod
    def of(cls, action: ActionItem) -> Self:
        return cls(action.status, action.due_on, action.evidence)

    @classmethod
    def of_snapshot(cls, snapshot: Snapshot) -> Self:
        due_on = parse_date(snapshot["due_on"]) if snapshot["due_on"] else None
        return cls(snapshot["status"], due_on, snapshot["evidence"])


def is_promise(postmortem: Postmortem) -> bool:
    """Whether its actions have been promised to readers: it was published once."""
    return postmortem.publications.exists()


def open_questions(
    before: Stood | None, values: Mapping[str, Any], *, promised: bool
) -> dict[str, str]:
    """What these new values leave unsaid, by the field that would say it.

    `before` is None for a new action; columns that `values` lacks stay as they are.
    """
    found = {}
    status = values.get("status", before.status if before else ActionStatus.OPEN)
    if status == ActionStatus.DONE and _shows_nothing(before, values):
        found["evidence"] = _("Say what shows that it is done: a link or a sentence.")
    if status == ActionStatus.WONT_DO and values.get("reason") == "":
        found["reason"] = _("Say why it won’t be done.")
    if promised and is_later(before, values) and not values.get(BECAUSE):
        found[BECAUSE] = _("This date was promised. Say why it moves.")
    return found


def ask(form: forms.Form, before: Stood | None, *, promised: bool) -> None:
    """Put the open questions beside the fields of a form that holds valid values."""
    values = dict(form.cleaned_data)
    if "due" in values:
        values["due_on"] = values.pop("due")
    for name, question in open_questions(before, values, promised=promised).items():
        form.add_error(name if name in form.fields else None, question)


def is_later(before: Stood | None, values: Mapping[str, Any]) -> bool:
    """Whether a date that stands gets a later one, or none."""
    if before is None or before.due_on is None or "due_on" not in values:
        return False
    due_on: date | None = values["due_on"]
    return due_on is None or due_on > before.due_on


def _shows_nothing(before: Stood | None, values: Mapping[str, Any]) -> bool:
    """Whether it becomes done, or loses what showed it; an import may have nothing."""
    stood = before.evidence if before else ""
    if values.get("evidence", stood):
        return False
    was_done = before is not None and before.status == ActionStatus.DONE
    return not was_done or bool(stood)


def in_words(promised_on: date | None, moves: int, today: date) -> str:
    """“promised 10 Feb, moved twice”; empty for a date that never moved."""
    if not moves:
        return ""
    times = {1: _("moved once"), 2: _("moved twice")}.get(
        moves, _("moved %(n)s times") % {"n": moves}
    )
    if promised_on is None:
        return times
    form = "j M" if promised_on.year == today.year else "j M Y"
    return _("promised %(day)s, %(times)s") % {
        "day": date_format(promised_on, form),
        "times": times,
    }
