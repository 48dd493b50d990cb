"""People and reports that most tests start from, made through the operations."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import Role, User
from postmortems.document import Time
from postmortems.models import Postmortem, Row
from postmortems.operations import incidents, rows
from postmortems.parts import RowKind, row_kind
from postmortems.vocabulary import Certainty, Milestone

NINE = datetime(2026, 3, 5, 9, 0, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 9, 12, 0, 0, tzinfo=UTC)


def person(name: str, role: str = Role.MEMBER, **extra: Any) -> User:
    """An account called `name`, with an address made from it."""
    address = f"{name.casefold().replace(' ', '.')}@afterword.example"
    return User.objects.create_user(
        address, "a-long-password", name=name, role=role, **extra
    )


@pytest.fixture
def facilitator(db: None) -> User:
    return person("Maren Holt")


@pytest.fixture
def responder(db: None) -> User:
    """A member who has joined `postmortem` as a contributor."""
    return person("Priya Raman")


@pytest.fixture
def member(db: None) -> User:
    """A member who takes part in nothing."""
    return person("Lena Fischer")


@pytest.fixture
def viewer(db: None) -> User:
    return person("Vera Blick", Role.VIEWER)


@pytest.fixture
def administrator(db: None) -> User:
    return person("Ada Minh", Role.ADMINISTRATOR)


def recorded(at: datetime) -> Time:
    return Time(at, Certainty.RECORDED)


def open_report(
    by: User, title: str = "Stale product data", **extra: Any
) -> Postmortem:
    extra.setdefault("times", {Milestone.STARTED: recorded(NINE)})
    return incidents.open_incident(title=title, by=by, at=NOW, **extra)


@pytest.fixture
def postmortem(facilitator: User, responder: User) -> Postmortem:
    """A report that began on 5 March 2026 at nine, facilitated and contributed to."""
    report = open_report(facilitator)
    incidents.join_report(report.pk, by=responder, at=NOW)
    return fresh(report)


@pytest.fixture
def restricted(facilitator: User) -> Postmortem:
    return open_report(facilitator, "Leaked credential", restricted=True)


def fresh(postmortem: Postmortem) -> Postmortem:
    return Postmortem.objects.select_related("incident__severity").get(pk=postmortem.pk)


def kind(name: str) -> RowKind:
    found = row_kind(name)
    assert found is not None
    return found


AddRow = Callable[..., Row]
SMALLEST: dict[str, dict[str, Any]] = {
    "timeline": {"occurred_at": NINE, "text": "Alert fired"},
    "factors": {"text": "No validation before deploy"},
    "whys": {"answer": "The cache was not told"},
    "lessons": {"kind": "went_well", "text": "The alert was acknowledged at once"},
    "follow_ups": {"text": "Ask support how many asked"},
    "measures": {"quantity": "15", "unit": "% of users"},
    "actions": {"description": "Validate variables before deployment"},
}


@pytest.fixture
def add(postmortem: Postmortem, facilitator: User) -> AddRow:
    """Add the smallest row of a kind to `postmortem`, with what the test is about."""

    def add_row(name: str, **values: Any) -> Row:
        return rows.add_row(
            kind(name),
            postmortem.pk,
            {**SMALLEST[name], **values},
            by=facilitator,
            at=NOW,
        )

    return add_row
