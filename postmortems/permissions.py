"""Who may do what to a report, in one small table.

Visibility comes first and elsewhere: whoever cannot see a report is told 404 by
`postmortems.access`. These questions are asked of people who can see it.
"""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from postmortems import policies
from postmortems.models import Comment, Participation, Postmortem, Thread
from postmortems.vocabulary import Status

Part = Participation.Part

WRITERS = frozenset({Part.FACILITATOR, Part.CONTRIBUTOR})
FACILITATORS = frozenset({Part.FACILITATOR})

MOVES: dict[tuple[Status, Status], frozenset[Participation.Part]] = {
    (Status.GATHERING, Status.DRAFTING): WRITERS,
    (Status.DRAFTING, Status.GATHERING): FACILITATORS,
    (Status.DRAFTING, Status.IN_REVIEW): FACILITATORS,
    (Status.IN_REVIEW, Status.DRAFTING): FACILITATORS,
    (Status.IN_REVIEW, Status.PUBLISHED): FACILITATORS,
    (Status.PUBLISHED, Status.CLOSED): FACILITATORS,
    (Status.PUBLISHED, Status.DRAFTING): FACILITATORS,
    (Status.CLOSED, Status.DRAFTING): FACILITATORS,
}
"""Which step follows which, and whose step it is. The last two are reopening."""


def part_of(user: User, postmortem: Postmortem) -> str | None:
    """What `user` is in this report; None for an onlooker. One query, remembered."""
    known: dict[int, str | None] = postmortem.__dict__.setdefault("_parts", {})
    if user.pk not in known:
        known[user.pk] = (
            postmortem.participations.filter(user_id=user.pk)
            .values_list("part", flat=True)
            .first()
        )
    return known[user.pk]


def remember_parts(user: User, postmortems: Iterable[Postmortem]) -> None:
    """Ask for many reports at once what `part_of` then knows; one query."""
    reports = list(postmortems)
    parts = dict(
        user.participations.filter(
            postmortem__in={one.pk for one in reports}
        ).values_list("postmortem_id", "part")
    )
    for one in reports:
        one.__dict__.setdefault("_parts", {})[user.pk] = parts.get(one.pk)


def is_writer(user: User, postmortem: Postmortem) -> bool:
    return user.may_write and part_of(user, postmortem) in WRITERS


def can_edit(user: User, postmortem: Postmortem) -> bool:
    return is_writer(user, postmortem) and not postmortem.frozen


def check_is_writer(user: User, postmortem: Postmortem) -> None:
    if not is_writer(user, postmortem):
        raise PermissionDenied(_("Join this report to change it."))


def check_can_edit(user: User, postmortem: Postmortem) -> None:
    """Raise PermissionDenied, or `policies.Frozen` where the text is published."""
    check_is_writer(user, postmortem)
    policies.check_not_frozen(postmortem)


def can_suggest(user: User, postmortem: Postmortem) -> bool:
    """Whoever sees it, until it is published; its people where it is restricted."""
    if postmortem.frozen:
        return False
    return not postmortem.incident.restricted or part_of(user, postmortem) is not None


def check_can_suggest(user: User, postmortem: Postmortem) -> None:
    """Raise PermissionDenied, or `policies.Frozen` where the text is published."""
    if postmortem.frozen:
        raise policies.Frozen(
            _("This report is published and stands as it is. Comment on it instead.")
        )
    if not can_suggest(user, postmortem):
        raise PermissionDenied(_("Only people of this report may suggest changes."))


def may_see(user: User, postmortem: Postmortem) -> bool:
    """The rule of `Incident.visible_to`, asked of one report that is in hand."""
    incident = postmortem.incident
    if not user.active or incident.deleted_at is not None:
        return False
    return not incident.restricted or part_of(user, postmortem) is not None


def check_can_comment(user: User, postmortem: Postmortem) -> None:
    """Whoever sees a report may say something about it, also once it is published."""
    if not may_see(user, postmortem):
        raise PermissionDenied(_("This report is not open to you any more."))


def can_settle_thread(user: User, postmortem: Postmortem, thread: Thread) -> bool:
    """Resolve or reopen: whoever began the thread, and who writes the report."""
    return thread.started_by_id == user.pk or is_writer(user, postmortem)


def check_can_settle_thread(user: User, postmortem: Postmortem, thread: Thread) -> None:
    if not can_settle_thread(user, postmortem, thread):
        raise PermissionDenied(
            _("Whoever began a thread, or writes this report, may resolve it.")
        )


def check_is_own(user: User, comment: Comment) -> None:
    if comment.by_id != user.pk:
        raise PermissionDenied(_("Only whoever wrote a comment may change it."))


def can_facilitate(user: User, postmortem: Postmortem) -> bool:
    return user.may_write and part_of(user, postmortem) in FACILITATORS


def check_can_facilitate(user: User, postmortem: Postmortem) -> None:
    if not can_facilitate(user, postmortem):
        raise PermissionDenied(_("Only a facilitator of this report may do this."))


def can_join(user: User, postmortem: Postmortem) -> bool:
    """A member joins with one click, but a restricted report only by invitation."""
    return (
        user.may_write
        and not postmortem.incident.restricted
        and part_of(user, postmortem) not in WRITERS
    )


def check_can_join(user: User, postmortem: Postmortem) -> None:
    if not can_join(user, postmortem):
        raise PermissionDenied(_("You cannot join this report."))


def can_move(user: User, postmortem: Postmortem, to: Status) -> bool:
    step = (Status(postmortem.status), to)
    return user.may_write and part_of(user, postmortem) in MOVES.get(step, frozenset())


def steps_of(user: User, postmortem: Postmortem) -> list[Status]:
    """The steps that `user` may take now, in the order of a report's life."""
    return [to for to in Status if can_move(user, postmortem, to)]


def check_can_move(user: User, postmortem: Postmortem, to: Status) -> None:
    """Raise `NotReady` for an impossible step, PermissionDenied for another's."""
    if (Status(postmortem.status), to) not in MOVES:
        raise policies.NotReady(
            _("A report that is “%(status)s” cannot become “%(to)s”.")
            % {"status": postmortem.get_status_display(), "to": to.label}
        )
    if not can_move(user, postmortem, to):
        raise PermissionDenied(_("Only a facilitator of this report may do this."))


def check_can_create(user: User) -> None:
    if not user.may_write:
        raise PermissionDenied(
            _("Viewers read; ask an administrator to become a member.")
        )


def check_administers(user: User) -> None:
    if not user.administers:
        raise PermissionDenied(_("Only administrators may do this."))
