"""What make says before there is anything to run."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.var import ROOT

TARGETS = (
    "run manage test test-fast drills lint format types checks bench bench-live reset"
    " lock editor"
)


def make(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """The Makefile in a checkout that has nothing yet."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    return tmp_path


def test_make_alone_lists_every_target() -> None:
    listed = make().stdout
    assert [re.search(rf"make {name} ", listed) for name in TARGETS.split()].count(
        None
    ) == 0


def test_every_target_that_people_type_says_what_it_does() -> None:
    text = (ROOT / "Makefile").read_text()
    typed = " ".join(re.findall(r"^\.PHONY: (.+)$", text, re.MULTILINE)).split()
    assert sorted(typed) == sorted(["help", *TARGETS.split()])


def test_an_old_python_is_refused_in_a_sentence(bare: Path) -> None:
    old = bare / "old-python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    tried = make("run", f"PYTHON={old}", folder=bare)
    assert tried.returncode != 0
    assert "Python 3.11 or newer is needed" in tried.stderr
    assert not (bare / ".venv").exists()


def test_a_python_without_venv_says_what_to_install(bare: Path) -> None:
    without = bare / "python-without-venv"
    without.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\n')
    without.chmod(0o755)
    tried = make("run", f"PYTHON={without}", folder=bare)
    assert tried.returncode != 0
    assert "apt-get install python3-venv" in tried.stderr


def test_a_browser_that_cannot_be_installed_is_asked_for_by_its_command(
    bare: Path,
) -> None:
    failing = bare / "apt-get"
    failing.write_text("#!/bin/sh\nexit 100\n")
    failing.chmod(0o755)
    asked = subprocess.run(
        [sys.executable, "-m", "devstack", "browser"],
        cwd=ROOT,
        env={
            "PATH": str(bare),
            "HOME": str(bare),
            "PLAYWRIGHT_DOWNLOAD_HOST": "http://127.0.0.1:9",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 1
    assert "Run: sudo apt-get install chromium" in asked.stdout
    assert "Traceback" not in asked.stdout
