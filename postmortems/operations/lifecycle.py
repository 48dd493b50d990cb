"""Move a report from gathering data to closed, and freeze what is published."""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _

from accounts.access import organisation
from accounts.models import User
from postmortems import permissions, policies
from postmortems.document import Document
from postmortems.exporters.documenting import document_of
from postmortems.exporters.json import to_data
from postmortems.exporters.markdown import render
from postmortems.models import Postmortem, Publication, Version
from postmortems.operations import sharing, versions
from postmortems.operations.desk import (
    Desk,
    Repeated,
    RequestKey,
    What,
    claim,
    locked,
    settle,
)
from postmortems.operations.rows import Stale
from postmortems.report import Report
from postmortems.vocabulary import Status


class NoReason(policies.NotReady):
    """The step needs a sentence that says why; it is kept with the history."""


def move_report(
    postmortem_id: int,
    to: Status,
    *,
    by: User,
    at: datetime,
    reason: str = "",
    key: RequestKey | None = None,
) -> None:
    """Take any step but publishing. Reopening needs a reason, which is kept.

    Raises NotReady for an impossible step, NoReason where one is needed.
    """
    try:
        with transaction.atomic(durable=True):
            postmortem = locked(postmortem_id)
            request = claim(by, key, at)
            permissions.check_can_move(by, postmortem, to)
            if to == Status.PUBLISHED:
                raise policies.NotReady(_("Publishing shows the text first."))
            if is_reopening(postmortem, to) and not reason.strip():
                raise NoReason(_("Say why the report is reopened."))
            write_status(Desk(postmortem, by, at), to, note=reason)
            settle(request, {"status": to.value})
    except Repeated:
        return


def publish_postmortem(
    postmortem_id: int,
    *,
    shown: str,
    by: User,
    at: datetime,
    reason: str = "",
    key: RequestKey | None = None,
) -> Publication:
    """Freeze exactly the text whose hash was shown, and record what was still open.

    Raises Stale (with the hash that stands) where the text changed in between,
    NotReady where somebody else was first, and NoReason where a required rule is open
    and no reason is given.
    """
    try:
        with transaction.atomic(durable=True):
            sharing.freeze_texts(postmortem_id)
            postmortem = locked(postmortem_id)
            request = claim(by, key, at)
            _check_not_published(postmortem)
            permissions.check_can_move(by, postmortem, Status.PUBLISHED)
            report = Report.load(postmortem)
            document = text_to_publish(report)
            standing = text_hash(document)
            if shown != standing:
                raise Stale(standing)
            ready = policies.readiness(
                report, now=at, settings=organisation().readiness
            )
            if ready.required and not reason.strip():
                raise NoReason(
                    _("Say why it is published although: %(open)s")
                    % {"open": "; ".join(f.sentence for f in ready.required)}
                )
            publication = freeze(
                Desk(postmortem, by, at),
                document,
                still_open=ready.sentences,
                reason=reason,
            )
            settle(request, {"publication": publication.pk})
            return publication
    except Repeated as repeated:
        return Publication.objects.get(pk=repeated.outcome["publication"])


def text_to_publish(report: Report) -> Document:
    """What publishing would freeze now; its hash is what `shown` has to be."""
    return replace(document_of(report), status=Status.PUBLISHED)


def freeze(
    desk: Desk, document: Document, *, still_open: list[str], reason: str = ""
) -> Publication:
    """Keep a document as the next publication, and set the status."""
    postmortem = desk.postmortem
    publication = Publication.objects.create(
        postmortem=postmortem,
        number=postmortem.publications.count() + 1,
        published_at=desk.at,
        published_by=desk.by,
        revision=postmortem.revision + 1,
        document=to_data(document),
        text_hash=text_hash(document),
        still_open=still_open,
        reason=reason,
    )
    write_status(desk, Status.PUBLISHED, note=reason)
    versions.keep(postmortem, Version.Reason.PUBLISHED, by=desk.by, at=desk.at)
    return publication


def write_status(desk: Desk, to: Status, *, note: str = "") -> None:
    before = desk.postmortem.status
    desk.postmortem.status = to
    desk.touch("status")
    sharing.follow_status(desk.postmortem)
    desk.record(What.STATUS, "status", before=before, after=to.value, note=note)
    desk.leave()


def text_hash(document: Document) -> str:
    """SHA-256 of the Markdown, which is what people were shown."""
    return sha256(render(document).encode()).hexdigest()


def is_reopening(postmortem: Postmortem, to: Status) -> bool:
    return postmortem.frozen and to == Status.DRAFTING


def _check_not_published(postmortem: Postmortem) -> None:
    """Say who was first, where two people publish at once."""
    if not postmortem.frozen:
        return
    published = postmortem.publications.select_related("published_by")
    last = published.order_by("-number").first()
    if last is None:
        return
    raise policies.NotReady(
        _("%(name)s published this report on %(day)s at %(time)s UTC.")
        % {
            "name": last.published_by.name,
            "day": date_format(last.published_at, "j F Y"),
            "time": date_format(last.published_at, "H:i:s"),
        }
    )
