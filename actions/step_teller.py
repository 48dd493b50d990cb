"""What a message says of reports that are to be brought forward."""

from collections.abc import Sequence
from datetime import date, datetime

from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from actions import wordings
from actions.operations.report_steps import Step, report_id, still_steps
from outbound.models import Notice
from outbound.telling import Item, Named, Teller, Telling
from postmortems.access import incidents
from postmortems.models import Incident, Postmortem


class StepTeller(Teller):
    def still(self, notices: Sequence[Notice], now: datetime) -> list[Notice]:
        steps = still_steps(notices)
        return [one for one in notices if _holds(one, steps)]

    def tell(
        self, recipient: User, notices: Sequence[Notice], now: datetime
    ) -> Telling:
        found = still_steps(notices)
        today = now.astimezone(recipient.zone).date()
        steps = sorted(
            (
                found[key]
                for one in notices
                if (key := (one.about, recipient.pk)) in found
            ),
            key=lambda step: (step.due, step.postmortem.pk),
        )
        return Telling(
            heading=_("Reports that you facilitate"),
            items=[_item(step, today) for step in steps],
            subject=_subject(steps, today),
            thread=f"report-{steps[0].postmortem.pk}" if len(steps) == 1 else "",
        )

    def named(self, recipient: User, notices: Sequence[Notice]) -> dict[int, Named]:
        told = {report_id(one.about) for one in notices}
        seen = incidents(recipient).filter(postmortem__in=told)
        known = {one.postmortem.pk: one for one in seen.select_related("postmortem")}
        return {
            notice.pk: Named(known[pk].title, _address(known[pk]))
            for notice in notices
            if (pk := report_id(notice.about)) in known
        }


def _holds(notice: Notice, steps: dict[tuple[str, int], Step]) -> bool:
    """Whether it is still to be done by them, and by then."""
    step = steps.get((notice.about, notice.recipient_id))
    return step is not None and step.slots.latest(notice.day) is not None


def _item(step: Step, today: date) -> Item:
    report = step.postmortem
    return Item(
        title=report.incident.title,
        address=_address(report.incident),
        due=wordings.due(step.due, today),
        facts=_facts(report),
        links=[(_("Go on with it"), _address(report.incident))],
        why=_why(step, today),
        restricted=report.incident.restricted,
    )


def _facts(report: Postmortem) -> list[tuple[str, str]]:
    marks = [report.incident.reference]
    if report.incident.severity:
        marks.insert(0, report.incident.severity.label)
    return [
        (_("Incident"), ", ".join(marks)),
        (_("Status"), str(report.get_status_display())),
    ]


def _why(step: Step, today: date) -> str:
    reason = (
        _("Sent to you because you facilitate this report.")
        if step.facilitates
        else _("Sent to you because nobody who can be told facilitates this report.")
    )
    following = step.slots.after(today)
    if following is None:
        return reason
    day = step.hours.days.roll(following)
    again = _("The next reminder comes on %(day)s, unless it is published.")
    return f"{reason} {again % {'day': date_format(day, 'l j F')}}"


def _subject(steps: Sequence[Step], today: date) -> str:
    if len(steps) == 1:
        step = steps[0]
        late = step.due < today
        sentence = (
            _("Report overdue: %(title)s") if late else _("Report due: %(title)s")
        )
        return sentence % {"title": step.postmortem.incident.title}
    return ngettext(
        "%(n)s report to publish", "%(n)s reports to publish", len(steps)
    ) % {"n": len(steps)}


def _address(incident: Incident) -> str:
    return reverse("postmortems:edit", args=[incident.reference])
