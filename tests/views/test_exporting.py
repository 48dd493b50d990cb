"""Taking a report along: files, from the page and from the command."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from postmortems import permissions
from postmortems.models import Postmortem
from postmortems.operations import incidents, rows
from tests.fixtures import NOW, AddRow, kind
from tests.publishing import client_of, publish, reopen


def address(report: Postmortem, rest: str) -> str:
    return f"/incidents/{report.incident.reference}/{rest}"


def export(user: User, report: Postmortem, rest: str = "export/markdown/") -> str:
    answer = client_of(user).get(address(report, rest))
    assert answer.status_code == 200
    return answer.content.decode()


def exported(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("export_report", *arguments, stdout=out, **options)
    return out.getvalue()


# --- The page -------------------------------------------------------------------------


def test_markdown_is_a_file_named_after_the_report(
    postmortem: Postmortem, viewer: User
) -> None:
    answer = client_of(viewer).get(address(postmortem, "export/markdown/"))
    reference = postmortem.incident.reference
    assert answer.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="{reference}.md"'
    )
    assert answer.content.decode().startswith(f"# Postmortem Report: {reference} - ")


def test_json_follows_the_published_schema(
    postmortem: Postmortem, viewer: User, add: AddRow
) -> None:
    add("timeline", actors=[{"kind": "role", "name": "On call"}])
    add("actions", factors=[add("factors")])
    answer = client_of(viewer).get(address(postmortem, "export/json/"))
    assert answer.headers["Content-Type"] == "application/json"
    schema = Client().get("/schemas/afterword-report-1.json")
    assert schema.headers["Content-Type"] == "application/schema+json"
    jsonschema.validate(json.loads(answer.content), json.loads(schema.content))


def test_another_format_does_not_exist(postmortem: Postmortem, viewer: User) -> None:
    answer = client_of(viewer).get(address(postmortem, "export/docx/"))
    assert answer.status_code == 404


@pytest.mark.parametrize("form", ["markdown", "json"])
def test_a_restricted_report_is_not_exported_for_others(
    restricted: Postmortem, administrator: User, form: str
) -> None:
    client = client_of(administrator)
    answer = client.get(address(restricted, f"export/{form}/"))
    assert answer.status_code == 404


def test_whoever_is_invited_exports_a_restricted_report(
    restricted: Postmortem, facilitator: User, viewer: User
) -> None:
    incidents.set_part(restricted.pk, viewer, "reader", by=facilitator, at=NOW)
    assert "Leaked credential" in export(viewer, restricted)


def test_readers_export_what_is_published_while_it_is_revised(
    postmortem: Postmortem, facilitator: User, viewer: User, add: AddRow
) -> None:
    add("lessons", text="As it was published")
    publish(postmortem, facilitator)
    reopen(postmortem, facilitator)
    add("lessons", text="Found later")
    text = export(viewer, postmortem)
    assert "As it was published" in text
    assert "Found later" not in text
    assert "**Status:** Published" in text


def test_writers_export_the_draft_where_they_ask_for_it(
    postmortem: Postmortem, facilitator: User, viewer: User, add: AddRow
) -> None:
    publish(postmortem, facilitator)
    reopen(postmortem, facilitator)
    add("lessons", text="Found later")
    assert "Found later" in export(
        facilitator, postmortem, "export/markdown/?text=draft"
    )
    answer = client_of(viewer).get(address(postmortem, "export/markdown/?text=draft"))
    assert answer.status_code == 403


def test_actions_are_exported_as_of_today(
    postmortem: Postmortem, facilitator: User, viewer: User, add: AddRow
) -> None:
    action = add("actions")
    publish(postmortem, facilitator)
    rows.change_row(
        kind("actions"), postmortem.pk, action.pk, {"status": "in_progress"},
        version=1, by=facilitator, at=NOW, may=permissions.check_is_writer,
    )  # fmt: skip
    data = json.loads(export(viewer, postmortem, "export/json/"))
    assert data["actions"][0]["status"] == "in_progress"


# --- The command ----------------------------------------------------------------------


@pytest.mark.parametrize("form", ["markdown", "json"])
def test_the_command_prints_what_the_page_gives(
    postmortem: Postmortem, viewer: User, form: str
) -> None:
    reference = postmortem.incident.reference
    page = export(viewer, postmortem, f"export/{form}/")
    assert exported(reference, format=form) == page


def test_the_command_writes_a_file(postmortem: Postmortem, tmp_path: Path) -> None:
    reference = postmortem.incident.reference
    path = tmp_path / "report.md"
    exported(reference, output=path)
    assert path.read_text("utf-8") == exported(reference)


def test_the_command_says_where_a_file_cannot_be_written(
    postmortem: Postmortem, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        exported(postmortem.incident.reference, output=tmp_path / "none" / "a.md")


@pytest.mark.django_db
def test_the_command_says_that_there_is_no_such_report() -> None:
    with pytest.raises(CommandError, match="There is no report INC-2020-01-01-001"):
        exported("INC-2020-01-01-001")


def test_the_command_exports_a_restricted_report_for_the_invited_only(
    restricted: Postmortem, facilitator: User, administrator: User
) -> None:
    reference = restricted.incident.reference
    for email in (None, administrator.email):
        with pytest.raises(CommandError, match="There is no report"):
            exported(reference, email=email)
    assert "Leaked credential" in exported(reference, email=facilitator.email)


@pytest.mark.django_db
def test_the_command_says_that_there_is_no_such_person() -> None:
    with pytest.raises(CommandError, match="no active account"):
        exported("INC-2020-01-01-001", email="nobody@afterword.example")


def test_the_command_gives_the_draft_where_it_is_asked_for(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    publish(postmortem, facilitator)
    reopen(postmortem, facilitator)
    add("lessons", text="Found later")
    reference = postmortem.incident.reference
    assert "Found later" not in exported(reference)
    assert "Found later" in exported(reference, draft=True)
