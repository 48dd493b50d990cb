"""Wherever the content of a report is shown, it is shown and does nothing."""

from typing import Any

import pytest

from postmortems.models import Change, Postmortem
from postmortems.operations import rows
from tests.fixtures import NOW, kind
from tests.security.attacked import LINES, attack_everything, rename_everybody
from tests.security.inert import found_live
from tests.views.routes import ROUTES
from tests.views.test_matrix import WHERE, address_of
from tests.worlds import World, publish

OF_A_REPORT = [
    name
    for name, methods in ROUTES.items()
    if "GET" in methods and "<str:reference>" in WHERE[name]
]
OF_EVERYBODY = [
    name
    for name, methods in ROUTES.items()
    if "GET" in methods and "<" not in WHERE[name]
]


@pytest.fixture(scope="module")
def attacked(shared_world: World) -> Postmortem:
    """Published with every attack in it, one of them deleted since."""
    report, by = shared_world.reports["open"], shared_world.user("facilitator")
    attack_everything(report, by)
    gone = report.lessons.order_by("-pk")[0]
    rows.delete_row(kind("lessons"), report.pk, gone.pk, by=by, at=NOW)
    publish(report, by)
    return report


def base_of(report: Postmortem) -> str:
    return f"/incidents/{report.incident.reference}"


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("name", OF_A_REPORT)
def test_a_page_of_a_report_shows_attacks_as_text(
    name: str, htmx: bool, attacked: Postmortem, world: World
) -> None:
    headers = {"HX-Request": "true"} if htmx else {}
    address = address_of(name, world, attacked)
    assert found_live(world.client("facilitator"), address, **headers) == []


@pytest.mark.parametrize(
    "address",
    [
        "{base}/published/2/",
        "{base}/published/2/changes/",
        "{base}/?order=newest",
        "{base}/edit/?order=newest",
        "{base}/history/?before=999999",
        "/incidents/?q=pwnme",
        "/incidents/?q=script+onerror",
        "/incidents/?mine=on",
    ],
)
def test_other_views_of_it_do_as_well(
    address: str, attacked: Postmortem, world: World
) -> None:
    client = world.client("facilitator")
    assert found_live(client, address.format(base=base_of(attacked))) == []


def test_every_kind_of_change_shows_attacks_as_text(
    attacked: Postmortem, world: World
) -> None:
    last: dict[Any, int] = {}
    for change in Change.objects.filter(postmortem=attacked).order_by("pk"):
        last[change.part, change.what] = change.pk
    addresses = [f"{base_of(attacked)}/history/{pk}/" for pk in last.values()]
    assert found_live(world.client("facilitator"), *addresses) == []


def test_every_page_of_everybody_shows_attacks_as_text(
    attacked: Postmortem, world: World
) -> None:
    rename_everybody(LINES[3])
    pages = [address_of(name, world, attacked) for name in OF_EVERYBODY]
    assert found_live(world.client("administrator"), *pages) == []
    assert found_live(world.client("facilitator"), *pages) == []


@pytest.mark.parametrize("shape", ["markdown", "json"])
def test_an_export_is_a_file_and_never_a_page(
    shape: str, attacked: Postmortem, world: World
) -> None:
    answer = world.client("facilitator").get(f"{base_of(attacked)}/export/{shape}/")
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    kinds = {"markdown": "text/markdown", "json": "application/json"}
    assert answer.headers["Content-Type"].startswith(kinds[shape])
