"""Writing in a section that goes on: one line of the history, written when it ends.

Lines of the history are never changed, so that a line for every pause would fill it.
The text itself is saved within two seconds; what is held back is only the line.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from config.limits import LIMITS
from postmortems.models import Bout, Change, Section
from postmortems.operations.desk import What, locked

QUIET = timedelta(minutes=5)
"""Without a key, after which a bout is over."""
LONGEST = timedelta(minutes=15)


def snapshot(section: Section) -> dict[str, str]:
    """What the history keeps of a section."""
    return {
        "heading": section.heading,
        "body": section.body,
        "after": str(section.after),
    }


def go_on(
    section: Section, before: Mapping[str, str], people: Sequence[User], at: datetime
) -> None:
    """Note that these wrote; `before` stood there until now. The report is locked.

    The same bout while at least one of them has been writing in it.
    """
    writers = [person.pk for person in people]
    bout = Bout.objects.filter(section=section).first()
    if bout is not None and (_is_over(bout, at) or not set(writers) & set(bout.people)):
        end(section, before)
        bout = None
    if bout is None:
        Bout.objects.create(
            section=section,
            before=dict(before),
            people=writers,
            began_at=at,
            last_at=at,
        )
        return
    bout.people = list(dict.fromkeys([*bout.people, *writers]))
    bout.last_at = at
    bout.save(update_fields=["people", "last_at"])


def end(section: Section, after: Mapping[str, str]) -> None:
    """Write the line of what was written until now. The report is locked."""
    bout = Bout.objects.filter(section=section).first()
    if bout is None:
        return
    bout.delete()
    known = User.objects.in_bulk(bout.people)
    people = [known[pk] for pk in bout.people if pk in known]
    if bout.before == after or not people:
        return
    Change.objects.create(
        postmortem_id=section.postmortem_id,
        at=bout.last_at,
        by=people[0],
        what=What.CHANGED,
        part=f"section:{section.key}",
        object_id=section.pk,
        before=bout.before,
        after=dict(after),
        note=_with(people),
    )


def end_all(postmortem_id: int) -> None:
    """Before a publication, a version or an export; one query where nothing goes on."""
    going_on = Bout.objects.filter(section__postmortem=postmortem_id)
    if not going_on.exists():
        return
    with transaction.atomic():
        locked(postmortem_id)
        for bout in going_on.select_related("section").order_by("pk"):
            end(bout.section, snapshot(bout.section))


def end_due(now: datetime) -> None:
    """End those that nobody goes on with, whatever became of the process."""
    due = Bout.objects.filter(
        Q(last_at__lte=now - QUIET) | Q(began_at__lte=now - LONGEST)
    )
    reports = due.values_list("section__postmortem_id", flat=True).distinct()
    for postmortem_id in list(reports):
        with transaction.atomic():
            locked(postmortem_id)
            mine = due.filter(section__postmortem=postmortem_id)
            for bout in mine.select_related("section").order_by("pk"):
                end(bout.section, snapshot(bout.section))


def _is_over(bout: Bout, at: datetime) -> bool:
    return at - bout.last_at >= QUIET or at - bout.began_at >= LONGEST


def _with(people: Sequence[User]) -> str:
    """Who else wrote."""
    others = [person.name for person in people[1 : LIMITS.live_people]]
    return _("With %(names)s") % {"names": ", ".join(others)} if others else ""
