"""Rules about the code that no linter of ours knows, each over every file of it."""

import ast
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings

from tests.security.sources import FILES, TEMPLATES, name_of, without_tags

Found = Iterator[tuple[ast.AST, str]]

THE_DOOR = re.compile(
    r"(\w+/)+(access|models|operations)(/\w+)?\.py"
    r"|\w+/management/commands/\w+\.py"
)
"""Modules that may fetch any row there is."""
ALSO_FETCHES = {
    "postmortems/shared_texts.py": "answers live editing, which asks for rights first",
    "postmortems/contents.py": "what one report says, which its caller was let see",
    "postmortems/rebuilding.py": "names in one report, which its caller was let see",
    "postmortems/report.py": "the rows of one report, which its caller was let see",
    "actions/recipients.py": "asks who may see before it names anybody",
    "actions/tellers.py": "what notices are about, for recipients who may see it",
    "actions/foreseeing.py": "what the planning will write, for operators",
    "actions/cases.py": "notices and days off, for people who may see the action",
    "actions/forms.py": "an empty queryset, until the form knows its report",
    "postmortems/forms/settings.py": "whether a name is taken, for administrators",
    "integrations/importing/writer.py": "writes imports: an operation by itself",
}


def problems(path: Path, rule: Callable[[ast.AST], Found]) -> list[str]:
    tree = ast.parse(path.read_text())
    return [
        f"{name_of(path)}:{getattr(found, 'lineno', 1)}: {why}"
        for node in ast.walk(tree)
        for found, why in rule(node)
    ]


def everywhere(rule: Callable[[ast.AST], Found]) -> list[str]:
    return [problem for path in FILES for problem in problems(path, rule)]


# --- One door to data -----------------------------------------------------------------

MANAGERS = {"objects", "_default_manager", "_base_manager"}
SHORTCUTS = {"get_object_or_404", "get_list_or_404", "aget_object_or_404"}


def fetches(node: ast.AST) -> Found:
    if isinstance(node, ast.Attribute) and node.attr in MANAGERS:
        yield node, f"fetches through .{node.attr}; ask an access function"
    if isinstance(node, ast.Name | ast.alias) and _id(node) in SHORTCUTS:
        yield node, f"uses {_id(node)}; ask an access function"


def _id(node: ast.Name | ast.alias) -> str:
    return node.id if isinstance(node, ast.Name) else node.name


def test_rows_are_fetched_through_the_one_door() -> None:
    closed = [
        path
        for path in FILES
        if not THE_DOOR.fullmatch(name_of(path)) and name_of(path) not in ALSO_FETCHES
    ]
    assert [found for path in closed for found in problems(path, fetches)] == []


# --- SQL ------------------------------------------------------------------------------

COMPILED_SQL = {"postmortems/ledger.py"}
"""Puts together what Django has compiled; values go separately."""


def builds_sql(node: ast.AST) -> Found:
    if not isinstance(node, ast.Call):
        return
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name in {"RawSQL", "extra", "raw"}:
        yield node, f"{name}()"
    if name in {"execute", "executemany"} and not _is_text(node.args[0]):
        yield node, "SQL that is not a literal"
    if name in {"filter", "exclude", "order_by", "get", "values", "annotate"}:
        for part in [*node.args, *node.keywords]:
            if "request" in ast.unparse(part) and _is_unpacked(part):
                yield node, f"{name}() from what a request says"


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_unpacked(node: ast.AST) -> bool:
    return isinstance(node, ast.Starred) or (
        isinstance(node, ast.keyword) and node.arg is None
    )


def test_no_sql_is_put_together_from_text() -> None:
    files = [path for path in FILES if name_of(path) not in COMPILED_SQL]
    assert [found for path in files for found in problems(path, builds_sql)] == []


# --- What runs code -------------------------------------------------------------------

BANNED_MODULES = {"pickle", "marshal", "shelve", "dill", "commands", "telnetlib"}
BANNED_CALLS = {"eval", "exec", "compile", "__import__", "system", "popen"}


def runs_code(node: ast.AST) -> Found:
    if isinstance(node, ast.Import):
        for name in node.names:
            if name.name.split(".")[0] in BANNED_MODULES:
                yield node, f"imports {name.name}"
    if isinstance(node, ast.ImportFrom) and (
        str(node.module).split(".")[0] in BANNED_MODULES
    ):
        yield node, f"imports from {node.module}"
    if isinstance(node, ast.Call):
        yield from _calls_code(node)


def _calls_code(node: ast.Call) -> Found:
    called = ast.unparse(node.func)
    if isinstance(node.func, ast.Name) and node.func.id in BANNED_CALLS:
        yield node, f"{called}()"
    if called in {"os.system", "os.popen", "yaml.load", "yaml.unsafe_load"}:
        yield node, f"{called}()"
    for keyword in node.keywords:
        if keyword.arg == "shell" and ast.unparse(keyword.value) != "False":
            yield node, "a shell"


def test_nothing_turns_data_into_code() -> None:
    assert everywhere(runs_code) == []


def test_tasks_and_sessions_are_json() -> None:
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    assert settings.CELERY_TASK_SERIALIZER == "json"
    assert settings.SESSION_SERIALIZER.endswith("JSONSerializer")


# --- HTML -----------------------------------------------------------------------------

MARKS_SAFE = {
    "postmortems/markup.py": "the sanitiser",
    "postmortems/search.py": "escapes each piece",
    "postmortems/templatetags/report.py": "builds marks from numbers and constants",
    "postmortems/views/home.py": "a sentence of format_html's",
}


def marks_safe(node: ast.AST) -> Found:
    if isinstance(node, ast.Call):
        called = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if called in {"mark_safe", "SafeString"} and not _is_text(
            next(iter(node.args), node)
        ):
            yield node, f"{called}() of something that is not a literal"


def test_only_the_renderer_says_what_is_safe() -> None:
    files = [path for path in FILES if name_of(path) not in MARKS_SAFE]
    assert [found for path in files for found in problems(path, marks_safe)] == []


UNESCAPED = re.compile(r"\|\s*safe(seq)?\b|{%\s*autoescape\s+off")


class Scripts(HTMLParser):
    """What a template would have the browser run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(without_tags(text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _value in attrs]
        if tag == "script" and not {"src", "nonce"} & set(names):
            self.found.append("a script without an address")
        for name, value in attrs:
            if name.startswith(("on", "hx-on", "hx-vars")):
                self.found.append(name)
            if (value or "").strip().lower().startswith(("js:", "javascript:")):
                self.found.append(f"{name}={value}")


PAGES = [path for path in TEMPLATES if path.suffix == ".html"]


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_template_escapes_and_runs_nothing_inline(path: Path) -> None:
    text = path.read_text()
    assert UNESCAPED.search(text) is None
    assert Scripts(text).found == []
