"""A report goes to another installation as a file, by the two commands."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from accounts.models import User
from integrations.importing.writer import write_report
from postmortems import access
from postmortems.document import Document
from postmortems.exporters.json import to_json
from postmortems.exporters.markdown import render
from postmortems.vocabulary import Status
from tests.documents import FULL
from tests.fixtures import NOW, fresh
from tests.storable import storable

SOMEBODY = "ada@elsewhere.example"
MAKE_SOMEBODY = (
    "from accounts.models import User;"
    f"User.objects.create_user({SOMEBODY!r}, name='Ada Minh', role='administrator')"
)


class Elsewhere:
    """Another installation: its own database, and this code."""

    def __init__(self, address: str) -> None:
        self.environment = {**os.environ, "DATABASE_URL": address}

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603  our own commands
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def elsewhere(django_db_setup: None) -> Iterator[Elsewhere]:
    here = connection.settings_dict
    name = f"afterword_elsewhere_{uuid4().hex[:8]}"
    parts = {
        "host": here["HOST"],
        "port": here["PORT"],
        "user": here["USER"],
        "password": here["PASSWORD"],
    }
    given = {part: value for part, value in parts.items() if value}
    with psycopg.connect(dbname="postgres", autocommit=True, **given) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            there = Elsewhere(_address(name, given))
            there.manage("migrate", "--verbosity", "0")
            there.manage("shell", "--verbosity", "0", "-c", MAKE_SOMEBODY)
            yield there
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _address(name: str, given: dict[str, str]) -> str:
    where = "&".join(f"{part}={value}" for part, value in given.items())
    return f"postgresql:///{name}?{where}"


@pytest.fixture
def here(facilitator: User) -> Document:
    """A report that says everything, as this database holds it."""
    document = replace(storable(FULL), status=Status.PUBLISHED, restricted=False)
    written = write_report(document, by=facilitator, at=NOW)
    return access.document(fresh(written.postmortem))


@pytest.mark.parametrize(
    ("form", "reference", "write"),
    [
        ("markdown", "INC-2026-03-05-001", render),
        ("json", "INC-2026-03-05-002", to_json),
    ],
)
def test_the_second_export_equals_the_first(
    form: str,
    reference: str,
    write: Callable[[Document], str],
    here: Document,
    elsewhere: Elsewhere,
    tmp_path: Path,
) -> None:
    text = write(replace(here, reference=reference))
    file = tmp_path / "report"
    file.write_text(text, newline="\n")
    given = elsewhere.manage("import_report", str(file), "--as", SOMEBODY)
    assert given == f"{reference}\n"
    assert elsewhere.manage("export_report", reference, "--format", form) == text
