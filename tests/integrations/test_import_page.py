"""The import page: what was pasted or uploaded is shown first, and then written."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from postmortems import access
from postmortems.exporters.json import to_json
from postmortems.models import Incident
from postmortems.vocabulary import Status
from tests.documents import FULL
from tests.storable import storable

BY_HAND = (Path(__file__).parents[1] / "data" / "by_hand.md").read_text()
FORMAT = Path(__file__).parents[2] / "docs" / "markdown-format.md"
UNDATED = "# Slow checkout\n\nIt was slow.\n"


class Page:
    """The page as somebody's browser has it: what stands in it is sent again."""

    def __init__(self, user: User) -> None:
        self.client = Client()
        self.client.force_login(user)
        self.address = reverse("integrations:import")
        self.answer: Any = self.client.get(self.address)

    def hidden(self) -> dict[str, str]:
        form = self.answer.content.decode()
        found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
        return dict(found)

    def send(self, **typed: Any) -> Any:
        self.answer = self.client.post(self.address, {**self.hidden(), **typed})
        return self.answer

    @property
    def text(self) -> str:
        return str(self.answer.content.decode())


@pytest.fixture
def visit(member: User) -> Page:
    return Page(member)


def file(content: bytes, name: str = "report.md") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def dated(lines: int) -> str:
    """A report with so many entries and actions."""
    entries = [f"* **2026-03-05 09:{n:02} UTC**: Step {n}. - SRE" for n in range(lines)]
    actions = [f"* **Description:** Do {n}.\n  * **Owner:** SRE" for n in range(lines)]
    return "\n".join(
        [
            "# Slow checkout",
            "* **Start:** 2026-03-05 09:00 UTC",
            "## Timeline",
            *entries,
            "## Action Items",
            *actions,
        ]
    )


def queries_of(visit: Page, *, lines: int, **typed: str) -> int:
    visit.send(text=dated(lines))
    with CaptureQueriesContext(connection) as queries:
        visit.send(text=dated(lines), **typed)
    visit.answer = visit.client.get(visit.address)
    return len(queries)


class TestLooking:
    def test_nothing_is_written_yet(self, visit: Page) -> None:
        assert visit.send(text=BY_HAND).status_code == 200
        assert not Incident.objects.exists()

    def test_it_shows_what_the_text_becomes(self, visit: Page) -> None:
        visit.send(text=BY_HAND)
        for shown in (
            "Slow checkout for web customers",
            "INC-2026-01-20-001",
            "SRE Team",
        ):
            assert shown in visit.text

    def test_the_lines_to_look_at_are_named(self, visit: Page) -> None:
        visit.send(text=BY_HAND.replace("2026-02-13", "soon"))
        assert re.search(r'<th scope="row".*</span> 44</th>', visit.text)
        assert "* **Due Date:** soon" in visit.text

    def test_a_taken_reference_is_told(self, visit: Page) -> None:
        visit.send(text=BY_HAND)
        visit.send(text=BY_HAND, write="yes")
        visit.answer = visit.client.get(visit.address)
        visit.send(text=BY_HAND)
        assert "INC-2026-01-20-001 is taken" in visit.text

    def test_nothing_of_the_text_becomes_markup(self, visit: Page) -> None:
        evil = "<script>alert(1)</script>"
        visit.send(
            text=f"# {evil}\n\n* **TL;DR:** {evil}\n* **{evil}:** x\n\n## {evil}\n"
        )
        assert evil not in visit.text

    def test_it_costs_few_queries_whatever_its_length(self, visit: Page) -> None:
        short, long = queries_of(visit, lines=1), queries_of(visit, lines=60)
        assert short == long
        assert long <= 30


class TestWriting:
    def test_what_was_seen_is_written(self, visit: Page) -> None:
        visit.send(text=BY_HAND)
        answer = visit.send(text=BY_HAND, write="yes")
        assert answer.headers["Location"] == "/incidents/INC-2026-01-20-001/edit/"
        assert Incident.objects.get().title == "Slow checkout for web customers"

    def test_the_next_page_says_as_what(self, visit: Page) -> None:
        visit.send(text=BY_HAND)
        answer = visit.send(text=BY_HAND, write="yes")
        assert (
            "INC-2026-01-20-001"
            in visit.client.get(answer.headers["Location"]).content.decode()
        )

    def test_sent_twice_it_is_written_once(self, visit: Page) -> None:
        visit.send(text=BY_HAND)
        sent = {**visit.hidden(), "text": BY_HAND, "write": "yes"}
        answers = [visit.client.post(visit.address, sent) for _ in range(2)]
        assert answers[0].headers["Location"] == answers[1].headers["Location"]
        assert Incident.objects.count() == 1

    def test_a_text_that_was_changed_since_is_shown_again(self, visit: Page) -> None:
        visit.send(text=BY_HAND)
        answer = visit.send(text=BY_HAND.replace("Slow", "Fast"), write="yes")
        assert answer.status_code == 200
        assert "Fast checkout" in visit.text
        assert not Incident.objects.exists()

    def test_the_line_ends_of_browsers_change_nothing(self, visit: Page) -> None:
        visit.send(text=BY_HAND)
        answer = visit.send(text=BY_HAND.replace("\n", "\r\n"), write="yes")
        assert answer.status_code == 302

    def test_what_was_published_is_opened_for_reading(self, visit: Page) -> None:
        text = BY_HAND.replace("* **Date and", "* **Status:** Published\n* **Date and")
        visit.send(text=text)
        answer = visit.send(text=text, write="yes")
        assert answer.headers["Location"] == "/incidents/INC-2026-01-20-001/"
        assert Incident.objects.get().postmortem.status == Status.PUBLISHED

    def test_a_restricted_one_is_for_those_who_are_invited(
        self, visit: Page, administrator: User
    ) -> None:
        visit.send(text=BY_HAND, restricted="on")
        visit.send(text=BY_HAND, restricted="on", write="yes")
        assert not access.incidents(administrator).exists()

    def test_json_is_read_as_json(self, visit: Page) -> None:
        text = to_json(storable(FULL))
        assert visit.send(text=text).status_code == 200
        assert visit.send(text=text, write="yes").status_code == 302

    def test_it_costs_as_many_queries_for_any_number_of_rows(self, visit: Page) -> None:
        short = queries_of(visit, lines=1, write="yes")
        assert queries_of(visit, lines=60, write="yes") == short


class TestNothingTypedIsLost:
    def test_a_line_that_has_to_change_is_refused(self, visit: Page) -> None:
        text = BY_HAND.replace(
            "* **Due Date:** 2026-02-06", "* **Due Date:** 2096-02-06"
        )
        assert visit.send(text=text).status_code == 422
        assert "2096-02-06" in visit.text
        assert "Import this report" not in visit.text

    def test_nor_is_it_written_when_asked_to(self, visit: Page) -> None:
        text = BY_HAND.replace(
            "* **Due Date:** 2026-02-06", "* **Due Date:** 2096-02-06"
        )
        assert visit.send(text=text, write="yes").status_code == 422
        assert not Incident.objects.exists()

    def test_a_text_without_a_day_asks_for_one(self, visit: Page) -> None:
        assert visit.send(text=UNDATED).status_code == 422
        assert 'name="started"' in visit.text
        assert "It was slow." in visit.text

    def test_the_day_that_was_typed_is_taken(self, visit: Page) -> None:
        visit.send(text=UNDATED)
        visit.send(text=UNDATED, started="about 5 Mar 2026 9:30")
        answer = visit.send(text=UNDATED, started="about 5 Mar 2026 9:30", write="yes")
        assert answer.status_code == 302
        incident = Incident.objects.get()
        assert incident.reference == "INC-2026-03-05-001"
        assert incident.started_certainty == "approximate"

    @pytest.mark.parametrize("typed", ["soon", "25:00", "5 Mar 1999 9:30", "x" * 300])
    def test_a_day_that_is_none_is_told(self, typed: str, visit: Page) -> None:
        visit.send(text=UNDATED)
        assert visit.send(text=UNDATED, started=typed).status_code == 422
        assert f'value="{typed}"' in visit.text

    def test_nothing_at_all_is_refused(self, visit: Page) -> None:
        assert visit.send(text=" \n").status_code == 422

    @pytest.mark.parametrize("text", ["{", '{"format": "x"}', "{}", '{"a": 1}' * 3])
    def test_json_that_is_no_report_is_told(self, text: str, visit: Page) -> None:
        assert visit.send(text=text).status_code == 422
        assert text.replace('"', "&quot;") in visit.text

    def test_a_text_that_is_too_long_is_told(self, visit: Page) -> None:
        answer = visit.send(text="# T\n" + "x " * 250_000)
        assert answer.status_code == 422
        assert "500" in visit.text

    def test_more_than_a_form_holds_is_refused(self, visit: Page) -> None:
        assert visit.send(text="# T\n" + "x " * 1_300_000).status_code == 413

    def test_a_key_that_was_used_for_something_else_is_refused(
        self, visit: Page
    ) -> None:
        visit.send(text=BY_HAND)
        key = visit.hidden()["request_key"]
        visit.send(text=BY_HAND, write="yes")
        visit.answer = visit.client.get(visit.address)
        visit.send(text=UNDATED, started="2026-03-05 09:30")
        answer = visit.send(
            text=UNDATED, started="2026-03-05 09:30", write="yes", request_key=key
        )
        assert answer.status_code == 409
        assert "It was slow." in visit.text


class TestFiles:
    def test_its_text_stands_in_the_page_to_be_changed(self, visit: Page) -> None:
        assert visit.send(file=file(BY_HAND.encode())).status_code == 200
        assert "* **Owner:** Dev Team B" in visit.text

    def test_it_is_written_from_there(self, visit: Page) -> None:
        visit.send(file=file(BY_HAND.encode()))
        assert visit.send(text=BY_HAND, write="yes").status_code == 302

    def test_a_mark_of_its_encoding_is_no_part_of_it(self, visit: Page) -> None:
        assert (
            visit.send(file=file(b"\xef\xbb\xbf" + BY_HAND.encode())).status_code == 200
        )

    def test_the_name_says_nothing_of_the_kind(self, visit: Page) -> None:
        text = to_json(storable(FULL)).encode()
        assert visit.send(file=file(text, "report.png")).status_code == 200

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"", "empty"),
            (b" \n", "empty"),
            (b"\x89PNG\r\n\x1a\n\x00\xff", "no text in UTF-8"),
            (b"PK\x03\x04\xff\xfe", "no text in UTF-8"),
            ("# Größe".encode("utf-16"), "no text in UTF-8"),
        ],
    )
    def test_what_is_no_text_is_told(
        self, content: bytes, sentence: str, visit: Page
    ) -> None:
        assert visit.send(file=file(content)).status_code == 422
        assert sentence in visit.text

    def test_a_text_with_what_cannot_be_stored_is_told(self, visit: Page) -> None:
        assert visit.send(file=file(b"# T\x00")).status_code == 422

    @pytest.mark.parametrize(("size", "status"), [(1_999_999, 422), (2_000_000, 422)])
    def test_its_size_has_a_limit(self, size: int, status: int, visit: Page) -> None:
        # Too long for one text, which is told with the text still there.
        assert visit.send(file=file(b"x" * size)).status_code == status

    def test_a_larger_one_is_refused_with_what_was_typed(self, visit: Page) -> None:
        answer = visit.send(text="# Kept", file=file(b"x" * 2_000_001))
        assert answer.status_code == 413
        assert "# Kept" in visit.text

    def test_a_file_does_not_overwrite_what_was_typed(self, visit: Page) -> None:
        assert visit.send(text="# Mine", file=file(BY_HAND.encode())).status_code == 422
        assert "# Mine" in visit.text

    def test_a_file_replaces_what_was_only_shown(self, visit: Page) -> None:
        visit.send(file=file(BY_HAND.encode()))
        other = BY_HAND.replace("Slow checkout", "Fast checkout").encode()
        assert visit.send(text=BY_HAND, file=file(other)).status_code == 200
        assert "Fast checkout" in visit.text


def test_a_long_list_is_shown_by_its_first_rows(visit: Page) -> None:
    visit.send(text=dated(60))
    shown = visit.text.partition('id="import"')[0]
    assert "Step 19." in shown
    assert "Step 20." not in shown
    assert "and 40 more" in shown


def test_the_smallest_report_of_the_documentation_is_taken(visit: Page) -> None:
    (text,) = re.findall(r"```json\n(.*?)```", FORMAT.read_text(), re.DOTALL)
    assert visit.send(text=text).status_code == 200


def test_json_names_the_path(visit: Page) -> None:
    data = json.loads(to_json(storable(FULL)))
    data["timeline"][0]["occurred_at"] = "yesterday"
    assert visit.send(text=json.dumps(data)).status_code == 422
    assert "timeline[0].occurred_at" in visit.text
