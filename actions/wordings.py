"""The words of messages about actions: when they are due, what they are, and why."""

from collections.abc import Sequence
from datetime import date

from django.utils.dateformat import format as date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from actions.cases import Case
from actions.models import ActionItem
from actions.recipients import As
from outbound.models import NoticeKind

WHY: dict[str, str | Promise] = {
    As.OWNER: lazy("Sent to you because you own this action."),
    As.LEAD: lazy("Sent to you because %(team)s, which you lead, owns this action."),
    As.MEMBER: lazy(
        "Sent to you because you are in %(team)s, which owns this action and has"
        " no lead who can be told."
    ),
    As.MANAGER: lazy(
        "Sent to you because %(team)s, which you manage, owns this action."
    ),
    As.FACILITATOR: lazy(
        "Sent to you because you facilitate its report, and no owner of this action"
        " can be told."
    ),
    As.ADMINISTRATOR: lazy(
        "Sent to you because you administer Afterword, and no owner of this action can"
        " be told."
    ),
}
WHY_ABOVE: dict[str, str | Promise] = {
    As.LEAD: lazy(
        "Sent to you because you lead %(team)s, whose action this is, and it is"
        " overdue."
    ),
    As.MANAGER: lazy(
        "Sent to you because you manage %(team)s, whose action this is, and it is"
        " overdue."
    ),
}
NEXT: dict[str, str | Promise] = {
    NoticeKind.REMINDER: lazy("The next reminder comes on %(day)s."),
    NoticeKind.ESCALATION: lazy("The next message about it comes on %(day)s."),
    NoticeKind.EFFECTIVENESS: lazy("You are asked again on %(day)s."),
}


def due(due_on: date | None, today: date) -> str:
    """“Due in 2 days, Friday 20 March 2026”; empty without a date."""
    if due_on is None:
        return ""
    days = (due_on - today).days
    on = date_format(due_on, "l j F Y")
    if days == 0:
        return _("Due today, %(day)s") % {"day": on}
    if days == 1:
        return _("Due tomorrow, %(day)s") % {"day": on}
    if days > 0:
        return _("Due in %(n)s days, %(day)s") % {"n": days, "day": on}
    return ngettext(
        "Overdue by %(n)s day, since %(day)s",
        "Overdue by %(n)s days, since %(day)s",
        -days,
    ) % {"n": -days, "day": on}


def done(done_on: date | None) -> str:
    if done_on is None:
        return ""
    return _("Done on %(day)s") % {"day": date_format(done_on, "l j F Y")}


def section(due_on: date | None, today: date) -> str:
    if due_on is not None and due_on < today:
        return _("Overdue")
    return _("Due today") if due_on == today else _("Due soon")


def subject(action: ActionItem, today: date) -> str:
    """“Due Friday: validate variables”, as a person would say it."""
    return _("%(when)s: %(action)s") % {
        "when": _shortly(action.due_on, today),
        "action": action.description,
    }


def subject_of_many(actions: Sequence[ActionItem], today: date) -> str:
    late = sum(one.due_on is not None and one.due_on < today for one in actions)
    count = ngettext("%(n)s action", "%(n)s actions", len(actions)) % {
        "n": len(actions)
    }
    if not late:
        return _("%(count)s due soon") % {"count": count}
    return _("%(count)s, %(late)s overdue") % {"count": count, "late": late}


def _shortly(due_on: date | None, today: date) -> str:
    if due_on is None:
        return _("Open")
    if due_on < today:
        return _("Overdue")
    if due_on == today:
        return _("Due today")
    if (due_on - today).days < 7:  # noqa: PLR2004  the days of a week have names
        return _("Due %(day)s") % {"day": date_format(due_on, "l")}
    return _("Due %(day)s") % {"day": date_format(due_on, "j F")}


def facts(action: ActionItem) -> list[tuple[str, str]]:
    """Labels and texts; the factors are at hand."""
    incident = action.postmortem.incident
    marks = [incident.severity.label] if incident.severity else []
    found = [
        (
            _("From"),
            _("%(title)s (%(marks)s)")
            % {
                "title": incident.title,
                "marks": ", ".join([*marks, incident.reference]),
            },
        )
    ]
    addressed = "; ".join(factor.text for factor in action.factors.all())
    if addressed:
        found.append((_("Addresses"), addressed))
    return [*found, (_("Type"), _kind(action))]


def _kind(action: ActionItem) -> str:
    """“Preventative, high priority”."""
    types = dict(ActionItem._meta.get_field("types").base_field.flatchoices)
    words = [str(types.get(one, one)) for one in action.types]
    priority = _("%(priority)s priority") % {
        "priority": action.get_priority_display().lower()
    }
    told = ", ".join([*words, priority])
    return told[:1].upper() + told[1:]


def why(case: Case, day: date) -> str:
    """Why somebody is told on that day, and when they are told again."""
    told = case.told
    reasons = WHY_ABOVE if case.kind == NoticeKind.ESCALATION else WHY
    team = told.team.name if told.team else ""
    return f"{str(reasons[told.role]) % {'team': team}} {_next(case, day)}".strip()


def _next(case: Case, day: date) -> str:
    """When the next one comes, if nothing changes until then."""
    following = case.slots.after(day)
    if following is None:
        return ""
    following = case.hours.days.roll(max(following, case.not_before or following))
    return str(NEXT[case.kind]) % {"day": date_format(following, "l j F")}


def who_asks(name: str) -> str:
    return _("Sent to you because %(name)s asks about this action.") % {"name": name}
