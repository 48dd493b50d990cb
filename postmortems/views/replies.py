"""How the workspace answers: forms, fragments, refusals, events; with htmx or not."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.http import UserRequest
from postmortems import permissions, policies
from postmortems.models import Postmortem
from postmortems.operations.desk import RequestKey
from postmortems.operations.suggesting import NothingNew

PARTS_OF_KIND = {
    "timeline": ("timeline", "facts", "outline"),
    "factors": ("cause", "lessons", "outline"),
    "whys": ("cause", "outline"),
    "lessons": ("lessons", "outline"),
    "actions": ("lessons", "cause", "outline"),
    "follow_ups": ("follow", "outline"),
    "measures": ("facts", "outline"),
    "field": ("facts", "timeline", "cause", "outline"),
    "section": (
        "facts",
        "summary",
        "timeline_free",
        "cause",
        "lessons",
        "follow",
        "outline",
    ),
    "checklist": ("checklist",),
    "suggestions": ("suggestions",),
    "file": ("files",),
    "comments": ("comments",),
}
"""Which parts of the page look different once a row of that kind has changed."""

LONGEST_EDITOR = 80
LONGEST_NUMBER = 18
"""Digits of an id or a version; more does not fit the database."""


def this_second() -> datetime:
    return timezone.now().replace(microsecond=0)


def number_in(text: str) -> int | None:
    """The id or version that `text` is; None for “²”, a sign, or endless digits."""
    whole = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if whole else None


def request_key(request: HttpRequest) -> RequestKey | None:
    """The key that the form carries; the same key with another body is refused."""
    key = request.POST.get("request_key", "")[:64]
    if not key:
        return None
    body = sorted(
        (name, values)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken"
    )
    text = json.dumps([request.path, body])
    return RequestKey(key, sha256(text.encode()).hexdigest())


def with_fresh_key(request: HttpRequest) -> QueryDict:
    """What was sent, under a new key: to be sent again as something else."""
    data = request.POST.copy()
    data["request_key"] = uuid4().hex
    return data


def base_address(postmortem: Postmortem) -> str:
    """Where the report lives; templates append to it: cheaper than reversing."""
    return reverse("postmortems:read", args=[postmortem.incident.reference])


def past_context(request: UserRequest, postmortem: Postmortem) -> dict[str, Any]:
    """What every page about earlier states of a report shows."""
    return {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "base": base_address(postmortem),
        "can_edit": permissions.can_edit(request.user, postmortem),
        "today": this_second().astimezone(request.user.zone).date(),
    }


def edit_address(postmortem: Postmortem, anchor: str = "") -> str:
    address = reverse("postmortems:edit", args=[postmortem.incident.reference])
    return f"{address}#{anchor}" if anchor else address


def editor_of(request: HttpRequest, postmortem: Postmortem) -> str:
    """Begins the ids in a form; each that can be open on a page has its own."""
    rest = request.get_full_path().removeprefix(base_address(postmortem))
    return slugify(rest.replace("/", "-"))[:LONGEST_EDITOR] or "editor"


def form_reply(
    request: UserRequest,
    postmortem: Postmortem,
    part: str,
    *,
    label: str,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """A form in its place; without htmx, on a page of its own."""
    template = part if request.htmx else "postmortems/rows/page.html"
    address = request.get_full_path()
    whole = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "base": base_address(postmortem),
        "editor": editor_of(request, postmortem),
        "form_template": part,
        "alone": not request.htmx,
        "action": address,
        "address": address.removesuffix("edit/"),
        "label": label,
        **context,
    }
    return render(request, template, whole, status=status)


def status_of(refusal: policies.Refusal) -> int:
    """409 for what stands against it, 422 for what is too much or says nothing."""
    return 422 if isinstance(refusal, policies.TooMany | NothingNew) else 409


def saved(
    request: UserRequest,
    postmortem: Postmortem,
    *,
    kind: str,
    anchor: str = "",
    fragment: HttpResponse | None = None,
    undo: tuple[str, str] | None = None,
    focus: str = "",
    at: datetime | None = None,
    also: Sequence[str] = (),
) -> HttpResponse:
    """A saved change: the fragment and what else to fetch again, or back to the page.

    `X-Saved-At` is a moment after the commit, so that “Saved” is never a promise; `at`
    where it was saved earlier. `undo` is where to post, and what was deleted; `focus`
    the id of what gets the focus; `also` names parts besides those of the kind.
    """
    if not request.htmx:
        if undo:  # without its text: messages may travel in a cookie
            messages.info(request, _("Deleted."), extra_tags=f"undo:{undo[0]}")
        return redirect(edit_address(postmortem, anchor))
    response = fragment or HttpResponse()
    parts = dict.fromkeys([*PARTS_OF_KIND[kind], *also])
    events: dict[str, Any] = {"changed": {"parts": [*parts]}}
    if undo:
        sentence = _("Deleted: %(what)s") % {"what": undo[1][:80]}
        events["undo"] = {"url": undo[0], "sentence": sentence}
    if focus:
        events["focusing"] = {"id": focus}
    response.headers["HX-Trigger"] = json.dumps(events)
    response.headers["X-Saved-At"] = (at or datetime.now(UTC)).strftime("%H:%M:%S")
    return response


def refused(
    request: UserRequest, postmortem: Postmortem, refusal: policies.Refusal
) -> HttpResponse:
    """The sentence alone, where nothing was typed that could be lost."""
    template = "postmortems/refused.html"
    if request.htmx:
        template += "#notice"
    context = {
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "sentence": refusal,
    }
    response = render(request, template, context, status=status_of(refusal))
    response.headers["HX-Retarget"] = "#notices"
    response.headers["HX-Reswap"] = "innerHTML"
    return response
