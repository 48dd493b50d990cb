"""Every string that people read goes through gettext."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings

from tests.security.sources import APPS, FILES, TEMPLATES, name_of, without_tags

WITHOUT_TAGS = {"templates/500.html"}
"""Drawn when nothing can be relied on, translations included."""
SPEAKING = [path for path in TEMPLATES if name_of(path) not in WITHOUT_TAGS]
SPOKEN = {"alt", "aria-label", "content", "label", "placeholder", "title"}
"""Attributes that are read to people; `content` only of a description."""
SILENT = {"code", "kbd", "script", "style"}
NAMES = re.compile(
    r"Afterword|TL;DR|UTC|CET|SEV-\d|INC-[\d-]+|Markdown|JSON|PDF|ID|URL|[A-Z]|e\.g\."
    r"|https?|Ctrl|Enter|Esc|Alt|Shift|Tab|min|[hms]"
)
"""Words that are the same in every language."""

_WORD = re.compile(r"[^\W\d_]{2,}")


class Spoken(HTMLParser):
    """The words of a template that no tag translates."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0
        self.feed(without_tags(text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in SILENT
        described = ("name", "description") in attrs
        for name, value in attrs:
            if name in SPOKEN and (name != "content" or described):
                self._say(value or "")

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in SILENT))

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._say(data)

    def _say(self, text: str) -> None:
        if _WORD.search(NAMES.sub(" ", text)):
            self.found.append(" ".join(text.split()))


@pytest.mark.parametrize("path", SPEAKING, ids=name_of)
def test_a_template_says_nothing_untranslated(path: Path) -> None:
    assert Spoken(path.read_text()).found == []


# --- Python ---------------------------------------------------------------------------

FOR_MACHINES = {
    "config/edge.py": "told before any language is known, to senders of junk",
    "config/environment.py": "told to operators, before translations are there",
}
FOR_PEOPLE = {"label", "help_text", "verbose_name", "empty_label", "title"}
RAISED = {"ValidationError", "PermissionDenied"}


def refusals() -> set[str]:
    """Our exceptions whose sentence is shown to people."""
    found = {"Refusal", *RAISED}
    classes = [
        node
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    ]
    for _depth in range(4):
        found |= {
            one.name
            for one in classes
            if any(ast.unparse(base).rpartition(".")[2] in found for base in one.bases)
        }
    return found


def untranslated(path: Path, shown: set[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func).rpartition(".")[2]
        values = [word.value for word in node.keywords if word.arg in FOR_PEOPLE]
        if called in shown or called in {"add_error", "tell"}:
            values += node.args
        for value in values:
            if _is_sentence(value):
                yield f"{name_of(path)}:{node.lineno}: {ast.unparse(value)}"


def _is_sentence(node: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(_is_sentence(part) for part in node.values)
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and bool(re.search(r"[A-Za-z]{2,} [a-z]|^[A-Z][a-z]+", node.value))
    )


def test_python_says_nothing_untranslated() -> None:
    shown = refusals()
    found = [
        sentence
        for path in FILES
        if "management" not in path.parts and name_of(path) not in FOR_MACHINES
        for sentence in untranslated(path, shown)
    ]
    assert found == []


def test_every_app_is_looked_at() -> None:
    assert {path.relative_to(settings.BASE_DIR).parts[0] for path in FILES} == set(APPS)
