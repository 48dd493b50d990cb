"""Many actions at once: choose, see exactly what would change, do it, take it back."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.http import UserRequest
from actions import access
from actions.bulk import FORMS, BulkForm, Planned, planned
from actions.choosing import ordered
from actions.models import ActionItem, BulkChange, BulkItem
from actions.operations.bulk import change_many, take_back
from actions.operations.following import nudge
from actions.permissions import settleable
from actions.recipients import recipients_of
from actions.views.ledger import address_of, asked, limited
from config.limits import LIMITS
from postmortems import policies
from postmortems.markup import to_plain
from postmortems.search import read_terms
from postmortems.views.replies import number_in, request_key, status_of, this_second

MOST_NAMED = 20
"""Actions that stayed as they are which an answer names."""
LONGEST_NAME = 120
REMIND = "remind"
Outcome = BulkItem.Outcome
WHY = {
    Outcome.AS_IT_IS: lazy("it was so already"),
    Outcome.STALE: lazy("somebody changed it in the meantime"),
    Outcome.GONE: lazy("it was deleted"),
    Outcome.FORBIDDEN: lazy("it is not yours to change"),
    Outcome.REFUSED: lazy("something about it is unsaid"),
}


@require_POST
def bulk(request: UserRequest) -> HttpResponse:
    """Asks, shows what would change, and does it: `step` says which of the three."""
    do = request.POST.get("do", "").removesuffix("-all")
    if do not in {*FORMS, REMIND}:
        return _answer(request, {"problem": _("Choose what is to be done.")}, 422)
    actions = _chosen(request)
    if not actions:
        return _answer(request, {"problem": _("Select the actions first.")}, 422)
    step = request.POST.get("step", "")
    if do == REMIND:
        return _remind(request, actions, step)
    form = FORMS[do](
        request.POST if step else None, user=request.user, now=this_second()
    )
    plan = _plan(request, form, actions) if step and form.is_valid() else []
    goes_on = bool(_changing(plan)) or _was_begun(request)
    if step != "apply" or form.errors or not goes_on:
        status = 422 if form.errors else 200
        return _ask(request, do, form, actions, plan, status)
    return _apply(request, do, form, actions, plan)


def _apply(
    request: UserRequest,
    do: str,
    form: BulkForm,
    actions: list[ActionItem],
    plan: list[Planned],
) -> HttpResponse:
    versions = _versions(request)
    wanted = [
        one.wanted
        for one in plan
        if not one.stays and versions.get(one.action.pk) == one.action.version
    ]
    key = request_key(request)
    if key is None:
        return _ask(request, do, form, actions, plan, 200)
    late = [one for one in plan if not one.stays and one.wanted not in wanted]
    try:
        change = change_many(wanted, by=request.user, at=this_second(), key=key)
    except policies.Refusal as refusal:
        return _answer(request, {"problem": str(refusal)}, status_of(refusal))
    return _done(request, change, late)


def _done(
    request: UserRequest, change: BulkChange, late: Sequence[Planned]
) -> HttpResponse:
    """What was changed can be taken back; what was not is named."""
    items = list(change.items.order_by("pk"))
    count = sum(item.outcome == Outcome.CHANGED for item in items)
    stayed = [
        (item.action_id, Outcome(item.outcome))
        for item in items
        if item.outcome != Outcome.CHANGED
    ]
    stayed += [(one.action.pk, Outcome.STALE) for one in late]
    words = ngettext("%(count)s action changed.", "%(count)s actions changed.", count)
    return _told(
        request,
        words % {"count": count},
        _named(request, stayed),
        undo=reverse("actions:bulk-undo", args=[change.pk]) if count else "",
    )


@require_POST
def undo(request: UserRequest, pk: int) -> HttpResponse:
    """Take a change back, but for what somebody has changed since."""
    change = access.bulk_change(request.user, pk)
    take_back(change, by=request.user, at=this_second())
    items = list(change.items.filter(outcome=Outcome.CHANGED).order_by("pk"))
    count = sum(bool(item.taken_back) for item in items)
    words = ngettext(
        "%(count)s action is as it was.", "%(count)s actions are as they were.", count
    )
    kept = [(item.action_id, Outcome.STALE) for item in items if not item.taken_back]
    return _told(request, words % {"count": count}, _named(request, kept))


def _named(
    request: UserRequest, found: Sequence[tuple[int, Outcome]]
) -> list[tuple[str, str]]:
    """(what, why) of actions that the reader may see; no more than can be read."""
    pks = [pk for pk, _outcome in found]
    visible = access.actions(request.user).filter(pk__in=pks)
    texts = dict(visible.values_list("pk", "description"))
    return [
        (to_plain(texts[pk])[:LONGEST_NAME], str(WHY[outcome]))
        for pk, outcome in found
        if pk in texts
    ][:MOST_NAMED]


def _told(
    request: UserRequest,
    sentence: str,
    stayed: Sequence[tuple[str, str]] = (),
    undo: str = "",
) -> HttpResponse:
    """With htmx a toast, and what stayed in the dialog; else messages on the list."""
    stay = [
        _("“%(what)s” stays: %(why)s.") % {"what": what, "why": why}
        for what, why in stayed
    ]
    if not request.htmx:
        messages.info(request, sentence, extra_tags=f"undo:{undo}" if undo else "")
        for line in stay:
            messages.info(request, line)
        return redirect(_back(request))
    context = {"sentence": sentence, "stayed": stayed} if stayed else {}
    response = _answer(request, context, 200)
    events: dict[str, Any] = {
        "actions-changed": True,
        "bulk-done": {"stays": bool(stayed)},
    }
    if undo:
        events["undo"] = {"url": undo, "sentence": sentence}
    else:
        events["told"] = {"sentence": " ".join([sentence, *stay])}
    response.headers["HX-Trigger"] = json.dumps(events)
    return response


# --- Reminding ------------------------------------------------------------------------


def _remind(request: UserRequest, actions: list[ActionItem], step: str) -> HttpResponse:
    """It reaches others and cannot be recalled, so it is asked first who would hear."""
    if step == "apply":
        pks = [action.pk for action in actions]
        count = nudge(pks, by=request.user, at=this_second())
        sentence = ngettext(
            "%(count)s reminder is on its way.",
            "%(count)s reminders are on their way.",
            count,
        )
        return _told(request, sentence % {"count": count}, [], "")
    told, reached = _reached(request, actions)
    context = {
        "do": REMIND,
        "title": _("Remind owners"),
        "actions": actions,
        "people": told,
        "reached": reached,
    }
    return _answer(request, context, 200)


def _reached(
    request: UserRequest, actions: Sequence[ActionItem]
) -> tuple[list[str], int]:
    """Names of whoever would be told, and of how many actions."""
    may = settleable(request.user, actions)
    recipients = recipients_of(actions)
    owners = {
        action.pk: [
            one.user
            for one in recipients[action.pk].owners
            if one.user.pk != request.user.pk
        ]
        for action in actions
        if not action.settled
        and (action.pk in may or recipients[action.pk].above(request.user))
    }
    names = {user.pk: user.name for users in owners.values() for user in users}
    return sorted(names.values()), sum(bool(users) for users in owners.values())


# --- Which actions, and what would become of them -------------------------------------


def _chosen(request: UserRequest) -> list[ActionItem]:
    """Those that were selected, or all that the filters find; up to the limit."""
    visible = access.actions(request.user)
    every = request.POST.get("do", "").endswith("-all")
    if every or request.POST.get("all") == "on":
        about = asked(request, QueryDict(request.POST.get("filters", "")[:2_000]))
        if not about.filters.is_valid():
            return []
        text = about.chosen["q"]
        with limited(text):
            terms = read_terms(text) if text else None
            found = ordered(about.found(terms), about.chosen)
            return list(found[: LIMITS.bulk_actions])
    pks = list(_versions(request))[: LIMITS.bulk_actions]
    rows = {action.pk: action for action in visible.filter(pk__in=pks)}
    return [rows[pk] for pk in pks if pk in rows]


def _versions(request: UserRequest) -> dict[int, int]:
    """By action, the version that was shown; what we have not given out is left out."""
    found = {}
    for text in request.POST.getlist("action"):
        pk, _dot, version = text.partition(".")
        numbers = number_in(pk), number_in(version)
        if numbers[0] is not None and numbers[1] is not None:
            found[numbers[0]] = numbers[1]
    return found


def _plan(
    request: UserRequest, form: BulkForm, actions: list[ActionItem]
) -> list[Planned]:
    return planned(
        form,
        actions,
        settleable=settleable(request.user, actions),
        promised=access.promised_reports(request.user, actions),
    )


def _was_begun(request: UserRequest) -> bool:
    """Whether this very form was sent before, so that its answer is due again."""
    key = request.POST.get("request_key", "")[:64]
    return bool(key) and access.bulk_change_of(request.user, key) is not None


def _changing(plan: Sequence[Planned]) -> int:
    return sum(not one.stays for one in plan)


def _ask(
    request: UserRequest,
    do: str,
    form: BulkForm,
    actions: list[ActionItem],
    plan: list[Planned],
    status: int,
) -> HttpResponse:
    context = {
        "do": do,
        "title": form.title,
        "form": form,
        "actions": actions,
        "plan": plan if not form.errors else [],
        "changing": _changing(plan),
        "staying": len(plan) - _changing(plan),
        "at_limit": len(actions) == LIMITS.bulk_actions,
        "limit": LIMITS.bulk_actions,
    }
    return _answer(request, context, status)


def _answer(request: UserRequest, context: dict[str, Any], status: int) -> HttpResponse:
    whole = {
        "filters": request.POST.get("filters", "")[:2_000],
        "back": _back(request),
        "request_key": uuid4().hex,
        **context,
    }
    template = "actions/_bulk.html" if request.htmx else "actions/bulk.html"
    return render(request, template, whole, status=status)


def _back(request: UserRequest) -> str:
    """The list as it was filtered; the plain list where that says nothing sensible."""
    about = asked(request, QueryDict(request.POST.get("filters", "")[:2_000]))
    valid = about.filters.is_valid()
    return address_of(about.filters.query_string() if valid else "")


urlpatterns = [
    path("actions/bulk/", bulk, name="bulk"),
    path("actions/bulk/<int:pk>/undo/", undo, name="bulk-undo"),
]
