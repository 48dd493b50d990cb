"""What is committed names no machine, no registry and no secret."""

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

REGISTRIES = "|".join(
    host + "\\." + domain
    for host, domain in (
        ("pypi", "org"),
        ("pythonhoste[d]", "org"),
        ("registry\\.npmjs", "org"),
        ("yarnpkg", "com"),
        ("unpkg", "com"),
        ("jsdelivr", "net"),
        ("cdnjs\\.cloudflare", "com"),
    )
)
MACHINE_PATHS = r"(?<![\w.:}/*-])/(?:root|home/\w+|work|tmp/\w+|Users/\w+)/"
SECRETS = (
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bghp_[A-Za-z0-9]{36}\b"
    r"|\bxox[abp]-[0-9A-Za-z-]{20}"
)
WRONG = {
    "a package registry": re.compile(REGISTRIES, re.IGNORECASE),
    "the path of a machine": re.compile(MACHINE_PATHS),
    "a secret": re.compile(SECRETS),
}
BINARY = {".woff2", ".png", ".ico", ".mo", ".jpg"}
HERE = Path(__file__).relative_to(settings.BASE_DIR).as_posix()


def committed() -> list[str]:
    if not (settings.BASE_DIR / ".git").exists():
        pytest.skip("not a checkout: there is no list of committed files")
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607
        cwd=settings.BASE_DIR,
        capture_output=True,
        check=True,
        timeout=20,
    )
    names = listed.stdout.decode().split("\0")
    return [name for name in names if name and name != HERE]


@pytest.mark.parametrize("what", WRONG)
def test_no_committed_file_names(what: str) -> None:
    found = []
    for name in committed():
        path = settings.BASE_DIR / name
        if path.suffix in BINARY or not path.is_file():
            continue
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            if WRONG[what].search(line):
                found.append(f"{name}:{number}: {line.strip()[:80]}")
    assert found == []
