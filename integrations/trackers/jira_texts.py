"""Descriptions as Jira has them: a document (ADF) in the cloud, wiki markup elsewhere.

We write paragraphs and links, and read whatever there is as plain text.
"""

import re
from collections.abc import Iterator
from typing import Any

from integrations.trackers.values import text_of

LINK = re.compile(r"\[([^\]\n]{1,300})\]\((https?://[^\s()]{1,2000})\)")
DEEPEST = 50
BLOCKS = frozenset(
    {
        "paragraph",
        "heading",
        "listItem",
        "codeBlock",
        "blockquote",
        "panel",
        "tableRow",
        "rule",
        "mediaSingle",
    }
)


def document_of(markdown: str) -> dict[str, Any]:
    """Paragraphs of an Atlassian document; a link is a link, all else as written."""
    paragraphs = [part for part in re.split(r"\n{2,}", markdown) if part.strip()]
    return {
        "type": "doc",
        "version": 1,
        "content": [
            {"type": "paragraph", "content": list(_lines(part))} for part in paragraphs
        ],
    }


def _lines(paragraph: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(paragraph.strip().split("\n")):
        if number:
            yield {"type": "hardBreak"}
        yield from _pieces(line)


def _pieces(line: str) -> Iterator[dict[str, Any]]:
    at = 0
    for found in LINK.finditer(line):
        if found.start() > at:
            yield {"type": "text", "text": line[at : found.start()]}
        mark = {"type": "link", "attrs": {"href": found.group(2)}}
        yield {"type": "text", "text": found.group(1), "marks": [mark]}
        at = found.end()
    if at < len(line):
        yield {"type": "text", "text": line[at:]}


def wiki_of(markdown: str) -> str:
    """Wiki markup: what would be markup there is written as it is read."""
    parts = []
    at = 0
    for found in LINK.finditer(markdown):
        parts.append(_escaped(markdown[at : found.start()]))
        parts.append(f"[{_escaped(found.group(1))}|{found.group(2)}]")
        at = found.end()
    return "".join([*parts, _escaped(markdown[at:])])


def _escaped(text: str) -> str:
    return re.sub(r"([\[\]{}|!*~^])", r"\\\1", text)


def plain_of(description: Any) -> str:
    """Of a document or of text, whatever else comes is read as empty."""
    if isinstance(description, dict):
        return text_of("".join(_texts(description, 0)).strip())
    return text_of(description).strip()


def _texts(node: Any, depth: int) -> Iterator[str]:
    if not isinstance(node, dict) or depth > DEEPEST:
        return
    kind = node.get("type")
    if kind == "text":
        yield str(node.get("text", ""))
    elif kind == "hardBreak":
        yield "\n"
    elif kind in {"mention", "emoji", "inlineCard"}:
        attributes = node.get("attrs")
        told = attributes if isinstance(attributes, dict) else {}
        yield str(told.get("text") or told.get("shortName") or told.get("url") or "")
    content = node.get("content")
    for child in content if isinstance(content, list) else ():
        yield from _texts(child, depth + 1)
    if kind in BLOCKS:
        yield "\n\n"
