"""Keep what a report says at the moments that are worth going back to.

A version holds everything by itself, so that it reads the same whatever becomes of the
history and of the log of shared texts.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Max, Q
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from accounts.models import User
from config.limits import LIMITS
from live import log
from postmortems import permissions, policies
from postmortems.contents import (
    Content,
    changed_parts,
    content_of,
    digest_of,
    reads_the_same,
)
from postmortems.models import Postmortem, Version
from postmortems.operations import sharing
from postmortems.operations.desk import (
    Desk,
    Repeated,
    RequestKey,
    claim,
    locked,
    settle,
)
from postmortems.topics import topic_of
from postmortems.vocabulary import Status

Reason = Version.Reason

HOUR = timedelta(hours=1)
LOOKED_AT = timedelta(days=2)
"""How long after its last change a report is still looked at, should nobody have had
the time to keep its version."""
BATCH = 500
HOURLY_KEPT = timedelta(days=30)
"""After this, one hourly version of each day is left."""


def keep(
    postmortem: Postmortem,
    reason: Version.Reason,
    *,
    by: User | None,
    at: datetime,
    name: str = "",
    restored_from: int | None = None,
    revision: int | None = None,
) -> Version | None:
    """Keep what the report says now; the caller holds its row, and has saved its texts.

    None where nothing has changed since the last version, and the moment itself says
    nothing: an hourly one, or what stood before restoring.
    """
    content = content_of(postmortem)
    digest = digest_of(content)
    last = postmortem.versions.order_by("-number").first()
    if last is not None and last.digest == digest and _says_nothing(reason, last):
        return None
    document = log.find(topic_of(postmortem.pk))
    return Version.objects.create(
        postmortem=postmortem,
        number=last.number + 1 if last else 1,
        at=at,
        by=by,
        reason=reason,
        name=name,
        restored_from=restored_from,
        content=content,
        digest=digest,
        changed=_counted(last.content, content) if last else {},
        revision=postmortem.revision if revision is None else revision,
        live_version=document.saved_version if document else 0,
    )


@contextmanager
def kept_around(desk: Desk, *, restored_from: int | None = None) -> Iterator[None]:
    """Keep what the report said before something is restored at a desk, and after."""
    sharing.hold_texts(desk.postmortem)
    keep(desk.postmortem, Reason.BEFORE_RESTORE, by=desk.by, at=desk.at)
    yield
    sharing.bring_up_to_date(desk.postmortem.pk)
    keep(
        desk.postmortem,
        Reason.RESTORED,
        by=desk.by,
        at=desk.at,
        restored_from=restored_from,
        # What is written at the desk counts once it is left.
        revision=desk.postmortem.revision + 1,
    )


def name_version(
    postmortem_id: int,
    name: str,
    *,
    by: User,
    at: datetime,
    key: RequestKey | None = None,
) -> Version:
    """Keep what the report says now under a name. Raises Frozen or TooMany."""
    try:
        with transaction.atomic(durable=True):
            postmortem = locked(postmortem_id)
            permissions.check_can_edit(by, postmortem)
            request = claim(by, key, at)
            named = postmortem.versions.filter(reason=Reason.BY_HAND)
            if named.count() >= LIMITS.named_versions:
                raise policies.TooMany(
                    _("There are %(limit)s named versions already, which is the limit.")
                    % {"limit": LIMITS.named_versions}
                )
            sharing.hold_texts(postmortem)
            version = keep(postmortem, Reason.BY_HAND, by=by, at=at, name=name)
            assert version is not None  # noqa: S101  a name says something
            settle(request, {"version": version.pk})
            return version
    except Repeated as repeated:
        return Version.objects.get(pk=repeated.outcome["version"])


# --- Every hour -----------------------------------------------------------------------


def keep_hourly(at: datetime) -> int:
    """Keep a version of each report that was edited for an hour since its last one.

    May run twice, or twice at once. Returns how many were kept.
    """
    edited = (
        Postmortem.objects.filter(
            incident__deleted_at=None, changed_at__gte=at - LOOKED_AT
        )
        .exclude(status__in=[Status.PUBLISHED, Status.CLOSED])
        .annotate(last=Max("versions__at"))
        .filter(
            Q(last=None, created_at__lte=at - HOUR)
            | Q(last__lte=at - HOUR, last__lt=F("changed_at"))
        )
        .order_by("pk")
    )
    kept = 0
    for pk in list(edited.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic(durable=True):
            kept += _keep_hour(locked(pk), at)
    return kept


def _keep_hour(postmortem: Postmortem, at: datetime) -> bool:
    last = postmortem.versions.aggregate(last=Max("at"))["last"]
    if postmortem.frozen or (last is not None and last > at - HOUR):
        return False
    sharing.hold_texts(postmortem)
    return keep(postmortem, Reason.HOURLY, by=None, at=at) is not None


def thin_out(at: datetime) -> int:
    """Of hourly versions older than 30 days, leave the last one of each day.

    All others stay for ever. Returns how many went.
    """
    old = Version.objects.filter(reason=Reason.HOURLY, at__lt=at - HOURLY_KEPT)
    days = old.annotate(day=TruncDate("at")).values("postmortem", "day").order_by()
    last_ones = days.annotate(last=Max("pk")).values_list("last", flat=True)
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL afterword.thinning_versions = 'on'")
        gone = old.exclude(pk__in=list(last_ones))
        count, _by_model = gone.delete()
    return count


def _says_nothing(reason: Version.Reason, last: Version) -> bool:
    """Whether a version like the last one would be one too many."""
    if reason == Reason.BEFORE_RESTORE:
        # An hourly one may be thinned out later.
        return last.reason != Reason.HOURLY
    return reason == Reason.HOURLY


def _counted(before: Content, after: Content) -> dict[str, int]:
    """How many parts differ, by their names."""
    return dict(
        Counter(
            part.name
            for part, was, is_now in changed_parts(before, after)
            if not reads_the_same(was, is_now)
        )
    )
