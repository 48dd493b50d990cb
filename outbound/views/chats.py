"""Chats that are told: added, tried, removed."""

from allauth.core import ratelimit
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import UserRequest
from accounts.mails import public
from accounts.views.replies import show_form, tell, typed
from outbound import access, chats
from outbound.composing import Message
from outbound.forms.chats import ChatForm
from outbound.models import ChatHook
from outbound.operations import hooks
from outbound.telling import Item, Telling
from outbound.views.preferences import CURRENT


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest) -> HttpResponse:
    form = ChatForm(typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        hooks.keep(form.chat, form.owned_by, by=request.user, at=timezone.now())
        tell(request, _("Chat added. Send a message to it to see whether it works."))
        return redirect(CURRENT)
    return show_form(request, "outbound/chat_form.html", form, current=CURRENT)


@require_POST
def try_out(request: UserRequest, pk: int) -> HttpResponse:
    """Send a message there, and say no more than whether it was taken (BAR I9)."""
    hook = access.own_or_shared_hook(request.user, pk)
    refused = ratelimit.consume_or_429(request, action="test_chat", user=request.user)
    if refused is not None:
        refused.headers["Retry-After"] = "60"
        return HttpResponse(refused.content, status=429, headers=refused.headers)
    tell(request, _outcome(hook))
    return redirect(CURRENT)


def _outcome(hook: ChatHook) -> str:
    try:
        chats.post(hook, _message(hook))
    except chats.NotDelivered as problem:
        if problem.timed_out:
            return _("%(name)s did not answer in time.") % {"name": hook.name}
        return _("%(name)s did not take the message.") % {"name": hook.name}
    hooks.note_answered(hook)
    return _("Delivered to %(name)s.") % {"name": hook.name}


def _message(hook: ChatHook) -> Message:
    item = Item(
        title=_("A message from Afterword, to see whether it arrives"),
        address=public(reverse("outbound:settings")),
    )
    telling = Telling(heading=hook.name, items=[item], subject=item.title)
    return Message(subject=item.title, tellings=[telling], kinds=[])


@require_POST
def remove(request: UserRequest, pk: int) -> HttpResponse:
    hook = access.own_or_shared_hook(request.user, pk)
    hooks.remove(hook, by=request.user)
    tell(request, _("%(name)s is not told anything any more.") % {"name": hook.name})
    return redirect(CURRENT)


urlpatterns = [
    path("settings/notifications/chats/add/", add, name="chat-add"),
    path("settings/notifications/chats/<int:pk>/try/", try_out, name="chat-try"),
    path("settings/notifications/chats/<int:pk>/remove/", remove, name="chat-remove"),
]
