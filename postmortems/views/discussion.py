"""Comments beside a report: the panel, and the forms that write in it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.http import UserRequest
from config.limits import LIMITS
from postmortems import access, permissions, policies
from postmortems.forms.discussion import CommentForm, ThreadForm
from postmortems.models import Comment, Postmortem
from postmortems.operations import discussion
from postmortems.subjects import WHOLE, Subject
from postmortems.views.notes import panel_context
from postmortems.views.replies import (
    editor_of,
    form_reply,
    request_key,
    status_of,
    this_second,
    with_fresh_key,
)

PART = discussion.PART
FORM = "postmortems/comments/form.html"
Say = Callable[[str], Comment]


@require_safe
def comments(request: UserRequest, reference: str) -> HttpResponse:
    """All that is said about a report, on a page of its own."""
    postmortem = access.postmortem(request.user, reference)
    context = {
        **panel_context(request, postmortem),
        "postmortem": postmortem,
        "incident": postmortem.incident,
        "alone": True,
    }
    return render(request, "postmortems/comments/page.html", context)


@require_safe
def parts(request: UserRequest, reference: str) -> HttpResponse:
    """The panel alone, for a page without the editor that was told it has changed."""
    postmortem = access.postmortem(request.user, reference)
    context = {**panel_context(request, postmortem), "names": [PART]}
    return render(request, "postmortems/parts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest, reference: str) -> HttpResponse:
    """Begin a thread about what the address names as `on`; else about the whole."""
    postmortem = access.postmortem(request.user, reference)
    subject = access.subject(postmortem, request.GET.get("on", WHOLE))
    form = ThreadForm(
        request.POST if request.method == "POST" else None,
        postmortem=postmortem,
        editor=editor_of(request, postmortem),
    )

    def say(text: str) -> Comment:
        return discussion.start_thread(
            postmortem.pk,
            _about(subject, form),
            text,
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )

    label = _("Comment on: %(what)s") % {"what": subject.name[:60]}
    return _form_answer(request, postmortem, form, say, label=label)


@require_http_methods(["GET", "HEAD", "POST"])
def reply(request: UserRequest, reference: str, thread_id: int) -> HttpResponse:
    postmortem = access.postmortem(request.user, reference)
    thread = access.thread(postmortem, thread_id)

    def say(text: str) -> Comment:
        return discussion.reply(
            postmortem.pk,
            thread.pk,
            text,
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )

    form = _form(request, postmortem)
    return _form_answer(request, postmortem, form, say, label=_("Reply"))


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: UserRequest, reference: str, comment_id: int) -> HttpResponse:
    """Say one's own comment otherwise."""
    postmortem = access.postmortem(request.user, reference)
    comment = access.comment(postmortem, comment_id)
    permissions.check_is_own(request.user, comment)

    def say(text: str) -> Comment:
        return discussion.edit_comment(
            postmortem.pk,
            comment.pk,
            text,
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )

    form = _form(request, postmortem, comment)
    return _form_answer(request, postmortem, form, say, label=_("Edit comment"))


@require_POST
def delete(request: UserRequest, reference: str, comment_id: int) -> HttpResponse:
    """Take one's own comment away, and offer to undo that."""
    postmortem = access.postmortem(request.user, reference)
    comment = access.comment(postmortem, comment_id)
    discussion.delete_comment(
        postmortem.pk, comment.pk, by=request.user, at=this_second()
    )
    back = reverse("postmortems:comment-restore", args=[reference, comment.pk])
    return _done(request, postmortem, undo=(back, _("Comment deleted.")))


@require_POST
def restore(request: UserRequest, reference: str, comment_id: int) -> HttpResponse:
    postmortem = access.postmortem(request.user, reference)
    comment = access.comment(postmortem, comment_id)
    discussion.bring_back_comment(
        postmortem.pk, comment.pk, by=request.user, at=this_second()
    )
    return _done(request, postmortem, focus=f"comment-{comment.pk}")


@require_POST
def resolve(request: UserRequest, reference: str, thread_id: int) -> HttpResponse:
    """Put a thread aside as settled, and offer to undo that."""
    postmortem = access.postmortem(request.user, reference)
    thread = access.thread(postmortem, thread_id)
    discussion.set_resolved(
        postmortem.pk, thread.pk, resolved=True, by=request.user, at=this_second()
    )
    back = reverse("postmortems:thread-reopen", args=[reference, thread.pk])
    return _done(request, postmortem, undo=(back, _("Thread resolved.")))


@require_POST
def reopen(request: UserRequest, reference: str, thread_id: int) -> HttpResponse:
    postmortem = access.postmortem(request.user, reference)
    thread = access.thread(postmortem, thread_id)
    discussion.set_resolved(
        postmortem.pk, thread.pk, resolved=False, by=request.user, at=this_second()
    )
    return _done(request, postmortem, focus=f"thread-{thread.pk}")


# --- How ------------------------------------------------------------------------------


def _about(subject: Subject, form: ThreadForm) -> discussion.About:
    data = form.cleaned_data
    marked = subject.section is not None
    return discussion.About(
        part=subject.part,
        object_id=subject.object_id,
        quote=(data["quote"] or subject.name)[: LIMITS.quote],
        start=data["start"] if marked else None,
        end=data["end"] if marked else None,
    )


def _form(
    request: UserRequest, postmortem: Postmortem, comment: Comment | None = None
) -> CommentForm:
    return CommentForm(
        request.POST if request.method == "POST" else None,
        postmortem=postmortem,
        comment=comment,
        editor=editor_of(request, postmortem),
    )


def _form_answer(
    request: UserRequest,
    postmortem: Postmortem,
    form: CommentForm,
    say: Say,
    *,
    label: str,
) -> HttpResponse:
    """The form; or the form with what is wrong beside the field; or what was said."""

    def again(status: int, **context: Any) -> HttpResponse:
        return form_reply(
            request, postmortem, FORM, label=label, status=status, form=form, **context
        )

    if request.method != "POST":
        return again(200)
    if not form.is_valid():
        return again(422)
    try:
        comment = say(form.said())
    except discussion.CannotSee as refusal:
        form.data = with_fresh_key(request)
        form.add_error("text", str(refusal))
        return again(422)
    except policies.Refusal as refusal:
        form.data = with_fresh_key(request)
        return again(status_of(refusal), refusal=refusal)
    return _done(request, postmortem, focus=f"comment-{comment.pk}")


def _done(
    request: UserRequest,
    postmortem: Postmortem,
    *,
    focus: str = "",
    undo: tuple[str, str] | None = None,
) -> HttpResponse:
    """Saved: the panel to fetch again, or back to the page of comments."""
    if not request.htmx:
        if undo:
            messages.info(request, undo[1], extra_tags=f"undo:{undo[0]}")
        page = reverse("postmortems:comments", args=[postmortem.incident.reference])
        return redirect(f"{page}#{focus}" if focus else page)
    events: dict[str, Any] = {"changed": {"parts": [PART]}}
    if undo:
        events["undo"] = {"url": undo[0], "sentence": undo[1]}
    if focus:
        events["focusing"] = {"id": focus}
    response = HttpResponse()
    response.headers["HX-Trigger"] = json.dumps(events)
    response.headers["X-Saved-At"] = datetime.now(UTC).strftime("%H:%M:%S")
    return response


urlpatterns = [
    path("<str:reference>/comments/", comments, name="comments"),
    path("<str:reference>/comments/parts/", parts, name="comment-parts"),
    path("<str:reference>/comments/add/", add, name="comment-add"),
    path(
        "<str:reference>/comments/threads/<int:thread_id>/reply/",
        reply,
        name="comment-reply",
    ),
    path(
        "<str:reference>/comments/threads/<int:thread_id>/resolve/",
        resolve,
        name="thread-resolve",
    ),
    path(
        "<str:reference>/comments/threads/<int:thread_id>/reopen/",
        reopen,
        name="thread-reopen",
    ),
    path(
        "<str:reference>/comments/<int:comment_id>/edit/",
        change,
        name="comment-change",
    ),
    path(
        "<str:reference>/comments/<int:comment_id>/delete/",
        delete,
        name="comment-delete",
    ),
    path(
        "<str:reference>/comments/<int:comment_id>/restore/",
        restore,
        name="comment-restore",
    ),
]
