"""Save one of the report's single fields: title, times, severity, services.

Each field has its own version, so that two people who change two fields do not get in
each other's way.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from accounts.models import User
from postmortems.contents import (
    ON_INCIDENT,
    affected_of,
    field_value,
    plain_time,
    value_of,
)
from postmortems.document import Time
from postmortems.models import AffectedService, Severity
from postmortems.operations import moments
from postmortems.operations.catalogue import service_named
from postmortems.operations.desk import Desk, Repeated, RequestKey, What, at_desk
from postmortems.operations.rows import Stale
from postmortems.vocabulary import Certainty, Kind, Milestone


def save_field(
    postmortem_id: int,
    name: str,
    value: Any,
    *,
    version: int,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> None:
    """Save title, kind, severity or tldr; raises Stale with the value that stands."""
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
            check_version(desk, name, version)
            write_field(desk, name, value)
            desk.outcome["field"] = name
    except Repeated:
        return


def write_field(
    desk: Desk, name: str, value: Any, *, what: What = What.CHANGED
) -> None:
    """Set a single field at an open desk, if it differs."""
    holder: Any = desk.incident if name in ON_INCIDENT else desk.postmortem
    before = field_value(holder, name)
    setattr(holder, name, value)
    after = field_value(holder, name)
    if before == after:
        return
    if name in ON_INCIDENT:
        if name == "severity":
            desk.incident.severity_note = desk.incident.severity_label = ""
            desk.incident.save(
                update_fields=["severity", "severity_note", "severity_label"]
            )
        else:
            desk.incident.save(update_fields=[name])
    else:
        desk.touch(name)
    desk.next_version(name)
    desk.record(what, f"field:{name}", before=before, after=after)
    if name in {"title", "tldr"}:
        desk.find_by(name, str(value))


def save_moment(
    postmortem_id: int,
    milestone: Milestone,
    time: Time,
    *,
    version: int,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> None:
    """Save one of the five times. The reference stays what it is."""
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
            check_version(desk, milestone.value, version)
            moments.write_moment(desk, milestone, time)
            moments.follow_moment(desk, milestone)
            desk.outcome["field"] = milestone.value
    except Repeated:
        return


def save_services(
    postmortem_id: int,
    names: Sequence[tuple[str, str]],
    *,
    version: int,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> None:
    """Save the affected services, as (name, note) in order; new names are added."""
    try:
        with at_desk(postmortem_id, by=by, at=at, key=key) as desk:
            check_version(desk, "services", version)
            write_services(desk, names)
            desk.outcome["field"] = "services"
    except Repeated:
        return


def write_services(
    desk: Desk, names: Sequence[tuple[str, str]], *, what: What = What.CHANGED
) -> None:
    before = affected_of(desk.incident)
    # In one order for everybody, so that two who add the same names do not lock up.
    named = {
        name: service_named(name, restricted=desk.incident.restricted)
        for name in sorted({name for name, _note in names})
    }
    wanted = [(named[name], note) for name, note in names]
    desk.incident.affected.all().delete()
    seen: set[int] = set()
    rows = []
    for position, (service, note) in enumerate(wanted):
        if service.pk not in seen:
            seen.add(service.pk)
            rows.append(
                AffectedService(
                    incident=desk.incident,
                    service=service,
                    note=note,
                    position=position,
                )
            )
    AffectedService.objects.bulk_create(rows)
    after = affected_of(desk.incident)
    if before == after:
        return
    desk.next_version("services")
    desk.record(what, "field:services", before=before, after=after)
    desk.find_by(
        "services", "\n".join(f"{row.service.name} {row.note}" for row in rows)
    )


def check_version(desk: Desk, name: str, version: int) -> None:
    """Raise Stale where the field was saved since `version`."""
    if desk.postmortem.version_of(name) != version:
        raise Stale(current_value(desk, name))


def current_value(desk: Desk, name: str) -> Any:
    return value_of(desk.postmortem, name)


def write_version(
    desk: Desk, name: str, version: Any, *, what: What = What.CHANGED
) -> None:
    """Set any single field at an open desk to a value as the history keeps it."""
    if name == "services":
        wanted = [(service, note) for service, note in version]
        write_services(desk, wanted, what=what)
    elif name in Milestone.values:
        at = parse_datetime(version["at"]) if version["at"] else None
        time = Time(at, Certainty(version["certainty"]))
        moments.write_moment(desk, Milestone(name), time, what=what)
    elif name == "severity":
        severity = Severity.objects.filter(label=version).first()
        write_field(desk, name, severity, what=what)
    else:
        write_field(desk, name, version, what=what)


def as_version(value: Any) -> Any:
    """The value of a single field, as its form cleans it, as the history keeps it."""
    if isinstance(value, Time):
        return plain_time(value)
    if isinstance(value, Severity):
        return value.label
    if isinstance(value, list):
        return [list(pair) for pair in value]
    return str(value) if isinstance(value, Kind) else value
