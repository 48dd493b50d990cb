"""Work that is really committed, by several people at the same moment."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import User
from postmortems.models import Postmortem
from postmortems.operations import incidents
from tests.fixtures import NOW, fresh, open_report, person

KEPT = {"postmortems_severity", "postmortems_checklistitem"}
"""Tables whose first rows come with the migrations."""


@pytest.fixture(autouse=True)
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """For several connections at once; emptied afterwards, but for the first rows."""
    with django_db_blocker.unblock():
        yield
        tables = {model._meta.db_table for model in apps.get_models()} - KEPT
        names = ", ".join(connection.ops.quote_name(name) for name in sorted(tables))
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")


@pytest.fixture
def writers() -> list[User]:
    """The facilitator and two contributors of `report`."""
    return [person("Maren Holt"), person("Priya Raman"), person("Lena Fischer")]


@pytest.fixture
def report(writers: list[User]) -> Postmortem:
    made = open_report(writers[0])
    for writer in writers[1:]:
        incidents.join_report(made.pk, by=writer, at=NOW)
    return fresh(made)
