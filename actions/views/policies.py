"""Settings > Policies: deadlines, reminders and who is told later, in their order."""

from typing import Any

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
from accounts.permissions import check_administers
from accounts.views.replies import refuse, tell
from actions import access
from actions.models import Policy, PolicySubject
from actions.operations import policies as operations
from actions.policies import shipped
from actions.policies_in_words import conditions, differences, has_conditions, schedule
from actions.policy_form import PolicyForm
from actions.trying import trial_of
from postmortems.policies import Refusal
from postmortems.views.replies import this_second

CURRENT = "actions:policies"


@require_safe
def policies(request: UserRequest) -> HttpResponse:
    """Every policy in the order in which they are asked, and those behind them."""
    check_administers(request.user)
    subjects = [_subject(subject) for subject in PolicySubject]
    return render(
        request,
        "actions/policies/list.html",
        {"subjects": subjects, "current": CURRENT},
    )


def _subject(subject: PolicySubject) -> dict[str, Any]:
    rows = list(access.policies(subject))
    return {
        "subject": subject,
        "rows": [(row, conditions(row), schedule(row)) for row in rows],
        "all_agree": any(row.enabled and not has_conditions(row) for row in rows),
        "shipped": [
            (rule.policy.name, schedule(rule.policy)) for rule in shipped(subject)
        ],
    }


@require_POST
def adopt(request: UserRequest) -> HttpResponse:
    """Copy the shipped rules, to change them."""
    operations.adopt_shipped(_asked_subject(request.POST), by=request.user)
    return redirect(CURRENT)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest) -> HttpResponse:
    check_administers(request.user)
    subject = _asked_subject(request.GET)
    if request.method != "POST":
        return _page(request, PolicyForm(subject=subject))
    form = PolicyForm(request.POST, subject=subject)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        policy = operations.add_policy(subject, form.values(), by=request.user)
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form, status=422)
    return redirect("actions:policy-try", policy.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: UserRequest, pk: int) -> HttpResponse:
    """The form of a policy; or, where somebody was first, with what they saved."""
    check_administers(request.user)
    policy = access.policy(pk)
    subject = PolicySubject(policy.subject)
    if request.method != "POST":
        return _page(request, PolicyForm(subject=subject, policy=policy), policy)
    form = PolicyForm(request.POST, subject=subject, policy=policy)
    if not form.is_valid():
        return _page(request, form, policy, status=422)
    try:
        operations.change_policy(
            pk,
            form.values(),
            version=form.cleaned_data["version"] or 0,
            by=request.user,
        )
    except operations.ChangedMeanwhile:
        return _both(request, form, access.policy(pk))
    tell(request, _("%(name)s saved.") % {"name": form.cleaned_data["name"]})
    return redirect(CURRENT)


def _both(request: UserRequest, typed: PolicyForm, current: Policy) -> HttpResponse:
    """409: what was typed, to be saved over the newest version, and what that says."""
    data = request.POST.copy()
    data["version"] = str(current.version)
    mine = PolicyForm(data, subject=typed.subject, policy=current)
    theirs = differences(typed, PolicyForm(subject=typed.subject, policy=current))
    return _page(request, mine, current, status=409, theirs=theirs)


def _page(
    request: UserRequest,
    form: PolicyForm,
    policy: Policy | None = None,
    *,
    status: int = 200,
    theirs: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    context = {
        "form": form,
        "policy": policy,
        "of_actions": form.subject == PolicySubject.ACTIONS,
        "theirs": theirs,
        "current": CURRENT,
    }
    return render(request, "actions/policies/form.html", context, status=status)


@require_safe
def attempt(request: UserRequest, pk: int) -> HttpResponse:
    """What it would have sent in the last month, on what there is."""
    check_administers(request.user)
    policy = access.policy(pk)
    context = {
        "policy": policy,
        "conditions": conditions(policy),
        "schedule": schedule(policy),
        "trial": trial_of(policy, by=request.user, now=this_second()),
        "current": CURRENT,
    }
    return render(request, "actions/policies/trial.html", context)


@require_POST
def move(request: UserRequest, pk: int) -> HttpResponse:
    check_administers(request.user)
    up = request.POST.get("to") == "up"
    operations.move_policy(pk, up=up, by=request.user)
    return redirect(CURRENT)


@require_POST
def switch(request: UserRequest, pk: int) -> HttpResponse:
    check_administers(request.user)
    on = request.POST.get("to") == "on"
    policy = operations.switch_policy(pk, on=on, by=request.user)
    sentence = _("%(name)s is on.") if on else _("%(name)s is off.")
    tell(request, sentence % {"name": policy.name})
    return redirect(CURRENT)


@require_POST
def delete(request: UserRequest, pk: int) -> HttpResponse:
    check_administers(request.user)
    try:
        operations.delete_policy(pk, by=request.user)
    except Refusal as refusal:
        return refuse(request, str(refusal), current=CURRENT)
    return redirect(CURRENT)


def _asked_subject(data: Any) -> PolicySubject:
    asked = data.get("subject", PolicySubject.ACTIONS)
    if asked not in PolicySubject.values:
        raise Http404
    return PolicySubject(asked)


urlpatterns = [
    path("settings/policies/", policies, name="policies"),
    path("settings/policies/adopt/", adopt, name="policies-adopt"),
    path("settings/policies/add/", add, name="policy-add"),
    path("settings/policies/<int:pk>/", change, name="policy-change"),
    path("settings/policies/<int:pk>/trial/", attempt, name="policy-try"),
    path("settings/policies/<int:pk>/move/", move, name="policy-move"),
    path("settings/policies/<int:pk>/switch/", switch, name="policy-switch"),
    path("settings/policies/<int:pk>/delete/", delete, name="policy-delete"),
]
