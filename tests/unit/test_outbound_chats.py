"""What chats are told: their own shapes, and titles that mean nothing to them."""

import json
import re
from typing import Any

import pytest

from outbound.chats import MOST_ITEMS, payload
from outbound.composing import Message
from outbound.models import ChatFlavour
from outbound.telling import Item, Telling

HOSTILE = [
    "@everyone @here @channel @all",
    "<!channel> <!here> <!everyone> <@U123> <#C1>",
    "<https://evil.example|click>",
    "[click](https://evil.example)",
    "![](https://evil.example/x.png)",
    "</at><at>Everybody</at>",
    "# heading\n# another",
    "&lt;!channel&gt;",
    "|a|b|\r\n|-|-|",
    "`code` *bold* _it_ ~no~ **x**",
    "\u202eright to left",
    "x" * 5_000,
]


ELSEWHERE = r"(?!https://afterword\.example/)"
MEANT = {
    ChatFlavour.SLACK: re.compile(rf"<{ELSEWHERE}"),
    ChatFlavour.TEAMS: re.compile(rf"(?<!\\)(<|\]\({ELSEWHERE})"),
    ChatFlavour.MATTERMOST: re.compile(rf"(?<!\\)(<|\]\({ELSEWHERE})"),
}
"""What each chat would take for a mention or a link of somebody else's."""


def message(*items: Item, more: int = 0) -> Message:
    telling = Telling("Due soon", list(items), "Two things")
    return Message("Two things", [telling], ["reminder"], more=more)


def item(title: str = "Alert early", **more: Any) -> Item:
    given: dict[str, Any] = {
        "title": title,
        "address": "https://afterword.example/actions/7/",
        "due": "Due on Friday",
        "facts": [("From", "Stale product data")],
    }
    return Item(**given | more)


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list):
        return []
    return [text for part in parts for text in strings(part)]


@pytest.mark.parametrize("flavour", list(ChatFlavour))
@pytest.mark.parametrize("title", HOSTILE)
def test_a_title_names_nobody_and_links_nowhere(
    flavour: ChatFlavour, title: str
) -> None:
    told = payload(flavour, message(item(title, due=title, facts=[(title, title)])))
    texts = [text for text in strings(told) if not text.startswith("http://adaptive")]
    whole = "\n".join(texts)
    assert not re.search(r"@\w", whole)
    assert not MEANT[flavour].search(whole)
    assert "\u202e" not in whole
    assert not any("\r" in text for text in texts)
    assert len(json.dumps(told)) < 28_000


@pytest.mark.parametrize("flavour", ChatFlavour.values)
def test_every_chat_is_told_title_date_facts_and_link(flavour: str) -> None:
    whole = "\n".join(strings(payload(flavour, message(item(), item("Other")))))
    for part in (
        "Alert early",
        "Other",
        "Due on Friday",
        "Stale product data",
        "https://afterword.example/actions/7/",
    ):
        assert part in whole


@pytest.mark.parametrize("flavour", ChatFlavour.values)
def test_a_long_list_ends_with_a_number(flavour: str) -> None:
    told = payload(flavour, message(*[item()] * (MOST_ITEMS + 5), more=3))
    whole = "\n".join(strings(told))
    assert whole.count("Due on Friday") == MOST_ITEMS
    assert "And 8 more" in whole
    assert len(json.dumps(told)) < 28_000


def test_slack_gets_blocks_and_a_plain_line() -> None:
    told = payload(ChatFlavour.SLACK, message(item()))
    assert told["text"] == "Two things"
    assert len(told["blocks"]) <= 50
    assert (
        told["blocks"][1]["text"]["text"].splitlines()[0]
        == "<https://afterword.example/actions/7/|Alert early>"
    )


def test_teams_gets_an_adaptive_card() -> None:
    (attached,) = payload(ChatFlavour.TEAMS, message(item()))["attachments"]
    assert attached["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attached["content"]["type"] == "AdaptiveCard"
    assert {part["type"] for part in attached["content"]["body"]} == {
        "TextBlock",
        "FactSet",
    }


def test_mattermost_gets_markdown() -> None:
    told = payload(ChatFlavour.MATTERMOST, message(item()))
    assert told["text"].splitlines()[:3] == [
        "**Due soon**",
        "",
        "- [Alert early](https://afterword.example/actions/7/)  ",
    ]
