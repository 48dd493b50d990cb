"""The sign-ins of the demo: made up anew for each installation, kept in a file."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look alike."""
GROUPS, GROUP = 4, 5


@dataclass(frozen=True, slots=True)
class SignIn:
    role: str
    """What a visitor can try with it: "facilitator"."""
    name: str
    email: str
    password: str


def new_password() -> str:
    """Four groups of five: 99 bits, and still possible to type."""
    return "-".join(
        "".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS)
    )


def as_data(sign_ins: list[SignIn]) -> dict[str, Any]:
    return {"sign_ins": [asdict(sign_in) for sign_in in sign_ins]}


def write(file: Path, sign_ins: list[SignIn]) -> None:
    """Replace the file in one step, readable by its owner alone. Raises OSError."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as text:
            json.dump(as_data(sign_ins), text, ensure_ascii=False, indent=2)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def read(file: Path) -> list[SignIn]:
    """What `write` wrote; nothing where there is no such file, or not of ours."""
    try:
        return [SignIn(**entry) for entry in json.loads(file.read_text())["sign_ins"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []
