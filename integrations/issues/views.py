"""Make, link and let go of the issue of an action, and settle what it contradicts."""

from allauth.core import ratelimit
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.http import UserRequest
from actions import access as actions
from actions import permissions
from actions.models import ActionItem
from actions.views.replies import done, show
from integrations.issues.forms import LinkForm
from integrations.issues.showing import GONE, panel_of, trackers_open_to
from integrations.models import FIELDS, IssueLink
from integrations.trackers import access
from integrations.trackers.operations import linking
from postmortems import policies
from postmortems.operations.rows import Stale
from postmortems.views.replies import number_in, this_second

PANEL = "issue"
"""The id of the panel on the page of the action."""
SIDES = {"ours", "theirs"}
RETRY_AFTER = "60"


@require_safe
def panel(request: UserRequest, action_id: int) -> HttpResponse:
    """The panel alone, for a page that waits for something to happen."""
    action = actions.action(request.user, action_id)
    context = panel_of(request, action, None)
    if context is None:
        raise Http404
    return render(request, "integrations/issue.html", {**context, "action": action})


@require_POST
def create(request: UserRequest, action_id: int) -> HttpResponse:
    """Have an issue made, in the project that is mapped."""
    action = _settleable(request, action_id)
    wanted = number_in(request.POST.get("connection", "")) or 0
    connection = access.usable(this_second()).filter(pk=wanted).first()
    if connection is None:
        gone = _("This tracker is not connected any more.")
        return show(request, action, status=409, refusal=gone)
    try:
        linking.start_issue(action, connection, by=request.user, at=this_second())
    except policies.Refusal as refusal:
        return show(request, action, status=409, refusal=refusal)
    return done(request, action, anchor=PANEL)


@require_POST
def link(request: UserRequest, action_id: int) -> HttpResponse:
    """Link an issue that is there, by its address."""
    action = _settleable(request, action_id)
    form = LinkForm(request.POST, connections=trackers_open_to(action))
    if not form.is_valid() or form.connection is None:
        return show(request, action, status=422, said={PANEL: form})
    try:
        linking.link_issue(
            action, form.connection, form.reference, by=request.user, at=this_second()
        )
    except policies.Refusal as refusal:
        form.add_error("address", str(refusal))
        return show(request, action, status=409, said={PANEL: form})
    return done(request, action, anchor=PANEL)


@require_POST
def unlink(request: UserRequest, action_id: int, link_id: int) -> HttpResponse:
    """The issue stays as it is; nothing goes to and fro any more."""
    action = _settleable(request, action_id)
    linking.cut(_link(action, link_id))
    return done(request, action, anchor=PANEL)


@require_POST
def sync(request: UserRequest, action_id: int, link_id: int) -> HttpResponse:
    """Look at it anew, whatever stood against it; a few times a minute."""
    action = _settleable(request, action_id)
    found = _link(action, link_id)
    refused = ratelimit.consume_or_429(request, action="sync_issue", user=request.user)
    if refused is not None:
        headers = {**refused.headers, "Retry-After": RETRY_AFTER}
        return HttpResponse(refused.content, status=429, headers=headers)
    linking.try_again(found, at=this_second())
    return done(request, action, anchor=PANEL)


@require_POST
def another(request: UserRequest, action_id: int, link_id: int) -> HttpResponse:
    """A new issue for one that is gone."""
    action = _settleable(request, action_id)
    found = _link(action, link_id)
    if found.state not in GONE:  # somebody was first, or it is seen again
        return done(request, action, anchor=PANEL)
    try:
        linking.make_another(found, by=request.user, at=this_second())
    except policies.Refusal as refusal:
        return show(request, action, status=409, refusal=refusal)
    return done(request, action, anchor=PANEL)


@require_POST
def choose(request: UserRequest, action_id: int, link_id: int) -> HttpResponse:
    """Which of two versions of a field holds; the other one is written over."""
    action = _settleable(request, action_id)
    found = _link(action, link_id)
    name, side = request.POST.get("field", ""), request.POST.get("side", "")
    if name not in FIELDS or side not in SIDES:
        return show(request, action, status=422, refusal=_("Choose one of the two."))
    try:
        if name in found.versions:  # else somebody was first, and it is settled
            linking.choose(found, name, side, by=request.user, at=this_second())
    except Stale:
        sentence = _("Somebody changed the action meanwhile. Look at both once more.")
        return show(request, action, status=409, refusal=sentence)
    except policies.Refusal as refusal:
        return show(request, action, status=409, refusal=refusal)
    return done(request, action, anchor=PANEL)


def _settleable(request: UserRequest, action_id: int) -> ActionItem:
    action = actions.action(request.user, action_id)
    permissions.check_can_settle(request.user, action)
    return action


def _link(action: ActionItem, link_id: int) -> IssueLink:
    found = access.links_of(action).filter(pk=link_id).first()
    if found is None:
        raise Http404
    found.action = action
    return found


urlpatterns = [
    path("actions/<int:action_id>/issue/", panel, name="issue-panel"),
    path("actions/<int:action_id>/issue/create/", create, name="issue-create"),
    path("actions/<int:action_id>/issue/link/", link, name="issue-link"),
    path(
        "actions/<int:action_id>/issue/<int:link_id>/unlink/",
        unlink,
        name="issue-unlink",
    ),
    path("actions/<int:action_id>/issue/<int:link_id>/sync/", sync, name="issue-sync"),
    path(
        "actions/<int:action_id>/issue/<int:link_id>/another/",
        another,
        name="issue-another",
    ),
    path(
        "actions/<int:action_id>/issue/<int:link_id>/choose/",
        choose,
        name="issue-choose",
    ),
]
