"""Actions as a CSV file: whole, in order, without formulas, of what one may see."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from actions import exporting
from actions.exporting import harmless
from actions.models import ActionItem
from postmortems.models import Postmortem
from tests.written import a_person, a_report, a_team

pytestmark = pytest.mark.django_db
EXPORT = "/actions/export/?show=all"
NOW = datetime(2026, 3, 23, 12, tzinfo=UTC)


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
    return a_report(maren, severity=2)


def an_action(report: Postmortem, what: str, **values: Any) -> ActionItem:
    return ActionItem.objects.create(
        postmortem=report, description=what, created_at=NOW, **values
    )


def rows_of(client: Client, address: str = EXPORT) -> list[dict[str, str]]:
    answer: Any = client.get(address)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_row_says_what_was_promised(client: Client, report: Postmortem) -> None:
    an_action(
        report,
        "Alert on lag,\nand say so",
        owner_team=a_team("SRE Team"),
        due_on=date(2026, 1, 31),
        types=["detective"],
        priority="high",
    )
    [row] = rows_of(client)
    assert row["Action"] == "Alert on lag,\nand say so"
    assert (row["Type"], row["Priority"], row["Status"]) == (
        "Detective",
        "High",
        "Open",
    )
    assert (row["Team"], row["Due"], row["Severity"]) == (
        "SRE Team", "2026-01-31", "SEV-2",
    )  # fmt: skip
    assert int(row["Days late"]) > 0
    assert row["Address"].endswith(f"/incidents/{report.incident.reference}/")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "\nx",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(A1)",
        '"=1+1',
        "'=1+1",
        ";=1+1",
        ",=1+1",
        " =HYPERLINK(1)",
        "\u200b=1",
        "\u00a0=1",
    ],
)
def test_what_begins_a_formula_stands_behind_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Alert", "2 = 1 + 1", "a-b", "10 Feb", "é=1"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


def test_names_and_reasons_are_no_formulas_either(
    client: Client, report: Postmortem
) -> None:
    an_action(
        report, "=A", owner_team_name="+B", owner_person_name="-C", evidence="@D",
        reason="＝E",
    )  # fmt: skip
    [row] = rows_of(client)
    assert [value[:2] for value in row.values()].count("'=") == 1
    assert {"'=A", "'+B", "'-C", "'@D", "'＝E"} <= set(row.values())


def test_the_rows_follow_the_filters_and_the_order_of_the_list(
    client: Client, report: Postmortem
) -> None:
    for what, due_on in (("b", date(2026, 2, 2)), ("a", date(2026, 2, 1)), ("c", None)):
        an_action(report, what, due_on=due_on)
    an_action(report, "low", priority="low")
    found = rows_of(client, f"{EXPORT}&priority=medium")
    assert [row["Action"] for row in found] == ["a", "b", "c"]


def test_a_mark_for_spreadsheets_is_a_choice(client: Client, maren: User) -> None:
    for query, begins in (("", b"Action"), ("&bom=on", b"\xef\xbb\xbfAction")):
        answer: Any = client.get(f"{EXPORT}{query}")
        assert b"".join(answer.streaming_content).startswith(begins)
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"


def test_what_is_restricted_is_exported_to_the_invited_only(
    client: Client, maren: User
) -> None:
    an_action(a_report(maren, restricted=True), "Ours")
    an_action(a_report(a_person(), restricted=True), "Theirs")
    assert [row["Action"] for row in rows_of(client)] == ["Ours"]


def test_what_is_restricted_meanwhile_is_left_out(
    client: Client, maren: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each piece is read when it is sent, from what may be seen then."""
    monkeypatch.setattr(exporting, "PIECE", 1)
    first, second = (a_report(a_person()) for _number in range(2))
    an_action(first, "Before", due_on=date(2026, 2, 1))
    an_action(second, "After", due_on=date(2026, 2, 2))
    answer: Any = client.get(EXPORT)
    pieces = iter(answer.streaming_content)
    told = next(pieces) + next(pieces)
    second.incident.restricted = True
    second.incident.save()
    told += b"".join(pieces)
    assert b"Before" in told
    assert b"After" not in told


def test_it_is_read_piece_by_piece(
    client: Client, report: Postmortem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PIECE", 10)
    for number in range(25):
        an_action(report, f"{number}")
    with CaptureQueriesContext(connection) as queries:
        answer: Any = client.get(EXPORT)
        before = len(queries)
        sizes = [piece.count(b"\r\n") for piece in answer.streaming_content]
    assert sizes == [1, 10, 10, 5]
    assert len(queries) - before == 3
