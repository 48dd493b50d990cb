"""docker-compose.yml: each command starts, in production mode, on started servers.

No container engine is needed, and none has shown the rest (docs/operating.md says so).
"""

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import yaml
from django.conf import settings

from devstack import ports
from devstack.var import ROOT
from tests.setup.stacks import comes_true

pytestmark = pytest.mark.xdist_group("one database for all tests of this file")

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "web", "worker", "scheduler")
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::?[-?][^}]*)?\}")
FREE_REDIS = 9
"""A database of Redis that no other test uses, so that no task is taken from them."""


def in_example() -> set[str]:
    text = (ROOT / ".env.example").read_text()
    return set(re.findall(r"^([A-Z_]+)=", text, re.MULTILINE))


# --- What is written ------------------------------------------------------------------


def test_each_variable_is_in_the_example_and_each_of_those_is_used() -> None:
    used = set(VARIABLE.findall((ROOT / "docker-compose.yml").read_text()))
    assert used == in_example()


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_images_are_pinned(name: str) -> None:
    tag = SERVICES[name]["image"].partition(":")[2]
    assert re.match(r"\d+\.\d+", tag), tag


def test_the_base_image_is_pinned_and_everywhere_the_same() -> None:
    bases = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert len(set(bases)) == 1
    assert re.search(r":\d+\.\d+\.\d+", bases[0])


@pytest.mark.parametrize("name", OURS)
def test_our_services_write_nowhere_and_may_do_nothing_else(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["tmpfs"] == ["/tmp"]  # noqa: S108
    assert service["cap_drop"] == ["ALL"]
    assert service["environment"]["AFTERWORD_ENV"] == "production"


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"proxy", "migrate"}))
def test_long_running_services_tell_whether_they_are_well(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]


@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_data_are_reached_from_inside_only_and_kept_in_a_volume(name: str) -> None:
    assert SERVICES[name]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert "ports" not in SERVICES[name]
    volume = SERVICES[name]["volumes"][0].partition(":")[0]
    assert volume in COMPOSE["volumes"]


def test_the_image_holds_every_part_of_the_application() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    kept = {line[1:].partition("/")[0] for line in lines if line.startswith("!")}
    apps = {app for app in settings.INSTALLED_APPS if (ROOT / app).is_dir()}
    assert kept >= apps | {"config", "manage.py", "static", "templates"}


# --- What runs ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The services' environment, with servers of this machine and an empty database."""
    folder = tmp_path_factory.mktemp("compose")
    redis = urlsplit(settings.REDIS_URL)
    with empty_database() as database:
        yield {
            **filled_in(SERVICES["web"]["environment"]),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ALLOWED_HOSTS": "afterword.example",
            "PUBLIC_URL": "https://afterword.example",
            "DATABASE_URL": database,
            "REDIS_URL": urlunsplit(redis._replace(path=f"/{FREE_REDIS}")),
            "STATIC_ROOT": str(folder / "static"),
            "SCHEDULE_FILE": str(folder / "scheduler"),
            "UVICORN_HOST": ports.HOST,
            "UVICORN_PORT": str(ports.any_free()),
        }


@contextmanager
def empty_database() -> Iterator[str]:
    """The address of a new database, whose role has a password that passes."""
    server = urlsplit(os.environ["DATABASE_URL"])
    name = f"compose_{secrets.token_hex(4)}"
    with psycopg.connect(
        urlunsplit(server._replace(path="/postgres")), autocommit=True
    ) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield urlunsplit(server._replace(path=f"/{name}"))
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def filled_in(values: dict[str, str]) -> dict[str, str]:
    """The values as compose makes them from a filled-in .env."""
    return {
        name: VARIABLE.sub(lambda _found: secrets.token_hex(32), str(value))
        for name, value in values.items()
        if not name.endswith("_FALLBACKS") and "OUTBOUND" not in name
    } | {"EMAIL_URL": "smtp://127.0.0.1:25", "LOG_LEVEL": "INFO"}


def to_end(
    command: Sequence[str], environ: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        here(command, environ),
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def here(command: Sequence[str], environ: dict[str, str]) -> list[str]:
    """The command with the container's own file replaced by one of the test."""
    return [environ["SCHEDULE_FILE"] if "/scheduler" in p else p for p in command]


@pytest.fixture(scope="module")
def prepared(environ: dict[str, str]) -> dict[str, str]:
    """The environment after what image and compose do before anything serves."""
    for command in (
        ["python", "manage.py", "collectstatic", "--no-input"],
        SERVICES["migrate"]["command"],
    ):
        ended = to_end(command, environ)
        assert ended.returncode == 0, ended.stderr
    return environ


@contextmanager
def running(name: str, environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The service's command; it has to live until it is stopped, and stop cleanly."""
    process = subprocess.Popen(
        here(SERVICES[name]["command"], environ),
        cwd=ROOT,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
        assert process.poll() is None
        process.terminate()
        assert process.wait(timeout=60) in {0, -15}
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def is_well(name: str, environ: dict[str, str]) -> bool:
    test = SERVICES[name]["healthcheck"]["test"]
    assert test[0] == "CMD"
    return to_end(test[1:], environ).returncode == 0


@pytest.mark.parametrize("name", ["web", "worker", "scheduler"])
def test_the_service_starts_is_well_and_stops(
    name: str, prepared: dict[str, str]
) -> None:
    assert not is_well(name, prepared)
    with running(name, prepared):
        assert comes_true(lambda: is_well(name, prepared), 60)


def test_the_web_service_answers_as_behind_its_proxy(prepared: dict[str, str]) -> None:
    with running("web", prepared):
        assert comes_true(lambda: is_well("web", prepared), 60)
        status, headers = answer(prepared, {"X-Forwarded-Proto": "https"})
        assert (status, headers["Location"]) == (302, "/welcome/")
        assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
        status, headers = answer(prepared, {})
        assert (status, headers["Location"]) == (301, "https://afterword.example/")


def answer(environ: dict[str, str], headers: dict[str, str]) -> tuple[int, Message]:
    connection = HTTPConnection(ports.HOST, int(environ["UVICORN_PORT"]), timeout=10)
    try:
        connection.request("GET", "/", headers={"Host": "afterword.example", **headers})
        said = connection.getresponse()
        said.read()
        return said.status, said.headers
    finally:
        connection.close()
