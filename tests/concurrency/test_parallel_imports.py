"""Many people import the same file at the same moment."""

from dataclasses import replace

import pytest

from accounts.models import User
from integrations.importing.writer import Written, write_report
from postmortems.document import Document, Service
from postmortems.models import Incident
from postmortems.models import Service as CatalogueService
from postmortems.operations.desk import RequestKey
from tests.concurrency.together import at_once
from tests.documents import FULL
from tests.fixtures import NOW
from tests.storable import storable

DOCUMENT = storable(FULL)
HOW_MANY = 12


def importing(document: Document, by: User, key: RequestKey | None = None) -> Written:
    return write_report(document, by=by, at=NOW, key=key)


def test_each_gets_a_reference_of_its_own_without_gaps(writers: list[User]) -> None:
    results = at_once(
        *(lambda by=writers[n % 3]: importing(DOCUMENT, by) for n in range(HOW_MANY))
    )
    references = sorted(written.reference for written in results)
    assert references == [f"INC-2026-03-05-{n:03}" for n in range(1, HOW_MANY + 1)]
    assert [written.taken for written in results].count(False) == 1


def test_the_same_request_is_carried_out_once(writers: list[User]) -> None:
    key = RequestKey("one", "body")
    results = at_once(
        *(lambda: importing(DOCUMENT, writers[0], key) for _number in range(6))
    )
    assert {written.reference for written in results} == {"INC-2026-03-05-001"}
    assert Incident.objects.count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_services_in_any_order_do_not_lock_each_other_up(
    turn: int, writers: list[User]
) -> None:
    names = tuple(Service(f"Service {n}") for n in range(40))
    documents = [
        replace(DOCUMENT, reference=f"INC-2026-03-0{day}-001", services=services)
        for day, services in enumerate((names, names[::-1], names), start=1)
    ]
    results = at_once(
        *(
            lambda document=document: importing(document, writers[turn])
            for document in documents
        )
    )
    assert all(isinstance(written, Written) for written in results)
    assert CatalogueService.objects.count() == len(names)
