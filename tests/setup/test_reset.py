"""`make reset` asks, and then nothing is left."""

import subprocess
import sys
from pathlib import Path

import pytest

from devstack.var import ROOT
from tests.setup.stacks import STAY, in_database, plain_environ, say, started


def answered(folder: Path, answer: str) -> int:
    asked = subprocess.run(
        [sys.executable, "-m", "devstack", "reset"],
        cwd=ROOT,
        env=plain_environ(folder),
        input=answer,
        text=True,
        capture_output=True,
        check=False,
    )
    assert "This removes the database" in asked.stdout
    return asked.returncode


@pytest.mark.parametrize("answer", ["", "no\n", "y\n"])
def test_only_a_yes_empties_it(folder: Path, answer: str) -> None:
    (folder / "devstack.lock").touch()
    (folder / "kept").write_text("still here")
    assert answered(folder, answer) == 1
    assert (folder / "kept").read_text() == "still here"


def test_a_yes_empties_it_and_the_next_start_begins_anew(folder: Path) -> None:
    in_database(folder, "CREATE TABLE kept AS SELECT 1")
    assert answered(folder, "yes\n") == 0
    assert [path.name for path in folder.iterdir()] == ["devstack.lock"]
    assert in_database(folder, "SELECT to_regclass('kept') IS NULL") == "True"


def test_links_are_removed_and_what_they_point_at_is_kept(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").write_text("kept")
    (folder / "devstack.lock").touch()
    (folder / "link").symlink_to(tmp_path, target_is_directory=True)
    assert answered(folder, "yes\n") == 0
    assert (tmp_path / "elsewhere").read_text() == "kept"


def test_a_test_run_in_progress_keeps_its_folder(folder: Path) -> None:
    (folder / "devstack.lock").touch()
    with started(folder / "test", "exec", *STAY) as tests:
        tests.wait_for("^here")
        code, said = say(folder, "reset", "--yes")
        assert code == 1
        assert "Already starting or stopping" in said
        assert (folder / "test/postgres").exists()
