"""docs/settings.md and docs/operating.md name the variables that are read."""

import ast
import re
from pathlib import Path

from devstack.var import ROOT

ROW = re.compile(r"^\| (`[A-Z_`, ]+`) \|", re.MULTILINE)
OF_THE_SYSTEM = {"PATH", "DEBIAN_FRONTEND"}


def documented(page: str) -> list[str]:
    rows = ROW.findall((ROOT / "docs" / page).read_text())
    return [name for row in rows for name in re.findall(r"[A-Z_]+", row)]


def read_through_environs(path: Path) -> set[str]:
    """First arguments of calls like env.int("NAME", …)."""
    return {
        str(node.args[0].value)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
        and isinstance(node.args[0], ast.Constant)
    }


def test_the_table_has_every_setting_once_and_nothing_else() -> None:
    listed = documented("settings.md")
    assert sorted(listed) == sorted(read_through_environs(ROOT / "config/settings.py"))


def test_no_other_module_of_the_application_reads_the_environment() -> None:
    apps = ("accounts", "actions", "config", "integrations", "outbound", "postmortems")
    reading = re.compile(r"\bos\.(environ(?!\.setdefault)|getenv)|from environs")
    found = [
        str(path.relative_to(ROOT))
        for app in apps
        for path in sorted((ROOT / app).rglob("*.py"))
        if reading.search(path.read_text())
    ]
    assert found == ["config/settings.py"]


def test_the_variables_of_the_checkout_are_listed_where_it_is_explained() -> None:
    text = "\n".join(path.read_text() for path in (ROOT / "devstack").glob("*.py"))
    read = set(re.findall(r'environ(?:\.get\(|\[)\s*"([A-Z_]+)"', text))
    listed = set(documented("operating.md"))
    in_settings = set(documented("settings.md"))
    assert read - listed - in_settings - OF_THE_SYSTEM == set()
    assert listed - read - in_settings == set()
