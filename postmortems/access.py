"""The one door to reports (BAR §2.1): nobody fetches one in any other way.

What somebody may not see does not exist for them: the answer is the same 404.
"""

from typing import TYPE_CHECKING, Literal, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404

from accounts.models import User
from postmortems import permissions
from postmortems.models import (
    Change,
    ChecklistItem,
    Incident,
    Postmortem,
    Publication,
    Row,
    SavedView,
    Section,
    Service,
    Severity,
)
from postmortems.parts import RowKind, row_kind
from postmortems.report import Report
from postmortems.vocabulary import Status

if TYPE_CHECKING:
    from actions.models import ActionItem

Need = Literal["read", "edit", "facilitate"]
Found = TypeVar("Found", bound=Model)


def incidents(user: User) -> QuerySet[Incident]:
    """All incidents that exist for `user`, without those in the trash."""
    return Incident.objects.visible_to(user).not_in_trash()


def trashed_incidents(user: User) -> QuerySet[Incident]:
    """What `user` may bring back: incidents that they facilitate."""
    return Incident.objects.visible_to(user).filter(
        deleted_at__isnull=False,
        postmortem__participations__user=user,
        postmortem__participations__part=permissions.Part.FACILITATOR,
    )


def postmortem(user: User, reference: str, need: Need = "read") -> Postmortem:
    """The report of that reference, with its incident and severity.

    Raises Http404 where it does not exist for `user`, PermissionDenied where it does
    but `user` may not do what is needed. Whether the text is frozen is asked later, by
    the operation.
    """
    found = (
        Postmortem.objects.filter(
            incident__in=incidents(user), incident__reference=reference
        )
        .select_related("incident__severity")
        .first()
    )
    if found is None:
        raise Http404
    if need == "edit" and not permissions.is_writer(user, found):
        permissions.check_can_edit(user, found)
    if need == "facilitate":
        permissions.check_can_facilitate(user, found)
    return found


def trashed_postmortem(user: User, reference: str) -> Postmortem:
    found = (
        Postmortem.objects.filter(
            incident__in=trashed_incidents(user), incident__reference=reference
        )
        .select_related("incident__severity")
        .first()
    )
    if found is None:
        raise Http404
    return found


def kind_of_row(name: str) -> RowKind:
    kind = row_kind(name)
    if kind is None:
        raise Http404
    return kind


def row(
    postmortem: Postmortem, kind: RowKind, pk: int, *, trashed: bool = False
) -> Row:
    """A row of that very report; Http404 for another report's (BAR B2)."""
    rows = kind.rows(postmortem)
    found = (rows.in_trash() if trashed else rows.present()).filter(pk=pk).first()
    if found is None:
        raise Http404
    present: Row = found
    return present


def section(postmortem: Postmortem, pk: int) -> Section:
    found = postmortem.sections.filter(pk=pk, deleted_at=None).first()
    if found is None:
        raise Http404
    return found


def any_section(postmortem: Postmortem, pk: int) -> Section:
    """A section of that report, in the trash or not."""
    found = postmortem.sections.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def report(postmortem: Postmortem) -> Report:
    """Everything of one report, in a fixed number of queries."""
    return Report.load(postmortem)


def names(postmortem: Postmortem) -> Report:
    """Only what may be called otherwise although the report was not changed."""
    return Report.load_names(postmortem)


def latest_publication(postmortem: Postmortem) -> Publication | None:
    """What readers are given; its document is fetched when it is first asked for."""
    return publications(postmortem).first()


def publications(postmortem: Postmortem) -> QuerySet[Publication]:
    """All of them, newest first; documents are fetched when they are asked for."""
    return (
        postmortem.publications.select_related("published_by")
        .defer("document")
        .order_by("-number")
    )


def publication(postmortem: Postmortem, number: int) -> Publication:
    return _found(publications(postmortem).filter(number=number).first())


def last_reopening(postmortem: Postmortem) -> Change | None:
    """The newest step out of a published text, with who took it and why."""
    return (
        postmortem.history.filter(
            part="status", before__in=[Status.PUBLISHED.value, Status.CLOSED.value]
        )
        .exclude(after=Status.CLOSED.value)
        .select_related("by")
        .order_by("-id")
        .first()
    )


def living_actions(postmortem: Postmortem) -> "list[ActionItem]":
    """The action items as they stand today, which go on after publishing."""
    return list(postmortem.action_items.present())


def severities() -> QuerySet[Severity]:
    return Severity.objects.filter(retired_at=None).order_by("rank")


def services(user: User) -> QuerySet[Service]:
    """The catalogue, without names that only a restricted report has used."""
    return Service.objects.filter(retired_at=None, restricted_origin=False).order_by(
        "name", "pk"
    )


def all_severities() -> QuerySet[Severity]:
    """Retired steps included, for administrators."""
    return Severity.objects.order_by("rank")


def severity(pk: int) -> Severity:
    return _found(Severity.objects.filter(pk=pk).first())


def all_services() -> QuerySet[Service]:
    """The catalogue with retired ones, for administrators; hidden names stay hidden."""
    return (
        Service.objects.filter(restricted_origin=False)
        .select_related("owner")
        .order_by("name", "pk")
    )


def service(pk: int) -> Service:
    return _found(all_services().filter(pk=pk).first())


def all_checklist_items() -> QuerySet[ChecklistItem]:
    return ChecklistItem.objects.order_by("kind", "position", "pk")


def checklist_item(pk: int) -> ChecklistItem:
    return _found(ChecklistItem.objects.filter(pk=pk).first())


def checklist(kind: str) -> QuerySet[ChecklistItem]:
    return ChecklistItem.objects.filter(kind=kind, retired_at=None).order_by(
        "position", "pk"
    )


def saved_views(user: User) -> QuerySet[SavedView]:
    """One's own and those that others share."""
    return (
        SavedView.objects.filter(owner=user) | SavedView.objects.filter(shared=True)
    ).order_by("name", "pk")


def saved_view(user: User, pk: int) -> SavedView:
    """One of one's own, to change or delete it."""
    found = SavedView.objects.filter(owner=user, pk=pk).first()
    if found is None:
        raise Http404
    return found


def _found(row: Found | None) -> Found:
    if row is None:
        raise Http404
    return row
