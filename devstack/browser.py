"""A Chromium for the browser tests: one that is there, else one that is installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from devstack.refusal import CannotStart

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
ON_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
INSTALL_SECONDS = 900
OWN_BROWSER = (
    "from playwright.sync_api import sync_playwright as p\n"
    "with p() as tool: print(tool.chromium.executable_path)"
)
"""Asked in a process of its own, since Playwright is not there before `make test`."""


def find_browser() -> str:
    """The path of a Chromium, installing one where this user may.

    Raises CannotStart with the command that somebody with the rights has to run.
    """
    found = os.environ.get("AFTERWORD_CHROMIUM") or _present() or _installed()
    if found is None:
        raise CannotStart(
            "The browser tests need Chromium, and it could not be installed. Run:"
            f" {_command_for_this_machine()}; or name one in AFTERWORD_CHROMIUM."
        )
    return found


def _present() -> str | None:
    for program in PROGRAMS:
        if found := shutil.which(program):
            return found
    return str(ON_MAC) if ON_MAC.exists() else _playwrights_own()


def _playwrights_own() -> str | None:
    asked = subprocess.run(
        [sys.executable, "-c", OWN_BROWSER], capture_output=True, text=True, check=False
    )
    path = asked.stdout.strip()
    return path if path and Path(path).exists() else None


def _installed() -> str | None:
    """Install from the system's packages as root, else what Playwright brings."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        quietly = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        _run(["apt-get", "update", "-q"], quietly)
        _run(
            ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"],
            quietly,
        )
    else:
        _run([sys.executable, "-m", "playwright", "install", "chromium"], os.environ)
    return _present()


def _run(command: list[str], environ: "os._Environ[str] | dict[str, str]") -> None:
    print("Installing a browser:", *command, file=sys.stderr, flush=True)
    try:
        subprocess.run(
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"  {error}", file=sys.stderr)


def _command_for_this_machine() -> str:
    if shutil.which("apt-get"):
        return "sudo apt-get install chromium"
    if sys.platform == "darwin":
        return "brew install --cask google-chrome"
    return "python -m playwright install --with-deps chromium"
