"""A report that is imported and exported again is the same, byte for byte."""

from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings

from accounts.models import User
from integrations.importing.json_reader import read_json
from integrations.importing.reader import read
from integrations.importing.writer import write_report
from postmortems import access
from postmortems.document import Document
from postmortems.exporters.documenting import document_of
from postmortems.exporters.json import to_json
from postmortems.exporters.markdown import render
from postmortems.models import Postmortem
from tests.documents import FULL
from tests.fixtures import fresh
from tests.storable import reports, storable
from tests.worlds import undone

AT = datetime(2031, 1, 1, tzinfo=UTC)


def exported(postmortem: Postmortem) -> Document:
    return document_of(access.report(fresh(postmortem)))


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(reports)
def test_x(facilitator: User, document: Document) -> None:
    with undone():
        written = write_report(document, by=facilitator, at=AT)
        again = exported(written.postmortem)
        assert render(again) == render(document)
        assert to_json(again) == to_json(document)
