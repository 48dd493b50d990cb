"""The steps of a report: who may take which, what is frozen, what is recorded."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from accounts.access import organisation
from accounts.models import User
from postmortems import permissions, policies
from postmortems.exporters.json import from_data
from postmortems.models import Participation, Postmortem
from postmortems.operations import incidents, lifecycle, rows, settings
from postmortems.operations.desk import RequestKey
from postmortems.operations.rows import Stale
from postmortems.vocabulary import Status
from tests.fixtures import NOW, AddRow, fresh, kind, open_report, person
from tests.publishing import publish, reopen, shown_hash, to_review

KEY = RequestKey("abc", "a fingerprint")


@pytest.mark.django_db
@pytest.mark.parametrize(("here", "to"), list(permissions.MOVES))
def test_each_step_is_taken_by_those_whose_step_it_is(
    postmortem: Postmortem, responder: User, here: Status, to: Status
) -> None:
    postmortem.status = here
    allowed = permissions.MOVES[here, to]
    assert permissions.can_move(responder, postmortem, to) == (
        Participation.Part.CONTRIBUTOR in allowed
    )


@pytest.mark.parametrize("to", list(Status))
def test_an_onlooker_takes_no_step(
    postmortem: Postmortem, member: User, to: Status
) -> None:
    with pytest.raises((PermissionDenied, policies.NotReady)):
        lifecycle.move_report(postmortem.pk, to, by=member, at=NOW)


def test_a_contributor_starts_drafting(postmortem: Postmortem, responder: User) -> None:
    lifecycle.move_report(postmortem.pk, Status.DRAFTING, by=responder, at=NOW)
    assert fresh(postmortem).status == Status.DRAFTING


@pytest.mark.parametrize(
    "to", [Status.IN_REVIEW, Status.PUBLISHED, Status.CLOSED, Status.GATHERING]
)
def test_steps_are_not_skipped(
    postmortem: Postmortem, facilitator: User, to: Status
) -> None:
    with pytest.raises(policies.NotReady):
        lifecycle.move_report(postmortem.pk, to, by=facilitator, at=NOW)


def test_a_step_is_recorded(postmortem: Postmortem, facilitator: User) -> None:
    lifecycle.move_report(postmortem.pk, Status.DRAFTING, by=facilitator, at=NOW)
    change = postmortem.history.latest("id")
    assert (change.part, change.before, change.after) == (
        "status",
        "gathering",
        "drafting",
    )


def test_a_step_sent_twice_is_taken_once(
    postmortem: Postmortem, facilitator: User
) -> None:
    for _time in range(2):
        lifecycle.move_report(
            postmortem.pk, Status.DRAFTING, by=facilitator, at=NOW, key=KEY
        )
    assert postmortem.history.filter(part="status").count() == 1


def test_publishing_freezes_the_text_that_was_shown(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    add("lessons", text="The alert was acknowledged at once")
    publication = publish(postmortem, facilitator)
    document = from_data(publication.document)
    assert [lesson.text for lesson in document.lessons] == [
        "The alert was acknowledged at once"
    ]
    assert lifecycle.text_hash(document) == publication.text_hash
    assert document.status == Status.PUBLISHED


def test_a_text_that_changed_meanwhile_is_not_published(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    to_review(postmortem, facilitator)
    shown = shown_hash(postmortem)
    add("lessons")
    with pytest.raises(Stale):
        lifecycle.publish_postmortem(postmortem.pk, shown=shown, by=facilitator, at=NOW)
    assert fresh(postmortem).status == Status.IN_REVIEW


def test_publishing_records_who_when_and_what_was_open(
    postmortem: Postmortem, facilitator: User
) -> None:
    publication = publish(postmortem, facilitator, at=NOW + timedelta(hours=1))
    assert publication.published_by == facilitator
    assert publication.published_at == NOW + timedelta(hours=1)
    assert "The timeline is empty" in publication.still_open


def test_readiness_refuses_nothing(postmortem: Postmortem, facilitator: User) -> None:
    publish(postmortem, facilitator)
    assert fresh(postmortem).status == Status.PUBLISHED


@pytest.fixture
def _timeline_required(administrator: User) -> None:
    settings.save_readiness({"timeline": "required"}, by=administrator)
    assert organisation().readiness == {"timeline": "required"}


@pytest.mark.usefixtures("_timeline_required")
def test_a_required_rule_asks_for_a_reason(
    postmortem: Postmortem, facilitator: User
) -> None:
    with pytest.raises(lifecycle.NoReason, match="The timeline is empty"):
        publish(postmortem, facilitator)


@pytest.mark.usefixtures("_timeline_required")
def test_the_reason_is_kept_with_the_publication(
    postmortem: Postmortem, facilitator: User
) -> None:
    to_review(postmortem, facilitator)
    publication = lifecycle.publish_postmortem(
        postmortem.pk,
        shown=shown_hash(postmortem),
        by=facilitator,
        at=NOW,
        reason="The logs are gone",
    )
    assert publication.reason == "The logs are gone"
    assert postmortem.history.latest("id").note == "The logs are gone"


def test_publishing_sent_twice_publishes_once(
    postmortem: Postmortem, facilitator: User
) -> None:
    to_review(postmortem, facilitator)
    shown = shown_hash(postmortem)
    first, second = (
        lifecycle.publish_postmortem(
            postmortem.pk, shown=shown, by=facilitator, at=NOW, key=KEY
        )
        for _time in range(2)
    )
    assert first == second
    assert postmortem.publications.count() == 1


def test_a_published_text_does_not_change(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    publish(postmortem, facilitator)
    with pytest.raises(policies.Frozen):
        add("lessons")


def test_the_status_of_an_action_lives_on_after_publishing(
    postmortem: Postmortem, facilitator: User, add: AddRow
) -> None:
    action = add("actions")
    publish(postmortem, facilitator)
    rows.change_row(
        kind("actions"),
        postmortem.pk,
        action.pk,
        {"status": "in_progress"},
        version=action.version,
        by=facilitator,
        at=NOW,
        may=permissions.check_is_writer,
    )
    assert postmortem.action_items.get().status == "in_progress"


def test_reopening_needs_a_reason(postmortem: Postmortem, facilitator: User) -> None:
    publish(postmortem, facilitator)
    with pytest.raises(lifecycle.NoReason):
        reopen(postmortem, facilitator, reason="  ")
    assert fresh(postmortem).status == Status.PUBLISHED


def test_reopening_keeps_the_publication(
    postmortem: Postmortem, facilitator: User
) -> None:
    publish(postmortem, facilitator)
    reopen(postmortem, facilitator, reason="Support found earlier reports")
    assert postmortem.publications.count() == 1
    assert postmortem.history.latest("id").note == "Support found earlier reports"


def test_a_report_is_published_again_as_the_next_version(
    postmortem: Postmortem, facilitator: User
) -> None:
    publish(postmortem, facilitator)
    reopen(postmortem, facilitator)
    assert publish(postmortem, facilitator).number == 2


def test_a_published_report_is_closed(
    postmortem: Postmortem, facilitator: User
) -> None:
    publish(postmortem, facilitator)
    lifecycle.move_report(postmortem.pk, Status.CLOSED, by=facilitator, at=NOW)
    assert fresh(postmortem).status == Status.CLOSED


@pytest.mark.django_db(transaction=True)
def test_of_two_who_publish_at_once_one_is_told_who_was_first() -> None:
    maren, priya = person("Maren Holt"), person("Priya Raman")
    report = open_report(maren)
    incidents.set_part(
        report.pk, priya, Participation.Part.FACILITATOR, by=maren, at=NOW
    )
    to_review(report, maren)
    shown = shown_hash(report)

    def try_to_publish(by: User) -> Any:
        try:
            return lifecycle.publish_postmortem(report.pk, shown=shown, by=by, at=NOW)
        except policies.NotReady as refusal:
            return str(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(try_to_publish, (maren, priya)))
    sentences = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert len(sentences) == 1
    assert sentences[0].endswith(
        "published this report on 9 March 2026 at 12:00:00 UTC."
    )
    assert report.publications.count() == 1
