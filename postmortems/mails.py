"""Mails about reports. Whoever writes one has asked whether its reader may know."""

from collections.abc import Sequence

from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.mails import mail_of, public
from outbound.mails import list_headers
from outbound.models import NoticeKind
from postmortems.markup import to_plain
from postmortems.models import Incident, Mention

LONGEST_COMMENT = 2_000
"""Characters of a comment that a mail repeats."""


def mentions_mail(mentions: Sequence[Mention]) -> EmailMultiAlternatives:
    """What names one person in one report; of a restricted one only that there is
    something (BAR R10).
    """
    first, last = mentions[0], mentions[-1]
    postmortem = first.comment.thread.postmortem
    incident = postmortem.incident
    page = reverse("postmortems:comments", args=[incident.reference])
    told = "restricted" if incident.restricted else "mentions"
    mail = mail_of(
        told,
        to=first.user.email,
        subject=_subject(incident, mentions),
        key=f"mention-{first.pk}-{last.pk}",
        thread=f"report-{postmortem.pk}",
        context={
            "address": public(f"{page}#comment-{first.comment_id}"),
            "user": first.user,
            **({} if incident.restricted else _said(incident, mentions)),
        },
    )
    mail.extra_headers |= list_headers(first.user, NoticeKind.MENTION)
    return mail


def _subject(incident: Incident, mentions: Sequence[Mention]) -> str:
    if incident.restricted:
        return _("[Restricted] update, sign in to view")
    if len(mentions) == 1:
        return _("%(name)s names you in %(reference)s: %(title)s") % {
            "name": mentions[0].comment.by.name,
            "reference": incident.reference,
            "title": incident.title,
        }
    return ngettext(
        "%(n)s comment names you in %(reference)s: %(title)s",
        "%(n)s comments name you in %(reference)s: %(title)s",
        len(mentions),
    ) % {
        "n": len(mentions),
        "reference": incident.reference,
        "title": incident.title,
    }


def _said(incident: Incident, mentions: Sequence[Mention]) -> dict[str, object]:
    said = [
        {
            "by": one.comment.by.name,
            "quote": one.comment.thread.quote,
            "text": to_plain(one.comment.text)[:LONGEST_COMMENT],
        }
        for one in mentions
    ]
    return {"incident": incident, "said": said}
