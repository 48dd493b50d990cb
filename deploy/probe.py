"""Is this container well? `python deploy/probe.py web|worker|scheduler`; 0 when it is.

Docker's health checks run it inside each container. Standard library only, so that a
check of the web process costs next to nothing.
"""

# ruff: noqa: INP001  a script, in no package

import os
import subprocess
import sys
import time
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

SCHEDULE = Path("/tmp/scheduler")  # noqa: S108  the container's own
SCHEDULE_SECONDS = 600
"""The scheduler writes its file every three minutes."""


def web() -> bool:
    """/readyz answers 200, asked for as the reverse proxy would."""
    host = os.environ["ALLOWED_HOSTS"].split(",")[0]
    connection = HTTPConnection(
        "127.0.0.1", int(os.environ.get("UVICORN_PORT", "8000")), timeout=4
    )
    connection.request("GET", "/readyz", headers={"Host": host})
    return connection.getresponse().status == HTTPStatus.OK


def worker() -> bool:
    """The worker of this container answers over the broker."""
    name = f"worker@{os.uname().nodename}"
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "config", "inspect"]
    asked = subprocess.run(  # noqa: S603
        [*command, "--timeout", "5", "--destination", name, "ping"],
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return asked.returncode == 0


def scheduler() -> bool:
    """Its file was written lately."""
    schedule = Path(os.environ.get("SCHEDULE_FILE", SCHEDULE))
    written = [
        path.stat().st_mtime for path in schedule.parent.glob(f"{schedule.name}*")
    ]
    return bool(written) and time.time() - max(written) < SCHEDULE_SECONDS


PROBES = {"web": web, "worker": worker, "scheduler": scheduler}

if __name__ == "__main__":
    sys.exit(not PROBES[sys.argv[1]]())
