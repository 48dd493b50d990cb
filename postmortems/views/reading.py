"""The report as people read it: as published, or as it stands while it is drafted."""

from functools import partial
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from accounts.http import UserRequest
from config.limits import LIMITS
from postmortems import access, permissions, suggested
from postmortems.models import Change, Postmortem, Publication
from postmortems.views import articles
from postmortems.views.lifecycle import steps_context
from postmortems.views.notes import panel_context
from postmortems.views.replies import base_address, this_second


@require_safe
def read(request: UserRequest, reference: str) -> HttpResponse:
    """The published text, with its actions as of today; the draft where there is none.

    While a report is reopened, its readers keep the published text.
    """
    postmortem = access.postmortem(request.user, reference)
    publication = access.latest_publication(postmortem)
    newest_first = request.GET.get("order") == "newest"
    article = articles.for_readers(postmortem, publication, newest_first=newest_first)
    context = {
        **_page_context(request, postmortem, article, publication),
        **steps_context(request.user, postmortem),
        "reopened": _reopened(postmortem, publication),
        "can_edit": permissions.can_edit(request.user, postmortem),
        **_suggestions(request, postmortem),
        **panel_context(request, postmortem),
        "can_join": not postmortem.frozen
        and permissions.can_join(request.user, postmortem),
    }
    return render(request, "postmortems/reading/page.html", context)


@require_safe
def published(request: UserRequest, reference: str, number: int) -> HttpResponse:
    """One publication exactly as it was frozen, whatever came after it."""
    postmortem = access.postmortem(request.user, reference)
    publication = access.publication(postmortem, number)
    newest_first = request.GET.get("order") == "newest"
    article = articles.published(postmortem, publication, newest_first=newest_first)
    context = {
        **_page_context(request, postmortem, article, publication),
        "latest": access.latest_publication(postmortem),
    }
    return render(request, "postmortems/reading/publication.html", context)


def _page_context(
    request: UserRequest,
    postmortem: Postmortem,
    article: articles.Article,
    publication: Publication | None,
) -> dict[str, Any]:
    return {
        **articles.page_context(
            article,
            base=base_address(postmortem),
            today=this_second().astimezone(request.user.zone).date(),
            publication=publication,
        ),
        "postmortem": postmortem,
        "incident": postmortem.incident,
    }


def _suggestions(request: UserRequest, postmortem: Postmortem) -> dict[str, Any]:
    """One's own, with what became of them."""
    own = [*access.own_suggestions(postmortem, request.user)[: LIMITS.page_size]]
    return {
        "own_suggestions": suggested.show(own, partial(access.names_of, postmortem)),
        "today": this_second().astimezone(request.user.zone).date(),
    }


def _reopened(postmortem: Postmortem, publication: Publication | None) -> Change | None:
    """Since when and why the published text is being revised; None where it is not."""
    if publication is None or postmortem.frozen:
        return None
    return access.last_reopening(postmortem)


urlpatterns = [
    path("<str:reference>/", read, name="read"),
    path("<str:reference>/published/<int:number>/", published, name="publication"),
]
