"""The one door to reports (BAR §2.1): nobody fetches one in any other way.

What somebody may not see does not exist for them: the answer is the same 404.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from django.db.models import (
    Exists,
    Max,
    Min,
    Model,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Value,
)
from django.http import Http404

from accounts.access import everybody, people
from accounts.models import User
from config.limits import LIMITS
from live.attribution import Span
from postmortems import permissions
from postmortems.contents import Content, content_of
from postmortems.document import Document
from postmortems.exporters.documenting import document_of
from postmortems.exporters.json import from_data
from postmortems.exporters.refreshing import as_of_today
from postmortems.models import (
    Change,
    ChecklistItem,
    Comment,
    ContributingFactor,
    EvidenceFile,
    Incident,
    Mention,
    Postmortem,
    Publication,
    Row,
    SavedView,
    Section,
    Service,
    Severity,
    Suggestion,
    Thread,
    Version,
)
from postmortems.parts import RowKind, row_kind, row_kinds
from postmortems.rebuilding import report_of
from postmortems.report import Report
from postmortems.subjects import Subject, subject_named
from postmortems.vocabulary import Status

if TYPE_CHECKING:
    from actions.models import ActionItem

Need = Literal["read", "edit", "facilitate"]
Found = TypeVar("Found", bound=Model)


def incidents(user: User) -> QuerySet[Incident]:
    """All incidents that exist for `user`, without those in the trash."""
    return Incident.objects.visible_to(user).not_in_trash()


def hidden_reports(user: User) -> QuerySet[Postmortem]:
    """Those that do not exist for `user`: the complement of `incidents`.

    Lists of many rows leave these few out instead of looking each report up.
    """
    hidden = Incident.objects.hidden_from(user).order_by()
    return Postmortem.objects.filter(incident__in=hidden).order_by()


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
    found = _report_of(incidents(user), reference)
    if need == "edit":
        permissions.check_is_writer(user, found)
    if need == "facilitate":
        permissions.check_can_facilitate(user, found)
    return found


def open_postmortem(reference: str) -> Postmortem:
    """A report that everybody signed in may read, for commands that nobody signs in to.

    Raises Http404 for a restricted one as for one that does not exist.
    """
    everybodys = Incident.objects.filter(restricted=False).not_in_trash()
    return _report_of(everybodys, reference)


def trashed_postmortem(user: User, reference: str) -> Postmortem:
    return _report_of(trashed_incidents(user), reference)


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


def changes(postmortem: Postmortem) -> QuerySet[Change]:
    """The history of a report, newest first. Whoever may read it may know it."""
    return postmortem.history.select_related("by").order_by("-id")


def change(postmortem: Postmortem, pk: int) -> Change:
    return _found(changes(postmortem).filter(pk=pk).first())


def newest_of_parts(postmortem: Postmortem, shown: Iterable[Change]) -> set[int]:
    """Ids of the changes that are the last ones to their part; one query."""
    found = list(shown)
    newest = (
        postmortem.history.filter(
            Q(object_id__in={change.object_id for change in found if change.object_id})
            | Q(object_id=None),
            part__in={change.part for change in found},
        )
        .order_by()
        .values("part", "object_id")
        .annotate(newest=Max("id"))
    )
    return {row["newest"] for row in newest}


def names_of(
    postmortem: Postmortem, wanted: Mapping[type[Model], set[int]]
) -> dict[type[Model], dict[int, str]]:
    """What rows, teams and people are called; rows of this very report only."""
    found: dict[type[Model], dict[int, str]] = {}
    for model, pks in wanted.items():
        rows = model._default_manager.filter(pk__in=pks)
        if issubclass(model, Row):
            rows = rows.filter(postmortem=postmortem)
        found[model] = {row.pk: str(row) for row in rows}
    return found


def deleted_rows(postmortem: Postmortem) -> list[tuple[RowKind, Row]]:
    """What of a report is in the trash, newest first; one query for each kind."""
    found = [
        (kind, row)
        for kind in row_kinds()
        for row in kind.rows(postmortem)
        .in_trash()
        .select_related("deleted_by")
        .order_by("-deleted_at", "-pk")[: LIMITS.page_size]
    ]
    return sorted(found, key=lambda pair: pair[1].deleted_at, reverse=True)


def deleted_sections(postmortem: Postmortem) -> list[Section]:
    trashed = postmortem.sections.filter(deleted_at__isnull=False)
    return list(trashed.order_by("-deleted_at", "-pk"))


def evidence_files(postmortem: Postmortem) -> QuerySet[EvidenceFile]:
    """Those that are not in the trash, newest first."""
    return postmortem.evidence_files.present().select_related("by").order_by("-pk")


def deleted_files(postmortem: Postmortem) -> QuerySet[EvidenceFile]:
    trashed = postmortem.evidence_files.in_trash().select_related("deleted_by")
    return trashed.order_by("-deleted_at", "-pk")


def evidence_file(postmortem: Postmortem, uid: str) -> EvidenceFile:
    """A file of that very report; Http404 for another's, or for one in the trash."""
    return _found(postmortem.evidence_files.present().filter(uid=uid).first())


def any_evidence_file(postmortem: Postmortem, uid: str) -> EvidenceFile:
    """A file of that report, in the trash or not."""
    return _found(postmortem.evidence_files.filter(uid=uid).first())


def open_suggestions(postmortem: Postmortem) -> QuerySet[Suggestion]:
    """What waits for a decision, in the order it came; for those who may decide."""
    waiting = postmortem.suggestions.filter(state=Suggestion.State.OPEN)
    return waiting.select_related("by").order_by("pk")


def own_suggestions(postmortem: Postmortem, user: User) -> QuerySet[Suggestion]:
    """What `user` suggested and what became of it, newest first."""
    own = postmortem.suggestions.filter(by=user).select_related("by", "decided_by")
    return own.order_by("-pk")


def own_suggestion(postmortem: Postmortem, user: User, pk: int) -> Suggestion:
    return _found(own_suggestions(postmortem, user).filter(pk=pk).first())


def suggestion(postmortem: Postmortem, pk: int) -> Suggestion:
    found = postmortem.suggestions.select_related("by", "decided_by").filter(pk=pk)
    return _found(found.first())


def threads(postmortem: Postmortem) -> list[Thread]:
    """What is said about a report, oldest first, each with its comments as `said`;
    without threads whose comments are all deleted. Two queries.
    """
    return _with_what_was_said(postmortem.threads.all())


def threads_about(postmortem: Postmortem, part: str, object_id: int) -> list[Thread]:
    """The same, of those about one row or section."""
    return _with_what_was_said(
        postmortem.threads.filter(part=part, object_id=object_id)
    )


def _with_what_was_said(threads: QuerySet[Thread]) -> list[Thread]:
    comments = Comment.objects.select_related("by").order_by("pk")
    found = (
        threads.filter(
            Exists(Comment.objects.filter(thread=OuterRef("pk"), deleted_at=None))
        )
        .select_related("resolved_by")
        .prefetch_related(Prefetch("comments", comments, to_attr="said"))
    )
    return list(found.order_by("pk")[: LIMITS.threads])


def subjects_gone(postmortem: Postmortem, threads: Iterable[Thread]) -> set[int]:
    """Ids of threads whose row or section is in the trash; at most one query."""
    wanted: dict[str, set[int]] = {}
    for one in threads:
        if one.object_id is not None:
            wanted.setdefault(one.part, set()).add(one.object_id)
    present = [
        _present(postmortem, part, pks).values_list(Value(part), "pk")
        for part, pks in sorted(wanted.items())
    ]
    found = set(present[0].union(*present[1:], all=True)) if present else set()
    return {
        one.pk
        for one in threads
        if one.object_id is not None and (one.part, one.object_id) not in found
    }


def sections(postmortem: Postmortem) -> list[Section]:
    """Those that are not in the trash, in their order."""
    return list(postmortem.sections.filter(deleted_at=None).order_by("position", "pk"))


def thread(postmortem: Postmortem, pk: int) -> Thread:
    return _found(postmortem.threads.filter(pk=pk).first())


def comment(postmortem: Postmortem, pk: int) -> Comment:
    """A comment in that very report, deleted or not."""
    comments = Comment.objects.select_related("thread", "by")
    return _found(comments.filter(thread__postmortem=postmortem, pk=pk).first())


def subject(postmortem: Postmortem, on: str) -> Subject:
    """What of that very report a comment is about."""
    found = subject_named(postmortem, on)
    if found is None:
        raise Http404
    return found


def readers(postmortem: Postmortem) -> QuerySet[User]:
    """Active people for whom the report exists: who may be named in it."""
    everybody = people()
    if not postmortem.incident.restricted:
        return everybody
    return everybody.filter(participations__postmortem=postmortem)


def versions(postmortem: Postmortem) -> QuerySet[Version]:
    """What it said at earlier moments, newest first; without their contents."""
    found = postmortem.versions.select_related("by").defer("content")
    return found.order_by("-number")


def version(postmortem: Postmortem, number: int) -> Version:
    found = postmortem.versions.select_related("by").filter(number=number)
    return _found(found.first())


def content(postmortem: Postmortem) -> Content:
    """What it says now, all of it."""
    return content_of(postmortem)


def report_of_version(postmortem: Postmortem, version: Version) -> Report:
    """The whole report as a version keeps it."""
    return report_of(version.content, postmortem)


def authors(spans: Iterable[Span]) -> dict[int, User]:
    """Whoever wrote some of these words, by their id."""
    pks = {span.author for span in spans if span.author is not None}
    return {user.pk: user for user in everybody().filter(pk__in=pks)}


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


def document(postmortem: Postmortem, *, draft: bool = False) -> Document:
    """What readers are given: the published text with its actions as of today; the
    draft where nothing is published, or where it is asked for.
    """
    publication = None if draft else latest_publication(postmortem)
    if publication is None:
        return document_of(report(postmortem))
    published = from_data(publication.document)
    return as_of_today(published, postmortem, living_actions(postmortem))


def living_actions(postmortem: Postmortem) -> "list[ActionItem]":
    """The action items as they stand today, which go on after publishing."""
    return list(
        postmortem.action_items.present().select_related("owner_team", "owner_person")
    )


def earlier_factors(user: User, named: Iterable[str]) -> dict[str, int]:
    """The factors that `INC-…: text` names, where everybody may see their reports."""
    pairs = [same_as.partition(": ")[::2] for same_as in named if same_as]
    if not pairs:
        return {}
    found = (
        ContributingFactor.objects.present()
        .filter(
            postmortem__incident__in=incidents(user).filter(restricted=False),
            postmortem__incident__reference__in={reference for reference, _ in pairs},
            text__in={text for _reference, text in pairs},
        )
        .order_by("-pk")
        .values_list("postmortem__incident__reference", "text", "pk")
    )
    return {f"{reference}: {text}": pk for reference, text, pk in found}


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


def saved_views(user: User, page: str) -> QuerySet[SavedView]:
    """One's own and those that others share, of one list."""
    own_or_shared = Q(owner=user) | Q(shared=True)
    return SavedView.objects.filter(own_or_shared, page=page).order_by("name", "pk")


def saved_view(user: User, pk: int, page: str) -> SavedView:
    """One of one's own of that list, to change or delete it."""
    return _found(SavedView.objects.filter(owner=user, pk=pk, page=page).first())


def usable_view(user: User, pk: int) -> SavedView:
    """One of one's own, or one that is shared, to look through it."""
    own_or_shared = Q(owner=user) | Q(shared=True)
    return _found(SavedView.objects.filter(own_or_shared, pk=pk).first())


def oldest_mention(now: datetime) -> datetime | None:
    """Since when the mail about one waits; of restricted reports none is told."""
    waiting = Mention.objects.to_send(now).filter(
        comment__thread__postmortem__incident__restricted=False
    )
    oldest: datetime | None = waiting.aggregate(oldest=Min("due_at"))["oldest"]
    return oldest


def _present(postmortem: Postmortem, part: str, pks: set[int]) -> QuerySet[Any]:
    kind, _colon, name = part.partition(":")
    if kind == "section":
        return postmortem.sections.filter(deleted_at=None, pk__in=pks).order_by()
    found: QuerySet[Any] = kind_of_row(name).rows(postmortem).present()
    return found.filter(pk__in=pks).order_by()


def _report_of(incidents: QuerySet[Incident], reference: str) -> Postmortem:
    """Its report, with incident and severity at hand; Http404 where it is none."""
    found = incidents.filter(reference=reference)
    return _found(found.select_related("severity", "postmortem").first()).postmortem


def _found(row: Found | None) -> Found:
    if row is None:
        raise Http404
    return row
