"""The incidents list: filters, pages, counts, search."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from actions.models import ActionItem
from postmortems.models import AffectedService, SearchText, Service
from postmortems.operations.rows import add_row
from postmortems.operations.writing import save_section
from postmortems.parts import FACTORS, FOLLOW_UPS, LESSONS, TIMELINE, row_kind
from postmortems.views import listing
from tests.written import START, a_person, a_report, a_team, set_status

pytestmark = pytest.mark.django_db
LIST = "/incidents/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def maren() -> User:
    return a_person("Maren Holt")


@pytest.fixture
def client(maren: User) -> Client:
    client = Client()
    client.force_login(maren)
    return client


def test_a_row_says_what_an_incident_was(client: Client, maren: User) -> None:
    report = a_report(maren, severity=2)
    service = Service.objects.create(name="ProductService")
    AffectedService.objects.create(incident=report.incident, service=service)
    page = client.get(LIST).content.decode()
    for words in (
        "SEV-2",
        "Stale product data",
        "INC-2026-03-05-001",
        "ProductService",
        "5 Mar",
        "09:00:00",
        "2 h 15 min",
        "detected in 30 min",
        "Gathering data",
        "ministrip",
    ):
        assert words in page


def test_what_is_not_recorded_is_said(client: Client, maren: User) -> None:
    a_report(maren, detected_after=None, lasted=None)
    assert "not recorded" in client.get(LIST).content.decode()


def test_actions_are_counted_without_those_given_up(
    client: Client, maren: User
) -> None:
    report = a_report(maren)
    for status, reason in (("done", ""), ("open", ""), ("wont_do", "Replaced")):
        ActionItem.objects.create(
            postmortem=report,
            description="Alert on lag",
            status=status,
            reason=reason,
            created_at=START,
        )
    assert "1 of 2" in client.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("severity=%(sev2)s", {"Two"}),
        ("severity=none", {"None set"}),
        ("severity=none&severity=%(sev2)s", {"Two", "None set"}),
        ("status=in_review", {"Two"}),
        ("kind=near_miss", set()),
        ("from=2026-03-06", {"None set"}),
        ("to=2026-03-05", {"Two"}),
        ("mine=on", {"Two"}),
        ("q=two", {"Two"}),
        ("", {"Two", "None set"}),
    ],
)
def test_a_filter_leaves_only_what_it_says(
    client: Client, maren: User, query: str, expected: set[str]
) -> None:
    two = a_report(maren, "Two", severity=2)
    set_status(two, "in_review")
    a_report(a_person(), "None set", started=START + timedelta(days=1))
    filled = query % {"sev2": two.incident.severity_id}
    assert shown(client, filled) == expected


def test_a_team_finds_what_its_services_and_actions_concern(
    client: Client, maren: User
) -> None:
    team = a_team("SRE Team")
    by_service = a_report(maren, "By service")
    service = Service.objects.create(name="Kafka", owner=team)
    AffectedService.objects.create(incident=by_service.incident, service=service)
    ActionItem.objects.create(
        postmortem=a_report(maren, "By action"),
        description="Alert",
        owner_team=team,
        created_at=START,
    )
    a_report(maren, "Neither")
    assert shown(client, f"team={team.pk}") == {"By service", "By action"}
    assert shown(client, f"service={service.pk}") == {"By service"}


@pytest.mark.parametrize(
    "query",
    [
        "severity=99",
        "severity=x",
        "status=gone",
        "kind=outage",
        "service=0",
        "team=-1",
        "from=0001-01-01",
        "from=yesterday",
        "to=9999-12-31",
        "from=2026-03-05&to=2026-03-04",
        "order=title",
        "kind=incident&kind=near_miss",
        "q=" + "a" * 201,
        "status=" + "&status=".join(["drafting"] * 21),
    ],
)
def test_a_filter_with_a_bad_value_is_refused_with_a_sentence(
    client: Client, query: str
) -> None:
    answer = client.get(f"{LIST}?{query}")
    assert answer.status_code == 422
    assert "a filter is not right" in answer.content.decode()


@pytest.mark.parametrize(
    "name", ["ordering", "fields", "created_by__email", "_connector", "page"]
)
def test_a_filter_that_does_not_exist_is_refused(client: Client, name: str) -> None:
    assert client.get(LIST, {name: "owner__password"}).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "before=1",
        "before=",
        "before=1_2_3",
        "before=99999999999999999_1",
        "before=a_b",
        "after=-5_1",
        "before=1_1&after=1_1",
        "before=%00",
    ],
)
def test_a_forged_place_in_the_list_does_not_exist(client: Client, query: str) -> None:
    assert client.get(f"{LIST}?{query}").status_code in {400, 404}


def test_restricted_incidents_are_neither_shown_nor_counted(
    client: Client, maren: User
) -> None:
    a_report(maren, "Known")
    secret = a_report(a_person(), "Canary", restricted=True)
    for query in ("", "q=canary", "q=secret"):
        answer = client.get(f"{LIST}?{query}")
        assert "Canary" not in answer.content.decode().replace("q=canary", "")
    page = client.get(LIST)
    assert page.context["counts"]["all"] == 1
    jump = client.get(LIST, {"q": secret.incident.reference})
    assert jump.status_code == 200
    assert jump.context["rows"] == []


def test_an_exact_reference_leads_to_its_report(client: Client, maren: User) -> None:
    reference = a_report(maren).incident.reference
    answer = client.get(LIST, {"q": reference.lower()})
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/incidents/{reference}/"


def test_the_beginning_of_a_reference_finds_a_month(
    client: Client, maren: User
) -> None:
    a_report(maren, "March")
    a_report(maren, "April", started=START + timedelta(days=30))
    assert shown(client, "q=INC-2026-03") == {"March"}


def test_pages_neither_repeat_nor_hide_while_rows_are_added(
    client: Client, maren: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 4)
    before = {a_report(maren, f"Number {n}", started=_at(n // 3)).pk for n in range(15)}
    seen: list[int] = []
    address: str | None = LIST
    extra = 100
    while address:
        answer = client.get(address)
        seen += [row.pk for row in answer.context["rows"]]
        address = answer.context["older_address"]
        a_report(maren, "Added meanwhile", started=_at(extra))
        extra += 1
    assert len(seen) == len(set(seen))
    assert set(seen) == before


def test_newer_leads_back_over_the_same_rows(
    client: Client, maren: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE_SIZE", 4)
    for n in range(10):
        a_report(maren, f"Number {n}", started=_at(n))
    first = client.get(LIST)
    second = client.get(first.context["older_address"])
    back = client.get(second.context["newer_address"])
    assert _pks(back) == _pks(first)
    assert back.context["newer_address"] == ""
    assert first.context["newer_address"] == ""


def test_oldest_first_turns_the_whole_list_round(
    client: Client, maren: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = [a_report(maren, started=_at(n)).incident.pk for n in range(9)][::-1]
    monkeypatch.setattr(listing, "PAGE_SIZE", 4)
    seen = []
    address = f"{LIST}?order=oldest"
    while address:
        answer = client.get(address)
        seen += _pks(answer)
        address = answer.context["newer_address"]
    assert seen == newest[::-1]


def test_the_number_of_queries_does_not_depend_on_the_number_of_incidents(
    client: Client, maren: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(5):
        a_report(maren, f"Kafka {n}", started=_at(n))
    with django_assert_num_queries(7):
        client.get(LIST)
    for n in range(55):
        a_report(maren, f"Kafka {n}", started=_at(n))
    with django_assert_num_queries(7):
        client.get(LIST)
    # A search reads its terms, in a transaction (two statements in a test).
    with django_assert_num_queries(10):
        client.get(LIST, {"q": "kafka"})


def test_htmx_gets_the_results_with_the_clean_address(
    client: Client, maren: User
) -> None:
    a_report(maren)
    answer = client.get(LIST, {"q": "stale", "service": "", "from": ""}, headers=HTMX)
    page = answer.content.decode()
    assert "<html" not in page
    assert 'id="incidents"' in page
    assert "1 of 1 shown" in page
    assert answer.headers["HX-Push-Url"] == "/incidents/?q=stale"
    assert "HX-Request" in answer.headers["Vary"]


def test_history_restored_by_htmx_is_a_whole_page(client: Client) -> None:
    headers = {**HTMX, "HX-History-Restore-Request": "true"}
    assert "<html" in client.get(LIST, headers=headers).content.decode()


# --- Search ---------------------------------------------------------------------------


def _rows(report: Any, by: User) -> None:
    common: Any = {"by": by, "at": START}
    entry = {"occurred_at": START, "text": "Flushed the wombat cache"}
    add_row(TIMELINE, report.pk, {**entry, "actors": [], "evidence": []}, **common)
    add_row(FACTORS, report.pk, {"text": "No aardvark validation"}, **common)
    add_row(LESSONS, report.pk, {"kind": "went_well", "text": "Ocelot alert"}, **common)
    add_row(FOLLOW_UPS, report.pk, {"text": "Study the pangolin"}, **common)
    actions = row_kind("actions")
    assert actions is not None
    add_row(actions, report.pk, {"description": "Validate the lemur"}, **common)
    summary = report.sections.get(key="summary")
    save_section(
        summary.postmortem_id, summary.pk, body="A **quokka**", version=1, **common
    )
    free = report.sections.get(key="root_cause")
    save_section(free.postmortem_id, free.pk, body="The capybara", version=1, **common)


@pytest.mark.parametrize(
    ("word", "anchor"),
    [
        ("wombat", "#entry-"),
        ("aardvarks", "#factor-"),
        ("ocelot", "#lesson-"),
        ("pangolin", "#follow-up-"),
        ("lemurs", "#action-"),
        ("quokka", "#summary"),
        ("capybara", "#cause"),
    ],
)
def test_search_finds_a_word_in_its_part_and_leads_there(
    client: Client, maren: User, word: str, anchor: str
) -> None:
    report = a_report(maren, "Stale product data")
    _rows(report, maren)
    a_report(maren, "Another")
    answer = client.get(LIST, {"q": word})
    assert [row.pk for row in answer.context["rows"]] == [report.incident_id]
    ((address, _name, text),) = answer.context["rows"][0].found
    assert anchor in address
    assert "<mark>" in text


def test_a_word_being_typed_finds_longer_ones(client: Client, maren: User) -> None:
    a_report(maren, "Invalidation lost")
    assert shown(client, "q=invali") == {"Invalidation lost"}


def test_excerpts_show_markup_as_text(client: Client, maren: User) -> None:
    report = a_report(maren, "<i>Stale</i>")
    SearchText.objects.filter(pk=report.pk).update(
        parts={"title": "<i>Stale</i>", "tldr": "<script>alert(1)</script> stale & bad"}
    )
    page = client.get(LIST, {"q": "stale"}).content.decode()
    assert "<script>alert" not in page
    assert "&lt;i&gt;<mark>Stale</mark>&lt;/i&gt;" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; <mark>stale</mark> &amp; bad" in page


@pytest.mark.parametrize(
    "text",
    [
        "!(((",
        "'",
        "\\",
        "%",
        "_",
        '"',
        "the of and",
        "-",
        "a:* & !b",
        "x" * 200,
        "😀",
        "INC-",
        "inc-9999-99-99-999",
        "-stale",
        '"stale',
        "or",
        " ".join(["stale"] * 33),
    ],
)
def test_junk_is_searched_for_without_an_error(
    client: Client, maren: User, text: str
) -> None:
    a_report(maren)
    assert client.get(LIST, {"q": text}).status_code == 200


def test_nothing_but_common_words_says_so(client: Client, maren: User) -> None:
    a_report(maren)
    page = client.get(LIST, {"q": "the of"}).content.decode()
    assert "too common" in page


def test_the_empty_list_says_what_to_do(client: Client) -> None:
    page = client.get(LIST).content.decode()
    assert "No incident is recorded yet." in page
    assert "New incident" in page


def shown(client: Client, query: str) -> set[str]:
    answer = client.get(f"{LIST}?{query}")
    assert answer.status_code == 200
    plain = (str(row.title) for row in answer.context["rows"])
    return {title.replace("<mark>", "").replace("</mark>", "") for title in plain}


def _at(hours: int) -> Any:
    return START + timedelta(hours=hours)


def _pks(answer: Any) -> list[int]:
    return [row.pk for row in answer.context["rows"]]
