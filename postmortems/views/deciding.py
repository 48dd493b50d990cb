"""Take suggestions over, change them first, or decline them."""

from django.http import HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import UserRequest
from postmortems import access, permissions, policies
from postmortems.forms.suggesting import DeclineForm
from postmortems.models import Postmortem, Suggestion
from postmortems.operations import deciding
from postmortems.operations.suggesting import check_open
from postmortems.views.replies import (
    editor_of,
    form_reply,
    refused,
    request_key,
    this_second,
)
from postmortems.views.taking import BARE, decided, way_of


@require_http_methods(["GET", "HEAD", "POST"])
def take_over(request: UserRequest, reference: str, suggestion_id: int) -> HttpResponse:
    """Write a suggestion as it is; or its form, to change it first; or what is sent."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    suggestion = access.suggestion(postmortem, suggestion_id)
    try:
        _check_undecided(request, postmortem, suggestion)
        taking = way_of(request, postmortem, suggestion)
        if request.method != "POST":
            return taking.form_to_change()
        if request.POST.get("as_suggested"):
            return taking.as_suggested()
        return taking.as_changed()
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)


@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: UserRequest, reference: str, suggestion_id: int) -> HttpResponse:
    """Say why the report stays as it is."""
    postmortem = access.postmortem(request.user, reference, need="edit")
    suggestion = access.suggestion(postmortem, suggestion_id)
    data = request.POST if request.method == "POST" else None
    form = DeclineForm(data, editor=editor_of(request, postmortem))
    try:
        _check_undecided(request, postmortem, suggestion)
        if not form.is_valid():
            return _decline_reply(request, postmortem, suggestion, form)
        declined = deciding.decline(
            postmortem.pk,
            suggestion.pk,
            note=form.cleaned_data["note"],
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )
    except policies.Refusal as refusal:
        return refused(request, postmortem, refusal)
    return decided(request, postmortem, declined)


def _check_undecided(
    request: UserRequest, postmortem: Postmortem, suggestion: Suggestion
) -> None:
    """Tell early what the operation would refuse; a repeated request is let through."""
    permissions.check_can_edit(request.user, postmortem)
    if request.method != "POST":
        check_open(suggestion)


def _decline_reply(
    request: UserRequest,
    postmortem: Postmortem,
    suggestion: Suggestion,
    form: DeclineForm,
) -> HttpResponse:
    answer = form_reply(
        request,
        postmortem,
        "postmortems/suggestions/decline_form.html",
        label=_("Decline the suggestion of %(name)s") % {"name": suggestion.by.name},
        status=422 if form.is_bound else 200,
        form=form,
        **BARE,
    )
    if not form.is_bound:
        answer.headers["HX-Retarget"] = f"#slot-suggestion-{suggestion.pk}"
        answer.headers["HX-Reswap"] = "innerHTML"
    return answer


urlpatterns = [
    path(
        "<str:reference>/suggestions/<int:suggestion_id>/take-over/",
        take_over,
        name="suggestion-take-over",
    ),
    path(
        "<str:reference>/suggestions/<int:suggestion_id>/decline/",
        decline,
        name="suggestion-decline",
    ),
]
