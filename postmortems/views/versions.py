"""Versions of a report: find, read and compare them, and make one stand again."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.http import UserRequest
from config.limits import LIMITS
from postmortems import access, policies
from postmortems.changes import KINDS, Told, ids_in, tell
from postmortems.contents import Content, Part
from postmortems.forms.versions import CompareForm, NameForm
from postmortems.models import Change, Postmortem, Version
from postmortems.operations import restoring
from postmortems.operations import versions as operations
from postmortems.summing_up import effects_of, in_brief, summary_of
from postmortems.versions_compared import differences
from postmortems.views import articles, authorship
from postmortems.views.replies import (
    base_address,
    number_in,
    past_context,
    refused,
    request_key,
    this_second,
)

PAGE = 50
"""Versions on one page."""
MOST_SHOWN = 200
"""Differences on one page; the others are counted."""
SECONDS = 1.0
"""How long comparing may take before texts are shown whole."""


# --- The list -------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def versions(request: UserRequest, reference: str) -> HttpResponse:
    """When the report was kept and why, newest first; or keep it by a name, now."""
    if request.method == "POST":
        return _name(request, reference)
    postmortem = access.postmortem(request.user, reference)
    return _list(request, postmortem, NameForm())


def _list(
    request: UserRequest, postmortem: Postmortem, form: NameForm, *, status: int = 200
) -> HttpResponse:
    before = number_in(request.GET.get("before", ""))
    found = access.versions(postmortem)
    if before:
        found = found.filter(number__lt=before)
    shown = list(found[: PAGE + 1])
    context = {
        **past_context(request, postmortem),
        "versions": [(one, in_brief(one.changed)) for one in shown[:PAGE]],
        "older": shown[PAGE - 1].number if len(shown) > PAGE else None,
        "newest": bool(before),
        "form": form,
    }
    return render(request, "postmortems/versions/list.html", context, status=status)


def _name(request: UserRequest, reference: str) -> HttpResponse:
    postmortem = access.postmortem(request.user, reference, need="edit")
    form = NameForm(request.POST)
    if not form.is_valid():
        return _list(request, postmortem, form, status=422)
    try:
        version = operations.name_version(
            postmortem.pk,
            form.cleaned_data["name"],
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    messages.info(request, _("Kept as version %(n)s.") % {"n": version.number})
    return redirect("postmortems:versions", reference)


# --- One ------------------------------------------------------------------------------


@require_safe
def version(request: UserRequest, reference: str, number: int) -> HttpResponse:
    """The report as it stood, to be read; with whose words are whose where asked."""
    postmortem = access.postmortem(request.user, reference)
    found = access.version(postmortem, number)
    newest_first = request.GET.get("order") == "newest"
    article = articles.of_version(postmortem, found, newest_first=newest_first)
    page = past_context(request, postmortem)
    context = {
        **articles.page_context(article, base=page["base"], today=page["today"]),
        **page,
        "version": found,
        "who": authorship.of_version(postmortem, found)
        if request.GET.get("who") == "on"
        else None,
    }
    return render(request, "postmortems/versions/version.html", context)


# --- Two ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    told: Told
    part: str
    """For the form that restores it."""
    written: Any = None
    """Whose words the text is made of, where that was asked for."""


@dataclass(frozen=True, slots=True)
class Group:
    """Differences in one area of the report."""

    label: str
    part: str
    """For the form that restores all of them; empty where each is restored alone."""
    lines: list[Line]


@require_safe
def compare(request: UserRequest, reference: str) -> HttpResponse:
    """What differs between two versions, or between one and the report of now."""
    postmortem = access.postmortem(request.user, reference)
    form = CompareForm(request.GET)
    if not form.is_valid():
        raise Http404
    earlier, later = form.sides()
    if earlier is None and (newest := access.versions(postmortem).first()):
        earlier = newest.number
    before = _side(postmortem, earlier)
    after = _side(postmortem, later)
    found = differences(_content(postmortem, before), _content(postmortem, after))
    who = form.cleaned_data["who"]
    written = authorship.between(postmortem, before, after, found) if who else None
    shown = found[:MOST_SHOWN]
    names = access.names_of(postmortem, ids_in(shown))
    told = tell(shown, names, seconds=SECONDS)
    context = {
        **past_context(request, postmortem),
        "before": before,
        "after": after,
        "summary": summary_of(found),
        "groups": _groups(told, written),
        "more": len(found) - len(shown),
        "who": written,
        "sides": f"from={earlier or 'now'}&to={later or 'now'}",
    }
    return render(request, "postmortems/versions/compare.html", context)


def _side(postmortem: Postmortem, number: int | None) -> Version | None:
    """A version; None for now."""
    return None if number is None else access.version(postmortem, number)


def _content(postmortem: Postmortem, version: Version | None) -> Content:
    if version is None:
        return access.content(postmortem)
    content: Content = version.content
    return content


def _groups(told: list[Told], written: authorship.Authorship | None) -> list[Group]:
    groups = []
    for area, lines in groupby(told, lambda line: _area(line.change)):
        name = area.removeprefix("row:")
        labels = {"field": _("Title and facts"), "section": _("Sections of text")}
        groups.append(
            Group(
                label=str(labels.get(area) or KINDS.get(name, name)),
                part=area if area.startswith("row:") else "",
                lines=[_line(one, written) for one in lines],
            )
        )
    return groups


def _line(told: Told, written: authorship.Authorship | None) -> Line:
    change = told.change
    words = None if written is None else written.texts.get(change.object_id or 0)
    return Line(told, str(Part(change.part, change.object_id)), words)


def _area(change: Change) -> str:
    return change.part if change.part.startswith("row:") else change.part.split(":")[0]


# --- Restoring ------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def restore(request: UserRequest, reference: str, number: int) -> HttpResponse:
    """Say what restoring the whole would do; or do it."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    found = access.version(postmortem, number)
    if request.method == "POST":
        return _restored(request, postmortem, found, None)
    changes = differences(access.content(postmortem), found.content)
    context = {
        **past_context(request, postmortem),
        "version": found,
        "summary": summary_of(changes),
        "effects": effects_of(changes),
    }
    return render(request, "postmortems/versions/restore.html", context)


@require_POST
def restore_part(request: UserRequest, reference: str, number: int) -> HttpResponse:
    """Make one part, or all rows of a kind, say what they said in a version."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    found = access.version(postmortem, number)
    part = _part_in(request.POST.get("part", ""))
    if part is None:
        return HttpResponse(status=422)
    return _restored(request, postmortem, found, part)


def _restored(
    request: UserRequest, postmortem: Postmortem, version: Version, part: Part | None
) -> HttpResponse:
    try:
        restoring.restore(
            postmortem.pk,
            version.number,
            part=part,
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    if part is None:
        words = _("The report reads like version %(n)s again.")
    else:
        words = _("This part reads like version %(n)s again.")
    messages.info(request, words % {"n": version.number})
    address = f"{base_address(postmortem)}versions/"
    back = f"{address}compare/?from={version.number}&to=now"
    return redirect(address if part is None else back)


def _part_in(text: str) -> Part | None:
    """“row:timeline:12”, “row:timeline” or “field:title”; None for anything else."""
    area, _colon, rest = text[: LIMITS.name].partition(":")
    name, _colon, number = rest.partition(":")
    pk = number_in(number) if number else None
    if area not in {"field", "section", "row"} or not name or bool(number) != bool(pk):
        return None
    return Part(f"{area}:{name}", pk)


urlpatterns = [
    path("<str:reference>/versions/", versions, name="versions"),
    path("<str:reference>/versions/compare/", compare, name="versions-compare"),
    path("<str:reference>/versions/<int:number>/", version, name="version"),
    path(
        "<str:reference>/versions/<int:number>/restore/",
        restore,
        name="version-restore",
    ),
    path(
        "<str:reference>/versions/<int:number>/restore/part/",
        restore_part,
        name="version-restore-part",
    ),
]
