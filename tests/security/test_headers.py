"""What every answer carries, whatever its status; and what it never says."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils.http import http_date

from accounts import tasks
from tests.security.failing_urls import SECRET
from tests.views.routes import ROUTES
from tests.views.test_matrix import address_of
from tests.worlds import World

pytestmark = pytest.mark.usefixtures("own_counters")

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
REFERRERS = {"same-origin", "no-referrer", "strict-origin"}
STATIC = "/static/css/tokens.css"
Ask = Callable[[World], Any]


def _many_tries(world: World) -> Any:
    client = world.client("anonymous")
    for _number in range(40):
        answer = client.post("/sign-in/", {"login": "a@b.example", "password": "x"})
        if answer.status_code == 429:
            break
    return answer


def _base(world: World) -> str:
    return f"/incidents/{world.reports['open'].incident.reference}"


def _conflict(world: World) -> Any:
    return world.client("facilitator").post(
        f"{_base(world)}/fields/title/edit/", {"value": "x", "version": "7"}
    )


STATUSES: dict[str, tuple[int, Ask]] = {
    "200": (200, lambda world: world.client("member").get("/")),
    "200 sign-in": (200, lambda world: world.client("anonymous").get("/sign-in/")),
    "200 fragment": (
        200,
        lambda world: world.client("member").get(
            "/incidents/", headers={"HX-Request": "true"}
        ),
    ),
    "200 static": (200, lambda world: world.client("anonymous").get(STATIC)),
    "200 probe": (200, lambda world: world.client("anonymous").get("/livez")),
    "302": (302, lambda world: world.client("anonymous").get("/")),
    "304 static": (
        304,
        lambda world: world.client("anonymous").get(
            STATIC, headers={"If-Modified-Since": http_date(4_000_000_000)}
        ),
    ),
    "400 edge": (400, lambda world: world.client("member").get("/?q=%00")),
    "400 view": (400, lambda world: world.client("member").get("/incidents/?x=1")),
    "400 host": (
        400,
        lambda world: world.client("anonymous", headers={"Host": "other.example"}).get(
            "/"
        ),
    ),
    "400 suspicious": (400, lambda world: world.client("member").get("/suspicious/")),
    "401": (
        401,
        lambda world: world.client("anonymous").get(
            "/", headers={"HX-Request": "true"}
        ),
    ),
    "403": (403, lambda world: world.client("viewer").get("/incidents/new/")),
    "403 csrf": (
        403,
        lambda world: world.client("member", enforce_csrf_checks=True).post(
            "/profile/"
        ),
    ),
    "404": (404, lambda world: world.client("member").get("/incidents/INC-0/")),
    "404 nothing": (404, lambda world: world.client("member").get("/nothing/")),
    "404 static": (
        404,
        lambda world: world.client("anonymous").get("/static/nothing.css"),
    ),
    "405": (405, lambda world: world.client("member").delete("/incidents/")),
    "405 edge": (405, lambda world: world.client("anonymous").generic("TRACE", "/")),
    "409": (409, _conflict),
    "413": (
        413,
        lambda world: world.client("member").post(
            "/profile/",
            b"name=" + b"x" * 2_500_001,
            content_type="application/x-www-form-urlencoded",
        ),
    ),
    "414": (414, lambda world: world.client("member").get("/" + "x" * 9_000)),
    "422": (422, lambda world: world.client("member").post("/incidents/new/", {})),
    "429": (429, _many_tries),
    "431": (
        431,
        lambda world: world.client("member").get("/", headers={"X-A": "x" * 17_000}),
    ),
    "500": (500, lambda world: _patient(world).get("/broken/")),
    "503 database": (503, lambda world: _patient(world).get("/database-away/")),
    "503 redis": (503, lambda world: _patient(world).get("/redis-away/")),
    "export": (
        200,
        lambda world: world.client("member").get(f"{_base(world)}/export/json/"),
    ),
}


def _patient(world: World) -> Client:
    return world.client("member", raise_request_exception=False)


@pytest.fixture(autouse=True)
def failing(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.security.failing_urls"


@pytest.fixture
def in_production(settings: Any, world: World) -> Iterator[None]:
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    world.environ["HTTP_X_FORWARDED_PROTO"] = "https"
    yield
    world.environ.clear()


def asked(name: str, world: World) -> Any:
    status, ask = STATUSES[name]
    answer = ask(world)
    assert answer.status_code == status
    if answer.streaming:
        list(answer.streaming_content)
    return answer


@pytest.mark.parametrize("name", STATUSES)
def test_every_answer_carries_the_headers_that_guard_it(
    name: str, world: World
) -> None:
    headers = asked(name, world).headers
    assert {key: headers.get(key) for key in ALWAYS} == ALWAYS
    assert headers["Referrer-Policy"] in REFERRERS
    assert "camera=()" in headers["Permissions-Policy"]
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "*" not in policy


@pytest.mark.parametrize("name", [name for name in STATUSES if "static" not in name])
def test_no_answer_is_kept_by_anybody(name: str, world: World) -> None:
    said = set(asked(name, world).headers["Cache-Control"].split(", "))
    assert {"private", "no-store"} <= said


@pytest.mark.parametrize("name", STATUSES)
def test_in_production_every_answer_asks_for_https(
    name: str, in_production: None, world: World
) -> None:
    answer = asked(name, world)
    said = answer.headers["Strict-Transport-Security"]
    assert re.search(r"max-age=(\d+); includeSubDomains", said)


@pytest.mark.parametrize("name", STATUSES)
def test_nothing_tells_what_runs_here(name: str, world: World) -> None:
    answer = asked(name, world)
    told = "\n".join(f"{key}: {value}" for key, value in answer.headers.items())
    assert "Server:" not in told
    assert "X-Powered-By" not in told
    assert "Access-Control-Allow-Origin" not in told


@pytest.mark.parametrize("name", ["500", "503 database", "503 redis", "400 suspicious"])
def test_an_error_says_an_id_and_nothing_of_what_happened(
    name: str, world: World
) -> None:
    page = asked(name, world).content.decode()
    assert SECRET.split()[0] not in page
    assert not re.search(r"Traceback|SECRET|/var/|Error\b|psycopg|redis|sql", page)


def test_an_error_can_be_found_in_the_log(world: World, caplog: Any) -> None:
    answer = asked("500", world)
    found = re.search(r"[0-9a-f]{16}", answer.content.decode())
    assert found is not None
    assert found[0] == answer.headers["X-Request-ID"]
    assert found[0] in caplog.text


@pytest.mark.parametrize("name", ["503 database", "503 redis", "429"])
def test_whoever_has_to_wait_is_told_how_long(name: str, world: World) -> None:
    assert int(asked(name, world).headers["Retry-After"]) > 0


def test_pages_differ_by_cookie(world: World) -> None:
    for address in ("/", "/incidents/", "/profile/", f"{_base(world)}/edit/"):
        assert "Cookie" in world.client("facilitator").get(address).headers["Vary"]


def test_the_policy_of_a_page_names_no_other_host(world: World) -> None:
    """Scripts and styles by nonce, a new one each time; nothing from elsewhere."""
    policies = [
        world.client("member")
        .get(f"{_base(world)}/")
        .headers["Content-Security-Policy"]
        for _time in range(2)
    ]
    nonces = [re.search(r"'nonce-([^']+)'", policy) for policy in policies]
    assert nonces[0] is not None
    assert nonces[1] is not None
    assert nonces[0][1] != nonces[1][1]
    rules = {rule.split()[0]: set(rule.split()[1:]) for rule in policies[0].split("; ")}
    nonce = f"'nonce-{nonces[0][1]}'"
    assert rules["script-src"] == {"'self'", nonce}
    assert rules["style-src"] == {"'self'", nonce}
    assert rules["default-src"] == {"'self'"}
    assert rules["object-src"] == rules["frame-ancestors"] == {"'none'"}
    assert rules["form-action"] == rules["connect-src"] == {"'self'"}
    assert rules["img-src"] == {"'self'", "data:"}


def test_the_markup_of_a_page_uses_no_inline_handler(world: World) -> None:
    page = world.client("facilitator").get(f"{_base(world)}/edit/").content.decode()
    assert not re.search(r"<script(?![^>]*(?:(?:src|nonce)=|application/json))", page)
    config = re.search(r"name=\"htmx-config\"\s+content='([^']+)'", page)
    assert config is not None
    for setting in (
        '"selfRequestsOnly": true',
        '"allowEval": false',
        '"allowScriptTags": false',
        '"historyCacheSize": 0',
        '"includeIndicatorStyles": false',
    ):
        assert setting in config[1]


# --- Hosts ----------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["pwnme.example", "testserver@pwnme.example", "a b"])
def test_another_host_is_refused_everywhere(host: str, world: World) -> None:
    for name, methods in ROUTES.items():
        if "GET" in methods and name not in {"livez", "readyz"}:
            address = address_of(name, world, world.reports["open"])
            answer = world.client("anonymous", headers={"Host": host}).get(address)
            assert answer.status_code in {302, 400}, name
            assert "pwnme" not in answer.headers.get("Location", "")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": "pwnme.example"},
        {"Forwarded": "host=pwnme.example"},
        {"X-Host": "pwnme.example"},
        {"X-Original-URL": "/settings/"},
        {"X-Rewrite-URL": "/settings/"},
    ],
)
def test_a_link_in_a_mail_leads_to_the_public_address(
    headers: dict[str, str], world: World, settings: Any
) -> None:
    client = world.client("anonymous", headers=headers)
    answer = client.post("/password/reset/", {"email": world.user("member").email})
    assert answer.status_code == 302
    assert "pwnme" not in answer.headers["Location"]
    mail.outbox.clear()
    tasks.send_password_resets()
    [sent] = mail.outbox
    text = str(sent.message())
    assert "pwnme" not in text
    assert f"{settings.PUBLIC_URL}/password/reset/" in str(sent.body)


# --- Addresses that pretend to be files -----------------------------------------------


@pytest.mark.parametrize(
    "ending",
    [
        "x.css",
        "x.js",
        ";x.css",
        "%2f..%2fx.css",
        "..%2f..%2fx.js",
        ".css",
        "x.png",
        "%3f.css",
    ],
)
def test_no_page_is_served_under_the_name_of_a_file(ending: str, world: World) -> None:
    for role in ("member", "facilitator"):
        for page in (f"{_base(world)}/", f"{_base(world)}/edit/", "/incidents/", "/"):
            answer = world.client(role).get(page + ending)
            assert answer.status_code in {301, 404}, page + ending
            assert answer.headers["Cache-Control"] == "private, no-store"
            assert "Stale product data" not in answer.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/static/../config/settings.py",
        "/static/%2e%2e/config/settings.py",
        "/static/..%2fconfig/settings.py",
        "/static//etc/passwd",
        "/static/css/",
        "/static/",
        "/.git/config",
        "/.env",
        "/admin/",
        "/__debug__/",
        "/metrics",
        "/media/",
        "/var/demo.json",
        "/static/js/saving.js.map",
    ],
)
def test_nothing_of_the_installation_is_served(path: str, world: World) -> None:
    for role in ("anonymous", "administrator"):
        answer = world.client(role).get(path)
        assert answer.status_code in {302, 400, 404}
        assert "SECRET_KEY" not in answer.content.decode()
