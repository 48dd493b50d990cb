"""The folder in which everything lies that Afterword makes on this machine."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devstack.refusal import CannotStart

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""

PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class Var:
    """`var/`, or the folder named by AFTERWORD_VAR; always an absolute path."""

    folder: Path

    @classmethod
    def chosen(cls, environ: Mapping[str, str]) -> "Var":
        return cls(Path(environ.get("AFTERWORD_VAR") or ROOT / "var").absolute())

    @property
    def lock(self) -> Path:
        """Held as long as anything runs from here; also the mark that this is ours."""
        return self.folder / "devstack.lock"

    @property
    def state(self) -> Path:
        """Address and environment of the application while it is ready."""
        return self.folder / "running.json"

    @property
    def demo(self) -> Path:
        """Address and sign-ins of the demo."""
        return self.folder / "demo.json"

    @property
    def mail(self) -> Path:
        """Mails of development, a file for each connection."""
        return self.folder / "mail"

    @property
    def database(self) -> Path:
        return self.folder / "postgres"

    @property
    def database_password(self) -> Path:
        return self.folder / "postgres.password"

    @property
    def valkey(self) -> Path:
        return self.folder / "valkey"

    def is_ours(self) -> bool:
        """Made by Afterword, or about to be: the default, empty, or marked."""
        return (
            self.folder == ROOT / "var"
            or self.lock.exists()
            or not any(self.folder.iterdir())
        )

    def prepare(self) -> None:
        """Make the folder. Raises CannotStart where it is not one, or not ours."""
        if self.folder.exists() and not self.folder.is_dir():
            raise CannotStart(f"{self.folder} is not a folder; move it out of the way.")
        self.folder.mkdir(parents=True, exist_ok=True)
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise CannotStart(
                f"{self.folder} cannot be written by this user ({self.folder.owner()}"
                " owns it). Start as that user, or name another folder in"
                " AFTERWORD_VAR."
            )
        if not self.is_ours():
            raise CannotStart(
                f"{self.folder} holds other files. Name an empty folder in"
                " AFTERWORD_VAR."
            )

    def secret(self, name: str) -> str:
        """The random secret kept under this name, made when it is first asked for."""
        path = self.folder / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(48))
        return path.read_text().strip()


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w"
    ) as file:
        file.write(text)
    fresh.replace(path)
