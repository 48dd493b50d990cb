"""What keeps it from starting is said in one line, with an exit code that is not 0."""

import re
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.setup.stacks import in_database, left_over, say

Damage = Callable[[Path], object]


def refused(folder: Path, *arguments: str, **environ: str) -> str:
    """The sentence with which a start was refused."""
    code, said = say(folder, *(arguments or ("exec", "true")), environ=environ)
    assert code == 1, said
    assert "Traceback" not in said
    return said.strip().splitlines()[-1]


def test_a_port_that_was_asked_for_and_is_taken_is_refused(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        sentence = refused(folder, "run", PORT=port)
    assert f"Port {port} is taken" in sentence
    assert not (folder / "postgres").exists()


@pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1", "８０００"])
def test_what_is_no_port_is_refused(folder: Path, port: str) -> None:
    assert f"PORT is “{port}”" in refused(folder, "run", PORT=port)


def test_no_postgresql_anywhere_says_how_to_get_one(folder: Path) -> None:
    sentence = refused(folder, AFTERWORD_PG_BINDIR="/nowhere")
    assert "PostgreSQL 15 or newer was not found (looked at /nowhere)" in sentence
    assert "DATABASE_URL" in sentence


def test_no_redis_anywhere_says_how_to_get_one(folder: Path) -> None:
    sentence = refused(folder, AFTERWORD_REDIS_SERVER="/nowhere")
    assert "was not found (looked at /nowhere)" in sentence
    assert "REDIS_URL" in sentence


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL"])
def test_a_given_server_that_does_not_answer_is_named(folder: Path, name: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        sentence = refused(folder, **{name: f"scheme://user:secret@127.0.0.1:{port}/0"})
    assert f"{name} names 127.0.0.1:{port}, where nothing answers" in sentence
    assert "secret" not in sentence


def test_var_that_is_a_file_is_refused(folder: Path) -> None:
    (folder / "var").write_text("")
    assert "var is not a folder" in refused(folder / "var")


def test_a_folder_with_other_peoples_files_is_left_alone(folder: Path) -> None:
    (folder / "thesis.txt").write_text("chapter 1")
    assert "holds other files" in refused(folder)
    assert "holds other files" in refused(folder, "reset", "--yes")
    assert (folder / "thesis.txt").read_text() == "chapter 1"


def lose(name: str) -> Damage:
    return lambda folder: (folder / name).unlink()


def garble(name: str) -> Damage:
    return lambda folder: (folder / name).write_text("?")


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lose("postgres/PG_VERSION"), "postgres is no database of PostgreSQL"),
        (garble("postgres/PG_VERSION"), "postgres is no database of PostgreSQL"),
        (lose("postgres.password"), "postgres.password is missing"),
        (lose("postgres/global/pg_control"), "PostgreSQL does not start from"),
        (
            lambda folder: shutil.rmtree(folder / "postgres/base"),
            "OperationalError|PostgreSQL does not start from",
        ),
    ],
    ids=["version lost", "version garbled", "password lost", "control lost", "no base"],
)
def test_damaged_data_are_said_to_be_so(
    folder: Path, damage: Damage, sentence: str
) -> None:
    in_database(folder, "SELECT 'made'")
    damage(folder)
    said = refused(folder, "run")
    assert re.search(sentence, said), said
    assert left_over(folder) == []


def test_data_of_another_version_ask_for_that_version(folder: Path) -> None:
    in_database(folder, "SELECT 'made'")
    (folder / "postgres/PG_VERSION").write_text("14\n")
    sentence = refused(folder)
    assert "PostgreSQL 14, which made the data in var/, was not found" in sentence
    assert "make reset" in sentence


def test_a_damaged_queue_is_said_to_be_so(folder: Path) -> None:
    in_database(folder, "SELECT 'made'")
    for manifest in (folder / "valkey").glob("appendonlydir/*.manifest"):
        manifest.write_text("nonsense")
    assert "valkey-server does not start from" in refused(folder)
