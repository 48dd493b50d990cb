"""Open a report, decide who takes part, restrict it, put it in the trash."""

import re
from datetime import UTC, date, datetime
from secrets import randbelow
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from postmortems import permissions, policies
from postmortems.document import Time
from postmortems.models import (
    GivenReference,
    Incident,
    Participation,
    Postmortem,
    SearchText,
    Section,
    Severity,
)
from postmortems.operations.catalogue import hide_services_of, offer_services_of
from postmortems.operations.desk import (
    Desk,
    Repeated,
    RequestKey,
    What,
    claim,
    locked,
    settle,
)
from postmortems.vocabulary import Kind, Milestone

REFERENCE = re.compile(r"INC-(\d{4}-\d\d-\d\d)-(\d{3,6})", re.ASCII)
FIXED_SECTIONS = (
    Section.Key.SUMMARY,
    Section.Key.IMPACT,
    Section.Key.ROOT_CAUSE,
    Section.Key.SURPRISE,
)


def open_incident(
    *,
    title: str,
    times: dict[Milestone, Time],
    by: User,
    at: datetime,
    kind: Kind = Kind.INCIDENT,
    severity: Severity | None = None,
    restricted: bool = False,
    key: RequestKey | None = None,
) -> Postmortem:
    """Open a report for an incident; `by` becomes its facilitator.

    It needs a start or a detection, from whose UTC day the reference is given.
    """
    try:
        with transaction.atomic(durable=True):
            request = claim(by, key, at)
            desk = new_report(
                title=title,
                times=times,
                by=by,
                at=at,
                kind=kind,
                severity=severity,
                restricted=restricted,
            )
            give_reference(desk)
            desk.leave()
            settle(request, {"postmortem": desk.postmortem.pk})
            return desk.postmortem
    except Repeated as repeated:
        return Postmortem.objects.select_related("incident").get(
            pk=repeated.outcome["postmortem"]
        )


def new_report(
    *,
    title: str,
    times: dict[Milestone, Time],
    by: User,
    at: datetime,
    kind: Kind = Kind.INCIDENT,
    severity: Severity | None = None,
    restricted: bool = False,
    wanted_reference: str = "",
) -> Desk:
    """Write a new report inside the caller's transaction, and sit down at its desk.

    The caller writes the rest, then asks for its reference, and leaves. One that wants
    a reference may do without a start and a detection: the reference names its day.
    """
    permissions.check_can_create(by)
    moment = _first_moment(times) or _day_named(wanted_reference)
    if moment is None:
        raise policies.NotReady(_("Say when it started, or when it was detected."))
    incident = Incident(
        reference=_stand_in(),
        title=title,
        kind=kind,
        severity=severity,
        restricted=restricted,
        sorts_at=moment,
        created_at=at,
        created_by=by,
    )
    for milestone, time in times.items():
        incident.set_moment(milestone, time)
    incident.save(force_insert=True)
    postmortem = Postmortem.objects.create(
        incident=incident, created_at=at, changed_at=at
    )
    Section.objects.bulk_create(
        Section(postmortem=postmortem, key=section, position=index)
        for index, section in enumerate(FIXED_SECTIONS)
    )
    SearchText.objects.create(postmortem=postmortem, parts={"title": title})
    Participation.objects.create(
        postmortem=postmortem, user=by, part=permissions.Part.FACILITATOR, joined_at=at
    )
    return Desk(postmortem, by, at)


def give_reference(desk: Desk, wanted: str = "") -> None:
    """Give a new report its reference, as the last thing before the transaction ends:
    until then nobody else is given one of that day.
    """
    incident = desk.incident
    incident.reference = next_reference(incident.sorts_at.date(), wanted)
    incident.save(update_fields=["reference"])
    desk.find_by("reference", incident.reference)
    desk.record(
        What.CREATED,
        "report",
        after={"title": incident.title, "reference": incident.reference},
        first=True,
    )


def _stand_in() -> str:
    """What stands for the reference in a transaction that nobody else sees."""
    return f"INC-0000-00-00-{randbelow(10**9):09}"


def next_reference(day: date, wanted: str = "") -> str:
    """Give out the day's next reference; `wanted` where it is still free.

    The day's row is locked until the transaction ends, so that parallel creations
    wait and no number is skipped or given twice. A wanted number that was ever given
    out is not given again.
    """
    found = read_reference(wanted)
    number = None
    if found is not None:
        day, number = found
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO postmortems_referenceday (day, last_number) VALUES (%s, 0)"
            " ON CONFLICT (day) DO UPDATE SET last_number ="
            " postmortems_referenceday.last_number RETURNING last_number",
            [day],
        )
        last: int = cursor.fetchone()[0]
        free = number is not None and not is_taken(reference_of(day, number))
        given = number if number is not None and free else last + 1
        cursor.execute(
            "UPDATE postmortems_referenceday"
            " SET last_number = greatest(%s, last_number) WHERE day = %s",
            [given, day],
        )
        cursor.execute(
            "INSERT INTO postmortems_givenreference (reference) VALUES (%s)",
            [reference_of(day, given)],
        )
    return reference_of(day, given)


def is_taken(reference: str) -> bool:
    """Whether this reference was ever given out."""
    return GivenReference.objects.filter(reference=reference).exists()


def reference_of(day: date, number: int) -> str:
    return f"INC-{day.isoformat()}-{number:03d}"


def read_reference(text: str) -> tuple[date, int] | None:
    """Day and number of a reference as Afterword writes it; else None."""
    match = REFERENCE.fullmatch(text)
    day = _day(match[1]) if match else None
    if match is None or day is None or int(match[2]) == 0:
        return None
    number = int(match[2])
    return (day, number) if reference_of(day, number) == text else None


def join_report(postmortem_id: int, *, by: User, at: datetime) -> None:
    """Become a contributor; once is enough."""
    with transaction.atomic(durable=True):
        postmortem = locked(postmortem_id)
        if permissions.is_writer(by, postmortem):
            return
        permissions.check_can_join(by, postmortem)
        write_part(postmortem, by, permissions.Part.CONTRIBUTOR, by=by, at=at)


def set_part(
    postmortem_id: int, user: User, part: str | None, *, by: User, at: datetime
) -> None:
    """Invite somebody as facilitator, contributor or reader; None takes it away.

    The last facilitator stays one, so that somebody can move the report on.
    """
    with transaction.atomic(durable=True):
        postmortem = locked(postmortem_id)
        permissions.check_can_facilitate(by, postmortem)
        if part in permissions.WRITERS and not user.may_write:
            raise policies.NotReady(_("Viewers read; they can be invited as readers."))
        others = postmortem.participations.filter(
            part=permissions.Part.FACILITATOR, user__active=True
        ).exclude(user=user)
        if part != permissions.Part.FACILITATOR and not others.exists():
            raise policies.NotReady(
                _("A report needs a facilitator. Name another first.")
            )
        write_part(postmortem, user, part, by=by, at=at)


def set_restricted(
    postmortem_id: int,
    *,
    restricted: bool,
    by: User,
    at: datetime,
) -> None:
    """Let only invited people see a report, or everybody again."""
    with transaction.atomic(durable=True):
        postmortem = locked(postmortem_id)
        permissions.check_can_facilitate(by, postmortem)
        incident = postmortem.incident
        if incident.restricted == restricted:
            return
        before = incident.restricted
        incident.restricted = restricted
        incident.save(update_fields=["restricted"])
        if restricted:
            hide_services_of(incident)
        else:
            offer_services_of(incident)
        desk = Desk(postmortem, by, at)
        desk.record(What.CHANGED, "field:restricted", before=before, after=restricted)
        desk.leave()


def trash_incident(postmortem_id: int, *, by: User, at: datetime) -> None:
    """Put the whole report in the trash, where its facilitators find it for 30 days."""
    _set_trashed(postmortem_id, by=by, at=at, deleted_at=at)


def bring_back_incident(postmortem_id: int, *, by: User, at: datetime) -> None:
    _set_trashed(postmortem_id, by=by, at=at, deleted_at=None)


def _set_trashed(
    postmortem_id: int, *, by: User, at: datetime, deleted_at: datetime | None
) -> None:
    with transaction.atomic(durable=True):
        postmortem = locked(postmortem_id)
        permissions.check_can_facilitate(by, postmortem)
        incident = postmortem.incident
        if (incident.deleted_at is None) == (deleted_at is None):
            return
        incident.deleted_at = deleted_at
        incident.deleted_by = by if deleted_at else None
        incident.save(update_fields=["deleted_at", "deleted_by"])
        desk = Desk(postmortem, by, at)
        desk.record(What.DELETED if deleted_at else What.BROUGHT_BACK, "report")
        desk.leave()


def write_part(
    postmortem: Postmortem, user: User, part: str | None, *, by: User, at: datetime
) -> None:
    """Give somebody a part at a report that is locked; None takes it away."""
    found = postmortem.participations.filter(user=user).first()
    before = found.part if found else None
    if before == part:
        return
    if part is None:
        postmortem.participations.filter(user=user).delete()
    else:
        postmortem.participations.update_or_create(
            user=user,
            defaults={"part": part},
            create_defaults={"part": part, "joined_at": at},
        )
    desk = Desk(postmortem, by, at)
    desk.record(
        What.PEOPLE,
        "people",
        object_id=user.pk,
        before=_named(user, before),
        after=_named(user, part),
    )
    desk.leave()


def _named(user: User, part: str | None) -> dict[str, Any] | None:
    return {"name": user.name, "part": part} if part else None


def _first_moment(times: dict[Milestone, Time]) -> datetime | None:
    found = [times.get(m, Time()).at for m in (Milestone.STARTED, Milestone.DETECTED)]
    return found[0] or found[1]


def _day_named(reference: str) -> datetime | None:
    found = read_reference(reference)
    if found is None:
        return None
    day, _number = found
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
