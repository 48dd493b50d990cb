"""PostgreSQL and Redis for whoever asks: the given ones, else ones started here."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from devstack import console, ports, postgres, valkey
from devstack.refusal import CannotStart
from devstack.supervisor import Supervisor
from devstack.var import Var

USUAL_PORTS = {"DATABASE_URL": 5432, "REDIS_URL": 6379}
GIVEN_SECONDS = 3.0
"""How long a given server has to take a connection."""


def bring_up(
    supervisor: Supervisor, var: Var, environ: Mapping[str, str]
) -> dict[str, str]:
    """The environment with DATABASE_URL and REDIS_URL of servers that answer."""
    urls = {}
    if not _given("DATABASE_URL", environ):
        urls["DATABASE_URL"] = postgres.start(supervisor, var, environ)
    if not _given("REDIS_URL", environ):
        urls["REDIS_URL"] = valkey.start(supervisor, var)
    return {**environ, **urls, "AFTERWORD_VAR": str(var.folder)}


def _given(name: str, environ: Mapping[str, str]) -> bool:
    """The environment names a server. Raises CannotStart when that does not answer."""
    if not environ.get(name):
        return False
    url = urlsplit(environ[name])
    if url.hostname:  # else a socket in the file system
        port = url.port or USUAL_PORTS[name]
        if not ports.answers(url.hostname, port, GIVEN_SECONDS):
            raise CannotStart(
                f"{name} names {url.hostname}:{port}, where nothing answers. Start that"
                f" server, or unset {name} to have one started here."
            )
    console.say(f"Using the server that {name} names")
    return True
