"""Forms with rules of their own, and addresses: every odd input has its answer."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from postmortems.models import Change, ImpactMeasure, Incident, TimelineEntry
from postmortems.operations import rows
from tests.corpus import ATTACKS, IDS, NUMBERS, SEARCHES, TEXTS, WEB_ADDRESSES
from tests.fixtures import NOW, SMALLEST, kind
from tests.security.inert import live_content
from tests.submitting import form_for
from tests.views.routes import ROUTES
from tests.views.test_matrix import address_of
from tests.worlds import World, undone

pytestmark = pytest.mark.usefixtures("own_counters")


def base(world: World) -> str:
    return f"/incidents/{world.reports['open'].incident.reference}"


# --- Signing in -----------------------------------------------------------------------


@pytest.mark.parametrize("name", [*TEXTS, *ATTACKS])
def test_odd_credentials(name: str, world: World) -> None:
    text = {**TEXTS, **ATTACKS}[name]
    client = world.client("anonymous")
    for address, body in (
        ("/sign-in/", {"login": text, "password": text}),
        ("/sign-in/", {"login": "lena.fischer@afterword.example", "password": text}),
        ("/password/reset/", {"email": text}),
    ):
        answer = client.post(address, body)
        assert answer.status_code in {422, 429}
        assert live_content(answer.content.decode()) == []


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example,c@d.example",
        "a@b.example>\nBcc: c@d.example",
        "a@b.example (comment)",
        "a" * 320 + "@b.example",
        '"<b>pwnme"@b.example',
        "a@b",
        "a@b.example\u202e",
        "@",
        "",
        "<script>pwnme()</script>@b.example",
    ],
)
def test_odd_addresses(address: str, world: World) -> None:
    answer = world.client("administrator").post(
        "/people/invitations/add/", {"email": address, "role": "member", "team": ""}
    )
    html = answer.content.decode()
    assert live_content(html) == []
    if answer.status_code == 422:
        flat = " ".join(address.split())
        shown = form_for(html, "/people/invitations/add/").shows("email")
        assert " ".join(shown.split()) == flat
    else:
        page = world.client("administrator").get("/people/invitations/")
        assert live_content(page.content.decode()) == []


@pytest.mark.parametrize(
    "where",
    [
        "//pwnme.example",
        "/\\pwnme.example",
        "https:pwnme.example",
        "https://pwnme.example",
        "javascript:pwnme()",
        "/%2f%2fpwnme.example",
        "/\tpwnme.example",
        "///pwnme.example",
        "/" + "a" * 5_000,
        "http://testserver.pwnme.example/",
        "\\\\pwnme.example",
        "",
    ],
)
def test_nobody_is_sent_elsewhere(where: str, world: World) -> None:
    member = world.user("member")
    for client, address, body in (
        (
            world.client("anonymous"),
            f"/sign-in/?next={quote(where)}",
            {"login": member.email, "password": "a-long-password", "next": where},
        ),
        (world.client("member"), "/profile/theme/", {"theme": "dark", "next": where}),
    ):
        answer = client.post(address, body)
        assert answer.status_code in {204, 302}
        to = answer.headers.get("Location", "/")
        assert to.startswith("/")
        assert not to.startswith(("//", "/\\"))
        assert "pwnme" not in to or to == "/%2f%2fpwnme.example"


# --- Numbers --------------------------------------------------------------------------


@pytest.mark.parametrize("number", [*NUMBERS, *IDS])
def test_a_quantity_is_a_plain_number(number: str, world: World) -> None:
    address = f"{base(world)}/rows/measures/add/"
    body = {"quantity": number, "unit": "users"}
    answer = world.client("contributor").post(address, body)
    assert answer.status_code in {302, 422}
    if answer.status_code == 422:
        shown = form_for(answer.content.decode(), address).shows("quantity")
        assert shown.strip() == number.strip()
    else:
        measure = ImpactMeasure.objects.latest("pk")
        assert 0 <= measure.quantity < 10**16


@pytest.mark.parametrize("number", [*NUMBERS, *IDS])
def test_a_rank_is_a_small_number(number: str, world: World) -> None:
    body = {"label": "Odd", "rank": number, "definition": "x"}
    answer = world.client("administrator").post("/settings/severities/add/", body)
    assert answer.status_code in {302, 422}


# --- Evidence -------------------------------------------------------------------------


@pytest.mark.parametrize("name", WEB_ADDRESSES)
def test_an_address_as_evidence_is_a_harmless_link_or_none(
    name: str, world: World
) -> None:
    address = f"{base(world)}/rows/timeline/add/"
    body = {
        "occurred": "09:30",
        "text": "x",
        "evidence_uid": "pwnme",
        "evidence_kind": "pwnme",
        "evidence_label": "pwnme",
        "evidence_what": WEB_ADDRESSES[name],
    }
    client = world.client("contributor")
    answer = client.post(address, body)
    assert answer.status_code in {302, 422}
    if answer.status_code == 422:
        assert WEB_ADDRESSES[name].strip() in _texts(answer, address)
        return
    [item] = TimelineEntry.objects.latest("pk").evidence
    assert not item["url"] or item["url"].startswith(("http://", "https://"))
    assert "@" not in item["url"].split("/")[2] if item["url"] else True
    for page in (f"{base(world)}/edit/", f"{base(world)}/"):
        assert live_content(client.get(page).content.decode()) == []


def _texts(answer: Any, address: str) -> str:
    return form_for(answer.content.decode(), address).shows("evidence_what")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("evidence_what", "x" * 20_001),
        ("evidence_label", "x" * 121),
        ("evidence_what", "https://a.example/" + "x" * 2_000),
    ],
)
def test_evidence_that_is_too_long_is_refused_and_stays(
    field: str, value: str, world: World
) -> None:
    address = f"{base(world)}/rows/timeline/add/"
    body = {
        "occurred": "09:30",
        "text": "x",
        "evidence_uid": "",
        "evidence_kind": "log",
        "evidence_label": "Log",
        "evidence_what": "ERROR",
        field: value,
    }
    answer = world.client("contributor").post(address, body)
    assert answer.status_code == 422
    assert value in form_for(answer.content.decode(), address).shows(field)


def test_a_label_without_evidence_is_not_lost(world: World) -> None:
    address = f"{base(world)}/rows/timeline/add/"
    body = {
        "occurred": "09:30",
        "text": "x",
        "evidence_uid": "",
        "evidence_kind": "log",
        "evidence_label": "Only a label",
        "evidence_what": "",
    }
    answer = world.client("contributor").post(address, body)
    assert answer.status_code == 422
    assert "Only a label" in form_for(answer.content.decode(), address).shows(
        "evidence_label"
    )


# --- Several lines at once ------------------------------------------------------------


@pytest.mark.parametrize("name", [*TEXTS, *ATTACKS])
def test_pasted_lines(name: str, world: World) -> None:
    text = {**TEXTS, **ATTACKS}[name]
    address = f"{base(world)}/timeline/paste/"
    client = world.client("contributor")
    for body in ({"text": text}, {"text": f"09:30 {text}", "confirmed": "on"}):
        answer = client.post(address, body)
        assert answer.status_code in {200, 302, 422}
        assert live_content(answer.content.decode()) == []
        if answer.status_code == 422:
            shown = form_for(answer.content.decode(), address).shows("text")
            assert shown.split() == body["text"].replace("\r", "\n").split()


def test_lines_beyond_what_is_read_stay_in_the_box(world: World) -> None:
    text = "\n".join(["09:30 x"] * 500 + ["09:31 the last"])
    address = f"{base(world)}/timeline/paste/"
    answer = world.client("contributor").post(
        address, {"text": text, "confirmed": "on"}
    )
    assert answer.status_code == 200
    assert form_for(answer.content.decode(), address).shows("text") == "09:31 the last"
    assert TimelineEntry.objects.filter(text="x").count() == 500


# --- Steps ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*TEXTS, *ATTACKS])
def test_published_reasons(name: str, world: World) -> None:
    text = {**TEXTS, **ATTACKS}[name]
    address = f"{base(world)}/publish/"
    client = world.client("facilitator")
    form = form_for(client.get(address).content.decode(), address)
    answer = client.post(address, {**form.values, "reason": text})
    assert answer.status_code in {302, 422}
    for page in (f"{base(world)}/", f"{base(world)}/history/"):
        assert live_content(client.get(page).content.decode()) == []


# --- Imports --------------------------------------------------------------------------


def imported(client: Client, text: str | bytes) -> Any:
    if isinstance(text, bytes):
        body: dict[str, Any] = {"file": SimpleUploadedFile("report.json", text)}
    else:
        body = {"text": text}
    return client.post("/incidents/import/", {**body, "write": "on"})


BAD_JSON: dict[str, bytes] = {
    "not JSON": b"{",
    "a list": b"[]",
    "a number": b"1",
    "null": b"null",
    "deep": b"[" * 100_000,
    "900 levels": b'{"a":' * 900 + b"1" + b"}" * 900,
    "invalid UTF-8": b'{"title": "\xff"}',
    "NUL in a value": b'{"title": "a\\u0000b"}',
    "NUL in a key": b'{"a\\u0000b": 1}',
    "lone surrogate": b'{"title": "\\ud800"}',
    "doubled keys": b'{"title": "a", "title": "b"}',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "5,000 digits": b'{"a": ' + b"9" * 5_000 + b"}",
    "huge float": b'{"a": 1e999}',
    "UTF-16": '{"title": "x"}'.encode("utf-16"),
    "BOM": b'\xef\xbb\xbf{"title": "x"}',
    "empty": b"",
    "prototype": b'{"__proto__": {"title": "x"}}',
    "wrong types": json.dumps(
        {"title": [], "timeline": "x", "times": 1, "actions": {}}
    ).encode(),
    "YAML": b"a: &a [*a, *a]\n",
    "XML": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///x">]><x>&e;</x>',
    "pickle": b"\x80\x04\x95",
    "zip": b"PK\x03\x04" + b"\x00" * 200,
}


@pytest.mark.parametrize("name", BAD_JSON)
def test_a_file_that_is_no_report_is_refused(name: str, world: World) -> None:
    before = Incident.objects.count()
    answer = imported(world.client("member"), BAD_JSON[name])
    assert answer.status_code in {400, 413, 422}
    assert live_content(answer.content.decode()) == []
    assert Incident.objects.count() == before


@pytest.mark.parametrize("name", [*TEXTS, *ATTACKS])
def test_imports(name: str, world: World) -> None:
    text = {**TEXTS, **ATTACKS}[name]
    client = world.client("member")
    for whole in (
        text,
        f"# Postmortem Report: {text}\n\n## 1. Incident Summary\n\n{text}\n",
    ):
        answer = imported(client, whole)
        assert answer.status_code in {200, 302, 422}
        assert live_content(answer.content.decode()) == []


# --- Searching ------------------------------------------------------------------------


@pytest.mark.parametrize("query", [*SEARCHES, *TEXTS.values(), *ATTACKS.values()])
def test_any_search_is_answered(query: str, world: World) -> None:
    client = world.client("member")
    for headers in ({}, {"HX-Request": "true"}):
        answer = client.get("/incidents/", {"q": query[:2_000]}, headers=headers)
        assert answer.status_code in {200, 302, 400, 422}
        assert live_content(answer.content.decode()) == []


@pytest.mark.parametrize(
    "query",
    [
        "from=0001-01-01",
        "from=2026-02-30",
        "from=9999-12-31",
        "from=2026-03-10&to=2026-03-01",
        "from=2026-03-01&from=2026-03-02",
        "status=pwnme",
        "severity=-1",
        "severity=" + "9" * 40,
        "&".join(f"severity={n}" for n in range(30)),
        "service=²",
        "team=1e3",
        "kind[]=incident",
        "mine=on&mine=off",
        "order=random",
    ],
)
def test_a_filter_that_cannot_be_is_refused(query: str, world: World) -> None:
    answer = world.client("member").get(f"/incidents/?{query}")
    assert answer.status_code in {400, 422}
    assert live_content(answer.content.decode()) == []


@pytest.mark.parametrize("name", ["before", "after"])
@pytest.mark.parametrize("place", [*IDS, "1_1_1", "0_0", "9" * 16 + "_1", "pwnme"])
def test_a_forged_place_in_the_list_is_not_here(
    name: str, place: str, world: World
) -> None:
    answer = world.client("member").get("/incidents/", {name: place})
    assert answer.status_code in {200, 404} if place == "0_0" else {404}


@pytest.mark.parametrize("page", ["0", "-1", "1000000000", "x", "²", "9" * 30])
def test_a_page_that_is_not_there(page: str, world: World) -> None:
    client = world.client("administrator")
    for address in ("/people/", "/teams/", "/people/invitations/", "/incidents/"):
        answer = client.get(address, {"page": page})
        assert answer.status_code in {200, 400, 404}


def test_history_is_asked_for_nothing_odd(world: World) -> None:
    client = world.client("contributor")
    names = ("before", "part", "who", "by", "kind", "what", "object", "id")
    for value in (*IDS, "row:pwnme", "section:", "<script>pwnme()</script>"):
        asked = dict.fromkeys(names, value[:200])
        answer = client.get(f"{base(world)}/history/", asked)
        assert answer.status_code in {200, 400, 404, 422}
        assert live_content(answer.content.decode()) == []


# --- Addresses and headers ------------------------------------------------------------


@pytest.mark.parametrize("query", ["q=%00", "%00", "q=%ff", "a=%ed%a0%80", "q=%1b"])
def test_no_page_takes_what_is_no_text(query: str, world: World) -> None:
    client = world.client("member")
    for name, methods in ROUTES.items():
        if "GET" in methods:
            address = address_of(name, world, world.reports["open"]).partition("?")[0]
            assert client.get(f"{address}?{query}").status_code == 400


@pytest.mark.parametrize(
    "cookie",
    ['afterword_session="\\000aaaaaaaaaaaa"', "afterword_session=\x01", "a=\xff"],
)
def test_no_cookie_breaks_a_page(cookie: str, world: World) -> None:
    for address in ("/", "/sign-in/", "/incidents/"):
        answer = Client(HTTP_COOKIE=cookie).get(address)
        assert answer.status_code == 400


@pytest.mark.parametrize(
    "session", ["", "x", "a" * 32, "A" * 3_000, "' OR 1=1 --", "null"]
)
def test_a_session_that_is_none_is_a_strangers(session: str, world: World) -> None:
    client = Client()
    client.cookies["afterword_session"] = session
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "FOO", "PROPFIND"])
def test_methods_that_nobody_offers(method: str, world: World) -> None:
    client = world.client("facilitator")
    for address in ("/", "/incidents/", "/sign-in/", "/static/css/tokens.css"):
        assert client.generic(method, address).status_code == 405


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "text/plain", "application/xml", "image/png", "", "x/y; =="],
)
def test_a_body_of_another_kind_is_an_empty_form(
    content_type: str, world: World
) -> None:
    before = Change.objects.count()
    answer = world.client("contributor").generic(
        "POST", f"{base(world)}/rows/lessons/add/", b'{"text": "x"}', content_type
    )
    assert answer.status_code in {400, 415, 422}
    assert Change.objects.count() == before


def test_a_text_at_its_limit_is_taken_and_one_more_is_not(world: World) -> None:
    client = world.client("contributor")
    for name, field, limit in (
        ("lessons", "text", 1_000),
        ("timeline", "text", 20_000),
        ("factors", "note", 20_000),
    ):
        for length, status in ((limit - 1, 302), (limit, 302), (limit + 1, 422)):
            body = {
                "text": "x",
                "kind": "went_well",
                "occurred": "09:30",
                field: "x" * length,
            }
            with undone():
                answer = client.post(f"{base(world)}/rows/{name}/add/", body)
            assert answer.status_code == status, (name, length)


def test_the_undo_of_a_deleted_row_is_one_line_of_json(world: World) -> None:
    """What was deleted is named in a header; no text of it ends that header."""
    report, by = world.reports["open"], world.user("contributor")
    for text in (*ATTACKS.values(), TEXTS["header"], TEXTS["line separators"]):
        with undone():
            row = rows.add_row(
                kind("lessons"),
                report.pk,
                {**SMALLEST["lessons"], "text": text.replace("\x00", "") or "x"},
                by=by,
                at=NOW,
            )
            answer = world.client("contributor").post(
                f"{base(world)}/rows/lessons/{row.pk}/delete/",
                headers={"HX-Request": "true"},
            )
        assert answer.status_code == 200
        trigger = answer.headers["HX-Trigger"]
        assert trigger.isascii()
        assert trigger.isprintable()
        assert "undo" in json.loads(trigger)
