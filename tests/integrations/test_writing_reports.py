"""What becomes of a Document that is imported."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from accounts.models import User
from integrations.importing.writer import write_report
from postmortems import access, policies
from postmortems.document import (
    Action,
    Actor,
    Document,
    Entry,
    Evidence,
    Factor,
    Service,
    Severity,
    Time,
)
from postmortems.exporters.documenting import document_of
from postmortems.exporters.json import from_data
from postmortems.exporters.markdown import render
from postmortems.models import Change, Incident, Postmortem
from postmortems.models import Service as CatalogueService
from postmortems.models import Severity as Step
from postmortems.operations import fields, incidents, lifecycle
from postmortems.operations.desk import RequestKey, at_desk
from postmortems.search import matching, read_terms
from postmortems.vocabulary import (
    ActorKind,
    Certainty,
    EvidenceKind,
    Marker,
    Milestone,
    Status,
)
from tests.documents import FULL
from tests.fixtures import NINE, NOW, fresh, open_report, recorded
from tests.written import a_team

SMALL = Document("Slow checkout", started=Time(NINE, Certainty.RECORDED))


def imported(document: Document, by: User, **options: object) -> Postmortem:
    written = write_report(document, by=by, at=NOW, **options)  # type: ignore[arg-type]
    return fresh(written.postmortem)


def again(postmortem: Postmortem) -> Document:
    return document_of(access.report(fresh(postmortem)))


class TestTheReference:
    def test_a_free_one_is_kept(self, facilitator: User) -> None:
        document = replace(SMALL, reference="INC-2026-03-05-040")
        written = write_report(document, by=facilitator, at=NOW)
        assert (written.reference, written.taken) == ("INC-2026-03-05-040", False)

    def test_numbering_goes_on_after_it(self, facilitator: User) -> None:
        imported(replace(SMALL, reference="INC-2026-03-05-040"), facilitator)
        assert open_report(facilitator).incident.reference == "INC-2026-03-05-041"

    def test_a_taken_one_gets_the_next_of_its_day(self, facilitator: User) -> None:
        document = replace(SMALL, reference="INC-2026-03-04-002")
        imported(document, facilitator)
        written = write_report(document, by=facilitator, at=NOW)
        assert (written.reference, written.taken) == ("INC-2026-03-04-003", True)
        assert written.wanted_reference == "INC-2026-03-04-002"

    def test_one_in_the_trash_is_taken(
        self, postmortem: Postmortem, facilitator: User
    ) -> None:
        incidents.trash_incident(postmortem.pk, by=facilitator, at=NOW)
        document = replace(SMALL, reference=postmortem.incident.reference)
        assert write_report(document, by=facilitator, at=NOW).taken

    def test_without_one_the_day_of_the_start_gives_it(self, facilitator: User) -> None:
        written = write_report(SMALL, by=facilitator, at=NOW)
        assert (written.reference, written.taken) == ("INC-2026-03-05-001", False)

    def test_it_names_the_day_of_a_report_without_times(
        self, facilitator: User
    ) -> None:
        document = Document("Slow checkout", reference="INC-2026-02-01-001")
        report = imported(document, facilitator)
        assert report.incident.sorts_at == datetime(2026, 2, 1, tzinfo=UTC)
        assert again(report).started == Time()

    def test_without_a_day_nothing_is_written(self, facilitator: User) -> None:
        with pytest.raises(policies.NotReady):
            write_report(Document("Slow checkout"), by=facilitator, at=NOW)
        assert not Incident.objects.exists()

    @pytest.mark.parametrize(
        "reference", ["INC-2026-13-01-001", "INC-2026-03-05-0001", "INC-9999-01-01-001"]
    )
    def test_what_is_no_reference_of_ours_gives_way(
        self, reference: str, facilitator: User
    ) -> None:
        written = write_report(
            replace(SMALL, reference=reference), by=facilitator, at=NOW
        )
        assert (written.reference, written.taken) == ("INC-2026-03-05-001", False)


class TestOnce:
    def test_the_same_request_writes_one_report(self, facilitator: User) -> None:
        key = RequestKey("one", "body")
        document = replace(SMALL, reference="INC-2026-03-05-001")
        imported(document, facilitator)
        first, second = (
            write_report(document, by=facilitator, at=NOW, key=key) for _ in range(2)
        )
        assert first.reference == second.reference == "INC-2026-03-05-002"
        assert first.taken
        assert second.taken
        assert Incident.objects.count() == 2

    def test_a_viewer_imports_nothing(self, viewer: User) -> None:
        with pytest.raises(PermissionDenied):
            write_report(SMALL, by=viewer, at=NOW)

    def test_what_does_not_fit_leaves_nothing_behind(self, facilitator: User) -> None:
        with pytest.raises(policies.NotReady):
            write_report(replace(FULL, tldr="x" * 281), by=facilitator, at=NOW)
        assert not Incident.objects.exists()
        assert imported(SMALL, facilitator).incident.reference.endswith("-001")


class TestTimesAndMarkers:
    def test_a_marker_fills_no_time(self, facilitator: User) -> None:
        entry = Entry(NINE, "Alert fired.", markers=(Marker.DETECTED,))
        report = imported(replace(SMALL, timeline=(entry,)), facilitator)
        assert again(report).detected == Time()

    def test_a_time_marks_no_entry(self, facilitator: User) -> None:
        report = imported(
            replace(SMALL, timeline=(Entry(NINE, "Deploy."),)), facilitator
        )
        assert again(report).timeline[0].markers == ()

    def test_two_that_disagree_are_both_kept(self, facilitator: User) -> None:
        late = NINE + timedelta(minutes=5)
        entry = Entry(late, "It began.", markers=(Marker.STARTED,))
        report = imported(replace(SMALL, timeline=(entry,)), facilitator)
        ((milestone, at, found),) = access.report(report).disagreements()
        assert (milestone, at) == (Milestone.STARTED, NINE)
        assert found.occurred_at == late

    def test_an_approximate_time_stays_so(self, facilitator: User) -> None:
        about = Time(NINE, Certainty.APPROXIMATE)
        report = imported(replace(SMALL, mitigated=about), facilitator)
        assert again(report).mitigated == about


class TestSeverity:
    def test_one_that_the_scale_lacks_keeps_its_label(self, facilitator: User) -> None:
        severity = Severity("P1", "Payments are down")
        report = imported(replace(SMALL, severity=severity), facilitator)
        assert again(report).severity == severity
        assert report.incident.severity is None
        assert not Step.objects.filter(label="P1").exists()

    def test_setting_one_of_the_scale_replaces_it(self, facilitator: User) -> None:
        report = imported(replace(SMALL, severity=Severity("P1")), facilitator)
        step = Step.objects.get(label="SEV-1")
        with at_desk(report.pk, by=facilitator, at=NOW) as desk:
            fields.write_field(desk, "severity", step)
        assert again(report).severity == Severity("SEV-1", step.definition)

    def test_one_of_the_scale_is_found_whatever_its_case(
        self, facilitator: User
    ) -> None:
        report = imported(replace(SMALL, severity=Severity("sev-2")), facilitator)
        assert report.incident.severity == Step.objects.get(label="SEV-2")

    def test_a_definition_of_its_own_is_kept(self, facilitator: User) -> None:
        severity = Severity("SEV-2", "Major impact, no complete outage (yet)")
        report = imported(replace(SMALL, severity=severity), facilitator)
        assert again(report).severity == severity


class TestPeople:
    def test_who_imports_it_facilitates_it(self, facilitator: User) -> None:
        report = imported(FULL, facilitator)
        (part,) = report.participations.all()
        assert (part.user, part.part) == (facilitator, "facilitator")

    def test_they_are_not_named_in_it(self, member: User) -> None:
        assert again(imported(FULL, member)).facilitators == FULL.facilitators

    def test_they_are_named_where_it_names_them(self, facilitator: User) -> None:
        document = replace(SMALL, facilitators=("Anna", facilitator.name))
        assert again(imported(document, facilitator)).facilitators == (
            "Anna",
            facilitator.name,
        )

    def test_a_name_in_a_file_gives_nobody_rights(
        self, facilitator: User, member: User
    ) -> None:
        document = replace(SMALL, facilitators=(member.name,), restricted=True)
        report = imported(document, facilitator)
        with pytest.raises(Http404):
            access.postmortem(member, report.incident.reference)

    def test_owners_that_are_known_here_own_it(
        self, facilitator: User, member: User
    ) -> None:
        team = a_team("DevOps Team")
        action = Action("Validate.", owner_team="devops team", owner_person=member.name)
        report = imported(replace(SMALL, actions=(action,)), facilitator)
        (written,) = report.action_items.all()
        assert (written.owner_team, written.owner_person) == (team, member)

    def test_owners_that_are_not_keep_their_names(self, facilitator: User) -> None:
        action = Action("Validate.", owner_team="DevOps Team", owner_person="Jonas")
        report = imported(replace(SMALL, actions=(action,)), facilitator)
        assert again(report).actions == (action,)

    def test_of_two_namesakes_neither_is_taken(self, facilitator: User) -> None:
        for address in ("one", "two"):
            User.objects.create_user(f"{address}@afterword.example", name="Jonas")
        action = Action("Validate.", owner_person="Jonas")
        report = imported(replace(SMALL, actions=(action,)), facilitator)
        assert report.action_items.get().owner_person is None


class TestRestricted:
    def test_it_exists_for_whoever_imports_it_alone(
        self, facilitator: User, administrator: User
    ) -> None:
        report = imported(SMALL, facilitator, restricted=True)
        assert access.postmortem(facilitator, report.incident.reference) == report
        with pytest.raises(Http404):
            access.postmortem(administrator, report.incident.reference)

    def test_what_was_restricted_stays_so(self, facilitator: User) -> None:
        report = imported(replace(SMALL, restricted=True), facilitator)
        assert report.incident.restricted

    def test_its_services_are_offered_to_nobody(self, facilitator: User) -> None:
        document = replace(SMALL, services=(Service("Vault"),))
        imported(document, facilitator, restricted=True)
        assert CatalogueService.objects.get(name="Vault").restricted_origin


class TestFactors:
    NAMED = Factor("No check.", same_as="INC-2026-03-05-001: No check.")

    def test_an_earlier_one_is_linked(self, facilitator: User) -> None:
        earlier = imported(replace(SMALL, factors=(Factor("No check."),)), facilitator)
        report = imported(replace(SMALL, factors=(self.NAMED,)), facilitator)
        assert report.factors.get().earlier == earlier.factors.get()

    def test_one_of_a_restricted_report_is_not(self, facilitator: User) -> None:
        earlier = replace(SMALL, factors=(Factor("No check."),), restricted=True)
        imported(earlier, facilitator)
        report = imported(replace(SMALL, factors=(self.NAMED,)), facilitator)
        assert report.factors.get().earlier is None
        assert again(report).factors == (self.NAMED,)


class TestWhatPeopleFindAfterwards:
    def test_the_history_has_one_line_for_all_rows(self, facilitator: User) -> None:
        report = imported(FULL, facilitator)
        found = list(report.history.values_list("what", "part"))
        assert (Change.What.IMPORTED, "report") in found
        assert not [part for _what, part in found if part.startswith("row:")]

    def test_the_line_says_that_the_reference_was_taken(
        self, facilitator: User
    ) -> None:
        document = replace(SMALL, reference="INC-2026-03-05-001")
        imported(document, facilitator)
        line = imported(document, facilitator).history.get(what="imported")
        assert "INC-2026-03-05-001" in line.note

    @pytest.mark.parametrize(
        "words",
        ["stale prices", "manual flush", "deploy pipeline", "7f3a", "INC-2026-03-05"],
    )
    def test_it_is_found_by_the_words_of_its_parts(
        self, words: str, facilitator: User
    ) -> None:
        report = imported(FULL, facilitator)
        found = matching(access.incidents(facilitator), read_terms(words))
        assert list(found) == [report.incident]

    def test_more_words_than_search_can_hold_are_written(
        self, facilitator: User
    ) -> None:
        letters = "бвгджзклмнпрстфхцчшщ"
        words = " ".join(
            a + b + c + d
            for a in letters
            for b in letters
            for c in letters
            for d in letters[:12]
        )
        document = replace(SMALL, summary=words, impact=words.upper())
        report = imported(replace(document, tldr="Kiosk"), facilitator)
        found = matching(access.incidents(facilitator), read_terms("kiosk"))
        assert list(found) == [report.incident]


class TestStatus:
    @pytest.mark.parametrize(
        "status", [Status.GATHERING, Status.DRAFTING, Status.IN_REVIEW]
    )
    def test_a_draft_stays_one(self, status: Status, facilitator: User) -> None:
        report = imported(replace(SMALL, status=status), facilitator)
        assert report.status == status
        assert not report.publications.exists()

    @pytest.mark.parametrize("status", [Status.PUBLISHED, Status.CLOSED])
    def test_what_was_published_is_published(
        self, status: Status, facilitator: User
    ) -> None:
        report = imported(replace(FULL, status=status), facilitator)
        publication = report.publications.get()
        frozen = from_data(publication.document)
        assert report.status == status
        assert render(replace(frozen, status=status)) == render(again(report))
        assert publication.text_hash == lifecycle.text_hash(frozen)


class TestEvidence:
    @pytest.mark.parametrize(
        "address",
        [
            "javascript:alert(1)",
            "data:text/html,x",
            "https://me:pw@a.example",
            "/graph",
        ],
    )
    def test_an_address_that_is_no_link_is_kept_as_text(
        self, address: str, facilitator: User
    ) -> None:
        evidence = Evidence(EvidenceKind.GRAPH, "Graph", address, text="09:00 0")
        entry = Entry(NINE, "It began.", evidence=(evidence,))
        report = imported(replace(SMALL, timeline=(entry,)), facilitator)
        assert again(report).timeline[0].evidence == (
            Evidence(EvidenceKind.GRAPH, "Graph", text=f"{address}\n09:00 0"),
        )

    def test_actors_keep_their_kind_and_order(self, facilitator: User) -> None:
        actors = tuple(Actor(kind, f"A {kind}") for kind in ActorKind)
        entry = Entry(NINE, "It began.", actors=actors)
        report = imported(replace(SMALL, timeline=(entry,)), facilitator)
        assert again(report).timeline[0].actors == actors


def test_rows_of_one_moment_keep_their_order(facilitator: User) -> None:
    entries = tuple(Entry(NINE, f"Step {number}") for number in range(12))
    report = imported(replace(SMALL, timeline=entries), facilitator)
    assert again(report).timeline == entries


def test_a_report_imported_again_is_another_one(facilitator: User) -> None:
    first, second = imported(FULL, facilitator), imported(FULL, facilitator)
    assert replace(again(first), reference="") == replace(again(second), reference="")


def test_its_times_can_be_corrected_afterwards(facilitator: User) -> None:
    report = imported(Document("x", reference="INC-2026-02-01-001"), facilitator)
    fields.save_moment(
        report.pk, Milestone.STARTED, recorded(NINE), version=0, by=facilitator, at=NOW
    )
    assert fresh(report).incident.sorts_at == NINE


def test_somebody_invited_reads_a_restricted_import(
    facilitator: User, member: User
) -> None:
    report = imported(replace(FULL, restricted=True), facilitator)
    incidents.set_part(report.pk, member, "reader", by=facilitator, at=NOW)
    assert access.postmortem(member, report.incident.reference) == report
