"""A message in a chat: what its incoming webhook takes, and what its answer means.

Titles are written by people, so that nothing in them is left to mean anything to the
chat: no mention of everybody, no link, no heading (each chat's own escapes, and a
zero-width space behind every @).
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.mails import one_line
from outbound import http
from outbound.composing import Message
from outbound.models import ChatFlavour, ChatHook
from outbound.secrets import CannotUnseal, unseal
from outbound.telling import Item, Telling

MOST_ITEMS = 20
"""Chats refuse what is long: Slack 50 blocks, Teams 28 kB."""
LONGEST = 300
NOT_AN_ADDRESS = "\u200b"
GONE, TOO_MANY = 410, 429
LONGEST_WAIT = timedelta(hours=6)
_MARKS = re.compile(r"([\\`*_{}\[\]()<>#|~!+-])")


class NotDelivered(Exception):
    """The chat did not take it; says why, without its address."""

    def __init__(
        self,
        reason: str,
        *,
        refused: bool = False,
        timed_out: bool = False,
        gone: bool = False,
        wait: timedelta = timedelta(0),
    ) -> None:
        super().__init__(reason)
        self.reason, self.refused, self.timed_out = reason, refused, timed_out
        self.gone, self.wait = gone, wait


def post(hook: ChatHook, message: Message) -> None:
    """Hand it to the chat; NotDelivered where that did not go well."""
    try:
        address = unseal(hook.address)
        answer = http.fetch("POST", address, json=payload(hook.flavour, message))
    except CannotUnseal:
        raise NotDelivered(
            _("Its address cannot be decrypted: enter it anew.")
        ) from None
    except http.Refused:
        raise NotDelivered(_("Its address may not be called.")) from None
    except http.TimedOut:
        raise NotDelivered(
            _("The chat did not answer in time."), timed_out=True
        ) from None
    except http.OutboundError:
        raise NotDelivered(_("The chat could not be reached.")) from None
    if not 200 <= answer.status < 300:  # noqa: PLR2004  what HTTP calls success
        raise NotDelivered(
            _("The chat answered with %(status)s.") % {"status": answer.status},
            refused=True,
            gone=answer.status == GONE,
            wait=_wait(answer),
        )


def _wait(answer: http.Answer) -> timedelta:
    """How long the chat asks to be left alone."""
    seconds = answer.headers.get("retry-after", "")
    if answer.status != TOO_MANY or not re.fullmatch(r"[0-9]{1,6}", seconds):
        return timedelta(0)
    return min(timedelta(seconds=int(seconds)), LONGEST_WAIT)


def payload(flavour: str, message: Message) -> dict[str, Any]:
    return _FLAVOURS[ChatFlavour(flavour)](message)


def harmless(text: str) -> str:
    """On one line, and no @ that names anybody."""
    return one_line(text, limit=LONGEST).replace("@", f"@{NOT_AN_ADDRESS}")


def _left_out(message: Message) -> str:
    more = message.more + max(0, len(message.items) - MOST_ITEMS)
    if not more:
        return ""
    return ngettext("And %(n)s more.", "And %(n)s more.", more) % {"n": more}


def _parts(message: Message) -> list[tuple[Telling, list[Item]]]:
    left = MOST_ITEMS
    found = []
    for telling in message.tellings:
        if left > 0:
            found.append((telling, telling.items[:left]))
        left -= len(telling.items)
    return found


# --- Slack ----------------------------------------------------------------------------


def _slack_text(text: str) -> str:
    escaped = harmless(text).replace("&", "&amp;")
    return escaped.replace("<", "&lt;").replace(">", "&gt;").replace("|", "¦")


def _slack(message: Message) -> dict[str, Any]:
    blocks: list[dict[str, Any]] = []
    for telling, items in _parts(message):
        blocks.append(_section(f"*{_slack_text(telling.heading)}*"))
        blocks.extend(_section(_slack_item(item)) for item in items)
    if more := _left_out(message):
        blocks.append(_section(_slack_text(more)))
    return {"text": _slack_text(message.subject), "blocks": blocks}


def _section(text: str) -> dict[str, Any]:
    return {
        "type": "section",
        "text": {"type": "mrkdwn", "text": text, "verbatim": True},
    }


def _slack_item(item: Item) -> str:
    lines = [f"<{_in_link(item.address)}|{_slack_text(item.title)}>"]
    if item.due:
        lines.append(_slack_text(item.due))
    lines += [f"{_slack_text(a)}: {_slack_text(b)}" for a, b in item.facts]
    return "\n".join(lines)


# --- Mattermost -----------------------------------------------------------------------


def _marked(text: str) -> str:
    return _MARKS.sub(r"\\\1", harmless(text))


def _mattermost(message: Message) -> dict[str, Any]:
    lines: list[str] = []
    for telling, items in _parts(message):
        lines += [f"**{_marked(telling.heading)}**", ""]
        lines += [_mattermost_item(item) for item in items]
        lines.append("")
    if more := _left_out(message):
        lines.append(_marked(more))
    return {"text": "\n".join(lines).strip()}


def _mattermost_item(item: Item) -> str:
    facts = [f"{_marked(a)}: {_marked(b)}" for a, b in item.facts]
    said = ", ".join([*([_marked(item.due)] if item.due else []), *facts])
    return f"- [{_marked(item.title)}]({_in_link(item.address)})  \n  {said}"


# --- Teams ----------------------------------------------------------------------------


def _teams(message: Message) -> dict[str, Any]:
    """An adaptive card, as workflows and connectors of Teams take it."""
    body = [_line(message.subject, size="Large", weight="Bolder")]
    for telling, items in _parts(message):
        body.append(_line(telling.heading, weight="Bolder", separator=True))
        for item in items:
            body.extend(_teams_item(item))
    if more := _left_out(message):
        body.append(_line(more))
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {
        "type": "message",
        "attachments": [{"contentType": kind, "content": card}],
    }


def _line(text: str, **looks: Any) -> dict[str, Any]:
    return {"type": "TextBlock", "text": _marked(text), "wrap": True, **looks}


def _teams_item(item: Item) -> list[dict[str, Any]]:
    link = f"[{_marked(item.title)}]({_in_link(item.address)})"
    lines = [_line("") | {"text": link}]
    if item.due:
        lines.append(_line(item.due, isSubtle=True, spacing="None"))
    if item.facts:
        facts = [{"title": _marked(a), "value": _marked(b)} for a, b in item.facts]
        lines.append({"type": "FactSet", "facts": facts})
    return lines


def _in_link(address: str) -> str:
    """Of our own making; what ends a link early is written as a code."""
    for character in " <>|()\"'\\":
        address = address.replace(character, f"%{ord(character):02X}")
    return address


_FLAVOURS: dict[ChatFlavour, Callable[[Message], dict[str, Any]]] = {
    ChatFlavour.SLACK: _slack,
    ChatFlavour.TEAMS: _teams,
    ChatFlavour.MATTERMOST: _mattermost,
}
