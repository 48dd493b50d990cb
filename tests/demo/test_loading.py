"""The demo as it stands in a database, loaded once for all of these tests."""

import json
import stat
from collections import Counter
from collections.abc import Iterator
from datetime import date
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Organisation, Team, User
from actions.models import ActionItem
from integrations.demo.lives import life
from integrations.demo.loading import load_demo
from integrations.demo.sign_ins import new_password
from integrations.demo.stories import tell
from integrations.importing.reader import read
from postmortems import access, policies
from postmortems.exporters.documenting import document_of
from postmortems.exporters.markdown import render
from postmortems.models import Change, ContributingFactor, Incident, Postmortem, Service
from postmortems.vocabulary import Status
from tests.fixtures import NOW
from tests.migrated import restore_migrated
from tests.worlds import undone

ON = "2026-03-09"


@pytest.fixture(scope="module")
def shared_demo(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[Path]:
    """The file with its sign-ins."""
    file: Path = tmp_path_factory.mktemp("demo") / "demo.json"
    with django_db_blocker.unblock(), undone():
        restore_migrated()
        call_command("demo", "--on", ON, "--sign-ins", str(file), stdout=StringIO())
        yield file


@pytest.fixture
def demo(shared_demo: Path) -> Iterator[Path]:
    with undone():
        yield shared_demo


def report_of(title: str) -> Postmortem:
    return Postmortem.objects.select_related("incident__severity").get(
        incident__title__startswith=title
    )


def sign_ins(file: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(file.read_text())["sign_ins"]
    return found


def open_rules(report: Postmortem) -> set[str]:
    """The readiness rules that find something."""
    loaded = access.report(report)
    return {
        name for name, (rule, _passed) in policies.RULES.items() if [*rule(loaded, NOW)]
    }


# --- What is there --------------------------------------------------------------------


def test_the_organisation_has_its_people_teams_and_services(demo: Path) -> None:
    assert Organisation.objects.get().name == "Merrowfield Goods"
    assert User.objects.count() == 16
    assert User.objects.values("time_zone").distinct().count() > 10
    assert Team.objects.count() == 8
    assert not Team.objects.filter(lead=None).exists()
    assert not Team.objects.filter(manager=None).exists()
    assert not Team.objects.filter(members=None).exists()
    assert not Service.objects.filter(owner=None).exists()


def test_thirty_three_reports_of_which_thirty_were_published(demo: Path) -> None:
    statuses = Counter(Postmortem.objects.values_list("status", flat=True))
    assert sum(statuses.values()) == 33
    assert statuses[Status.PUBLISHED] + statuses[Status.CLOSED] == 30
    assert Postmortem.objects.exclude(publications=None).distinct().count() == 30
    assert statuses[Status.DRAFTING] == statuses[Status.GATHERING] == 1
    assert statuses[Status.IN_REVIEW] == 1


def test_references_are_those_of_the_stories(demo: Path) -> None:
    told = {story.document.reference for story in tell(date.fromisoformat(ON))}
    assert set(Incident.objects.values_list("reference", flat=True)) == told


def test_every_service_is_one_of_the_catalogue(demo: Path) -> None:
    assert not Service.objects.filter(description="").exists()


def test_owners_of_actions_have_accounts_or_are_teams(demo: Path) -> None:
    assert not ActionItem.objects.exclude(owner_team_name="").exists()
    assert not ActionItem.objects.exclude(owner_person_name="").exists()


def test_a_factor_found_before_leads_to_that_report(demo: Path) -> None:
    again = ContributingFactor.objects.exclude(same_as="")
    assert again.count() >= 10
    assert not again.filter(earlier=None).exists()


def test_several_people_facilitate_and_contribute(demo: Path) -> None:
    for part, least in (("facilitator", 6), ("contributor", 12)):
        people = User.objects.filter(participations__part=part).distinct()
        assert people.count() >= least


# --- The two that are being written ---------------------------------------------------


def test_the_draft_lists_what_is_still_to_settle(demo: Path) -> None:
    report = access.report(report_of("Stale product data"))
    ready = policies.readiness(report, now=NOW, settings={})
    assert sorted(ready.sentences) == [
        "1 timeline entry has no evidence",
        "2 contributing factors have no action item",
        "Entry at 08:30: before the recorded start",
        "Nothing between 09:00 and 09:30",
    ]
    details = {finding.sentence: finding.detail for finding in ready.findings}
    assert details["2 contributing factors have no action item"] == (
        "Empty topic name accepted at start-up; Reliance on a manual cache flush"
    )


def test_the_draft_is_marens_and_was_written_by_several(demo: Path) -> None:
    report = report_of("Stale product data")
    assert report.status == Status.DRAFTING
    parts = report.participations.order_by("joined_at", "pk")
    assert [(row.user.name, row.part) for row in parts] == [
        ("Maren Holt", "facilitator"),
        ("Priya Raman", "contributor"),
        ("Tomás Vidal", "contributor"),
        ("Aiko Sato", "contributor"),
        ("Jonas Adeyemi", "contributor"),
    ]
    writers = report.history.filter(part__startswith="section:").values("by").distinct()
    assert writers.count() == 3


# --- Those that are published ---------------------------------------------------------

HONEST = {"entries", "gaps", "evidence", "promises"}
"""Rules that a good report may leave open: what led up to it, silences, entries that
nothing shows any more, and actions that nobody has taken yet."""


def test_published_reports_leave_nothing_else_open(demo: Path) -> None:
    published = Postmortem.objects.exclude(publications=None).distinct()
    left = {
        str(report): open_rules(report) - HONEST
        for report in published.select_related("incident__severity")
    }
    assert {report: rules for report, rules in left.items() if rules} == {}


def test_what_was_open_when_published_is_recorded(demo: Path) -> None:
    report = report_of("Rotating a shared token")
    assert "An action item has no owner" in report.publications.get().still_open


def test_one_was_opened_again_and_published_twice(demo: Path) -> None:
    report = report_of("Product pages timed out")
    first, second = report.publications.order_by("number")
    assert first.document["root_cause"] != second.document["root_cause"]
    assert report.history.filter(part="status").exclude(note="").count() == 1


def test_each_report_went_its_way_in_order(demo: Path) -> None:
    usual = ["drafting", "in_review", "published"]
    for report in Postmortem.objects.exclude(publications=None).distinct():
        steps = report.history.filter(part="status").order_by("id")
        went = [step.after for step in steps]
        assert went[:3] == usual
        times = list(report.history.order_by("id").values_list("at", flat=True))
        assert times == sorted(times)


def test_actions_were_done_after_they_had_been_agreed(demo: Path) -> None:
    done = Change.objects.filter(part="row:actions", after__status="done")
    assert done.count() > 40
    assert done.values("by").distinct().count() > 5


def test_nothing_happened_after_the_day_of_the_demo() -> None:
    on = date(2026, 11, 24)
    late = [
        event
        for told in tell(on)
        if told.story.published_after
        for event in life(told)
        if event.at.date() > on
    ]
    assert late == []


def test_every_report_exports_and_reads_back_unchanged(demo: Path) -> None:
    for postmortem in Postmortem.objects.select_related("incident__severity"):
        document = document_of(access.report(postmortem))
        again = read(render(document))
        assert again.problems == ()
        assert again.document == document


# --- Who sees what --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sees"),
    [
        ("Maren Holt", 33),
        ("Ingrid Solheim", 33),
        ("Priya Raman", 32),
        ("Grace Tan", 32),
        ("Oskar Lindqvist", 32),
    ],
)
def test_the_restricted_one_exists_for_those_invited(
    demo: Path, name: str, sees: int
) -> None:
    assert access.incidents(User.objects.get(name=name)).count() == sees


def test_each_sign_in_works(demo: Path) -> None:
    found = sign_ins(demo)
    assert [sign_in["role"] for sign_in in found] == [
        "facilitator",
        "responder",
        "manager",
        "viewer",
        "administrator",
    ]
    for sign_in in found:
        user = authenticate(username=sign_in["email"], password=sign_in["password"])
        assert user is not None
        assert user.name == sign_in["name"]


def test_nobody_else_has_a_password(demo: Path) -> None:
    addresses = {sign_in["email"] for sign_in in sign_ins(demo)}
    with_one = {user.email for user in User.objects.all() if user.has_usable_password()}
    assert with_one == addresses


def test_the_file_is_readable_by_its_owner_alone(demo: Path) -> None:
    assert stat.S_IMODE(demo.stat().st_mode) == 0o600


# --- Loading it -----------------------------------------------------------------------


def test_a_second_time_changes_nothing_and_shows_the_sign_ins(demo: Path) -> None:
    before = (User.objects.count(), Change.objects.count(), demo.read_text())
    said = StringIO()
    call_command("demo", "--sign-ins", str(demo), stdout=said)
    after = (User.objects.count(), Change.objects.count(), demo.read_text())
    assert after == before
    assert "loaded already" in said.getvalue()
    assert sign_ins(demo)[0]["password"] in said.getvalue()


def test_a_second_time_without_the_file_gives_no_sign_ins(demo: Path) -> None:
    said = StringIO()
    call_command("demo", "--json", stdout=said)
    assert json.loads(said.getvalue()) == {"sign_ins": []}


def test_it_keeps_out_of_an_installation_in_use(facilitator: User) -> None:
    said = StringIO()
    call_command("demo", stdout=said)
    assert "left out" in said.getvalue()
    assert User.objects.get() == facilitator


@pytest.mark.django_db
def test_where_the_sign_ins_cannot_be_kept_nothing_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "demo.json"
    with pytest.raises(CommandError, match="nothing was loaded"):
        call_command("demo", "--on", ON, "--sign-ins", str(file))
    assert not User.objects.exists()


@pytest.mark.django_db
def test_interrupted_half_way_nothing_of_it_is_left() -> None:
    statements = count()

    def interrupt(execute: Any, *statement: Any) -> Any:
        if next(statements) == 600:
            raise KeyboardInterrupt
        return execute(*statement)

    with (
        pytest.raises(KeyboardInterrupt),
        connection.execute_wrapper(interrupt),
    ):
        load_demo(on=date.fromisoformat(ON), keep=lambda _made: None)
    assert not Incident.objects.exists()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_it_is_refused_in_production(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="not loaded in production"):
        call_command("demo")
    assert not User.objects.exists()


def test_a_day_that_is_none_is_named() -> None:
    with pytest.raises(CommandError, match="is no day"):
        call_command("demo", "--on", "9 March")


def test_passwords_are_made_up_anew() -> None:
    made = {new_password() for _ in range(50)}
    assert len(made) == 50
    assert all(len(password) == 23 for password in made)
