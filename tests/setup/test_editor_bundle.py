"""The editor's JavaScript as it is committed: small enough, licensed, pinned."""

import gzip
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = ROOT / "static/dist/editor.js"
LARGEST = 150_000
"""Bytes, compressed with gzip."""


def test_the_editor_is_small_enough_to_be_loaded_by_a_phone() -> None:
    assert len(gzip.compress(BUNDLE.read_bytes(), 9)) <= LARGEST


def test_the_editor_contains_nothing_that_the_policy_of_the_page_forbids() -> None:
    code = BUNDLE.read_text()
    assert "eval(" not in code
    assert "new Function(" not in code


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((ROOT / "frontend/package-lock.json").read_text())
    assert [name for name, one in lock["packages"].items() if "resolved" in one] == []


def test_every_package_is_pinned_to_one_version() -> None:
    wanted = json.loads((ROOT / "frontend/package.json").read_text())
    versions = {**wanted["dependencies"], **wanted["devDependencies"]}
    assert [name for name, one in versions.items() if not one[0].isdigit()] == []


def test_the_licences_of_what_is_in_the_editor_stand_beside_it() -> None:
    licences = (ROOT / "static/licences/editor.txt").read_text()
    for name in ("yjs", "@codemirror/view", "y-codemirror.next", "turndown"):
        assert f"\n{name} " in licences
