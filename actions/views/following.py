"""Say something about an action, put its reminders off, or say whether it worked."""

from datetime import date

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.http import UserRequest
from actions import access
from actions.models import ActionItem
from actions.operations import following
from actions.page_forms import SayForm, SnoozeForm, VerdictForm
from actions.promises import Unanswered
from actions.views.replies import carry_out, done
from postmortems.moments import BadMoment, parse_due_date
from postmortems.operations import discussion
from postmortems.views.replies import request_key, this_second


@require_POST
def say(request: UserRequest, action_id: int) -> HttpResponse:
    """Begin a thread about the action; it stands beside its report, too."""
    action = access.action(request.user, action_id)
    form = SayForm(request.POST, action=action)
    about = discussion.About("row:actions", action.pk, quote=action.description)

    def start() -> None:
        discussion.start_thread(
            action.postmortem_id,
            about,
            form.cleaned_data["text"],
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )

    return carry_out(request, action, start, anchor="talk", form=form)


@require_POST
def reply(request: UserRequest, action_id: int, thread_id: int) -> HttpResponse:
    action = access.action(request.user, action_id)
    thread = access.thread(action, thread_id)
    form = SayForm(request.POST, action=action, thread=thread)

    def answer() -> None:
        discussion.reply(
            action.postmortem_id,
            thread.pk,
            form.cleaned_data["text"],
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )

    return carry_out(request, action, answer, anchor=f"thread-{thread.pk}", form=form)


@require_POST
def snooze(request: UserRequest, action_id: int) -> HttpResponse:
    """No reminder before a day; without a day they come as ever."""
    action = _to_follow(request, action_id)
    form = SnoozeForm(request.POST)

    def put_off() -> None:
        following.snooze(
            action.pk,
            _day(form, request),
            form.cleaned_data["reason"] or "",
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )

    return carry_out(request, action, put_off, anchor="snooze", form=form)


@require_POST
def remind(request: UserRequest, action_id: int) -> HttpResponse:
    """Tell its owners now, or in their morning; once a day."""
    action = access.action(request.user, action_id)
    count = following.nudge([action.pk], by=request.user, at=this_second())
    told = (
        ngettext("%(n)s person is reminded.", "%(n)s people are reminded.", count)
        % {"n": count}
        if count
        else _("Nobody is reminded: they were today, or it is your own.")
    )
    return done(request, action, anchor="remind", told=told)


@require_POST
def verdict(request: UserRequest, action_id: int) -> HttpResponse:
    """Whether it worked."""
    action = _to_follow(request, action_id)
    form = VerdictForm(request.POST)

    def answer() -> None:
        following.answer_verdict(
            action.pk,
            form.cleaned_data["verdict"],
            form.cleaned_data["note"] or "",
            by=request.user,
            at=this_second(),
            key=request_key(request),
        )

    return carry_out(request, action, answer, anchor="proof", form=form)


def _to_follow(request: UserRequest, action_id: int) -> ActionItem:
    """Raises Http404 where it does not exist for them, PermissionDenied beyond."""
    action = access.action(request.user, action_id)
    if not following.may_follow(request.user, action):
        raise PermissionDenied(_("Whoever owns this action may say this."))
    return action


def _day(form: SnoozeForm, request: UserRequest) -> date | None:
    """The day as typed. Raises Unanswered for what is none."""
    text = form.cleaned_data["until"]
    if not text:
        return None
    today = this_second().astimezone(request.user.zone).date()
    try:
        return parse_due_date(text, today=today)
    except BadMoment as error:
        raise Unanswered({"until": str(error)}) from error


urlpatterns = [
    path("actions/<int:action_id>/comments/", say, name="say"),
    path("actions/<int:action_id>/comments/<int:thread_id>/", reply, name="reply"),
    path("actions/<int:action_id>/snooze/", snooze, name="snooze"),
    path("actions/<int:action_id>/remind/", remind, name="remind"),
    path("actions/<int:action_id>/verdict/", verdict, name="verdict"),
]
