"""Another installation: a database of its own, used through the command line."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
NAME = "second_installation"
EMAIL = "importer@afterword.example"
ADD_SOMEBODY = (
    "from accounts.models import User;"
    f"User.objects.create_user('{EMAIL}', name='Importer', role='member')"
)


class Installation:
    def __init__(self, address: str) -> None:
        self.environment = {**os.environ, "DATABASE_URL": address}

    def manage(self, *arguments: str) -> str:
        """Run a command of `manage.py`; what it printed."""
        done = subprocess.run(  # noqa: S603  our own program
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def second_installation() -> Iterator[Installation]:
    """An empty one with one account; gone afterwards."""
    settings = connection.settings_dict
    parts = urlsplit(os.environ["DATABASE_URL"])
    with psycopg.connect(
        host=settings["HOST"] or None,
        port=settings["PORT"] or None,
        user=settings["USER"] or None,
        password=settings["PASSWORD"] or None,
        dbname=settings["NAME"],
        autocommit=True,
    ) as server:
        server.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {NAME}")
        try:
            address = urlunsplit(parts._replace(path=f"/{quote(NAME)}"))
            second = Installation(address)
            second.manage("migrate", "--verbosity", "0")
            second.manage("shell", "--command", ADD_SOMEBODY)
            yield second
        finally:
            server.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
