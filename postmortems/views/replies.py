"""How the workspace answers: fragments, refusals and events, with and without htmx."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts.http import UserRequest
from postmortems import policies
from postmortems.models import Postmortem
from postmortems.operations.desk import RequestKey

PARTS_OF_KIND = {
    "timeline": ("timeline", "facts", "outline"),
    "factors": ("cause", "lessons", "outline"),
    "whys": ("cause", "outline"),
    "lessons": ("lessons", "outline"),
    "actions": ("lessons", "cause", "outline"),
    "follow_ups": ("follow", "outline"),
    "measures": ("facts", "outline"),
    "field": ("facts", "timeline", "outline"),
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
}
"""Which parts of the page look different once a row of that kind has changed."""


def this_second() -> datetime:
    return timezone.now().replace(microsecond=0)


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


def base_address(postmortem: Postmortem) -> str:
    """Where the report lives; templates append to it: reversing costs more."""
    return reverse("postmortems:read", args=[postmortem.incident.reference])


def edit_address(postmortem: Postmortem, anchor: str = "") -> str:
    address = reverse("postmortems:edit", args=[postmortem.incident.reference])
    return f"{address}#{anchor}" if anchor else address


def saved(
    request: UserRequest,
    postmortem: Postmortem,
    *,
    kind: str,
    anchor: str = "",
    fragment: HttpResponse | None = None,
    undo: dict[str, str] | None = None,
    focus: str = "",
) -> HttpResponse:
    """A saved change: the fragment and what else to fetch again, or back to the page.

    `X-Saved-At` is the moment after the commit, so that “Saved” is never a promise.
    """
    if not request.htmx:
        return redirect(edit_address(postmortem, anchor))
    response = fragment or HttpResponse()
    events: dict[str, Any] = {"changed": {"parts": PARTS_OF_KIND[kind]}}
    if undo:
        events["undo"] = undo
    if focus:
        events["focus"] = {"selector": focus}
    response.headers["HX-Trigger"] = json.dumps(events)
    response.headers["X-Saved-At"] = datetime.now(UTC).strftime("%H:%M:%S")
    return response


def refused(
    request: UserRequest, postmortem: Postmortem, refusal: policies.Refusal
) -> HttpResponse:
    """409 with the sentence (422 at a limit); nothing that was typed is lost by it."""
    status = 422 if isinstance(refusal, policies.TooMany) else 409
    template = "postmortems/refused.html"
    if request.htmx:
        template += "#notice"
    response = render(
        request,
        template,
        {
            "postmortem": postmortem,
            "incident": postmortem.incident,
            "sentence": refusal,
        },
        status=status,
    )
    # Beside the form, not in its place: what was typed stays.
    response.headers["HX-Retarget"] = "#notices"
    response.headers["HX-Reswap"] = "innerHTML"
    return response
