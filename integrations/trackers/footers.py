"""The last lines that we write below an issue's text, for trackers without own fields.

    Due: 2026-04-01
    Afterword: 5f3c…

The key is what an issue is found by before one is made; the due date is there for
people to read. Both are no part of the description: it is told without them.
"""

import re
from datetime import date

_FOOTER = re.compile(
    r"(?:^---\n)?(?:^Due: [^\n]{0,40}\n)?"
    r"^Afterword: (?P<key>[^\s]{1,100})[ \t]{0,20}$",
    re.MULTILINE,
)


def with_footer(description: str, key: str, due_on: date | None = None) -> str:
    due = f"Due: {due_on.isoformat()}\n" if due_on else ""
    return f"{description}\n\n---\n{due}Afterword: {key}".lstrip("\n")


def without_footer(text: str) -> str:
    """The description; what people wrote below the footer stays."""
    return _FOOTER.sub("", text, count=1).strip("\n")


def key_in(text: str) -> str:
    """The key of the issue with this text; empty for one that we did not make."""
    found = _FOOTER.search(text)
    return found["key"] if found else ""


def due_in(text: str) -> date | None:
    """The date that we wrote last."""
    found = re.search(r"^Due: (\d{4}-\d{2}-\d{2})$", _footer_of(text), re.MULTILINE)
    return date.fromisoformat(found[1]) if found else None


def _footer_of(text: str) -> str:
    found = _FOOTER.search(text)
    return found[0] if found else ""
