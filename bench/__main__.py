"""`python -m bench`: seed, start two web processes, measure, print JSON lines."""

import json
import os
import re
import secrets
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg
from psycopg import sql

from config.websockets import OPTIONS

ROUNDS = 60
WARM_UP = 12
EIGHT_USERS_SECONDS = 6


def main() -> None:
    env = environment("afterword_bench")
    os.environ.update(env)
    import django  # noqa: PLC0415  needs the environment above

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from bench import seeding, ticks  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    began = time.perf_counter()
    user = seeding.seed()
    say("seeding 10,000 incidents", time.perf_counter() - began, "s", None)
    pages, refs = _pages(seeding), _references()
    with servers(env, 2) as ports:
        browsers = [Browser(port, session_of(user)) for port in ports]
        _measure_pages(browsers[0], pages(refs))
        _measure_save(browsers[0], refs[0])
        _measure_eight(browsers, refs)
    ticks.measure(say)


def environment(database: str) -> dict[str, str]:
    """What the servers are started with; the database is made anew."""
    return {
        **os.environ,
        "DATABASE_URL": _fresh_database(database),
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "AFTERWORD_ENV": "development",
        "LOG_LEVEL": "ERROR",
    }


class Browser:
    """One signed-in person with a connection that stays open."""

    def __init__(self, port: int, session: str) -> None:
        self.port = port
        self.cookies = {"afterword_session": session}
        self.connection = HTTPConnection("127.0.0.1", port, timeout=30)

    def again(self) -> "Browser":
        return Browser(self.port, self.cookies["afterword_session"])

    def get(self, path: str) -> str:
        return self._ask("GET", path, None, {})

    def post(self, path: str, values: Any) -> str:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "HX-Request": "true",
            "X-CSRFToken": self.cookies.get("afterword_csrf", ""),
        }
        return self._ask("POST", path, urlencode(values, doseq=True), headers)

    def _ask(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> str:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self.connection.request(method, path, body, {"Cookie": cookies, **headers})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _equals, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        if answer.status not in {200, 204}:
            raise SystemExit(f"{method} {path} answered {answer.status}: {text[:400]}")
        return text


def _pages(seeding: Any) -> Callable[[list[str]], list[tuple[str, str, float | None]]]:
    def with_references(refs: list[str]) -> list[tuple[str, str, float | None]]:
        return [
            ("bare view, 1 row", "/bare/1/", None),
            ("bare view, 30 rows", "/bare/30/", None),
            ("bare view, 50 rows", "/bare/50/", None),
            ("bare view, 200 rows", "/bare/200/", None),
            ("list of 50", "/incidents/", 25),
            ("search, a frequent word", f"/incidents/?q={seeding.COMMON}", 25),
            ("search, a rare word", f"/incidents/?q={seeding.RARE}", 25),
            ("search, two words", "/incidents/?q=cache+failover", 25),
            ("read a draft, 30 entries", f"/incidents/{refs[0]}/", 20),
            ("read a draft, 200 entries", f"/incidents/{refs[1]}/", None),
            ("read, 30 entries", f"/incidents/{refs[2]}/", 20),
            ("read, 200 entries", f"/incidents/{refs[3]}/", None),
            ("workspace, 30 entries", f"/incidents/{refs[0]}/edit/", 20),
            ("workspace, 200 entries", f"/incidents/{refs[1]}/edit/", None),
            ("home", "/", None),
        ]

    return with_references


def _measure_pages(
    browser: Browser, pages: list[tuple[str, str, float | None]]
) -> None:
    medians: dict[str, float] = {}
    for name, path, target in pages:
        times = times_of(partial(browser.get, path))
        medians[name] = statistics.median(times)
        say(f"{name}, p50", medians[name], "ms", target)
        say(f"{name}, p95", percentile(times, 95), "ms", None)
    for rows, name, limit in (
        (30, "read, 30 entries", None),
        (200, "read, 200 entries", 2.5),
        (200, "read a draft, 200 entries", 2.5),
        (30, "workspace, 30 entries", None),
        (200, "workspace, 200 entries", 2.5),
        (50, "list of 50", None),
        (50, "search, a frequent word", None),
    ):
        ratio = medians[name] / medians[f"bare view, {rows} rows"]
        say(f"{name}, ratio to the bare view", ratio, "x", limit)


def _measure_save(browser: Browser, reference: str) -> None:
    """Save one timeline entry again and again, as the form does."""
    page = browser.get(f"/incidents/{reference}/edit/")
    entry = re.search(r'id="entry-(\d+)"', page)
    if entry is None:
        raise SystemExit("the workspace shows no entry to save")
    address = f"/incidents/{reference}/rows/timeline/{entry[1]}/edit/"
    version = 1

    def save() -> None:
        nonlocal version
        browser.post(
            address,
            {
                "occurred": "2026-03-09 09:00:00",
                "text": f"Rolled back, take {version}",
                "version": version,
                "request_key": secrets.token_hex(16),
                "evidence_uid": "",
                "evidence_kind": "graph",
                "evidence_label": "Freshness",
                "evidence_what": "https://grafana.afterword.example/d/1",
            },
        )
        version += 1

    times = times_of(save)
    say("save of one row, p50", statistics.median(times), "ms", 20)
    say("save of one row, p95", percentile(times, 95), "ms", None)


def _measure_eight(browsers: list[Browser], refs: list[str]) -> None:
    """Eight people read at once, spread over two processes."""
    for name, path in (
        ("list of 50", "/incidents/"),
        ("search", "/incidents/?q=cache+failover"),
        ("read, 30 entries", f"/incidents/{refs[2]}/"),
    ):
        times: list[float] = []
        people = [browsers[n % len(browsers)].again() for n in range(8)]
        until = time.perf_counter() + EIGHT_USERS_SECONDS

        def read(
            person: Browser,
            path: str = path,
            times: list[float] = times,
            until: float = until,
        ) -> None:
            while time.perf_counter() < until:
                began = time.perf_counter()
                person.get(path)
                times.append((time.perf_counter() - began) * 1000)

        threads = [threading.Thread(target=read, args=(person,)) for person in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        say(f"eight users: {name}, p50", statistics.median(times), "ms", None)
        say(f"eight users: {name}, p95", percentile(times, 95), "ms", None)
        rate = len(times) / EIGHT_USERS_SECONDS
        say(f"eight users: {name}, requests", rate, "1/s", None)


def times_of(act: Callable[[], object]) -> list[float]:
    for _round in range(WARM_UP):
        act()
    times = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        act()
        times.append((time.perf_counter() - began) * 1000)
    return times


def percentile(times: list[float], percent: int) -> float:
    return statistics.quantiles(times, n=100)[percent - 1]


def say(name: str, value: float, unit: str, target: float | None) -> None:
    line = {
        "name": name,
        "value": round(value, 2),
        "unit": unit,
        "target": target,
        "ok": None if target is None else value <= target,
    }
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _references() -> list[str]:
    from postmortems.models import Incident  # noqa: PLC0415  needs django.setup()

    return list(Incident.objects.order_by("pk").values_list("reference", flat=True)[:4])


def session_of(user: Any) -> str:
    from django.conf import settings  # noqa: PLC0415
    from django.contrib.auth import SESSION_KEY  # noqa: PLC0415
    from django.contrib.sessions.backends.db import SessionStore  # noqa: PLC0415

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def _fresh_database(name: str) -> str:
    """A database of its own beside the given one, made anew."""
    given = urlsplit(os.environ["DATABASE_URL"])
    with psycopg.connect(
        given._replace(path="/postgres").geturl(), autocommit=True
    ) as admin:
        quoted = sql.Identifier(name)
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(quoted))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(quoted))
    return given._replace(path=f"/{name}").geturl()


@contextmanager
def servers(env: dict[str, str], count: int) -> Iterator[list[int]]:
    ports, processes = [], []
    for _number in range(count):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        ports.append(port)
        processes.append(
            subprocess.Popen(  # noqa: S603  our own server
                [
                    sys.executable,
                    *("-m", "uvicorn", "config.asgi:application"),
                    *("--port", str(port), "--no-access-log", "--log-level", "error"),
                    *OPTIONS,
                ],
                env=env,
            )
        )
    try:
        for port in ports:
            _wait_until_ready(port)
        yield ports
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(15)


def _wait_until_ready(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit("the server did not become ready")


if __name__ == "__main__":
    main()
