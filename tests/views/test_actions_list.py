"""The list of actions: views, filters, groups, order, search, pages, the aside."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Team, User
from actions.models import ActionItem, FollowThrough, Verdict
from actions.views import ledger
from postmortems.models import AffectedService, Postmortem, Service
from tests.written import a_person, a_report, a_team

pytestmark = pytest.mark.django_db
LIST = "/actions/"
HTMX = {"HX-Request": "true"}
TODAY = datetime.now(UTC).date()


def days(count: int) -> date:
    return TODAY + timedelta(days=count)


@pytest.fixture
def maren() -> User:
    return a_person("Maren Holt")


@pytest.fixture
def client(maren: User) -> Client:
    client = Client()
    client.force_login(maren)
    return client


@pytest.fixture
def report(maren: User) -> Postmortem:
    return a_report(maren)


def an_action(report: Postmortem, what: str = "Alert on lag", **values: Any) -> Any:
    values.setdefault("created_at", datetime.now(UTC) - timedelta(days=10))
    return ActionItem.objects.create(postmortem=report, description=what, **values)


def shown(client: Client, query: str = "", **headers: str) -> list[str]:
    answer = client.get(f"{LIST}?{query}", headers=headers)
    assert answer.status_code == 200
    return [row.text for group in answer.context["groups"] for row in group.rows]


def counts(client: Client) -> dict[str, str]:
    return {name: n for _a, name, n, _c in client.get(LIST).context["tabs"]}


def test_a_row_says_what_was_promised(
    client: Client, maren: User, report: Postmortem
) -> None:
    team = a_team("Data Platform")
    an_action(
        report,
        "Keep `snapshots` for 30 days",
        owner_team=team,
        owner_person=a_person("Jonas Adeyemi"),
        due_on=days(-41),
        types=["corrective", "detective"],
    )
    page = client.get(LIST).content.decode()
    for words in (
        "Keep snapshots for 30 days",
        "Detective, corrective, medium.",
        "Stale product data",
        "Jonas Adeyemi",
        "Data Platform",
        "41 days late",
        "1 overdue",
        "the oldest by 41 days",
        "0 due in the next 21 days.",
    ):
        assert words in page


def test_groups_follow_the_dates(client: Client, report: Postmortem) -> None:
    week = TODAY + timedelta(days=6 - TODAY.weekday())
    for what, due_on in (
        ("late", days(-1)),
        ("week", TODAY),
        ("end of week", week),
        ("soon", max(days(21), week + timedelta(days=1))),
        ("later", days(22)),
        ("undated", None),
    ):
        an_action(report, what, due_on=due_on)
    answer = client.get(f"{LIST}?show=open")
    assert [
        (group.key, group.count, [row.text for row in group.rows])
        for group in answer.context["groups"]
    ] == [
        ("overdue", "1", ["late"]),
        ("week", "2", ["week", "end of week"]),
        ("soon", "1", ["soon"]),
        ("later", "1", ["later"]),
        ("undated", "1", ["undated"]),
    ]


def test_each_view_shows_and_counts_what_it_says(
    client: Client, maren: User, report: Postmortem
) -> None:
    mine, other = a_team("Mine", maren), a_team("Other")
    an_action(report, "late", owner_team=other, due_on=days(-3))
    an_action(report, "of my team", owner_team=mine, due_on=days(50))
    an_action(report, "of nobody", due_on=days(60))
    an_action(report, "given up", status="wont_do", reason="Replaced")
    proven = an_action(report, "proven", status="done", done_on=TODAY, evidence="x")
    an_action(report, "done", status="done", done_on=TODAY, evidence="x")
    an_action(report, "long ago", status="done", done_on=days(-200), evidence="x")
    FollowThrough.objects.filter(pk=proven.pk).update(verdict=Verdict.EFFECTIVE)
    expected = {
        "soon": {"late"},
        "teams": {"of my team"},
        "open": {"late", "of my team", "of nobody"},
        "unowned": {"of nobody"},
        "done": {"proven", "done"},
        "unproven": {"done", "long ago"},
    }
    assert {show: set(shown(client, f"show={show}")) for show in expected} == expected
    assert [int(n) for n in counts(client).values()] == [
        len(found) for found in expected.values()
    ]


def test_what_is_done_is_shown_beside_what_is_proven(
    client: Client, report: Postmortem
) -> None:
    for verdict in ("effective", "not_effective", ""):
        action = an_action(report, status="done", done_on=TODAY, evidence="x")
        FollowThrough.objects.filter(pk=action.pk).update(verdict=verdict)
    page = client.get(f"{LIST}?show=done").content.decode()
    for words in ("It worked", "It did not work", "Not proven yet"):
        assert words in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("team=%(team)s", {"one"}),
        ("owner=%(person)s", {"two"}),
        ("type=detective", {"one"}),
        ("type=detective&type=corrective", {"one", "two"}),
        ("priority=high", {"one"}),
        ("status=in_progress", {"two"}),
        ("status=done", {"three"}),
        ("age=90", {"two"}),
        ("severity=%(sev1)s", {"one"}),
        ("severity=none", {"two", "three", "undated"}),
        ("service=%(service)s", {"one"}),
        ("q=two", {"two"}),
        ("q=slow+uploads", {"two", "three", "undated"}),
        ("q=%(reference)s", {"one"}),
        ("q=nothing+of+that", set()),
        ("", {"one", "two", "three", "undated"}),
    ],
)
def test_a_filter_leaves_only_what_it_says(
    client: Client, maren: User, query: str, expected: set[str]
) -> None:
    first = a_report(maren, "Cache lag", severity=1)
    second = a_report(a_person(), "Slow uploads")
    service = Service.objects.create(name="Kafka")
    AffectedService.objects.create(incident=first.incident, service=service)
    team, person = a_team("SRE Team"), a_person("Ann")
    an_action(
        first, "one", owner_team=team, types=["detective"], priority="high",
        due_on=TODAY,
    )  # fmt: skip
    an_action(
        second, "two", owner_person=person, types=["corrective"],
        status="in_progress", created_at=datetime.now(UTC) - timedelta(days=100),
    )  # fmt: skip
    an_action(second, "three", status="done", evidence="x", done_on=days(-300))
    an_action(second, "undated")
    filled = query % {
        "team": team.pk,
        "person": person.pk,
        "sev1": first.incident.severity_id,
        "service": service.pk,
        "reference": first.incident.reference,
    }
    assert set(shown(client, f"show=all&{filled}")) == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("due", ["a", "b", "c"]),
        ("age", ["c", "a", "b"]),
        ("priority", ["b", "a", "c"]),
        ("severity", ["b", "a", "c"]),
        ("team", ["c", "b", "a"]),
    ],
)
def test_rows_are_put_in_order(
    client: Client, maren: User, sort: str, expected: list[str]
) -> None:
    now = datetime.now(UTC)
    grave, mild = a_report(maren, severity=1), a_report(maren, severity=3)
    alpha, beta = a_team("Alpha"), a_team("Beta")
    for what, values in (
        ("a", {"postmortem": mild, "due_on": days(-9), "created_at": now}),
        (
            "b",
            {
                "postmortem": grave,
                "due_on": days(-8),
                "created_at": now + timedelta(1),
                "priority": "high",
                "owner_team": beta,
            },
        ),
        (
            "c",
            {
                "postmortem": mild,
                "due_on": days(-7),
                "created_at": now - timedelta(9),
                "owner_team": alpha,
            },
        ),
    ):
        ActionItem.objects.create(description=what, **values)
    assert shown(client, f"sort={sort}") == expected


@pytest.mark.parametrize(
    "query",
    [
        "show=mine",
        "team=0",
        "owner=x",
        "type=gone",
        "priority=urgent",
        "status=open&status=lost",
        "age=7",
        "severity=99",
        "service=-1",
        "sort=title",
        "page=0",
        "page=x",
        "team=1&team=2",
        "q=" + "a" * 201,
    ],
)
def test_a_filter_with_a_bad_value_is_refused_with_a_sentence(
    client: Client, query: str
) -> None:
    answer = client.get(f"{LIST}?{query}")
    assert answer.status_code == 422
    assert "a filter is not right" in answer.content.decode()
    assert client.get(f"/actions/export/?{query}").status_code == 422


@pytest.mark.parametrize("name", ["ordering", "owner_person__email", "_connector"])
def test_a_filter_that_does_not_exist_is_refused(client: Client, name: str) -> None:
    assert client.get(LIST, {name: "x"}).status_code == 400


def test_pages_have_fifty_rows_and_an_end(
    client: Client, report: Postmortem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "MOST_PAGES", 2)
    for number in range(120):
        an_action(report, f"{number:03d}", due_on=days(-200 + number))
    first = client.get(LIST)
    assert "50 of 120 shown" in first.content.decode()
    second = client.get(first.context["next_address"])
    assert second.context["groups"][0].rows[0].text == "050"
    assert second.context["previous_address"] == LIST
    assert "Choose a filter" in second.content.decode()


def test_htmx_is_answered_with_the_results(client: Client, report: Postmortem) -> None:
    an_action(report, "late", due_on=days(-1))
    answer = client.get(f"{LIST}?q=late&team=", headers=HTMX)
    assert answer.headers["HX-Push-Url"] == f"{LIST}?q=late"
    page = answer.content.decode()
    assert "<mark>late</mark>" in page
    assert "<html" not in page
    assert 'id="headline" hx-swap-oob' in page


def test_what_one_may_not_see_is_neither_shown_nor_counted(
    client: Client, maren: User
) -> None:
    """Also not to the lead of the team that owns it (BAR R2, R3, R9)."""
    team = a_team("Delivery", maren)
    Team.objects.filter(pk=team.pk).update(lead=maren, manager=maren)
    hidden = a_report(a_person(), "Leaked credential", restricted=True)
    an_action(hidden, "Rotate it", owner_team=team, due_on=days(-5))
    an_action(hidden, "Of nobody", due_on=days(-5))
    an_action(hidden, "Done", status="done", done_on=TODAY, evidence="x")
    assert set(counts(client).values()) == {"0"}
    for query in ("show=all", f"show=all&team={team.pk}", "show=all&q=leaked"):
        assert shown(client, query) == []
    aside = client.get("/actions/ageing/").content.decode()
    assert "Delivery" not in aside
    assert "Nothing was done." in aside
    rows = b"".join(client.get("/actions/export/?show=all")).decode()
    assert "Rotate" not in rows


def test_a_longer_list_costs_no_more_queries(
    client: Client,
    maren: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(20):
        action = an_action(
            a_report(maren, f"Report {number}", severity=2),
            owner_team=a_team(f"Team {number}"),
            owner_person=a_person(),
            due_on=days(-number - 1),
        )
        FollowThrough.objects.filter(pk=action.pk).update(promised_on=days(-40))
    with django_assert_max_num_queries(14):
        assert len(shown(client)) == 20
    with django_assert_max_num_queries(10):
        client.get("/actions/ageing/")


def test_the_aside_says_how_late_teams_are(
    client: Client, maren: User, report: Postmortem
) -> None:
    sre, dev = a_team("SRE Team"), a_team("Dev Team")
    for team, late in ((sre, 3), (sre, 20), (sre, -4), (dev, 50), (None, -9)):
        an_action(report, owner_team=team, due_on=days(-late))
    an_action(report, status="done", done_on=days(-1), due_on=days(0), evidence="x")
    an_action(report, status="done", done_on=days(-1), due_on=days(-9), evidence="x")
    answer = client.get("/actions/ageing/", headers=HTMX)
    assert [
        (team.name, team.open, team.week, team.month, team.older, team.share)
        for team in answer.context["teams"]
    ] == [
        ("SRE Team", 3, 1, 1, 0, 100),
        ("Dev Team", 1, 0, 0, 1, 33),
        ("", 1, 0, 0, 0, 33),
    ]
    page = answer.content.decode()
    assert "50%" in page
    assert "1 of 2 closed by their due date" in page
    assert "of 2 done are proven" in page


def test_an_empty_list_says_so(client: Client) -> None:
    assert "No actions are overdue" in client.get(LIST).content.decode()
    page = client.get(f"{LIST}?priority=high").content.decode()
    assert "No action matches these filters." in page
