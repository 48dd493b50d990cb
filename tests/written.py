"""Reports as people would have written them, through the operations."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from accounts.models import Role, Team, User
from postmortems.document import Time
from postmortems.models import Incident, Postmortem, Severity
from postmortems.operations.incidents import open_incident
from postmortems.vocabulary import Certainty, Milestone

START = datetime(2026, 3, 5, 9, tzinfo=UTC)

_numbers = count(1)


def a_person(name: str = "", role: str = Role.MEMBER, **values: Any) -> User:
    number = next(_numbers)
    return User.objects.create_user(
        email=f"person{number}@example.org",
        name=name or f"Person {number}",
        role=role,
        **values,
    )


def a_team(name: str, *members: User) -> Team:
    team = Team.objects.create(name=name)
    team.members.set(members)
    return team


def recorded(at: datetime) -> Time:
    return Time(at, Certainty.RECORDED)


def a_report(
    by: User,
    title: str = "Stale product data",
    *,
    started: datetime = START,
    detected_after: timedelta | None = timedelta(minutes=30),
    lasted: timedelta | None = timedelta(hours=2, minutes=15),
    severity: int | None = None,
    restricted: bool = False,
) -> Postmortem:
    """A report of `by`'s; `severity` is a rank."""
    times = {Milestone.STARTED: recorded(started)}
    if detected_after is not None:
        times[Milestone.DETECTED] = recorded(started + detected_after)
    if lasted is not None:
        times[Milestone.RESOLVED] = recorded(started + lasted)
    return open_incident(
        title=title,
        times=times,
        by=by,
        at=started + timedelta(days=1),
        severity=Severity.objects.get(rank=severity) if severity else None,
        restricted=restricted,
    )


def set_status(report: Postmortem, status: str) -> None:
    """Where the lists are the subject, how it came to that is not."""
    Postmortem.objects.filter(pk=report.pk).update(status=status)


def titles(incidents: list[Incident]) -> list[str]:
    return [incident.title for incident in incidents]
