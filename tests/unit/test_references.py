"""References: given once, without gaps, never again."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from accounts.models import User
from postmortems.models import Incident, Postmortem
from postmortems.operations import fields, incidents, trash
from postmortems.vocabulary import Milestone
from tests.fixtures import NINE, NOW, fresh, open_report, person, recorded


def numbers() -> list[str]:
    return list(
        Incident.objects.order_by("reference").values_list("reference", flat=True)
    )


def test_the_day_of_the_start_gives_the_reference(facilitator: User) -> None:
    assert open_report(facilitator).incident.reference == "INC-2026-03-05-001"


def test_without_a_start_the_detection_gives_it(facilitator: User) -> None:
    times = {Milestone.DETECTED: recorded(NINE + timedelta(days=1))}
    report = open_report(facilitator, times=times)
    assert report.incident.reference == "INC-2026-03-06-001"


def test_correcting_the_start_changes_nothing(
    postmortem: Postmortem, facilitator: User
) -> None:
    fields.save_moment(
        postmortem.pk,
        Milestone.STARTED,
        recorded(NINE - timedelta(days=3)),
        version=0,
        by=facilitator,
        at=NOW,
    )
    assert fresh(postmortem).incident.reference == "INC-2026-03-05-001"


def test_a_reference_in_the_trash_is_not_given_again(
    postmortem: Postmortem, facilitator: User
) -> None:
    incidents.trash_incident(postmortem.pk, by=facilitator, at=NOW)
    assert open_report(facilitator).incident.reference == "INC-2026-03-05-002"


def test_a_reference_deleted_for_good_is_not_given_again(
    postmortem: Postmortem, facilitator: User
) -> None:
    incidents.trash_incident(postmortem.pk, by=facilitator, at=NOW)
    assert trash.delete_for_good(before=NOW + timedelta(days=31)) == 1
    with transaction.atomic():
        given = incidents.next_reference(NINE.date(), "INC-2026-03-05-001")
    assert given == "INC-2026-03-05-002"


def test_a_free_reference_that_is_wanted_is_kept(facilitator: User) -> None:
    with transaction.atomic():
        assert incidents.next_reference(NINE.date(), "INC-2026-03-05-040").endswith(
            "-040"
        )
    assert open_report(facilitator).incident.reference == "INC-2026-03-05-041"


def test_a_taken_reference_becomes_the_next_of_its_own_day(facilitator: User) -> None:
    open_report(facilitator)
    with transaction.atomic():
        given = incidents.next_reference(NOW.date(), "INC-2026-03-05-001")
    assert given == "INC-2026-03-05-002"


@pytest.fixture
def four_people(transactional_db: None) -> list[User]:
    return [person(f"Person {number}") for number in range(4)]


def test_twenty_at_once_leave_no_gap(four_people: list[User]) -> None:
    def open_five(user: User) -> None:
        try:
            for _turn in range(5):
                open_report(user)
        finally:
            connection.close()

    threads = [threading.Thread(target=open_five, args=(user,)) for user in four_people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers() == [f"INC-2026-03-05-{number:03d}" for number in range(1, 21)]
