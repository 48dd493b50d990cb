"""Markers in the timeline and the incident's times keep each other in step.

Whichever is set first fills the other. Two that disagree are left alone and shown
(`Report.disagreements`): nobody's time is overwritten silently.
"""

from datetime import timedelta

from postmortems.contents import plain_time
from postmortems.document import Time
from postmortems.models import Row, TimelineEntry
from postmortems.operations.desk import Desk, What
from postmortems.parts import TIMELINE, RowKind
from postmortems.vocabulary import Certainty, Marker, Milestone, Precision

UNSURE = {Precision.APPROXIMATE, Precision.UNKNOWN}


def follow_markers(desk: Desk, _kind: RowKind, row: Row) -> None:
    """Fill the incident's times that are not recorded from an entry's markers."""
    if not isinstance(row, TimelineEntry):
        return
    certainty = Certainty.APPROXIMATE if row.precision in UNSURE else Certainty.RECORDED
    for milestone in Milestone:
        empty = desk.incident.moment(milestone).at is None
        if empty and Marker(milestone.value) in row.markers:
            write_moment(desk, milestone, Time(row.occurred_at, certainty))


def follow_moment(desk: Desk, milestone: Milestone) -> None:
    """Mark the one entry that stands at the milestone's time, if none is marked yet."""
    at = desk.incident.moment(milestone).at
    marker = Marker(milestone.value)
    entries = desk.postmortem.timeline.present()
    if at is None or entries.filter(markers__contains=[marker]).exists():
        return
    there = list(
        entries.filter(occurred_at__gte=at, occurred_at__lt=at + timedelta(seconds=1))[
            :2
        ]
    )
    if len(there) != 1:
        return
    entry = there[0]
    before = TIMELINE.snapshot(entry)
    entry.markers = [*entry.markers, marker]
    entry.version += 1
    entry.save(update_fields=["markers", "version"])
    desk.record(
        What.CHANGED,
        "row:timeline",
        object_id=entry.pk,
        before=before,
        after=TIMELINE.snapshot(entry),
    )


def write_moment(
    desk: Desk, milestone: Milestone, time: Time, *, what: What = What.CHANGED
) -> None:
    """Set one of the incident's times, and say so in the history."""
    before = desk.incident.moment(milestone)
    if before == time:
        return
    desk.incident.set_moment(milestone, time)
    desk.incident.save(
        update_fields=[
            f"{milestone.value}_at",
            f"{milestone.value}_certainty",
            "sorts_at",
        ]
    )
    desk.next_version(milestone.value)
    desk.record(
        what,
        f"field:{milestone.value}",
        before=plain_time(before),
        after=plain_time(time),
    )
