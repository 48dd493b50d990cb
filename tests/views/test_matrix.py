"""Role × object × verb, generated from the URL conf, so that none is forgotten.

Every route has a row in `ROUTES` that names who may use each of its methods; a route
without a row fails the first test. There are no websocket consumers yet: when the first
one comes, its routes belong into `ROUTES` as well. Being allowed means not being
refused: an empty form is answered 422 to whoever may fill it in.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from postmortems.models import Postmortem
from tests.views.routes import BODIES, QUERIES, ROUTES
from tests.worlds import OUTSIDERS, ROLES, SIGNED_IN, STRANGERS, World, undone

MAY: dict[str, frozenset[str]] = {
    "anybody": frozenset(ROLES),
    "nobody": frozenset(),
    "signed in": SIGNED_IN,
    "read": SIGNED_IN,
    "write": frozenset({"contributor", "facilitator"}),
    "facilitate": frozenset({"facilitator"}),
    "join": SIGNED_IN - {"viewer", "reader"},
    "create": SIGNED_IN - {"viewer", "reader"},
    "administer": frozenset({"administrator"}),
    "lead the team": frozenset({"administrator", "manager"}),
    "settle the chat": frozenset({"administrator", "manager"}),
    "own": frozenset({"facilitator"}),
    "end the report": frozenset({"facilitator", "administrator"}),
    "said it": frozenset({"facilitator"}),
    "bring back": frozenset({"facilitator"}),
}
"""Who may, of a report that everybody signed in can see."""
HIDDEN = {"nobody", "own", "end the report", "bring back", "settle the chat"}
"""Whoever may not is told that it does not exist."""
OF_A_REPORT = {"read", "write", "facilitate", "join", "said it"}

ALLOWED, REFUSED, ABSENT, SIGN_IN = "allowed", "refused", "absent", "sign in"


def routes(
    patterns: list[Any] | None = None, space: str = "", prefix: str = ""
) -> Iterator[tuple[str, str]]:
    """(name, address pattern) of every route."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        where = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from routes(pattern.url_patterns, inner, where)
        elif isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}", where


WHERE = dict(routes())


def test_every_route_has_a_row() -> None:
    assert set(WHERE) == set(ROUTES)


def cases(*needs: str) -> list[Any]:
    return [
        pytest.param(name, method, need, id=f"{name} {method}")
        for name, methods in ROUTES.items()
        for method, need in methods.items()
        if not needs or need in needs
    ]


def address_of(name: str, world: World, report: Postmortem) -> str:
    path = reverse(name, kwargs=world.arguments(WHERE[name], report))
    return f"{path}?{QUERIES[name]}" if name in QUERIES else path


def ask(client: Client, method: str, name: str, address: str, **headers: str) -> Any:
    body = BODIES.get(name) if method == "POST" else None
    return getattr(client, method.lower())(address, body, headers=headers)


def outcome(response: HttpResponse) -> str:
    if response.status_code in {401, 404, 403}:
        return {401: SIGN_IN, 404: ABSENT, 403: REFUSED}[response.status_code]
    if response.headers.get("Location", "").startswith("/sign-in/?next="):
        return SIGN_IN
    known = response.status_code < 500 and response.status_code not in {405, 429}
    return ALLOWED if known else str(response.status_code)


def outcomes(
    world: World, method: str, name: str, report: Postmortem, **headers: str
) -> dict[str, str]:
    """What becomes of the request for each role, each in an untouched world."""
    address = address_of(name, world, report)
    found = {}
    for role in ROLES:
        with undone():
            answer = ask(world.client(role), method, name, address, **headers)
        found[role] = outcome(answer)
    return found


def expected(need: str, *, hidden_from: frozenset[str] = frozenset()) -> dict[str, str]:
    """`hidden_from` are those for whom the object does not exist."""

    def of(role: str) -> str:
        if role in MAY[need] - hidden_from:
            return ALLOWED
        if role in STRANGERS and need != "nobody":
            return SIGN_IN
        return ABSENT if role in hidden_from or need in HIDDEN else REFUSED

    return {role: of(role) for role in ROLES}


@pytest.mark.parametrize(("name", "method", "need"), cases())
def test_who_may(name: str, method: str, need: str, world: World) -> None:
    report = world.reports["trashed" if need == "bring back" else "open"]
    assert outcomes(world, method, name, report) == expected(need)


@pytest.mark.parametrize(("name", "method", "need"), cases(*OF_A_REPORT))
def test_who_may_where_only_invited_people_do(
    name: str, method: str, need: str, world: World
) -> None:
    found = outcomes(world, method, name, world.reports["restricted"])
    wanted = expected(need, hidden_from=OUTSIDERS)
    if need == "join":
        # By invitation only: nobody joins a restricted report with a click.
        wanted |= {"contributor": ALLOWED, "facilitator": ALLOWED}
    assert found == wanted


@pytest.mark.parametrize(("name", "method", "need"), cases(*OF_A_REPORT))
def test_what_is_in_the_trash_exists_for_nobody(
    name: str, method: str, need: str, world: World
) -> None:
    found = outcomes(world, method, name, world.reports["trashed"])
    assert found == expected(need, hidden_from=SIGNED_IN)


FORGED = {"HX-Request": "true", "HX-Boosted": "true", "HX-Target": "main"}


@pytest.mark.parametrize(("name", "method", "need"), cases())
def test_headers_of_htmx_change_what_is_shown_and_nothing_else(
    name: str, method: str, need: str, world: World
) -> None:
    for which in ["open", "restricted"] if need in OF_A_REPORT else ["open"]:
        report = world.reports["trashed" if need == "bring back" else which]
        plain = outcomes(world, method, name, report)
        assert outcomes(world, method, name, report, **FORGED) == plain


UNOFFERED = [
    pytest.param(name, method, id=f"{name} {method}")
    for name, methods in ROUTES.items()
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    if method not in {*methods, *({"HEAD"} if "GET" in methods else ())}
]


@pytest.mark.parametrize(("name", "method"), UNOFFERED)
def test_a_method_that_a_route_does_not_offer(
    name: str, method: str, world: World
) -> None:
    role = "administrator" if "administer" in ROUTES[name].values() else "facilitator"
    address = address_of(name, world, world.reports["open"])
    answer = getattr(world.client(role), method.lower())(address)
    assert answer.status_code == 405


@pytest.mark.parametrize(
    "name", [name for name, methods in ROUTES.items() if "GET" not in methods]
)
def test_no_header_or_field_makes_another_method_of_it(name: str, world: World) -> None:
    forged = world.client("facilitator").get(
        address_of(name, world, world.reports["open"]),
        {"_method": "POST"},
        headers={"X-HTTP-Method-Override": "POST"},
    )
    assert forged.status_code == 405
