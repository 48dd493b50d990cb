"""What an action's own page shows; every part of it only to whoever may see it."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from actions import access
from actions.models import ActionItem, Subtask
from actions.page_forms import SayForm, StepForm
from actions.promises import in_words
from postmortems import access as reports
from postmortems.changes import Told, ids_in, tell
from postmortems.models import Comment, Thread

SHOWN = 20
"""Changes of the action on its page; the others stand in the history of its report."""
SECONDS = 0.5
"""How long comparing texts may take before they are shown whole."""


@dataclass(frozen=True, slots=True)
class Step:
    subtask: Subtask
    form: StepForm
    first: bool
    last: bool


@dataclass(frozen=True, slots=True)
class Talk:
    """A thread about the action."""

    thread: Thread
    said: list[Comment]
    form: SayForm


def steps_of(action: ActionItem, bound: StepForm | None = None) -> list[Step]:
    """Its steps in order, each with the form that says it otherwise."""
    found = action.subtasks.filter(deleted_at=None).select_related("done_by")
    steps = list(found.order_by("position", "pk"))
    return [
        Step(
            subtask=one,
            form=bound
            if bound is not None and bound.name == f"step-{one.pk}"
            else StepForm(step=one),
            first=one is steps[0],
            last=one is steps[-1],
        )
        for one in steps
    ]


def waits_for(user: User, action: ActionItem) -> list[ActionItem]:
    """What it waits for, of what exists for `user`; nothing tells of the rest."""
    found = access.actions(user).filter(dependents__action=action)
    return list(found.order_by("due_on", "pk"))


def needed_by(user: User, action: ActionItem) -> list[ActionItem]:
    found = access.actions(user).filter(dependencies__needs=action)
    return list(found.order_by("due_on", "pk"))


def talks_about(action: ActionItem, bound: SayForm | None = None) -> list[Talk]:
    """What is said about it, oldest first, each thread with the form that replies."""
    threads = reports.threads_about(action.postmortem, "row:actions", action.pk)
    found = []
    for one in threads:
        said: list[Comment] = one.said  # type: ignore[attr-defined]  # the access says so
        form = SayForm(action=action, thread=one)
        if bound is not None and bound.name == form.name:
            form = bound
        found.append(Talk(one, [c for c in said if c.deleted_at is None], form))
    return found


def history_of(action: ActionItem) -> list[Told]:
    """The newest changes of the action and of its follow-through."""
    changes = reports.changes(action.postmortem).filter(
        part__in=["row:actions", "follow_through"], object_id=action.pk
    )
    shown = list(changes[:SHOWN])
    names = reports.names_of(action.postmortem, ids_in(shown))
    return tell(shown, names, seconds=SECONDS)


def promise_of(action: ActionItem, today: Any) -> dict[str, Any]:
    """What was promised, and each later date with its reason."""
    moves = list(action.date_moves.select_related("by").order_by("pk"))
    promised_on = action.follow_through.promised_on
    return {
        "words": in_words(promised_on, len(moves), today),
        "moves": moves,
    }


def asked_because_of(user: User, action: ActionItem) -> str:
    """The reference of the later incident that asks anew, if `user` may know it."""
    factor = action.follow_through.reopened_by
    if factor is None:
        return ""
    seen = reports.incidents(user).filter(postmortem__factors=factor)
    return seen.values_list("reference", flat=True).first() or ""


def counts_of(steps: list[Step]) -> str:
    """“2 of 5 done”; empty without steps."""
    done = sum(step.subtask.done_at is not None for step in steps)
    if not steps:
        return ""
    return _("%(done)s of %(all)s done") % {"done": done, "all": len(steps)}
