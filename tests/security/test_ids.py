"""Ids are not trusted: in the address, in the form, alone and together."""

import re
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse

from accounts.models import User
from postmortems.models import Change, Incident, Postmortem, Service
from tests.corpus import IDS
from tests.fixtures import SMALLEST, kind
from tests.views.routes import BODIES, QUERIES, ROUTES
from tests.views.test_matrix import WHERE, address_of, ask
from tests.worlds import World, undone

CHILD = re.compile(r"<int:(row_id|action_id|section_id|change_id|number)>")
NUMBER = re.compile(r"<int:(\w+)>")
OF_A_CHILD = [
    pytest.param(name, method, id=f"{name} {method}")
    for name, methods in ROUTES.items()
    for method in methods
    if CHILD.search(WHERE[name])
    and "<str:reference>" in WHERE[name]
    and "number" not in WHERE[name]
]
OF_AN_ACTION = [
    pytest.param(name, method, id=f"{name} {method}")
    for name, methods in ROUTES.items()
    for method in methods
    if "<int:action_id>" in WHERE[name]
    and re.search(r"<int:(subtask_id|thread_id)>", WHERE[name])
]
WITH_A_NUMBER = [
    pytest.param(name, method, id=f"{name} {method}")
    for name, methods in ROUTES.items()
    for method in methods
    if NUMBER.search(WHERE[name])
]


def role_for(name: str) -> str:
    needs = ROUTES[name].values()
    if "lead the team" in needs:
        return "manager"
    return "administrator" if "administer" in needs else "facilitator"


def lines_of_history() -> int:
    return Change.objects.count()


@pytest.mark.parametrize(("name", "method"), OF_A_CHILD)
def test_a_part_of_another_report_is_not_here(
    name: str, method: str, world: World
) -> None:
    """Both reports are one's own; still, each has its own rows."""
    here, other = world.reports["open"], world.reports["other"]
    arguments = world.arguments(WHERE[name], other)
    arguments["reference"] = here.incident.reference
    before = lines_of_history()
    answer = ask(
        world.client("facilitator"), method, name, reverse(name, kwargs=arguments)
    )
    assert answer.status_code == 404
    assert lines_of_history() == before


@pytest.mark.parametrize(("name", "method"), OF_AN_ACTION)
def test_a_part_of_another_action_is_not_here(
    name: str, method: str, world: World
) -> None:
    here, other = (
        world.arguments(WHERE[name], world.reports[which])
        for which in ("open", "other")
    )
    arguments = {**other, "action_id": here["action_id"]}
    answer = ask(
        world.client("facilitator"), method, name, reverse(name, kwargs=arguments)
    )
    assert answer.status_code == 404


@pytest.mark.parametrize("name", [n for n in ROUTES if "<str:kind>/<int" in WHERE[n]])
def test_a_row_of_another_kind_is_not_here(name: str, world: World) -> None:
    here = world.reports["open"]
    arguments = world.arguments(WHERE[name], here)
    taken = {kind(one).rows(here).get().pk for one in SMALLEST}
    arguments |= {"kind": "measures", "row_id": max(taken) + 1}
    client = world.client("facilitator")
    for method in ROUTES[name]:
        answer = ask(client, method, name, reverse(name, kwargs=arguments))
        assert answer.status_code == 404


@pytest.mark.parametrize(("name", "method"), WITH_A_NUMBER)
def test_a_number_of_nothing_is_not_here(name: str, method: str, world: World) -> None:
    path = address_of(name, world, world.reports["open"]).partition("?")[0]
    arguments = world.arguments(WHERE[name], world.reports["open"])
    client = world.client(role_for(name))
    for part in NUMBER.findall(WHERE[name]):
        for number in ("0", "-1", "9" * 12, "9" * 19, "9" * 40, "²", "1.0", "me", ""):
            address = _instead(path, str(arguments[part]), number)
            answer = ask(client, method, name, address)
            assert answer.status_code in {404, 405}, address


def _instead(path: str, pk: str, number: str) -> str:
    before, _slash, after = path.rpartition(f"/{pk}/")
    return f"{before}/{number}/{after}"


@pytest.mark.parametrize("name", [n for n in ROUTES if "<str:reference>" in WHERE[n]])
def test_a_reference_of_nothing_is_not_here(name: str, world: World) -> None:
    address = address_of(name, world, world.reports["open"])
    reference = world.reports["open"].incident.reference
    client = world.client("facilitator")
    for wrong in ("INC-2031-01-01-001", "inc", "0", "%F0%9F%92%A5", "x" * 300, "'"):
        for method in ROUTES[name]:
            answer = ask(client, method, name, address.replace(reference, wrong))
            assert answer.status_code in {404, 405}, wrong


# --- Ids in forms ---------------------------------------------------------------------

REPORT_IDS: dict[str, dict[str, Any]] = {
    "postmortems:row-move before": {"field": "before"},
    "postmortems:people-set user": {"field": "user", "body": {"part": "reader"}},
    "postmortems:row-add parent_id": {
        "field": "parent_id",
        "kind": "whys",
        "body": {"answer": "x"},
    },
    "postmortems:row-add after_id": {
        "field": "after_id",
        "kind": "timeline",
        "body": {"text": "x", "occurred": "+15m"},
    },
    "postmortems:row-add factors": {
        "field": "factors",
        "kind": "actions",
        "body": {"description": "x"},
    },
    "postmortems:row-move parent_id": {"field": "parent_id", "kind": "whys"},
    "postmortems:field-change severity": {"field": "value", "name": "severity"},
    "postmortems:field-change version": {
        "field": "version",
        "name": "title",
        "body": {"value": "x"},
    },
    "postmortems:row-change version": {
        "field": "version",
        "kind": "lessons",
        "body": {"text": "x", "kind": "went_well"},
    },
    "postmortems:new severity": {
        "field": "severity",
        "body": {"title": "x", "started": "2026-03-05 09:00"},
    },
    "accounts:invitation-add team": {
        "field": "team",
        "body": {"email": "a@b.example", "role": "member"},
    },
    "accounts:team-change lead": {"field": "lead", "body": {"name": "x"}},
    "accounts:team-change manager": {"field": "manager", "body": {"name": "x"}},
    "accounts:team-member-add person": {"field": "person"},
    "postmortems:service-change owner": {"field": "owner", "body": {"name": "x"}},
    "postmortems:status to": {"field": "to"},
    "postmortems:change-restore side": {"field": "side"},
    "accounts:person-change role": {"field": "role"},
    "accounts:theme theme": {"field": "theme"},
}
"""Each field of a form that names something else."""


def _address(case: str, world: World) -> tuple[str, dict[str, Any]]:
    name = case.partition(" ")[0]
    given = REPORT_IDS[case]
    report = world.reports["open"]
    arguments = world.arguments(WHERE[name], report)
    if "kind" in given and "kind" in arguments:
        arguments["kind"] = given["kind"]
        if "row_id" in arguments:
            arguments["row_id"] = kind(given["kind"]).rows(report).get().pk
    if "name" in given:
        arguments["name"] = given["name"]
    return reverse(name, kwargs=arguments), given


@pytest.mark.parametrize("case", REPORT_IDS)
def test_what_is_no_id_is_answered_and_skips_no_check(case: str, world: World) -> None:
    address, given = _address(case, world)
    client = world.client(role_for(case.partition(" ")[0]))
    answers = {}
    for wrong in (*IDS, ["1", "2"], ["", "0"]):
        with undone():
            body = {**given.get("body", {}), given["field"]: wrong}
            answer = client.post(address, body)
            connection.check_constraints()
        answers[str(wrong)[:30]] = answer.status_code
    wrong_ones = {id_: said for id_, said in answers.items() if said not in KNOWN}
    assert wrong_ones == {}


KNOWN = {200, 204, 302, 400, 404, 409, 422}


def test_an_answer_hangs_below_one_of_its_own_report(world: World) -> None:
    here, other = world.reports["open"], world.reports["other"]
    theirs = other.whys.get().pk
    client = world.client("facilitator")
    base = f"/incidents/{here.incident.reference}/rows/whys"
    added = client.post(f"{base}/add/", {"answer": "x", "parent_id": theirs})
    moved = client.post(f"{base}/{here.whys.get().pk}/move/", {"parent_id": theirs})
    assert (added.status_code, moved.status_code) == (422, 409)
    assert not here.whys.filter(parent__postmortem=other).exists()


def test_an_action_addresses_factors_of_its_own_report(world: World) -> None:
    here, other = world.reports["open"], world.reports["other"]
    client = world.client("facilitator")
    answer = client.post(
        f"/incidents/{here.incident.reference}/rows/actions/add/",
        {"description": "x", "factors": other.factors.get().pk},
    )
    assert answer.status_code == 422


def test_a_row_is_moved_among_its_own_list(world: World) -> None:
    here, other = world.reports["open"], world.reports["other"]
    theirs = other.lessons.get()
    client = world.client("facilitator")
    client.post(
        f"/incidents/{here.incident.reference}/rows/lessons/"
        f"{here.lessons.get().pk}/move/",
        {"before": theirs.pk},
    )
    theirs.refresh_from_db()
    assert theirs.version == other.lessons.get().version == 1


def test_a_factor_is_the_same_as_no_hidden_one(world: World) -> None:
    """Naming a hidden factor by its id or its text links nothing to it."""
    here, hidden = world.reports["open"], world.reports["restricted"]
    factor = hidden.factors.get()
    base = f"/incidents/{here.incident.reference}/rows/factors"
    world.client("contributor").post(
        f"{base}/add/",
        {
            "text": "Like before",
            "same_as": f"{hidden.incident.reference}: {factor.text}",
            "earlier": factor.pk,
            "earlier_id": factor.pk,
        },
    )
    assert not here.factors.filter(earlier=factor).exists()


# --- Mass assignment ------------------------------------------------------------------

EXTRA = {
    "id": "1",
    "pk": "1",
    "is_staff": "on",
    "is_superuser": "on",
    "active": "",
    "role": "administrator",
    "restricted": "",
    "reference": "INC-2020-01-01-001",
    "postmortem": "1",
    "postmortem_id": "1",
    "incident": "1",
    "created_by": "1",
    "created_at": "2020-01-01",
    "deleted_at": "2020-01-01",
    "deleted_by": "1",
    "published_at": "2020-01-01",
    "status": "published",
    "revision": "0",
    "position": "-1",
    "field_versions": "{}",
    "credits": "{}",
    "owner": "1",
    "restricted_origin": "",
    "severity_note": "x",
    "done_on": "2020-01-01",
    "password": "another-long-password",
    "email": "other@afterword.example",
    "postmortem__status": "published",
    "user.role": "administrator",
    "__proto__": "1",
}


def guarded(report: Postmortem) -> dict[str, Any]:
    """What no form of a report's content may touch."""
    incident = Incident.objects.get(pk=report.incident.pk)
    now = Postmortem.objects.get(pk=report.pk)
    return {
        "incident": (incident.reference, incident.restricted, incident.deleted_at),
        "made": (incident.created_by_id, incident.created_at, now.created_at),
        "status": now.status,
        "credits": now.credits,
        "parts": sorted(now.participations.values_list("user_id", "part")),
        "people": sorted(
            User.objects.values_list("pk", "email", "role", "active", "password")
        ),
        "publications": now.publications.count(),
    }


@pytest.mark.parametrize("name", SMALLEST)
@pytest.mark.parametrize("which", ["open", "restricted"])
def test_a_row_takes_its_own_columns_only(name: str, which: str, world: World) -> None:
    report = world.reports[which]
    row = kind(name).rows(report).get()
    base = f"/incidents/{report.incident.reference}/rows/{name}"
    before = guarded(report)
    typed = {
        "timeline": {"occurred": "09:30", "text": "x"},
        "measures": {"quantity": "1", "unit": "x"},
        "lessons": {"text": "x", "kind": "went_well"},
        "whys": {"answer": "x"},
        "actions": {"description": "x"},
    }.get(name, {"text": "x"})
    client = world.client("contributor")
    extra = {**EXTRA, **({"status": "open"} if name == "actions" else {})}
    added = client.post(f"{base}/add/", {**extra, **typed})
    changed = client.post(f"{base}/{row.pk}/edit/", {**extra, **typed, "version": 1})
    assert (added.status_code, changed.status_code) == (302, 302)
    assert guarded(report) == before
    for one in kind(name).rows(report):
        assert (one.postmortem_id, one.deleted_at) == (report.pk, None)
        assert one.created_by_id in {
            world.user("facilitator").pk,
            world.user("contributor").pk,
        }
    assert kind(name).rows(report).filter(pk=row.pk).exists()


@pytest.mark.parametrize("field", ["title", "tldr", "kind", "started"])
def test_a_field_changes_itself_only(field: str, world: World) -> None:
    report = world.reports["restricted"]
    before = guarded(report)
    value = {"kind": "near_miss", "started": "2026-03-05 08:59"}.get(field, "x")
    answer = world.client("contributor").post(
        f"/incidents/{report.incident.reference}/fields/{field}/edit/",
        {**EXTRA, "value": value, "version": "0"},
    )
    assert answer.status_code == 302
    assert guarded(report) == before


def test_a_profile_changes_nobodys_role(world: World) -> None:
    member = world.user("member")
    answer = world.client("member").post(
        "/profile/",
        {**EXTRA, "name": "Lena", "time_zone": "UTC", "theme": "dark"},
    )
    assert answer.status_code == 302
    now = User.objects.get(pk=member.pk)
    assert (now.role, now.email, now.active) == ("member", member.email, True)
    assert now.password == member.password


def test_a_new_incident_is_its_makers(world: World) -> None:
    answer = world.client("member").post(
        "/incidents/new/",
        {**EXTRA, "title": "x", "started": "2026-03-05 09:00", "restricted": "on"},
    )
    assert answer.status_code == 302
    made = Incident.objects.latest("pk")
    assert made.created_by == world.user("member")
    assert made.restricted
    assert made.reference.startswith("INC-2026-03-05-")
    assert made.postmortem.status == "gathering"
    parts = list(made.postmortem.participations.values_list("user_id", "part"))
    assert parts == [(world.user("member").pk, "facilitator")]


# --- What an address may ask for ------------------------------------------------------

INJECTIONS = (
    "ordering=owner__password",
    "order=-created_by__password",
    "created_by__password__startswith=a",
    "filter=title__regex",
    "title__regex=(a%2B)%2B%24",
    "_connector=OR",
    "_negated=1",
    "fields=*",
    "expand=created_by",
    "restricted=on",
    "deleted_at__isnull=False",
    "include=restricted",
    "format=json",
    "debug=1",
    "limit=1000000",
    "page_size=1000000",
    "sort=pg_sleep(9)",
)


@pytest.mark.parametrize("query", INJECTIONS)
def test_the_list_knows_its_own_filters_only(query: str, world: World) -> None:
    answer = world.client("member").get(f"/incidents/?{query}")
    assert answer.status_code in {400, 422}
    assert "Leaked credential" not in answer.content.decode()


@pytest.mark.parametrize("query", INJECTIONS)
def test_no_other_page_listens_to_such_words(query: str, world: World) -> None:
    client = world.client("facilitator")
    report = world.reports["open"]
    for name, methods in ROUTES.items():
        if "GET" in methods and name not in BODIES and name not in QUERIES:
            address = address_of(name, world, report)
            answer = client.get(f"{address}?{query}")
            assert answer.status_code < 500, name


def test_a_service_of_a_hidden_report_is_no_filter(world: World) -> None:
    hidden = Service.objects.create(name="Vault", restricted_origin=True)
    absent = hidden.pk + 100
    member = world.client("member")
    answers = [member.get(f"/incidents/?service={pk}") for pk in (hidden.pk, absent)]
    assert [answer.status_code for answer in answers] == [422, 422]
    errors = [answer.context["filters"].errors["service"] for answer in answers]
    said = [
        str(error).replace(str(pk), "N")
        for error, pk in zip(errors, (hidden.pk, absent), strict=True)
    ]
    assert said[0] == said[1]


@pytest.mark.parametrize("said", [None, "", "on ", "0", "false", ["off", "on"]])
def test_a_report_is_opened_to_everybody_by_nothing_but_the_word(
    said: Any, world: World
) -> None:
    hidden = world.reports["restricted"]
    answer = world.client("facilitator").post(
        f"/incidents/{hidden.incident.reference}/restrict/",
        {} if said is None else {"restricted": said},
    )
    assert answer.status_code in {302, 422}
    assert Incident.objects.get(pk=hidden.incident.pk).restricted
